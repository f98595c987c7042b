/** Expressions over catalogs that have one value for a whole statement: `'t'::regclass`, current_user, pg_relation_size('t'). */

import { indexOfByte } from '../../planner/sql/positions.ts';
import { type Node, stringsOf } from '../../planner/sql/postgres.ts';
import { Scanner } from '../../planner/sql/scanner.ts';
import { isCatalogFunction, isCatalogType, isCatalogValue } from './classify.ts';
import { type CatalogShape, relationKey } from './relations.ts';

/** A part of a text, in JavaScript indexes. */
export interface ConstantPart {
  readonly start: number;
  readonly end: number;
  /** Of the function or type. */
  readonly name: string;
  /** It is all of a column that has no other name. */
  readonly alone: boolean;
}

export interface ConstantParts {
  readonly parts: readonly ConstantPart[];
  /** Nothing else in the statement is about catalogs. */
  readonly whole: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** What can't be a part of a constant. */
const varying: ReadonlySet<string> = new Set(['ColumnRef', 'SubLink', 'ParamRef', 'RangeVar', 'A_Star', 'WindowDef']);

interface Found {
  readonly shape: CatalogShape;
  readonly text: string;
  readonly parts: ConstantPart[];
  readonly ctes: Set<string>;
  /** Relations of catalogs, and calls that hang on rows. */
  others: number;
}

/** `text` is what the statement was parsed from. */
export function constantParts(shape: CatalogShape, statement: Node, text: string): ConstantParts {
  const found: Found = { shape, text, parts: [], ctes: new Set(), others: 0 };
  addCtes(statement, found.ctes);
  visitAll(statement, found, false);
  return { parts: found.parts, whole: found.parts.length > 0 && found.others === 0 };
}

function addCtes(value: unknown, names: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [kind, fields] of Object.entries(value)) {
    if (kind === 'CommonTableExpr') names.add(String((fields as Fields).ctename));
    addCtes(fields, names);
  }
}

function visitAll(value: unknown, found: Found, alone: boolean): void {
  if (Array.isArray(value)) {
    for (const item of value) visitAll(item, found, false);
  } else if (typeof value === 'object' && value !== null) {
    for (const [kind, fields] of Object.entries(value)) visit(kind, fields, found, alone);
  }
}

function visit(kind: string, fields: unknown, found: Found, alone: boolean): void {
  if (typeof fields !== 'object' || fields === null) return;
  const own = fields as Fields;
  if (kind === 'ResTarget') {
    visitAll(own.val, found, own.name === undefined);
    visitAll(own.indirection, found, false);
    return;
  }
  if (kind === 'RangeVar') {
    const [schema, name] = [own.schemaname as string | undefined, String(own.relname)];
    const isCte = schema === undefined && found.ctes.has(name);
    if (!isCte && found.shape.relations.has(relationKey(schema ?? 'pg_catalog', name))) found.others++;
    return;
  }
  const name = catalogName(kind, own);
  if (name !== undefined) {
    const span = isConstant(fields) ? spanOf(kind, own, found.text) : undefined;
    if (span !== undefined) {
      found.parts.push({ ...span, name, alone });
      return;
    }
    found.others++;
  }
  visitAll(fields, found, false);
}

/** What a column of it is called; undefined for what is not about catalogs. */
function catalogName(kind: string, fields: Fields): string | undefined {
  if (kind === 'FuncCall') {
    const name = stringsOf(fields.funcname as Node[]).at(-1) ?? '';
    return isCatalogFunction(name) ? name : undefined;
  }
  if (kind === 'SQLValueFunction') {
    const op = String(fields.op);
    return isCatalogValue(op) ? op.replace(/^SVFOP_/, '').toLowerCase() : undefined;
  }
  if (kind !== 'TypeCast') return undefined;
  const type = stringsOf((fields.typeName as Fields | undefined)?.names as Node[] | undefined).at(-1) ?? '';
  return isCatalogType(type) ? type : undefined;
}

function isConstant(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isConstant);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([kind, fields]) => !varying.has(kind) && isConstant(fields));
}

type Span = Pick<ConstantPart, 'start' | 'end'>;

function spanOf(kind: string, fields: Fields, text: string): Span | undefined {
  // The parser counts in bytes, and leaves out a place that is 0.
  const place = indexOfByte(text, Number(fields.location ?? 0));
  if (kind === 'SQLValueFunction') return wordAt(text, place);
  if (kind === 'FuncCall') return callAt(text, place);
  if (/^cast\b/i.test(text.slice(place, place + 5))) return callAt(text, place);
  const argument = fields.arg as { readonly A_Const?: Fields } | undefined;
  // Only of a plain constant is it known where it begins.
  if (argument?.A_Const === undefined || !text.startsWith('::', place)) return undefined;
  const type = nameAt(text, place + 2);
  return type === undefined
    ? undefined
    : { start: indexOfByte(text, Number(argument.A_Const.location ?? 0)), end: type };
}

function wordAt(text: string, start: number): Span | undefined {
  const scanner = new Scanner(text, start);
  return scanner.next() && scanner.kind === 'word' ? { start, end: scanner.end } : undefined;
}

/** Where a name that may have a schema ends. */
function nameAt(text: string, start: number): number | undefined {
  const scanner = new Scanner(text, start);
  let end: number | undefined;
  while (scanner.next()) {
    if (scanner.kind !== 'word' && scanner.kind !== 'quoted') return undefined;
    end = scanner.end;
    if (!scanner.next() || scanner.value !== '.') return end;
  }
  return undefined;
}

/** `name(...)`, with what is in the parentheses. */
function callAt(text: string, start: number): Span | undefined {
  const scanner = new Scanner(text, start);
  let depth = 0;
  while (scanner.next()) {
    const { value } = scanner;
    if (value === '(') depth++;
    else if (value === ')' && --depth <= 0) return { start, end: scanner.end };
  }
  return undefined;
}

import type { Node } from '../../../planner/sql/postgres.ts';
import type { Column, Expr, RangeEntry, WindowSpec } from './expr.ts';
import type { TypeFacts } from './type-facts.ts';
import { unprintable } from './unprintable.ts';

/** A relation that the session's names find. */
export interface KnownRelation {
  /** As it has to be written: with its schema where it is not found without. */
  readonly shown: string;
  readonly name: string;
  /** It is found without its schema. */
  readonly plain: boolean;
  /** Undefined: a view whose columns are not surely known. */
  readonly columns: readonly Column[] | undefined;
}

export type FindRelation = (schema: string | undefined, name: string) => KnownRelation | undefined;

/** What a name can mean at one place of FROM. */
export interface NamedItem {
  /** Of `a.x`; undefined: what USING made has no name. */
  readonly name: string | undefined;
  readonly entry: RangeEntry | undefined;
  readonly columns: readonly { readonly name: string; readonly expr: Expr }[];
  /** Its columns are found without its name. */
  readonly open: boolean;
}

/** A query that is being read: what its names mean. */
export interface Scope {
  readonly facts: TypeFacts;
  readonly find: FindRelation;
  readonly parent: Scope | undefined;
  readonly tables: Map<string, readonly Column[]>;
  readonly items: NamedItem[];
  readonly entries: RangeEntry[];
  readonly windows: Map<string, WindowSpec>;
}

export function newScope(within: Pick<Scope, 'facts' | 'find'>, parent: Scope | undefined): Scope {
  const { facts, find } = within;
  return { facts, find, parent, tables: new Map(), items: [], entries: [], windows: new Map() };
}

export function columnOf(entry: RangeEntry, index: number): Expr {
  const { type, typmod } = entry.columns[index]!;
  return { kind: 'column', entry, index, type, typmod };
}

export function itemOf(entry: RangeEntry, open = true): NamedItem {
  const columns = entry.columns.map(({ name }, index) => ({ name, expr: columnOf(entry, index) }));
  return { name: entry.name, entry, columns, open };
}

/** The columns of a WITH query of that name; undefined: there is none. */
export function commonTable(scope: Scope, name: string): readonly Column[] | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const found = at.tables.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a name of one part means in this query itself; undefined: nothing. */
export function openColumn(scope: Scope, name: string): Expr | undefined {
  const found = scope.items.flatMap((item) => (item.open ? item.columns.filter((column) => column.name === name) : []));
  return found.length > 1 ? unprintable(`the name ${name} is ambiguous`) : found[0]?.expr;
}

function itemNamed(scope: Scope, name: string): NamedItem | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const found = at.items.filter((item) => item.name === name);
    if (found.length > 1) return unprintable(`the name ${name} is ambiguous`);
    if (found[0] !== undefined) return found[0];
  }
  return undefined;
}

function words(fields: readonly Node[]): readonly string[] {
  return fields.map((field) => ('String' in field ? (field.String.sval ?? '') : unprintable('a star')));
}

/** A column by its name of one or two parts. Raises `Unprintable` where it is none of FROM. */
export function namedColumn(scope: Scope, fields: readonly Node[]): Expr {
  const [first, second, more] = words(fields);
  if (first === undefined || more !== undefined) return unprintable('a name of many parts');
  if (second === undefined) {
    for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
      const found = openColumn(at, first);
      if (found !== undefined) return found;
    }
    return unprintable(`the column ${first}`);
  }
  const found = itemNamed(scope, first)?.columns.filter(({ name }) => name === second) ?? [];
  return found.length === 1 ? found[0]!.expr : unprintable(`the column ${first}.${second}`);
}

/** What `*` and `t.*` stand for. */
export function starColumns(scope: Scope, fields: readonly Node[]): readonly { name: string; expr: Expr }[] {
  const [relation, more] = words(fields.slice(0, -1));
  if (more !== undefined) return unprintable('a name of many parts');
  if (relation !== undefined) return itemNamed(scope, relation)?.columns ?? unprintable(`the relation ${relation}`);
  return scope.items.flatMap((item) => (item.open ? item.columns : []));
}

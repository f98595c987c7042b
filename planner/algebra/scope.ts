/** Names that an expression may use while a query becomes operators: as bind/scope.ts, with the id of every column. */
import { distinctNames } from '../bind/ctes.ts';
import { sameName } from '../bind/scope.ts';
import type { CteEntry, Expression } from '../sql/ast.ts';
import { columnRef, functionCall, textConstant } from '../sql/build.ts';
import { refuse } from './lower-state.ts';
import type { ColumnId } from './rel.ts';

export interface ScopeColumn {
  readonly name: string;
  /** Null: a column of a data set that the query does not need. */
  readonly id: ColumnId | null;
}

/** A relation that a FROM clause brings into scope. */
export interface ScopeRelation {
  readonly alias: string;
  /** The schema by which its columns may be qualified as well. */
  readonly schema: string | undefined;
  readonly columns: readonly ScopeColumn[];
}

/** A column that USING or NATURAL made one, and what stands for it. */
export interface MergedColumn {
  readonly name: string;
  readonly value: Expression;
  readonly relations: readonly ScopeRelation[];
}

export interface Visible {
  readonly relations: readonly ScopeRelation[];
  readonly merged: readonly MergedColumn[];
}

export const nothingVisible: Visible = { relations: [], merged: [] };

/** One FROM clause with those around it. */
export interface Level extends Visible {
  readonly parent: Level | null;
}

/** The CTEs that are visible, from near to far, each with what its body sees. */
export interface CteFrame {
  readonly name: string;
  readonly entry: CteEntry;
  readonly parent: Level | null;
  readonly next: CteFrame | null;
}

export function findCte(frame: CteFrame | null, name: string): CteFrame | undefined {
  for (let current = frame; current !== null; current = current.next) if (sameName(current.name, name)) return current;
  return undefined;
}

/** Columns under an alias list, which renames the first ones. */
export function withNames<T extends { readonly name: string }>(
  columns: readonly T[],
  aliases: readonly string[],
): readonly T[] {
  const names = distinctNames(columns.map(({ name }, i) => aliases[i] ?? name));
  return columns.map((column, i) => ({ ...column, name: names[i]! }));
}

/** The value of a column reference; undefined when no FROM clause has it. */
export function findColumn(level: Level | null, parts: readonly string[]): Expression | undefined {
  for (let current = level; current !== null; current = current.parent) {
    const found = findIn(current, parts);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The same in one FROM clause alone. */
export function findIn({ relations, merged }: Visible, parts: readonly string[]): Expression | undefined {
  const qualified = findQualified(relations, parts);
  if (qualified !== undefined) return qualified;
  const [name, ...fields] = parts;
  const joined = merged.find((column) => sameName(column.name, name!));
  if (joined !== undefined) return fieldOf(joined.value, fields);
  const hits = relations.flatMap((relation) => columnOf(relation, name!) ?? []);
  if (hits.length > 1) refuse(`the column ${name} is ambiguous`);
  if (hits.length === 1) return fieldOf(columnValue(hits[0]!), fields);
  const row = relations.filter(({ alias }) => sameName(alias, name!));
  return row.length === 1 && parts.length === 1 ? rowOf(row[0]!) : undefined;
}

function findQualified(relations: readonly ScopeRelation[], parts: readonly string[]): Expression | undefined {
  for (const skip of [0, 1]) {
    if (parts.length < skip + 2) break;
    const hits = relations.filter((relation) => isNamed(relation, skip === 1 ? parts[0] : undefined, parts[skip]!));
    if (hits.length > 1) refuse(`the relation ${parts[skip]} is ambiguous`);
    const column = hits[0] === undefined ? undefined : columnOf(hits[0], parts[skip + 1]!);
    if (column !== undefined) return fieldOf(columnValue(column), parts.slice(skip + 2));
  }
  return undefined;
}

function isNamed(relation: ScopeRelation, schema: string | undefined, alias: string): boolean {
  if (!sameName(relation.alias, alias)) return false;
  return schema === undefined || (relation.schema !== undefined && sameName(relation.schema, schema));
}

/** The first column of that name. */
export function columnOf({ columns }: ScopeRelation, name: string): ScopeColumn | undefined {
  return columns.find((column) => column.name === name) ?? columns.find((column) => sameName(column.name, name));
}

/** A reference to it. */
export function columnValue({ name, id }: ScopeColumn): Expression {
  return id === null ? refuse(`the column ${name} is not among those that are read`) : columnRef(id);
}

/** `a.b.c` of the column a. */
function fieldOf(value: Expression, fields: readonly string[]): Expression {
  return fields.reduce<Expression>(
    (inner, field) => functionCall('struct_extract', [inner, textConstant(field)]),
    value,
  );
}

/** A relation named as a value is a struct of its columns. */
function rowOf({ columns }: ScopeRelation): Expression {
  return functionCall(
    'struct_pack',
    columns.map((column) => ({ ...columnValue(column), alias: column.name })),
  );
}

import type { DatasetTable } from '../catalog.ts';

/** Output columns of a query or relation. */
export interface ColumnList {
  readonly names: readonly string[];
  /** There may be columns beside `names`: nothing can be said of a name that is not among them. */
  readonly open: boolean;
  /** There are columns with names that DuckDB made up (`(a + 1)`); they never look like a plain identifier. */
  readonly generated: boolean;
}

export const noColumns: ColumnList = { names: [], open: false, generated: false };
export const unknownColumns: ColumnList = { names: [], open: true, generated: true };

/** A relation that a FROM clause brings into scope. */
export interface Relation {
  readonly alias: string;
  /** The schema by which columns may be qualified as well; only tables without an alias have one. */
  readonly schema: string | undefined;
  readonly columns: ColumnList;
  /** Data sets only. `columns.names` are in the order of `table.columns`. */
  readonly dataset?: { readonly occurrence: number; readonly table: DatasetTable };
}

/** A column that USING or NATURAL made one. */
export interface MergedColumn {
  readonly name: string;
  readonly relations: readonly Relation[];
}

/** What a FROM clause, or a part of it, makes visible. */
export interface Visible {
  readonly relations: readonly Relation[];
  readonly merged: readonly MergedColumn[];
}

export const nothingVisible: Visible = { relations: [], merged: [] };

/** The names that an expression may use, from near to far. */
export interface Scope extends Visible {
  readonly parent: Scope | null;
  /** Of the left side of a join, seen by what stands right of it. */
  readonly lateral: boolean;
}

export type Found =
  | { readonly kind: 'column'; readonly relation: Relation; readonly name: string; readonly rest: readonly string[] }
  | { readonly kind: 'merged'; readonly column: MergedColumn; readonly rest: readonly string[] }
  | { readonly kind: 'row'; readonly relation: Relation }
  /** It may be here, but that can't be told: open or ambiguous. */
  | { readonly kind: 'unclear' }
  | { readonly kind: 'nothing' };

const nothing: Found = { kind: 'nothing' };
const unclear: Found = { kind: 'unclear' };

export function sameName(a: string, b: string): boolean {
  return a === b || a.toLowerCase() === b.toLowerCase();
}

/** Finds a column reference in one FROM clause, by DuckDB's rules: table and column before column and field. */
export function findIn({ relations, merged }: Visible, parts: readonly string[]): Found {
  const qualified = findQualified(relations, parts);
  if (qualified !== undefined) return qualified;
  const [name, ...rest] = parts;
  const joined = merged.find((column) => sameName(column.name, name!));
  if (joined !== undefined) return { kind: 'merged', column: joined, rest };
  const hits = relations.filter(({ columns }) => indexOfName(columns.names, name!) >= 0);
  if (hits.length > 1) return unclear;
  if (hits.length === 1) {
    const { names } = hits[0]!.columns;
    return { kind: 'column', relation: hits[0]!, name: names[indexOfName(names, name!)]!, rest };
  }
  const open = relations.filter(({ columns }) => mayHave(columns, name!));
  if (open.length === 1) return { kind: 'column', relation: open[0]!, name: name!, rest };
  if (open.length > 1) return unclear;
  const row = relations.filter(({ alias }) => sameName(alias, name!));
  if (row.length !== 1) return row.length > 1 ? unclear : nothing;
  return parts.length === 1 ? { kind: 'row', relation: row[0]! } : nothing;
}

function findQualified(relations: readonly Relation[], parts: readonly string[]): Found | undefined {
  for (const skip of [0, 1]) {
    if (parts.length < skip + 2) break;
    const schema = skip === 1 ? parts[0] : undefined;
    const hits = relations.filter((relation) => isNamed(relation, schema, parts[skip]!));
    if (hits.length > 1) return unclear;
    const relation = hits[0];
    if (relation === undefined) continue;
    const name = parts[skip + 1]!;
    const rest = parts.slice(skip + 2);
    const index = indexOfName(relation.columns.names, name);
    if (index >= 0) return { kind: 'column', relation, name: relation.columns.names[index]!, rest };
    if (mayHave(relation.columns, name)) return { kind: 'column', relation, name, rest };
  }
  return undefined;
}

function isNamed(relation: Relation, schema: string | undefined, alias: string): boolean {
  if (!sameName(relation.alias, alias)) return false;
  return schema === undefined || (relation.schema !== undefined && sameName(relation.schema, schema));
}

export function indexOfName(names: readonly string[], name: string): number {
  const exact = names.indexOf(name);
  return exact >= 0 ? exact : names.findIndex((candidate) => sameName(candidate, name));
}

function mayHave({ open, generated }: ColumnList, name: string): boolean {
  return open || (generated && !/^[a-z_][\w$]*$/i.test(name));
}

/** Is any relation of the scope, or of one around it, without a complete list of columns? */
export function hasOpen(scope: Scope | null): boolean {
  return scope !== null && (scope.relations.some(({ columns }) => columns.open) || hasOpen(scope.parent));
}

/** All column names that could have been meant. */
export function* namesInScope(scope: Scope | null): Generator<string> {
  for (let current = scope; current !== null; current = current.parent) {
    for (const { alias, columns } of current.relations) {
      yield* columns.names;
      for (const name of columns.names) yield `${alias}.${name}`;
    }
  }
}

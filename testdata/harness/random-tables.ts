import type { Draw } from './random-draw.ts';

/** What an expression can be used for; the exact type (INTEGER, BIGINT ...) differs from table to table. `other`: only to be shown. */
export type Kind = 'int' | 'decimal' | 'double' | 'text' | 'date' | 'time' | 'boolean' | 'other';

export interface Value {
  readonly sql: string;
  readonly kind: Kind;
  /** False for a DOUBLE whose sum depends on the order of the additions. */
  readonly exact: boolean;
}

export interface Column extends Value {
  readonly name: string;
}

/** A relation that an expression can refer to. */
export interface Relation {
  readonly alias: string;
  readonly columns: readonly Column[];
  /** Columns that name a row, or null. */
  readonly unique: readonly string[] | null;
  /** About how many rows it has. */
  readonly rows: number;
}

/** What FROM gives to the rest of a query. */
export interface Scope {
  readonly relations: readonly Relation[];
  readonly columns: readonly Column[];
}

interface Table {
  readonly name: string;
  readonly rows: number;
  readonly kinds: Readonly<Record<string, Kind>>;
}

const kinds: Readonly<Record<string, Kind>> = {
  id: 'int',
  k: 'int',
  g: 'int',
  s: 'text',
  m: 'decimal',
  kt: 'text',
  kd: 'decimal',
  d: 'double',
  dt: 'date',
  ts: 'time',
  b: 'boolean',
};

/** The tables of `testdata/datasets/random.sql`, the smallest first. */
const tables: readonly Table[] = [
  { name: 'small', rows: 9, kinds: { ...kinds, kd: 'int' } },
  { name: 'others', rows: 100, kinds },
  { name: 'facts', rows: 300, kinds },
  { name: 'ticks', rows: 78, kinds },
  { name: 'sparse', rows: 60, kinds: { ...kinds, kd: 'double' } },
  { name: 'hollow', rows: 0, kinds },
];
/** Indexes of `tables`: the large ones more often. */
const choices = [0, 1, 2, 2, 2, 1, 3, 2, 1, 0, 2, 3, 1, 2, 4, 4, 1, 2, 0, 5];

export const timesTable = 'ticks';

/** A base table under an alias; tables above `mostRows` are not taken. */
export function baseTable(draw: Draw, alias: string, mostRows: number): { from: string; relation: Relation } {
  const fitting = choices.filter((index) => tables[index]!.rows <= mostRows);
  return namedTable(tables[draw.pick(fitting)]!.name, alias);
}

/** The table of that name under an alias. */
export function namedTable(name: string, alias: string): { from: string; relation: Relation } {
  const table = tables.find((candidate) => candidate.name === name)!;
  const columns = Object.entries(table.kinds).map(([column, kind]) => columnOf(alias, column, kind));
  return { from: `${name} ${alias}`, relation: { alias, columns, unique: [`${alias}.id`], rows: table.rows } };
}

export function columnOf(alias: string, name: string, kind: Kind, exact = true): Column {
  return { sql: `${alias}.${name}`, name, kind, exact };
}

export function scopeOf(relations: readonly Relation[], merged: readonly Column[] = []): Scope {
  return { relations, columns: [...relations.flatMap((relation) => relation.columns), ...merged] };
}

/** Columns that leave no tie among the rows of a scope but between equal rows. */
export function totalOrder(scope: Scope): readonly string[] {
  return scope.relations.flatMap((relation) => relation.unique ?? relation.columns.map((column) => column.sql));
}

/** One sub-query part of another: what they share. */
export interface Context {
  /** How many levels of sub-queries may still be opened. */
  readonly depth: number;
  /** Relations of WITH. */
  readonly ctes: readonly Relation[];
  readonly shared: Shared;
}

export interface Shared {
  /** Number of the next alias. */
  aliases: number;
  /** Something is in the query whose last digits DuckDB itself varies. */
  tolerance: boolean;
}

export function newAlias(context: Context): string {
  return `t${context.shared.aliases++}`;
}

export const deeper = (context: Context): Context => ({ ...context, depth: context.depth - 1 });

/** SQL over the rows of both tables of a foreign key. */
import { quoteIdentifier, quoteLiteral } from '../../../worker/engine/quote.ts';
import { type ForeignKey, type KeyColumn, pathOf } from './foreign-key.ts';
import type { Key } from './transaction-keys.ts';

/** DuckDB's row numbers of what a transaction has added and not committed begin here (its MAX_ROW_ID). */
const firstAddedRow = '36028797018960000';

/** What the rows of the referring table are called here. */
export const childName = '"sluice_child"';
const parentName = '"sluice_parent"';

export function literal(value: string | null, { type }: KeyColumn): string {
  return value === null ? 'NULL' : `CAST(${quoteLiteral(value)} AS ${type})`;
}

const of = (alias: string, { name }: KeyColumn) => `${alias}.${quoteIdentifier(name)}`;

/** The values of columns as texts. */
export function texts(alias: string | undefined, columns: readonly KeyColumn[]): string {
  return columns
    .map((column) => `CAST(${alias === undefined ? quoteIdentifier(column.name) : of(alias, column)} AS VARCHAR)`)
    .join(', ');
}

/** A row with one of these keys. `columns`: those of `alias`; the values are of the types of `typed`. */
export function hasKey(
  alias: string,
  columns: readonly KeyColumn[],
  keys: readonly Key[],
  typed: readonly KeyColumn[] = columns,
): string {
  const [column] = columns;
  if (columns.length === 1)
    return `${of(alias, column!)} IN (${keys.map(([value]) => literal(value!, typed[0]!)).join(', ')})`;
  const equal = columns.map((each, index) => `k.c${index} = ${of(alias, each)}`).join(' AND ');
  return `EXISTS (SELECT 1 FROM ${keyList(keys, typed)} WHERE ${equal})`;
}

/** Keys as a relation `k` with columns `k`, its place, and `c0`, `c1`, ... */
export function keyList(keys: readonly Key[], typed: readonly KeyColumn[]): string {
  const rows = keys.map(
    (key, at) => `(${[at, ...key.map((value, index) => literal(value, typed[index]!))].join(', ')})`,
  );
  return `(VALUES ${rows.join(', ')}) k(k, ${typed.map((_, index) => `c${index}`).join(', ')})`;
}

/** That the row of the referring table refers to nothing that is there. */
export function isOrphan({ columns, parent, referenced }: ForeignKey): string {
  const given = columns.map((column) => `${of(childName, column)} IS NOT NULL`);
  const equal = referenced.map((column, index) => `${of(parentName, column)} = ${of(childName, columns[index]!)}`);
  return `${given.join(' AND ')} AND NOT EXISTS (SELECT 1 FROM ${pathOf(parent)} AS ${parentName} WHERE ${equal.join(' AND ')})`;
}

/** MATCH FULL: some of its columns are NULL and others not. */
export function isMixed({ columns }: ForeignKey): string {
  const tests = (is: string) => columns.map((column) => `${of(childName, column)} ${is}`).join(' OR ');
  return `(${tests('IS NULL')}) AND (${tests('IS NOT NULL')})`;
}

/** Rows that the transaction has added. */
export const isAdded = `${childName}.rowid >= ${firstAddedRow}`;

/** Which of the keys, by their places, the table that is referred to has: found by its index. */
export function presentKeys({ parent, referenced, columns }: ForeignKey, keys: readonly Key[]): string {
  const one = (key: Key, at: number) => {
    const equal = referenced.map(
      (column, index) => `${quoteIdentifier(column.name)} = ${literal(key[index]!, columns[index]!)}`,
    );
    return `SELECT ${at} FROM ${pathOf(parent)} WHERE ${equal.join(' AND ')}`;
  };
  return keys.map(one).join(' UNION ALL ');
}

/** The places of the keys that it has not. */
export function missingKeys({ parent, referenced, columns }: ForeignKey, keys: readonly Key[]): string {
  const equal = referenced.map((column, index) => `${of(parentName, column)} = k.c${index}`).join(' AND ');
  return `SELECT k FROM ${keyList(keys, columns)} WHERE NOT EXISTS (SELECT 1 FROM ${pathOf(parent)} AS ${parentName} WHERE ${equal}) ORDER BY k`;
}

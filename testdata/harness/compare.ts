/**
 * Equality of answers: bit for bit, except for what DuckDB itself does not determine: the order of rows that tie under ORDER BY
 * (or of all rows without it), which of them a LIMIT keeps, and the last digits of sums of DOUBLE.
 */

/** A row as cells; a cell is the bytes on the wire in latin1, null for NULL. */
export type Row = readonly (string | null)[];

export interface Comparable {
  readonly names: readonly string[];
  readonly oids: readonly number[];
  readonly rows: readonly Row[];
}

export interface CompareOptions {
  /** Columns that the rows are sorted by, most significant first; empty: rows are a bag. `sequence`: row by row. */
  readonly order: readonly number[] | 'sequence';
  /** Relative difference allowed in float cells; 0: bit for bit. */
  readonly tolerance: number;
  readonly binary: boolean;
  readonly names: boolean;
  /** Rows that a LIMIT may choose among (the answer without LIMIT), when the query has one. */
  readonly unlimited?: readonly Row[];
}

const floatOids = new Set([700, 701]);

/** The first difference in words, or null when the answers are equal. */
export function difference(expected: Comparable, actual: Comparable, options: CompareOptions): string | null {
  if (options.names && !same(expected.names, actual.names)) {
    return `column names: expected ${expected.names.join()}, got ${actual.names.join()}`;
  }
  if (!same(expected.oids, actual.oids)) {
    return `column types: expected ${expected.oids.join()}, got ${actual.oids.join()}`;
  }
  if (expected.rows.length !== actual.rows.length) {
    return `rows: expected ${expected.rows.length}, got ${actual.rows.length}`;
  }
  const equal = cellEquality(expected.oids, options);
  if (options.order === 'sequence') return sequenceDifference(expected.rows, actual.rows, equal);
  const order = certainKeys(expected.oids, options.order, options.tolerance);
  return groupsDifference(expected, actual, order, options, equal);
}

/** Sort keys up to the first float whose last digits may differ: two rows may then change places. */
function certainKeys(oids: readonly number[], keys: readonly number[], tolerance: number): readonly number[] {
  const uncertain = tolerance === 0 ? -1 : keys.findIndex((key) => floatOids.has(oids[key]!));
  return uncertain < 0 ? keys : keys.slice(0, uncertain);
}

type CellsEqual = (left: Row, right: Row) => boolean;

function cellEquality(oids: readonly number[], options: CompareOptions): CellsEqual {
  const isFloat = oids.map((oid) => floatOids.has(oid));
  return (left, right) => {
    for (let column = 0; column < isFloat.length; column++) {
      const a = left[column]!;
      const b = right[column]!;
      if (a === b) continue;
      if (a === null || b === null || !isFloat[column] || options.tolerance === 0) return false;
      const x = floatOf(a, options.binary);
      const y = floatOf(b, options.binary);
      if (!(Math.abs(x - y) <= options.tolerance * Math.max(Math.abs(x), Math.abs(y)))) return false;
    }
    return true;
  };
}

function floatOf(cell: string, binary: boolean): number {
  if (!binary) return Number(cell);
  const bytes = Buffer.from(cell, 'latin1');
  return bytes.length === 8 ? bytes.readDoubleBE(0) : bytes.readFloatBE(0);
}

function sequenceDifference(expected: readonly Row[], actual: readonly Row[], equal: CellsEqual): string | null {
  for (let row = 0; row < expected.length; row++) {
    if (!equal(expected[row]!, actual[row]!)) return rowsDiffer(row, expected[row]!, actual[row]!);
  }
  return null;
}

/** Rows with equal sort keys form a group; groups come in order, rows inside one are a bag. */
function groupsDifference(
  expected: Comparable,
  actual: Comparable,
  keys: readonly number[],
  options: CompareOptions,
  equal: CellsEqual,
): string | null {
  const total = expected.rows.length;
  const sameKey = (left: Row, right: Row) => keys.every((key) => left[key] === right[key]);
  for (let from = 0; from < total; ) {
    let to = from + 1;
    while (to < total && sameKey(expected.rows[from]!, expected.rows[to]!)) to++;
    const found = bagDifference(expected.rows.slice(from, to), actual.rows.slice(from, to), from, equal, options);
    if (found !== null) {
      // OFFSET may cut the first group, LIMIT the last one.
      const cut = (from === 0 || to === total) && options.unlimited !== undefined;
      if (!cut || !isChosenFrom(actual.rows.slice(from, to), options.unlimited ?? [], expected.rows[from]!, sameKey))
        return found;
    }
    from = to;
  }
  return null;
}

function bagDifference(
  expected: readonly Row[],
  actual: readonly Row[],
  at: number,
  equal: CellsEqual,
  options: CompareOptions,
): string | null {
  const left = [...expected].sort(compareRows);
  const right = [...actual].sort(compareRows);
  for (let row = 0; row < left.length; row++) {
    if (equal(left[row]!, right[row]!)) continue;
    // Cells that differ within the tolerance may sort differently: look for the row anywhere before giving up.
    if (options.tolerance === 0 || !matchWithTolerance(left, right, equal))
      return rowsDiffer(at + row, left[row]!, right[row]!);
    return null;
  }
  return null;
}

function matchWithTolerance(left: readonly Row[], right: readonly Row[], equal: CellsEqual): boolean {
  const rest = [...right];
  return left.every((row) => {
    const index = rest.findIndex((candidate) => equal(row, candidate));
    if (index >= 0) rest.splice(index, 1);
    return index >= 0;
  });
}

/** Whether `chosen` are rows of `all` (as a bag) with the sort key of `sample`. */
function isChosenFrom(
  chosen: readonly Row[],
  all: readonly Row[],
  sample: Row,
  sameKey: (a: Row, b: Row) => boolean,
): boolean {
  const counts = new Map<string, number>();
  for (const row of all) counts.set(JSON.stringify(row), (counts.get(JSON.stringify(row)) ?? 0) + 1);
  return chosen.every((row) => {
    const key = JSON.stringify(row);
    const left = counts.get(key) ?? 0;
    counts.set(key, left - 1);
    return left > 0 && sameKey(row, sample);
  });
}

function compareRows(left: Row, right: Row): number {
  const a = JSON.stringify(left);
  const b = JSON.stringify(right);
  return a < b ? -1 : a > b ? 1 : 0;
}

function rowsDiffer(row: number, expected: Row, actual: Row): string {
  return `row ${row}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`;
}

function same<T>(left: readonly T[], right: readonly T[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index]);
}

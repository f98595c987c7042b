/**
 * Ranges of rows in DuckDB's order. Where rows lie in it is told by `create_sort_key`, whose bytes DuckDB itself sorts by: NULLs, NaNs, nested values and
 * directions are in them. (Collations are not: no rows are divided by those.)
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { errors } from '../../planner/errors.ts';
import type { OutputColumn, RangeKey } from '../../planner/plan/plan.ts';
import type { RangePoint, RunRange } from '../protocol/messages.ts';
import type { ColumnBatch } from '../rows/column-batch.ts';
import { decodedItems, fileList } from './exchange-files.ts';
import { quoteIdentifier } from './quote.ts';

/**
 * Bytes of a sort key that are told of a row. They are a prefix of its key, which is before or at the key, and divides rows as well as the key would: rows
 * with the same first bytes are on one side.
 */
export const pointKeyBytes = 64;

const direction = ({ descending, nullsFirst }: RangeKey) =>
  `${descending ? 'DESC' : 'ASC'} NULLS ${nullsFirst ? 'FIRST' : 'LAST'}`;

/** The items of ORDER BY. `of`: what stands before the names of columns. */
export function orderSql(by: readonly RangeKey[], of = ''): string {
  return by.map((key) => `${of}${quoteIdentifier(key.column)} ${direction(key)}`).join(', ');
}

/** The place of a row as a BLOB. The constant is there because keys of eight bytes and less would be a number. */
export function sortKeySql(by: readonly RangeKey[]): string {
  const items = by.map((key) => `${quoteIdentifier(key.column)}, '${direction(key)}'`);
  return `create_sort_key(${items.join(', ')}, '', 'ASC NULLS LAST')`;
}

/** Conditions on `key` of the rows that are at or behind `low`, and before `high`. */
export function rangeConditions({ by, low, high }: RunRange): { readonly low: string[]; readonly high: string[] } {
  const key = sortKeySql(by);
  return {
    low: low === null ? [] : [`${key} >= unhex('${low}')`],
    high: high === null ? [] : [`${key} < unhex('${high}')`],
  };
}

/** Some rows of a file that lie in order: about `most`, at equal distances, the first among them. */
export async function filePoints(
  connection: DuckDBConnection,
  path: string,
  columns: readonly OutputColumn[],
  by: readonly RangeKey[],
  rows: number,
  most: number,
): Promise<readonly RangePoint[]> {
  const step = Math.max(1, Math.floor(rows / most));
  const used = columns.filter(({ name }) => by.some(({ column }) => column === name));
  const source = `SELECT ${[...decodedItems(used), 'file_row_number AS "__row"'].join(', ')}
    FROM read_parquet(${fileList([path])}, file_row_number = true) WHERE file_row_number % ${step} = 0`;
  const points = await connection.runAndReadAll(
    `SELECT "__row", left(hex(${sortKeySql(by)}), ${pointKeyBytes * 2}) FROM (${source}) ORDER BY 1`,
  );
  return points.getRows().map(([row, key]) => ({ row: Number(row), key: String(key) }));
}

/** Picks rows out of batches that come in order, whose last column is the sort key: `most` to twice as many at equal distances, the first among them. */
export class RangePoints {
  readonly #most: number;
  #points: RangePoint[] = [];
  #step = 1;
  #rows = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get points(): readonly RangePoint[] {
    return this.#points;
  }

  get rows(): number {
    return this.#rows;
  }

  add(batch: ColumnBatch): void {
    const column = batch.columns.at(-1);
    if (column?.kind !== 'bytes') throw errors.internal('rows without a sort key');
    const { data, offsets } = column;
    const first = Math.ceil(this.#rows / this.#step) * this.#step;
    for (let row = first; row < this.#rows + batch.rowCount; row += this.#step) {
      const [from, to] = [offsets[row - this.#rows]!, offsets[row - this.#rows + 1]!];
      const bytes = Buffer.from(data.buffer, data.byteOffset + from, Math.min(to - from, pointKeyBytes));
      this.#points.push({ row, key: bytes.toString('hex').toUpperCase() });
    }
    this.#rows += batch.rowCount;
    while (this.#points.length > 2 * this.#most) {
      this.#step *= 2;
      this.#points = this.#points.filter(({ row }) => row % this.#step === 0);
    }
  }
}

/**
 * Records as in GraySort: 100 bytes, of which the first 10 are the key. Random, but the same for the same seed; and what has to be true of sorted ones, as
 * valsort checks it: in order within files and between them, as many, the same sum of checksums; equal keys are counted.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteLiteral } from '../../worker/engine/quote.ts';

export const recordBytes = 100;
/** Records that one row of the table of blocks stands for. */
export const blockRecords = 10_000;

/** 8 random bytes that depend on the record, the seed and the place. */
const bytes = (seed: number, place: number) => `hash(i, ${seed}, ${place})::BIT::BLOB`;
const twoBytes = (seed: number, place: number) => `(hash(i, ${seed}, ${place}) % 65536)::USMALLINT::BIT::BLOB`;

/** The query of the records of `blocks`, a table of block numbers. Only hashes are computed: whoever has a block can make its records. */
export function recordsSql(blocks: string, seed: number): string {
  const payload = Array.from({ length: 11 }, (_, place) => bytes(seed, place + 2)).join(' || ');
  const numbers = `SELECT unnest(range(block * ${blockRecords}, (block + 1) * ${blockRecords})) AS i FROM ${blocks}`;
  return `SELECT ${bytes(seed, 0)} || ${twoBytes(seed, 1)} AS key, ${payload} || ${twoBytes(seed, 13)} AS payload FROM (${numbers}) AS numbers`;
}

/** What is known of records, in whatever order. */
export interface RecordSums {
  readonly records: bigint;
  /** Sum of a hash of every record. */
  readonly checksum: bigint;
}

const checksum = 'coalesce(sum(hash(key, payload)::HUGEINT), 0)';

const source = (path: string) =>
  `read_parquet(${quoteLiteral(path)}, file_row_number = true, hive_partitioning = false)`;

/** Raises what DuckDB raises for files that can't be read. */
export async function sumRecords(connection: DuckDBConnection, files: readonly string[]): Promise<RecordSums> {
  let sums: RecordSums = { records: 0n, checksum: 0n };
  for (const file of files) {
    const read = await connection.runAndReadAll(`SELECT count(*), ${checksum} FROM ${source(file)}`);
    const [records, sum] = read.getRows()[0] as [bigint, bigint];
    sums = { records: sums.records + records, checksum: sums.checksum + sum };
  }
  return sums;
}

export interface Validation extends RecordSums {
  /** Records that have a smaller key than the one before them. */
  readonly misplaced: bigint;
  /** Records that have the same key as the one before them. */
  readonly duplicates: bigint;
}

/** Reads files in their order; every record is compared with the one before it, also over the ends of files. */
export async function validateSorted(connection: DuckDBConnection, files: readonly string[]): Promise<Validation> {
  let all: Validation = { records: 0n, checksum: 0n, misplaced: 0n, duplicates: 0n };
  let last: string | null = null;
  for (const file of files) {
    const rows = `SELECT key, payload, file_row_number AS place, lag(key) OVER () AS before FROM ${source(file)}`;
    const read = await connection.runAndReadAll(
      `SELECT count(*), ${checksum}, count(*) FILTER (before > key), count(*) FILTER (before = key),
        hex(arg_min(key, place)), hex(arg_max(key, place)) FROM (${rows})`,
    );
    const row = read.getRows()[0]! as [bigint, bigint, bigint, bigint, string | null, string | null];
    const [records, sum, misplaced, duplicates, first, end] = row;
    const between = last !== null && first !== null;
    all = {
      records: all.records + records,
      checksum: all.checksum + sum,
      misplaced: all.misplaced + misplaced + (between && first < last! ? 1n : 0n),
      duplicates: all.duplicates + duplicates + (between && first === last ? 1n : 0n),
    };
    last = end ?? last;
  }
  return all;
}

/** What is wrong with records that should be those of `input`, sorted; empty: nothing. */
export function problemsOf(input: RecordSums, output: Validation): readonly string[] {
  const problems: string[] = [];
  if (output.records !== input.records) problems.push(`${output.records} records instead of ${input.records}`);
  if (output.checksum !== input.checksum) problems.push('the checksum is not that of the input');
  if (output.misplaced > 0n) problems.push(`${output.misplaced} records are out of order`);
  return problems;
}

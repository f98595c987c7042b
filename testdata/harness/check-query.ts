import { SluiceError } from '../../planner/errors.ts';
import { toSluiceError } from '../../worker/engine/duckdb-error.ts';
import { makeRowEncoder, type RowStyle } from '../../worker/rows/encode-rows.ts';
import { pgType } from '../../worker/rows/pg-types.ts';
import { type Comparable, difference, type Row } from './compare.ts';
import type { Judge, OracleAnswer } from './oracle.ts';
import { orderOf } from './order-of.ts';
import { type Protocol, type RawAnswer, type RawClient, WireError } from './raw-client.ts';

export interface CheckOptions {
  readonly protocol: Protocol;
  readonly tolerance: boolean;
  readonly sequence: boolean;
  /** Compare output names with DuckDB's (dialect duckdb). */
  readonly names: boolean;
  readonly style: RowStyle;
  /** What the oracle runs instead of the text under test. */
  readonly oracleSql?: string | undefined;
  /** SQLSTATE that both sides must raise; undefined: an error of the oracle is a mistake in the test. */
  readonly error?: string | undefined;
}

/** Relative difference that sums of DOUBLE may have. */
const floatTolerance = 1e-12;

/** Runs `sql` through the gateway and compares with what the oracle says. Null: equal; else the difference in words. */
export async function checkQuery(
  oracle: Judge,
  client: RawClient,
  sql: string,
  options: CheckOptions,
): Promise<string | null> {
  const judged = options.oracleSql ?? sql;
  const expected = await oracle.runOnce(judged).catch(toSluiceError);
  const actual = await client.query(sql, options.protocol).catch(wireError);
  if (expected instanceof SluiceError || options.error !== undefined || actual instanceof WireError)
    return errorDifference(expected, actual, options.error);
  const { keys, unlimited } = await orderOf(oracle.connection, judged, expected.names);
  const wanted = onWire(expected, options);
  const got = received(actual);
  const compare = {
    order: options.sequence ? ('sequence' as const) : keys,
    tolerance: options.tolerance ? floatTolerance : 0,
    binary: options.protocol === 'binary',
    names: options.names,
  };
  const found = difference(wanted, got, compare);
  if (found === null || unlimited === null || options.sequence) return found;
  return difference(wanted, got, { ...compare, unlimited: onWire(await oracle.run(unlimited), options).rows });
}

function wireError(error: unknown): WireError {
  if (error instanceof WireError) return error;
  throw error;
}

/** Both must fail, the gateway with `wanted` (`any`: with the SQLSTATE of the oracle); when nothing is wanted, neither may. */
function errorDifference(
  expected: OracleAnswer | SluiceError,
  actual: RawAnswer | WireError,
  wanted: string | undefined,
): string | null {
  const judge = expected instanceof SluiceError ? `${expected.sqlstate} ${expected.message}` : 'an answer';
  const found = actual instanceof WireError ? `${actual.code} ${actual.message}` : 'an answer';
  const right = wanted === 'any' && expected instanceof SluiceError ? expected.sqlstate : wanted;
  if (right !== undefined && expected instanceof SluiceError && found.startsWith(right)) return null;
  return `expected ${right === undefined ? 'an answer' : `error ${right}`}; one DuckDB: ${judge}; gateway: ${found}`;
}

/** The oracle's answer as the wire would carry it. */
function onWire(answer: OracleAnswer, options: CheckOptions): Comparable {
  const format = options.protocol === 'binary' ? 1 : 0;
  const encoder = makeRowEncoder(
    answer.types,
    answer.types.map(() => format),
    options.style,
  );
  const rows = answer.batches.flatMap((batch) => dataRows(encoder.encode(batch, 0, batch.rowCount)));
  return { names: answer.names, oids: answer.types.map((type) => pgType(type).oid), rows };
}

function dataRows(messages: Buffer): Row[] {
  const rows: Row[] = [];
  for (let at = 0; at < messages.length; at += 1 + messages.readInt32BE(at + 1)) {
    const row: (string | null)[] = [];
    let offset = at + 7;
    for (let column = messages.readInt16BE(at + 5); column > 0; column--) {
      const length = messages.readInt32BE(offset);
      offset += 4;
      row.push(length < 0 ? null : messages.toString('latin1', offset, offset + length));
      offset += Math.max(length, 0);
    }
    rows.push(row);
  }
  return rows;
}

function received(answer: RawAnswer): Comparable {
  return {
    names: answer.fields.map((field) => field.name),
    oids: answer.fields.map((field) => field.oid),
    rows: answer.rows.map((row) => row.map((cell) => cell?.toString('latin1') ?? null)),
  };
}

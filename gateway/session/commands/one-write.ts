import type { DuckDBMaterializedResult } from '@duckdb/node-api';
import { quoteIdentifier } from '../../../worker/engine/quote.ts';
import type { SessionContext } from '../context.ts';
import { frozen, namesMoment } from '../frozen-text.ts';
import { isKept, keptRows } from '../kept-rows.ts';
import type { Key } from '../keys/transaction-keys.ts';
import { digestOf } from '../write-log.ts';
import type { Write } from './write-target.ts';

/** What a statement gave. */
export interface Written {
  readonly result: DuckDBMaterializedResult;
  /** How many of the result's columns are of its RETURNING: those behind are of no interest. */
  readonly columns: number;
  /** Rows that it changed, where `result` does not tell. */
  readonly count: number | undefined;
  /** The columns that were asked for beside, as texts. */
  readonly rows: readonly Key[];
}

/**
 * Runs one statement, and keeps what it did for ROLLBACK TO SAVEPOINT in a transaction. `asked`: columns of the table whose values in the rows
 * that it writes are wanted. `lost`: why it can't run once more.
 */
export async function runOne(
  context: SessionContext,
  write: Write,
  sql: string,
  asked: readonly string[] = [],
  lost?: string,
): Promise<Written> {
  const { transaction, connection } = context;
  const kept = transaction.open && lost === undefined && isKept(context, write, sql);
  const more = [...(kept ? ['*'] : []), ...asked.map((name) => `CAST(${quoteIdentifier(name)} AS VARCHAR)`)];
  const text =
    more.length === 0
      ? sql
      : `${sql.replace(/[\s;]+$/, '')}\n${write.returning ? ', ' : 'RETURNING '}${more.join(', ')}`;
  const result = await connection.run(text);
  const rows = asked.length === 0 ? [] : lastColumns(result, asked.length);
  const count = more.length === 0 ? undefined : result.rowCount;
  if (!transaction.open) return { result, columns: result.columnCount - more.length, count, rows };
  if (kept) {
    const { kept, own } = await keptRows(context, write, result, asked.length);
    transaction.writes.add({ kept, size: sql.length });
    return { result, columns: own, count, rows };
  }
  const columns = result.columnCount - asked.length;
  if (lost !== undefined) transaction.writes.add({ lost });
  else if (asked.length === 0 || result.rowCount > 0) {
    const returning = write.returning || asked.length > 0;
    const digest = await digestOf(result, returning);
    const again = namesMoment(text) ? frozen(text, await momentOf(context)) : text;
    transaction.writes.add({ sql: again, write: { ...write, returning }, settings: context.sessionSettings(), digest });
  }
  return { result, columns, count, rows };
}

function lastColumns(result: DuckDBMaterializedResult, count: number): readonly Key[] {
  const rows: Key[] = [];
  const first = result.columnCount - count;
  for (let index = 0; index < result.chunkCount; index++) {
    const chunk = result.getChunk(index);
    const columns = Array.from({ length: count }, (_, at) => chunk.getColumnValues(first + at));
    for (let row = 0; row < chunk.rowCount; row++) rows.push(columns.map((values) => values[row] as string | null));
  }
  return rows;
}

/** When the open transaction of DuckDB began. */
async function momentOf({ connection }: SessionContext): Promise<string> {
  const found = await connection.run("SELECT strftime(timezone('UTC', now()), '%Y-%m-%d %H:%M:%S.%f+00')");
  return String((await found.getRows())[0]![0]);
}

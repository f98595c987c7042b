import type { DuckDBMaterializedResult } from '@duckdb/node-api';
import { SluiceError } from '../../../planner/errors.ts';
import type { SessionContext } from '../context.ts';
import { frozen, namesMoment } from '../frozen-text.ts';
import { keepingText, keptRows } from '../kept-rows.ts';
import { digestOf } from '../write-log.ts';
import type { Write } from './write-target.ts';

/** Errors found before a statement begins its work: names, types, what is not allowed. */
const boundBefore = /^(42|0A|25)/;

/**
 * Runs what writes to local tables. All writes there go through this: it tells other sessions of commits, and keeps what a transaction
 * has done for ROLLBACK TO SAVEPOINT. `lost`: why the work can't be done once more.
 */
export async function writing<T>(context: SessionContext, lost: string, work: () => Promise<T>): Promise<T> {
  const { transaction, options } = context;
  if (!transaction.open) {
    return options.hub.commits.during(work);
  }
  const result = await watched(context, work);
  transaction.writes.add({ lost });
  return result;
}

/** What a statement gave. */
export interface Written {
  readonly result: DuckDBMaterializedResult;
  /** How many of the result's columns are of its RETURNING: those behind are of no interest. */
  readonly columns: number;
  /** Rows that it changed, where `result` does not tell. */
  readonly count: number | undefined;
}

/** The same for one statement. */
export async function runLogged(context: SessionContext, write: Write, sql: string): Promise<Written> {
  const { transaction, connection, options } = context;
  if (!transaction.open) {
    const result = await options.hub.commits.during(() => connection.run(sql));
    return { result, columns: result.columnCount, count: undefined };
  }
  if (write.definesObjects) {
    transaction.temporaryBefore ??= new Set(context.temporary);
  }
  const keeping = keepingText(context, write, sql);
  const result = await watched(context, () => connection.run(keeping ?? sql));
  if (keeping !== undefined) {
    const { kept, own } = await keptRows(context, write, result);
    transaction.writes.add({ kept, size: sql.length });
    return { result, columns: own, count: result.rowCount };
  }
  const digest = await digestOf(result, write.returning);
  const again = namesMoment(sql) ? frozen(sql, await momentOf(context)) : sql;
  transaction.writes.add({ sql: again, write, settings: context.sessionSettings(), digest });
  return { result, columns: result.columnCount, count: undefined };
}

/** When the open transaction of DuckDB began. */
async function momentOf({ connection }: SessionContext): Promise<string> {
  const found = await connection.run("SELECT strftime(timezone('UTC', now()), '%Y-%m-%d %H:%M:%S.%f+00')");
  return String((await found.getRows())[0]![0]);
}

async function watched<T>({ transaction }: SessionContext, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SluiceError && boundBefore.test(error.sqlstate))) {
      transaction.writes.damaged = true;
    }
    throw error;
  }
}

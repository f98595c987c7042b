import type { DuckDBMaterializedResult } from '@duckdb/node-api';
import { SluiceError } from '../../../planner/errors.ts';
import type { SessionContext } from '../context.ts';
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

/** The same for one statement. */
export async function runLogged(context: SessionContext, write: Write, sql: string): Promise<DuckDBMaterializedResult> {
  const { transaction, connection, options } = context;
  const work = () => connection.run(sql);
  if (!transaction.open) {
    return options.hub.commits.during(work);
  }
  if (write.definesObjects) {
    transaction.temporaryBefore ??= new Set(context.temporary);
  }
  const result = await watched(context, work);
  const digest = await digestOf(result, write.returning);
  transaction.writes.add({ sql, write, settings: context.sessionSettings(), digest });
  return result;
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

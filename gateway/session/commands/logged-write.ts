import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../../../planner/errors.ts';
import type { SessionContext } from '../context.ts';
import { Cascade, touchesKeys } from '../keys/cascade.ts';
import { checkDeferred } from '../keys/checks.ts';
import { committing } from '../keys/committing.ts';
import type { ForeignKeys, TablePlace } from '../keys/foreign-key.ts';
import { foreignKeys, placeOf } from '../keys/known-keys.ts';
import { commitRetries, commitRetryMs } from '../keys/limits.ts';
import { runOne, type Written } from './one-write.ts';
import type { Write } from './write-target.ts';

/** Errors found before a statement begins its work: names, types, what is not allowed. */
const boundBefore = /^(42|0A|25)/;

/**
 * Runs what writes to local tables. All writes there go through this: it tells other sessions of commits, and keeps what a transaction
 * has done for ROLLBACK TO SAVEPOINT. `tables`: what it writes to. `lost`: why the work can't be done once more.
 */
export async function writing<T>(
  context: SessionContext,
  tables: readonly string[],
  lost: string,
  work: () => Promise<T>,
): Promise<T> {
  const { transaction } = context;
  if (!transaction.open) return alone(context, tables, () => committing(transaction, work));
  transaction.keys.wrote(tables);
  const result = await watched(context, work);
  transaction.writes.add({ lost });
  return result;
}

/** The same for one statement, whose tables may have foreign keys. `lost`: undefined where it may run once more. */
export async function runLogged(context: SessionContext, write: Write, sql: string, lost?: string): Promise<Written> {
  const { transaction } = context;
  const tables = write.targets.map(({ name }) => name.toLowerCase());
  if (transaction.open) {
    const kept = await keptBy(context, write, sql);
    transaction.keys.wrote(tables);
    if (write.definesObjects) transaction.temporaryBefore ??= new Set(context.temporary);
    noteDefinition(context, write);
    return watched(context, () => run(context, write, sql, kept, lost));
  }
  for (let attempt = 0; ; attempt++) {
    let keyed = false;
    try {
      return await alone(context, tables, async () => {
        const kept = await keptBy(context, write, sql);
        noteDefinition(context, write);
        if (kept === undefined) return committing(transaction, () => runOne(context, write, sql));
        keyed = true;
        return context.connection.alone(async () => {
          const written = await run(context, write, sql, kept, lost);
          await checkDeferred(context, true);
          return written;
        });
      });
    } catch (error) {
      // What another one has changed under it is seen by the next attempt.
      const again = keyed && error instanceof SluiceError && error.sqlstate === '40001';
      if (!again || attempt >= commitRetries) throw error;
      await sleep(commitRetryMs * (attempt + 1));
    }
  }
}

/** A statement that is a transaction of its own. */
export async function alone<T>(
  { transaction }: SessionContext,
  tables: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  transaction.keys.begin();
  transaction.keys.wrote(tables);
  try {
    return await work();
  } finally {
    transaction.keys.end();
  }
}

/** DDL, and COMMENT: what tables declare is kept in their comments. */
export function noteDefinition({ transaction }: SessionContext, { definesObjects, verb }: Write): void {
  if ((definesObjects && verb !== 'truncate') || verb === 'comment') transaction.keys.changed();
}

/** COPY has added rows to a table. Raises 23503. */
export async function checkAdded(context: SessionContext, table: TablePlace): Promise<void> {
  const keys = await foreignKeys(context);
  const cascade = new Cascade(context, keys, (write, sql, columns) => runOne(context, write, sql, columns));
  await cascade.added(table);
}

interface KeptBy {
  readonly keys: ForeignKeys;
  readonly place: TablePlace;
}

/** Undefined where no foreign key is concerned. */
async function keptBy(context: SessionContext, write: Write, sql: string): Promise<KeptBy | undefined> {
  const [target] = write.targets;
  if (target === undefined || write.definesObjects || write.verb === 'comment') return undefined;
  const keys = await foreignKeys(context);
  const place = placeOf(context, keys, target);
  return place !== undefined && touchesKeys(keys, write, sql, place) ? { keys, place } : undefined;
}

function run(
  context: SessionContext,
  write: Write,
  sql: string,
  kept: KeptBy | undefined,
  lost: string | undefined,
): Promise<Written> {
  if (kept === undefined) return runOne(context, write, sql, [], lost);
  const cascade = new Cascade(context, kept.keys, (each, text, columns) =>
    runOne(context, each, text, columns, text === sql ? lost : undefined),
  );
  return cascade.run(write, sql, kept.place);
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

/** ROLLBACK TO SAVEPOINT over a database that has none. */
import { errors } from '../../planner/errors.ts';
import { Scanner } from '../../planner/sql/scanner.ts';
import { quoteLiteral } from '../../worker/engine/quote.ts';
import type { SessionContext } from './context.ts';
import { onOneTable, Restorer } from './kept-rows.ts';
import type { Savepoint } from './savepoints.ts';
import { digestOf, type KeptWrite, type LoggedWrite } from './write-log.ts';

/** Functions that give another value when they run once more; reading files is told otherwise. */
const volatileFunctions: ReadonlySet<string> = new Set(
  (
    'random setseed uuid gen_random_uuid uuidv4 uuidv7 nextval currval lastval now today age clock_timestamp ' +
    'statement_timestamp transaction_timestamp get_current_timestamp get_current_time current_date current_localtime ' +
    'current_localtimestamp txid_current current_setting getvariable getenv current_query current_transaction_id ' +
    'current_query_id current_connection_id query query_table'
  ).split(' '),
);
/** The same without parentheses. */
const volatileWords: ReadonlySet<string> = new Set([
  ...['current_date', 'current_time', 'current_timestamp', 'localtime', 'localtimestamp'],
  ...['rowid', 'tablesample'],
]);
const sampling = /\busing\s+sample\b/i;
const repeatable: ReadonlySet<string> = new Set([
  ...['insert', 'update', 'delete', 'merge', 'truncate', 'create', 'alter', 'drop'],
]);

/**
 * Brings DuckDB's transaction to where it was at the savepoint. Where nothing was written since and DuckDB did not abort it, it simply goes
 * on. Else it is rolled back, and what was written before the savepoint runs once more. That is sound only when it gives the same:
 * nobody else has committed since the transaction began, rows that were inserted as values are put back as they are, no other statement has a value that changes from run to run, and each gives the
 * outcome that it gave. Raises 0A000 or 40001 when that can't be shown; then the transaction stays failed and can only be rolled back.
 */
export async function restore(context: SessionContext, savepoint: Savepoint): Promise<void> {
  const { transaction, connection } = context;
  const { writes, startedAt } = { writes: transaction.writes, startedAt: transaction.writes.startedAt };
  const whole = writes.count === savepoint.writes && !writes.damaged;
  if (whole && (transaction.begun ? await connection.isSound() : savepoint.writes === 0)) {
    transaction.resume();
    return;
  }
  const first = writes.first(savepoint.writes);
  const same = context.options.hub.commits.isStill(startedAt);
  transaction.fail();
  await connection.rollback();
  context.forgetBindings();
  context.temporary.clear();
  if (transaction.keys.changes > 0) transaction.keys.changed();
  if (typeof first === 'string') {
    throw errors.savepointLost(savepoint.name, first);
  }
  if (!same && (first.length > 0 || isRepeatable(context.settings.show('transaction_isolation')))) {
    throw errors.savepointOvertaken(savepoint.name);
  }
  writes.restart(undefined);
  transaction.resume();
  try {
    await runAgain(context, savepoint.name, first, startedAt);
  } catch (error) {
    transaction.fail();
    await connection.rollback();
    writes.restart(undefined);
    throw error;
  }
  for (const name of savepoint.temporary) {
    context.temporary.add(name);
  }
}

function isRepeatable(isolation: string): boolean {
  return isolation === 'repeatable read' || isolation === 'serializable';
}

async function runAgain(
  context: SessionContext,
  name: string,
  entries: readonly (LoggedWrite | KeptWrite)[],
  startedAt: number | undefined,
): Promise<void> {
  const { connection, transaction, options } = context;
  const restorer = await Restorer.start(context);
  let unchecked = true;
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index]!;
    if ('kept' in entry) {
      const rows = onOneTable(entries, index);
      const reason = await restorer.putBack(rows);
      if (reason !== undefined) throw errors.savepointLost(name, reason);
      if (!options.hub.commits.isStill(startedAt)) throw errors.savepointOvertaken(name);
      for (const one of entries.slice(index, index + rows.length)) transaction.writes.add(one);
      index += rows.length - 1;
      continue;
    }
    await connection.ready(entry.settings, true);
    if (unchecked) await checkRepeatable(context, name, untilDefinition(entries, index));
    unchecked = entry.write.definesObjects;
    if (unchecked) restorer.forget();
    const result = await connection.run(entry.sql);
    if (!options.hub.commits.isStill(startedAt)) {
      throw errors.savepointOvertaken(name);
    }
    if ((await digestOf(result, entry.write.returning)) !== entry.digest) {
      throw errors.savepointLost(name, 'A statement before it gave another result when it ran once more.');
    }
    transaction.writes.add(entry);
  }
}

/** The statements from `index` on, as far as the next one that makes or changes an object: the same objects are there for all of them. */
function untilDefinition(all: readonly (LoggedWrite | KeptWrite)[], index: number): readonly LoggedWrite[] {
  const entries = all.slice(index).filter((entry) => 'write' in entry);
  const end = entries.findIndex((entry) => entry.write.definesObjects);
  return entries.slice(0, end < 0 ? undefined : end + 1);
}

/** @throws SluiceError 0A000 when one of them might not do the same once more */
async function checkRepeatable(context: SessionContext, name: string, entries: readonly LoggedWrite[]): Promise<void> {
  const catalog = await context.snapshot();
  const reads = new Set<string>();
  const targets = new Set<string>();
  const called = new Set<string>();
  for (const { sql, write } of entries) {
    const words = wordsOf(sql);
    const sources = write.definesObjects && !write.fromQuery ? [] : write.reads;
    const dataset = sources?.find((source) => catalog.lookup(source.schema, source.name) !== undefined);
    const reason =
      (isBareDefinition(write) ? undefined : volatileReason(sql, words, write.verb)) ??
      (sources === null ? 'It is not known what a statement before it reads.' : undefined) ??
      (dataset && `A statement before it reads the data set "${dataset.name}".`);
    if (reason !== undefined) {
      throw errors.savepointLost(name, reason);
    }
    addAll(reads, sources?.map((source) => source.name.toLowerCase()) ?? []);
    addAll(
      targets,
      write.definesObjects || !takesDefaults(write.verb, words)
        ? []
        : write.targets.map((target) => target.name.toLowerCase()),
    );
    addAll(called, words.called);
  }
  const found = await context.connection.run(
    `SELECT 'the view ' || view_name FROM duckdb_views() WHERE NOT internal AND lower(view_name) IN (${list(reads)})
     UNION ALL SELECT 'the macro ' || function_name FROM duckdb_functions()
       WHERE NOT internal AND lower(function_name) IN (${list(called)})
     UNION ALL SELECT 'the default ' || column_default FROM duckdb_columns()
       WHERE NOT internal AND lower(table_name) IN (${list(targets)}) AND contains(column_default, '(')`,
  );
  const thing = (await found.getRows())[0]?.[0];
  if (thing !== undefined) {
    throw errors.savepointLost(name, `A statement before it uses ${String(thing)}, whose value may change.`);
  }
}

/** It makes something without rows: defaults are not evaluated. */
function isBareDefinition({ verb, definesObjects, fromQuery }: LoggedWrite['write']): boolean {
  return verb === 'create' && definesObjects && !fromQuery;
}

/** UPDATE and DELETE have defaults only where they name them. */
function takesDefaults(verb: string, words: Words): boolean {
  return (verb !== 'update' && verb !== 'delete') || words.all.has('default');
}

function addAll(set: Set<string>, names: Iterable<string>): void {
  for (const name of names) {
    set.add(name);
  }
}

/** Why the text alone says that a statement might not do the same. */
function volatileReason(sql: string, words: Words, verb: string): string | undefined {
  if (!repeatable.has(verb)) {
    return `${verb.toUpperCase()} before it can not run once more.`;
  }
  const found =
    [...words.called].find((word) => volatileFunctions.has(word)) ??
    [...words.all].find((word) => volatileWords.has(word)) ??
    sampling.exec(sql)?.[0];
  return found === undefined ? undefined : `A statement before it uses "${found}", whose value changes.`;
}

function list(names: ReadonlySet<string>): string {
  return names.size === 0 ? 'NULL' : [...names].map(quoteLiteral).join(', ');
}

/** Names in a text, lower case, and those that an opening parenthesis follows. */
interface Words {
  readonly all: ReadonlySet<string>;
  readonly called: ReadonlySet<string>;
}

function wordsOf(sql: string): Words {
  const scanner = new Scanner(sql);
  const all = new Set<string>();
  const called = new Set<string>();
  let last = '';
  while (scanner.next()) {
    if (scanner.kind === 'word' || scanner.kind === 'quoted') {
      last = scanner.value.replaceAll('"', '').toLowerCase();
      all.add(last);
    } else {
      if (scanner.kind === 'punctuation' && sql[scanner.start] === '(' && last !== '') {
        called.add(last);
      }
      last = '';
    }
  }
  return { all, called };
}

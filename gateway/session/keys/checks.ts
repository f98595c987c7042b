import { errors, type SluiceError } from '../../../planner/errors.ts';
import type { SessionContext } from '../context.ts';
import { type ForeignKey, type KeyColumn, pathOf } from './foreign-key.ts';
import { keysAtOnce, keysByIndex } from './limits.ts';
import { childName, hasKey, isAdded, isMixed, isOrphan, missingKeys, presentKeys, texts } from './match.ts';
import type { Check, Key } from './transaction-keys.ts';

const comparableNumbers = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL.*)$/;

/** Null where equal values of both tables may have texts that differ: then any key may be meant. */
function told(key: ForeignKey, keys: readonly Key[]): readonly Key[] | null {
  const alike = key.columns.every(({ type }, index) => {
    const other = key.referenced[index]!.type;
    return type === other || (comparableNumbers.test(type) && comparableNumbers.test(other));
  });
  return alike ? keys : null;
}

export function distinctKeys(keys: readonly Key[]): readonly Key[] {
  return [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()];
}

export function* portions<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += keysAtOnce) yield all.slice(at, at + keysAtOnce);
}

async function rowsOf({ connection }: SessionContext, sql: string): Promise<readonly (readonly unknown[])[]> {
  return (await connection.run(sql)).getRows();
}

async function keysFrom(context: SessionContext, sql: string): Promise<readonly Key[]> {
  const rows = await rowsOf(context, sql);
  return rows.map((row) => row.map((value) => (value === null ? null : String(value))));
}

/** A value as PostgreSQL prints it. */
function shown(value: string | null, { type }: KeyColumn): string {
  if (value === null) return 'null';
  if (type === 'BOOLEAN') return value === 'true' ? 't' : 'f';
  return type === 'DOUBLE' || type === 'FLOAT' ? value.replace(/\.0$/, '') : value;
}

function keyText(columns: readonly KeyColumn[], key: Key): string {
  const values = key.map((value, index) => shown(value, columns[index]!));
  return `Key (${columns.map(({ name }) => name).join(', ')})=(${values.join(', ')})`;
}

const objectOf = ({ name, child }: ForeignKey) => ({ schema: child.schema, table: child.name, constraint: name });

function missing(key: ForeignKey, values: Key): SluiceError {
  return errors.foreignKeyMissing(
    objectOf(key),
    `${keyText(key.columns, values)} is not present in table "${key.parent.name}".`,
  );
}

function referenced(key: ForeignKey, values: Key): SluiceError {
  const detail = `${keyText(key.referenced, values)} is still referenced from table "${key.child.name}".`;
  return errors.foreignKeyReferenced(key.parent.name, objectOf(key), detail);
}

function mixed(key: ForeignKey): SluiceError {
  return errors.foreignKeyMissing(objectOf(key), 'MATCH FULL does not allow mixing of null and nonnull key values.');
}

/** Tells others what the rows refer to, or what is gone, before anything is checked: it counts at the commit. */
export async function note(context: SessionContext, check: Check): Promise<void> {
  const { keys } = context.transaction;
  const { key } = check;
  if (check.kind === 'gone') keys.removes(key, check.keys === 'all' ? null : told(key, check.keys));
  else if (typeof check.keys !== 'string') keys.refersTo(key, told(key, check.keys));
  else {
    const added = check.keys === 'added' ? ` WHERE ${isAdded}` : '';
    const from = `${pathOf(key.child)} AS ${childName}${added}`;
    const limit = keysAtOnce * keysByIndex;
    const found = await keysFrom(
      context,
      `SELECT DISTINCT ${texts(childName, key.columns)} FROM ${from} LIMIT ${limit}`,
    );
    keys.refersTo(key, found.length === limit ? null : told(key, found));
  }
}

/** Raises 23503. */
export async function check(context: SessionContext, { kind, key, keys }: Check, rematch = true): Promise<void> {
  if (kind === 'gone')
    return keys === 'all' ? checkOrphans(context, key, 'all', referenced) : checkGone(context, key, keys, rematch);
  return typeof keys === 'string' ? checkRows(context, key, keys) : checkPresent(context, key, keys);
}

/** Every row of the referring table, as when the key is declared. Raises 23503. */
export async function checkRows(context: SessionContext, key: ForeignKey, which: 'added' | 'all'): Promise<void> {
  if (key.full) {
    const some = which === 'added' ? ` AND ${isAdded}` : '';
    const sql = `SELECT 1 FROM ${pathOf(key.child)} AS ${childName} WHERE ${isMixed(key)}${some} LIMIT 1`;
    if ((await rowsOf(context, sql)).length > 0) throw mixed(key);
  }
  await checkOrphans(context, key, which, missing);
}

async function checkOrphans(
  context: SessionContext,
  key: ForeignKey,
  which: 'added' | 'all',
  error: (key: ForeignKey, values: Key) => SluiceError,
): Promise<void> {
  const some = which === 'added' ? ` AND ${isAdded}` : '';
  const [found] = await keysFrom(
    context,
    `SELECT ${texts(childName, key.columns)} FROM ${pathOf(key.child)} AS ${childName} WHERE ${isOrphan(key)}${some} ORDER BY rowid LIMIT 1`,
  );
  if (found !== undefined) throw error(key, found);
}

async function checkPresent(context: SessionContext, key: ForeignKey, keys: readonly Key[]): Promise<void> {
  if (key.full && keys.some((values) => values.includes(null) && values.some((value) => value !== null)))
    throw mixed(key);
  const whole = distinctKeys(keys.filter((values) => !values.includes(null)));
  if (whole.length <= keysByIndex) {
    if (whole.length === 0) return;
    const found = new Set((await rowsOf(context, presentKeys(key, whole))).map(([at]) => Number(at)));
    await refuse(
      context,
      key,
      whole.filter((_, at) => !found.has(at)),
    );
  } else {
    for (const portion of portions(whole)) {
      const found = await rowsOf(context, missingKeys(key, portion));
      await refuse(
        context,
        key,
        found.map(([at]) => portion[Number(at)]!),
      );
    }
  }
}

/** Unless the rows with these keys are gone meanwhile. */
async function refuse(context: SessionContext, key: ForeignKey, keys: readonly Key[]): Promise<void> {
  if (keys.length === 0) return;
  const still = new Set((await childKeys(context, key, keys, key.columns, '')).map((values) => JSON.stringify(values)));
  const first = keys.find((values) => still.has(JSON.stringify(values)));
  if (first !== undefined) throw missing(key, first);
}

function childKeys(
  context: SessionContext,
  key: ForeignKey,
  keys: readonly Key[],
  typed: readonly KeyColumn[],
  condition: string,
): Promise<readonly Key[]> {
  return keysFrom(
    context,
    `SELECT DISTINCT ${texts(childName, key.columns)} FROM ${pathOf(key.child)} AS ${childName}
     WHERE ${hasKey(childName, key.columns, keys, typed)}${condition}`,
  );
}

/** `rematch`: a key that is there again, in another row, is not gone. */
async function checkGone(
  context: SessionContext,
  key: ForeignKey,
  keys: readonly Key[],
  rematch: boolean,
): Promise<void> {
  for (const portion of portions(distinctKeys(keys))) {
    const held = await childKeys(context, key, portion, key.referenced, '');
    if (held.length === 0) continue;
    const orphans = rematch ? await childKeys(context, key, portion, key.referenced, ` AND ${isOrphan(key)}`) : held;
    const names = new Set(orphans.map((values) => JSON.stringify(values)));
    const first = portion.find((values) => names.has(JSON.stringify(values))) ?? orphans[0];
    if (first !== undefined) throw referenced(key, first);
  }
}

/** Checks that wait for the end of the transaction; `all`: or only those that SET CONSTRAINTS lets wait no longer. Raises 23503. */
export async function checkDeferred(context: SessionContext, all: boolean): Promise<void> {
  for (const waiting of context.transaction.keys.deferredChecks(all)) await check(context, waiting);
}

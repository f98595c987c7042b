import { errors } from '../../../planner/errors.ts';
import type { TokenCursor } from '../../../planner/sql/token-cursor.ts';
import type { Outcome, SessionContext } from '../context.ts';
import { checkDeferred } from '../keys/checks.ts';
import type { ForeignKey } from '../keys/foreign-key.ts';
import { foreignKeys } from '../keys/known-keys.ts';

/**
 * SET CONSTRAINTS { ALL | name, ... } { DEFERRED | IMMEDIATE }, with the cursor on what follows CONSTRAINTS: for the rest of the transaction. What has
 * waited and is to wait no longer is checked at once. Keys that are UNIQUE are never deferred. Raises 42601, 42704, 42809, 23503.
 */
export async function setConstraints(context: SessionContext, cursor: TokenCursor): Promise<Outcome> {
  const names: (readonly string[])[] = [];
  if (!cursor.accept('all')) {
    do names.push(cursor.qualifiedName());
    while (cursor.accept(','));
  }
  const deferred = cursor.accept('deferred');
  if (!deferred) cursor.expect('immediate');
  cursor.end();
  const { transaction } = context;
  const found: ForeignKey[] = [];
  if (names.length > 0) {
    await context.connection.ready(context.sessionSettings(), true);
    const { all } = await foreignKeys(context);
    for (const name of names) found.push(...named(all, name));
  }
  if (!transaction.inBlock) {
    const message = 'SET CONSTRAINTS can only be used in transaction blocks';
    context.notice({ severity: 'WARNING', sqlstate: '25P01', message });
  } else {
    if (names.length === 0) transaction.keys.setDeferred(undefined, deferred);
    for (const key of found) transaction.keys.setDeferred(key, deferred);
    if (!deferred) await checkDeferred(context, false);
  }
  return { kind: 'complete', tag: 'SET CONSTRAINTS' };
}

function named(all: readonly ForeignKey[], path: readonly string[]): readonly ForeignKey[] {
  const [schema, name] = [path.at(-2), path.at(-1)!];
  const keys = all.filter((key) => key.name === name && (schema === undefined || key.child.schema === schema));
  if (keys.length === 0) throw errors.unknownConstraint(name);
  const fixed = keys.find(({ deferrable }) => !deferrable);
  if (fixed !== undefined) throw errors.notDeferrable(name);
  return keys;
}

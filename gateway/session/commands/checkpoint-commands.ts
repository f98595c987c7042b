import { errors } from '../../../planner/errors.ts';
import { TokenCursor } from '../../../planner/sql/token-cursor.ts';
import type { Outcome, Runnable, SessionContext } from '../context.ts';
import { foldedName } from './names.ts';

/** DROP CHECKPOINT [IF EXISTS] name | 'name'. Raises 42704, and 55006 while its query runs. */
export async function dropCheckpoint(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const cursor = new TokenCursor(statement.text);
  cursor.expect('drop', 'checkpoint');
  const ifExists = cursor.accept('if');
  if (ifExists) cursor.expect('exists');
  const name = cursor.string() ?? foldedName(cursor);
  cursor.end();
  const dropped = (await context.options.checkpoints?.drop(name)) ?? false;
  if (!dropped && !ifExists) throw errors.undefinedCheckpoint(name);
  if (!dropped)
    context.notice({
      severity: 'NOTICE',
      sqlstate: '00000',
      message: `checkpoint "${name}" does not exist, skipping`,
    });
  return { kind: 'complete', tag: 'DROP CHECKPOINT' };
}

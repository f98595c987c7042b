import { errors } from '../../../planner/errors.ts';
import { type Statement, splitStatements } from '../../../planner/sql/lexer.ts';
import { isQuery } from '../../../planner/sql/statement-kind.ts';
import type { RowStyle } from '../../../worker/rows/style.ts';
import { checkCopyIn } from '../access/check-write.ts';
import { innerStatement } from '../commands/inner-statement.ts';
import { checkAdded, writing } from '../commands/logged-write.ts';
import { isReadOnly } from '../commands/writes.ts';
import type { Outcome, Runnable, SessionContext } from '../context.ts';
import { guardText } from '../guard-text.ts';
import { copyFormat } from './copy-format.ts';
import { copyFrom } from './copy-from.ts';
import { type CopyStatement, parseCopy } from './copy-statement.ts';
import { findTarget } from './copy-target.ts';
import { copyTo } from './copy-to.ts';

/** Runs a statement that stands in a COPY, or that one is carried out with. */
export type RunStatement = (runnable: Runnable) => Promise<Outcome>;

/** The COPY of a statement when it is one with the client, not with a file. Raises 42601. */
export function clientCopy({ text }: Statement): CopyStatement | undefined {
  return parseCopy(text);
}

/** COPY FROM STDIN and TO STDOUT. Raises SluiceError; then the client's remaining CopyData messages are ignored. */
export async function runClientCopy(
  context: SessionContext,
  { statement }: Runnable,
  copy: CopyStatement,
  run: RunStatement,
): Promise<Outcome> {
  const format = copyFormat(copy, statement.startCharacter);
  const style = rowStyle(context);
  if (copy.direction === 'to') {
    const rows = await copyTo(context, {
      ...{ statement: copy, format, style },
      run: (source) => run(runnableOf('sql' in source ? splitStatements(source.sql)[0]! : innerQuery(statement, copy))),
    });
    return { kind: 'complete', tag: `COPY ${rows}` };
  }
  guardText(statement.text, context.options.database);
  await checkCopyIn(context, copy.table!, copy.where);
  const own = !context.transaction.open;
  if (own) {
    context.transaction.implicit = true;
    context.settings.begin();
  }
  const target = await findTarget(context, copy.table!);
  const temporary = target.kind !== 'dataset' && target.database === 'temp';
  if (isReadOnly(context) && !temporary) {
    throw errors.readOnlyTransaction('COPY FROM');
  }
  const tables = target.kind === 'dataset' ? [] : [target.name.toLowerCase()];
  const rows = await writing(context, tables, 'COPY FROM STDIN before it can not run once more.', async () => {
    const taken = await copyFrom(context, {
      ...{ statement: copy, format, style, target },
      insertIntoDataSet: async (sql) => insertedRows(await run(runnableOf(splitStatements(sql)[0]!))),
    });
    if (target.kind !== 'dataset') await checkAdded(context, target);
    return taken;
  });
  if (own) {
    // The tag says that the rows are there.
    await context.endTransaction('commit');
  }
  return { kind: 'complete', tag: `COPY ${rows}` };
}

function runnableOf(statement: Statement): Runnable {
  return { statement, parameterOids: [], parameters: [] };
}

/** The query in parentheses, placed as in the client's text. Raises 0A000 for what gives no rows. */
function innerQuery(statement: Statement, { query }: CopyStatement): Statement {
  const cut = { ...statement, text: statement.text.slice(0, query!.end) };
  const inner = innerStatement(cut, query!.start);
  if (!isQuery(inner) && !['insert', 'update', 'delete', 'merge'].includes(inner.main)) {
    throw errors.syntax(`syntax error at or near "${inner.text.split(/\s/, 1)[0]}"`, inner.startCharacter + 1);
  }
  return inner;
}

function insertedRows(outcome: Outcome): number {
  const count = outcome.kind === 'complete' ? /(\d+)$/.exec(outcome.tag)?.[1] : undefined;
  if (count === undefined) {
    throw errors.internal('an INSERT without a number of rows');
  }
  return Number(count);
}

function rowStyle({ settings }: SessionContext): RowStyle {
  return {
    timeZone: settings.show('TimeZone'),
    dateStyle: settings.show('DateStyle'),
    intervalStyle: settings.show('IntervalStyle'),
    byteaOutput: settings.show('bytea_output'),
    extraFloatDigits: Number(settings.show('extra_float_digits')),
    dialect: settings.sluice.dialect,
  };
}

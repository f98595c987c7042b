import { errors, SluiceError } from '../../../planner/errors.ts';
import { type Statement, splitStatements } from '../../../planner/sql/lexer.ts';
import { TokenCursor } from '../../../planner/sql/token-cursor.ts';
import type { Outcome, Runnable, SessionContext } from '../context.ts';
import type { Queries } from '../query.ts';

/** SQLSTATEs of the conditions that programs wait for when they make what may be there already. */
const conditions: Readonly<Record<string, readonly string[]>> = {
  duplicate_object: ['42710'],
  duplicate_table: ['42P07'],
  duplicate_column: ['42701'],
  duplicate_schema: ['42P06'],
  undefined_object: ['42704'],
  undefined_table: ['42P01'],
};
const body = /^\s*begin\s+(.*?)(?:\bexception\s+when\s+([\w\s]+?)\s+then\s+(?:null\s*;|)\s*)?\bend\s*;?\s*$/is;
const known = 'Supported: BEGIN statements; EXCEPTION WHEN duplicate_object THEN NULL; END';

/** Statements of a block, and SQLSTATEs that end it without an error. Raises 0A000 for what needs a language. */
function readBlock({ text, parameterCount }: Statement) {
  const cursor = new TokenCursor(text);
  cursor.expect('do');
  let code = cursor.string();
  const language = cursor.accept('language') ? (cursor.string() ?? cursor.name()) : 'plpgsql';
  code ??= cursor.string();
  cursor.end();
  const read = body.exec(code ?? '');
  const caught = (read?.[2] ?? '')
    .toLowerCase()
    .split(/\s+or\s+/)
    .filter(Boolean);
  if (
    read === null ||
    language.toLowerCase() !== 'plpgsql' ||
    parameterCount > 0 ||
    caught.some((name) => !conditions[name])
  )
    throw errors.featureNotSupported('this block of DO', known);
  const statements = splitStatements(read[1]!);
  return { statements, caught: new Set(caught.flatMap((name) => conditions[name]!)) };
}

const runs: ReadonlySet<string> = new Set(['create', 'alter', 'drop', 'comment', 'insert', 'update', 'delete']);

/**
 * DO with the one block that programs send without a language in mind: definitions, and the errors that say that they were there. Statements of
 * more than one run each by itself outside of a transaction. Raises 0A000 for all else.
 */
export async function runDo(
  context: SessionContext,
  { statement }: Runnable,
  queries: Queries,
  run: (context: SessionContext, runnable: Runnable, queries: Queries) => Promise<Outcome>,
): Promise<Outcome> {
  const { statements, caught } = readBlock(statement);
  const other = statements.find(({ main }) => !runs.has(main));
  if (other !== undefined) throw errors.featureNotSupported('this block of DO', known);
  try {
    for (const inner of statements) {
      const outcome = await run(context, { statement: inner, parameterOids: [], parameters: null }, queries);
      if (outcome.kind === 'rows') await outcome.reader.close();
    }
  } catch (error) {
    if (!(error instanceof SluiceError) || !caught.has(error.sqlstate)) throw error;
  }
  return { kind: 'complete', tag: 'DO' };
}

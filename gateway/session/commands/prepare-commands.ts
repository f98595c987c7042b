import { errors, SluiceError } from '../../../planner/errors.ts';
import type { Statement } from '../../../planner/sql/lexer.ts';
import { isQuery } from '../../../planner/sql/statement-kind.ts';
import { TokenCursor } from '../../../planner/sql/token-cursor.ts';
import { parameterLiteral } from '../../../worker/rows/decode-parameter.ts';
import { pgType } from '../../../worker/rows/pg-types.ts';
import type { Outcome, Runnable, SessionContext, Shape } from '../context.ts';
import { withPosition } from '../parameters.ts';
import { type PreparedStatement, sameWireTypes } from '../prepared-statements.ts';
import type { Queries } from '../query.ts';
import { argumentQuery, argumentTexts, evaluate } from './evaluate.ts';
import { innerStatement } from './inner-statement.ts';
import { foldedName } from './names.ts';

type Describe = (context: SessionContext, runnable: Runnable, queries: Queries) => Promise<Shape>;
type Run = (context: SessionContext, runnable: Runnable, queries: Queries) => Promise<Outcome>;

const preparable: ReadonlySet<string> = new Set(['insert', 'update', 'delete', 'merge']);
/** Types of PostgreSQL that DuckDB does not know by that name. */
const typeSynonyms: Readonly<Record<string, string>> = { jsonb: 'JSON', name: 'VARCHAR', '"char"': 'VARCHAR' };

interface Preparation {
  readonly name: string;
  readonly types: readonly string[];
  readonly inner: Statement;
}

/** PREPARE name [(type, ...)] AS statement. */
function readPrepare(statement: Statement): Preparation {
  const { text } = statement;
  const cursor = new TokenCursor(text);
  cursor.expect('prepare');
  const name = foldedName(cursor);
  if (name === 'transaction' && !cursor.atEnd && cursor.word !== 'as' && cursor.value !== '(') {
    throw errors.featureNotSupported('two-phase commit');
  }
  const types = cursor.accept('(') ? argumentTexts(cursor, text) : [];
  if (cursor.word !== 'as') {
    throw cursor.unexpected();
  }
  const start = cursor.start + cursor.value.length;
  cursor.skip();
  const inner = innerStatement(statement, start);
  if (!isQuery(inner) && !preparable.has(inner.main)) {
    throw cursor.unexpected();
  }
  return { name, types, inner };
}

async function typeOids(queries: Queries, runnable: Runnable, types: readonly string[]): Promise<readonly number[]> {
  const known = types.map((type) => typeSynonyms[type.toLowerCase()] ?? type);
  const asked = known.filter((type) => type.toLowerCase() !== 'unknown');
  if (asked.length === 0) {
    return types.map(() => 0);
  }
  const nulls = asked.map(() => 'NULL');
  const { columns } = await queries.describe({ ...argumentQuery(runnable, nulls, asked), parameterOids: [] });
  const oids = columns!.types.map((type) => pgType(type).oid);
  return known.map((type) => (type.toLowerCase() === 'unknown' ? 0 : oids.shift()!));
}

/** Raises 42P05 for a name that is taken, and what the statement's own description does. */
export async function runPrepare(
  context: SessionContext,
  runnable: Runnable,
  queries: Queries,
  describe: Describe,
): Promise<Outcome> {
  const { name, types, inner } = readPrepare(runnable.statement);
  context.statements.checkName(name);
  const parameterOids = await typeOids(queries, { ...runnable, parameters: null }, types);
  const prepared: Runnable = { statement: inner, parameterOids, parameters: null };
  const shape = await describe(context, prepared, queries);
  context.statements.set(name, prepared, shape, runnable.statement.text);
  return { kind: 'complete', tag: 'PREPARE' };
}

interface Execution {
  readonly prepared: PreparedStatement;
  readonly expressions: readonly string[];
}

/** EXECUTE name [(expression, ...)]. Raises 26000, 42601 for a wrong number of values. */
function readExecute(context: SessionContext, { text }: Statement): Execution {
  const cursor = new TokenCursor(text);
  cursor.expect('execute');
  const name = foldedName(cursor);
  const expressions = cursor.accept('(') ? argumentTexts(cursor, text) : [];
  cursor.end();
  const prepared = context.statements.get(name);
  const expected = prepared.shape.parameterTypes.length;
  if (expressions.length !== expected) {
    throw errors.invalidExecute(name, expected, expressions.length);
  }
  return { prepared, expressions };
}

/** The statement that EXECUTE runs, with its values. */
export async function executed(context: SessionContext, runnable: Runnable, queries: Queries): Promise<Runnable> {
  const { prepared, expressions } = readExecute(context, runnable.statement);
  if (prepared.runnable === undefined) {
    throw errors.syntax('the prepared statement is empty');
  }
  const { parameterTypes } = prepared.shape;
  const values = await evaluate(context, queries, runnable, expressions, parameterTypes);
  const parameters = values.map((value, index) =>
    parameterLiteral(
      value === null ? null : Buffer.from(value),
      0,
      prepared.parameterOids[index]!,
      parameterTypes[index]!,
    ),
  );
  return { ...prepared.runnable, parameters };
}

/** The columns of the prepared statement. No such statement: no columns, since running it is what fails then. */
export async function describeExecute(context: SessionContext, runnable: Runnable, queries: Queries): Promise<Shape> {
  let execution: Execution;
  try {
    execution = readExecute(context, runnable.statement);
  } catch (error) {
    if (error instanceof SluiceError && error.sqlstate === errors.undefinedStatement('').sqlstate) {
      return { parameterTypes: [], columns: null };
    }
    throw error;
  }
  const { prepared, expressions } = execution;
  const { parameterTypes, columns } = prepared.shape;
  const own =
    runnable.statement.parameterCount === 0
      ? []
      : (await queries.describe(argumentQuery(runnable, expressions, parameterTypes))).parameterTypes;
  return { parameterTypes: own, columns };
}

export async function runExecute(
  context: SessionContext,
  runnable: Runnable,
  queries: Queries,
  run: Run,
): Promise<Outcome> {
  const { prepared } = readExecute(context, runnable.statement);
  const inner = await executed(context, runnable, queries);
  let outcome: Outcome;
  try {
    outcome = await run(context, inner, queries);
  } catch (error) {
    // A position in the text of PREPARE means nothing in that of EXECUTE.
    throw error instanceof SluiceError ? withPosition(error, undefined) : error;
  }
  if (outcome.kind === 'rows' && !sameWireTypes(prepared.shape.columns?.types ?? [], outcome.types)) {
    await outcome.reader.close();
    queries.forget();
    throw errors.planChanged();
  }
  return outcome;
}

/** DEALLOCATE [PREPARE] name | ALL. */
export async function runDeallocate(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const cursor = new TokenCursor(statement.text);
  cursor.expect('deallocate');
  cursor.accept('prepare');
  const all = cursor.accept('all');
  const name = all ? undefined : foldedName(cursor);
  cursor.end();
  context.dropStatements(name);
  return { kind: 'complete', tag: all ? 'DEALLOCATE ALL' : 'DEALLOCATE' };
}

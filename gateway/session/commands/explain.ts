import { VARCHAR } from '@duckdb/node-api';
import { errors } from '../../../planner/errors.ts';
import type { Plan } from '../../../planner/plan/plan.ts';
import type { Statement } from '../../../planner/sql/lexer.ts';
import { isQuery, type StatementKind } from '../../../planner/sql/statement-kind.ts';
import type { QueryReport } from '../../coordinator/coordinator.ts';
import { analyzedJson, analyzedLines } from '../analyzed.ts';
import type { Outcome, Runnable, SessionContext, Shape } from '../context.ts';
import type { Queries } from '../query.ts';
import { declaredQuery } from './cursor-commands.ts';
import { innerStatement } from './inner-statement.ts';
import { runLogged } from './logged-write.ts';
import { executed } from './prepare-commands.ts';
import { textOutcome } from './setting-commands.ts';
import { parseWrite, type Write } from './write-target.ts';
import { checkWrite } from './writes.ts';

const column = 'QUERY PLAN';
/** Besides queries. */
const explained: ReadonlySet<StatementKind> = new Set(['insert', 'update', 'delete', 'merge', 'create']);

export async function describeExplain(_context: SessionContext, runnable: Runnable, queries: Queries): Promise<Shape> {
  const inner = { ...runnable, statement: innerStatement(runnable.statement, runnable.statement.explain!.innerStart) };
  const parameterTypes =
    inner.statement.parameterCount > 0 && isQuery(inner.statement)
      ? (await queries.describe(inner)).parameterTypes
      : [];
  return { parameterTypes, columns: { names: [column], types: [VARCHAR] } };
}

/** EXECUTE stands for the statement that it runs, DECLARE for its query. */
async function explainedOf(
  context: SessionContext,
  runnable: Runnable,
  statement: Statement,
  queries: Queries,
): Promise<Runnable> {
  const inner = { ...runnable, statement };
  switch (statement.kind) {
    case 'execute':
      return executed(context, inner, queries);
    case 'declare':
      return { ...inner, statement: declaredQuery(statement) };
    default:
      return inner;
  }
}

/** Our own plan for queries over data sets; DuckDB's for what runs on the session's connection. */
export async function runExplain(context: SessionContext, runnable: Runnable, queries: Queries): Promise<Outcome> {
  const { options, innerStart } = runnable.statement.explain!;
  const inner = await explainedOf(context, runnable, innerStatement(runnable.statement, innerStart), queries);
  const { analyze: wanted = 'off', format } = options;
  const analyze = wanted !== 'off' && wanted !== 'false';
  const json = format === 'json';
  if (!isQuery(inner.statement) || !(await queries.isPlanned(inner))) {
    return explainLocal(context, inner, queries, analyze, json);
  }
  const { planner } = context.options;
  const { plan, report } = analyze ? await drain(await queries.run(inner)) : { plan: await queries.plan(inner) };
  if (json) {
    const body = [{ Plan: planner.explainJson(plan), ...(report === undefined ? {} : analyzedJson(report)) }];
    return textOutcome([column], [[JSON.stringify(body, null, 2)]], 'EXPLAIN');
  }
  const lines = [...planner.explainText(plan), ...(report === undefined ? [] : analyzedLines(report))];
  return textOutcome(
    [column],
    lines.map((line) => [line]),
    'EXPLAIN',
  );
}

interface Ran {
  /** The one that gave the answer. */
  readonly plan: Plan;
  readonly report?: QueryReport;
}

async function drain(outcome: Outcome): Promise<Ran> {
  if (outcome.kind !== 'rows' || outcome.ran === undefined) {
    throw errors.internal('a query over data sets ran without a plan');
  }
  const { reader, ran } = outcome;
  try {
    for (let batch = await reader.next(); batch !== null; batch = await reader.next());
  } finally {
    await reader.close();
  }
  return { plan: ran.plan(), report: ran.report() };
}

async function explainLocal(
  context: SessionContext,
  inner: Runnable,
  queries: Queries,
  analyze: boolean,
  json: boolean,
): Promise<Outcome> {
  const { statement } = inner;
  const query = isQuery(statement);
  if (!query) {
    if (!explained.has(statement.main)) {
      throw errors.featureNotSupported(`EXPLAIN ${statement.main.toUpperCase()}`);
    }
    await checkWrite(context, parseWrite(statement), statement.text);
  }
  const { sql, mixed } = query ? await queries.sessionSql(inner) : { sql: statement.text, mixed: false };
  await context.connection.ready(context.sessionSettings(), true);
  const options = [...(analyze ? ['ANALYZE'] : []), ...(json ? ['FORMAT JSON'] : [])];
  const prefix = options.length === 0 ? 'EXPLAIN' : `EXPLAIN (${options.join(', ')})`;
  const text = `${prefix} ${sql}`;
  const result = await (analyze && !query ? analyzed(context, statement, text) : context.connection.run(text));
  const plan = (await result.getRows()).map((row) => String(row[1] ?? '')).join('\n');
  const lines = json
    ? [plan]
    : [`strategy: ${mixed ? 'direct' : 'local'}`, ...plan.split('\n').filter((line) => line.trim() !== '')];
  return textOutcome(
    [column],
    lines.map((line) => [line]),
    'EXPLAIN',
  );
}

/** What it writes is checked as that of a MERGE: by looking at whole tables. */
async function analyzed(context: SessionContext, statement: Statement, text: string) {
  const write: Write = { ...parseWrite(statement), verb: 'merge', returning: false };
  return (await runLogged(context, write, text, 'EXPLAIN ANALYZE has written.')).result;
}

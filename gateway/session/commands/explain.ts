import { VARCHAR } from '@duckdb/node-api';
import { errors } from '../../../planner/errors.ts';
import type { Plan } from '../../../planner/plan/plan.ts';
import type { Statement } from '../../../planner/sql/lexer.ts';
import { isQuery, type StatementKind } from '../../../planner/sql/statement-kind.ts';
import type { QueryReport } from '../../coordinator/coordinator.ts';
import { analyzedJson, analyzedLines, summaryJson, summaryLines } from '../analyzed.ts';
import type { Outcome, Runnable, SessionContext, Shape } from '../context.ts';
import type { Queries } from '../query.ts';
import { declaredQuery } from './cursor-commands.ts';
import { explainOptions } from './explain-options.ts';
import { innerStatement } from './inner-statement.ts';
import { runLogged } from './logged-write.ts';
import { executed } from './prepare-commands.ts';
import { textOutcome } from './setting-commands.ts';
import { parseWrite, type Write } from './write-target.ts';
import { checkWrite } from './writes.ts';

const column = 'QUERY PLAN';
/** Besides queries. */
const writes: ReadonlySet<StatementKind> = new Set(['insert', 'update', 'delete', 'merge', 'create']);

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
  const begun = performance.now();
  const { statement } = runnable;
  const { analyze, format, summary } = explainOptions(statement);
  const json = format === 'json';
  const planningMs = () => (summary && !analyze ? performance.now() - begun : undefined);
  const explained = innerStatement(statement, statement.explain!.innerStart);
  const inner = await explainedOf(context, runnable, explained, queries);
  if (!isQuery(inner.statement) || !(await queries.isPlanned(inner))) {
    const lines = await explainLocal(context, inner, queries, analyze, json);
    return answer(json ? lines : [...lines, ...summaryLines(planningMs())]);
  }
  const { planner } = context.options;
  const { plan, report } = analyze ? await drain(await queries.run(inner)) : { plan: await queries.plan(inner) };
  const planned = planningMs();
  if (json) {
    const body = [{ Plan: planner.explainJson(plan), ...summaryJson(planned), ...(report && analyzedJson(report)) }];
    return answer([JSON.stringify(body, null, 2)]);
  }
  return answer([...planner.explainText(plan), ...summaryLines(planned), ...(report ? analyzedLines(report) : [])]);
}

function answer(lines: readonly string[]): Outcome {
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
): Promise<readonly string[]> {
  const { statement } = inner;
  const query = isQuery(statement);
  if (!query) {
    if (!writes.has(statement.main)) {
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
  return json
    ? [plan]
    : [`strategy: ${mixed ? 'direct' : 'local'}`, ...plan.split('\n').filter((line) => line.trim() !== '')];
}

/** What it writes is checked as that of a MERGE: by looking at whole tables. */
async function analyzed(context: SessionContext, statement: Statement, text: string) {
  const write: Write = { ...parseWrite(statement), verb: 'merge', returning: false };
  return (await runLogged(context, write, text, 'EXPLAIN ANALYZE has written.')).result;
}

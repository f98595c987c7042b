/** From a request to a verified Plan: bind, passes, ladder. */

import { BadHint } from './algebra/lower-partial.ts';
import { bindQuery } from './bind/bind-query.ts';
import type { BoundQuery } from './bind/bound-query.ts';
import { sameName } from './bind/scope.ts';
import { withCheckpoint } from './checkpoint-plan.ts';
import { errors } from './errors.ts';
import type { MakePlan, PlannerSettings, PlanRequest } from './index.ts';
import { nearestName } from './nearest-name.ts';
import { totalBytes } from './partitioning.ts';
import { queryPasses } from './passes/index.ts';
import type { Draft } from './passes/pass.ts';
import { runPasses } from './passes/run.ts';
import type { Decision, OutputColumn, Plan, PlanNotice, ScanSummary, StrategyName } from './plan/plan.ts';
import { verifyPlan } from './plan/verify.ts';
import { characterPosition } from './sql/positions.ts';
import { printStatement } from './sql/print.ts';
import { attempts, type Climb, climb } from './strategies/climb.ts';
import { scanShadows } from './strategies/fragment.ts';
import type { PlanContext } from './strategies/strategy.ts';
import type { PlannerWorld } from './world.ts';

export const makePlan: MakePlan = async (request, anyWorld) => {
  const world = anyWorld.forSession?.(request.session) ?? anyWorld;
  const bound = await bindQuery(request, world);
  const settings = withHints(request.settings, bound);
  const start: Draft = { bound, files: bound.occurrences.map(({ table }) => table.files) };
  const described = describeOriginal(request, bound, world);
  described.catch(() => undefined); // told below, unless a pass fails before
  const { draft } = await runPasses(
    start,
    queryPasses,
    { request, world },
    { disabled: settings.disabled, verify: settings.verifyPasses ? (next) => bindsStill(next, world) : undefined },
  );
  const columns = await described;
  const context: PlanContext = {
    request,
    world,
    bound: draft.bound,
    files: draft.files,
    settings,
    columns,
    attempt: attempts(() => context),
  };
  const { strategy, outcome, decisions } = await climbHinted(context);
  const plan: Plan = {
    strategy,
    columns,
    stages: outcome.stages,
    result: outcome.result,
    decisions,
    scans: summaries(draft),
    notices: [...bound.notices, ...unusedHints(draft.bound, request.sql), ...notObeyed(bound, strategy, decisions)],
    ...(bound.hinted !== null && strategy === 'stages' ? { hinted: true } : {}),
    ...(outcome.exchange === undefined ? {} : { exchange: outcome.exchange }),
    ...(outcome.rawGathers === undefined ? {} : { rawGathers: outcome.rawGathers }),
  };
  const limited = withTaskLimits(plan, bound);
  const name = bound.hints.find((hint) => hint.kind === 'checkpoint')?.name;
  const made = name === undefined ? limited : withCheckpoint(limited, name);
  verifyPlan(made);
  return made;
};

/** Memory and threads of every task, as the hint `task` says. */
function withTaskLimits(plan: Plan, { hints }: BoundQuery): Plan {
  const hint = hints.findLast((one) => one.kind === 'task');
  if (hint === undefined) return plan;
  const limits = {
    ...(hint.memoryBytes === null ? {} : { memoryBytes: hint.memoryBytes }),
    ...(hint.threads === null ? {} : { threads: hint.threads }),
  };
  return { ...plan, stages: plan.stages.map((stage) => ({ ...stage, limits })) };
}

/** Raises what is wrong with a hint, and 0A000 where a SELECT is to run once per partition and can't. */
async function climbHinted(context: PlanContext): Promise<Climb> {
  try {
    const found = await climb(context);
    if (context.bound.hinted !== 'partial' || found.strategy === 'stages') return found;
    const why = found.decisions.find(({ strategy }) => strategy === 'stages')?.reason ?? 'it is switched off';
    throw errors.featureNotSupported('hint partial_sql in this query', `It can not be divided into stages: ${why}.`);
  } catch (error) {
    throw error instanceof BadHint ? error.error : error;
  }
}

/** Says why partitions that were asked for are not there. */
function notObeyed(bound: BoundQuery, taken: StrategyName, decisions: readonly Decision[]): readonly PlanNotice[] {
  if (bound.hinted === null || taken === 'stages') return [];
  const why = decisions.find(({ strategy }) => strategy === 'stages')?.reason ?? 'it is switched off';
  const message = `hint "repartition" has no effect: the query can not be divided into stages (${why})`;
  return [{ severity: 'WARNING', sqlstate: '01000', message }];
}

/** Hints come before settings. */
function withHints(settings: PlannerSettings, bound: BoundQuery): PlannerSettings {
  let result = settings;
  for (const hint of bound.hints) {
    if (hint.kind === 'strategy') result = { ...result, strategy: hint.strategy };
    if (hint.kind === 'partitions') result = { ...result, partitions: hint.partitions };
  }
  // What is kept has to be done by tasks, and each of them has to be the same the next time.
  if (bound.hints.some(({ kind }) => kind === 'checkpoint'))
    result = { ...result, adaptive: 'off', disabled: [...result.disabled, 'metadata', 'direct'] };
  return bound.hinted === null ? result : { ...result, strategy: 'stages', adaptive: 'off' };
}

/** Names in the dialect, types as DuckDB gives for the original query. */
async function describeOriginal(
  request: PlanRequest,
  bound: BoundQuery,
  world: PlannerWorld,
): Promise<readonly OutputColumn[]> {
  const { columns } = await world.describe(bound.describeSql, scanShadows({ bound, request, world } as PlanContext));
  const names = bound.outputNames(columns.map(({ name }) => withoutScanNames(name, bound)));
  return columns.map(({ type }, i) => ({ name: names[i]!, type }));
}

/** A sub-query without alias is called by its text, in which the scans are to have the names that the client gave the tables. */
function withoutScanNames(name: string, { occurrences }: BoundQuery): string {
  return name.replace(
    /\b__scan(\d+)\b( AS ("(?:[^"]|"")*"|\w+))?/g,
    (whole, id: string, as?: string, alias?: string) => {
      const table = occurrences[Number(id)]?.table.name;
      if (table === undefined) return whole;
      if (as !== undefined && alias?.toLowerCase() === table.toLowerCase()) return alias;
      return `${/^[a-z_][a-z0-9_]*$/.test(table) ? table : `"${table.replaceAll('"', '""')}"`}${as ?? ''}`;
    },
  );
}

async function bindsStill({ bound }: Draft, world: PlannerWorld): Promise<void> {
  const relations = scanShadows({ bound } as PlanContext);
  await world.describe(await printStatement(world, bound.statement), relations);
}

function summaries({ bound, files }: Draft): readonly ScanSummary[] {
  return bound.occurrences.map(({ id, table }) => ({
    table: table.name,
    filesTotal: table.files.length,
    filesRead: files[id]!.length,
    bytesTotal: totalBytes(table.files),
    bytesRead: totalBytes(files[id]!),
  }));
}

/**
 * Looks at `repartition` hints that only divide files. Raises 42P01 for one that names no relation of the query, 22023 for one by a column that is no
 * hive key; gives a WARNING where a data set can't be divided as asked for.
 */
function unusedHints(bound: BoundQuery, sql: string): readonly PlanNotice[] {
  const notices: PlanNotice[] = [];
  checkJoinHints(bound, sql);
  if (bound.hinted !== null) return notices;
  for (const hint of bound.hints) {
    if (hint.kind !== 'repartition') continue;
    const position = hint.at === undefined ? undefined : characterPosition(sql, hint.at);
    const wanted = hint.table.toLowerCase();
    const names = bound.occurrences.flatMap(({ alias, table }) => [alias, table.name]);
    const occurrence = bound.occurrences.find(({ alias, table }) =>
      [alias.toLowerCase(), table.name.toLowerCase()].includes(wanted),
    );
    const { by } = hint;
    if (occurrence === undefined) throw errors.missingFrom(hint.table, nearestName(hint.table, names), position);
    if (by.kind === 'rows' && occurrence.table.format !== 'parquet')
      notices.push({
        severity: 'WARNING',
        sqlstate: '01000',
        message: `hint repartition by rows needs Parquet files; "${hint.table}" is divided by files`,
      });
    else if (by.kind === 'column') {
      const keys = occurrence.table.columns.filter(({ hive }) => hive).map(({ name }) => name);
      if (!keys.some((key) => key.toLowerCase() === by.column.toLowerCase()))
        throw noHiveKey(hint.table, by.column, keys, position);
    }
  }
  return notices;
}

/** Raises 42P01 for a table that the query does not read. */
function checkJoinHints({ hints, occurrences }: BoundQuery, sql: string): void {
  const names = occurrences.flatMap(({ alias, table }) => [alias, table.name]);
  for (const hint of hints) {
    const tables = hint.kind === 'broadcast' ? [hint.table] : hint.kind === 'colocate' ? hint.tables : [];
    for (const table of tables) {
      if (names.some((name) => sameName(name, table))) continue;
      const position = hint.at === undefined ? undefined : characterPosition(sql, hint.at);
      throw errors.missingFrom(table, nearestName(table, names), position);
    }
  }
}

function noHiveKey(table: string, column: string, keys: readonly string[], position: number | undefined): Error {
  const numbers = `For a column that holds numbers of partitions: repartition(${table}, n, by => ${column}).`;
  const hint = keys.length > 0 ? `Hive keys: ${keys.join(', ')}. ${numbers}` : numbers;
  return errors.invalidHint(`repartition: "${column}" is not a hive key of "${table}"`, hint, position ?? null);
}

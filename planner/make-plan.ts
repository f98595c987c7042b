/** From a request to a verified Plan: bind, passes, ladder. */

import { bindQuery } from './bind/bind-query.ts';
import type { BoundQuery } from './bind/bound-query.ts';
import type { MakePlan, PlannerSettings, PlanRequest } from './index.ts';
import { totalBytes } from './partitioning.ts';
import { queryPasses } from './passes/index.ts';
import type { Draft } from './passes/pass.ts';
import { runPasses } from './passes/run.ts';
import type { OutputColumn, Plan, PlanNotice, ScanSummary } from './plan/plan.ts';
import { verifyPlan } from './plan/verify.ts';
import { printStatement } from './sql/print.ts';
import { attempts, climb } from './strategies/climb.ts';
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
  const { strategy, outcome, decisions } = await climb(context);
  const plan: Plan = {
    strategy,
    columns,
    stages: outcome.stages,
    result: outcome.result,
    decisions,
    scans: summaries(draft),
    notices: [...bound.notices, ...unusedHints(draft.bound)],
    ...(outcome.exchange === undefined ? {} : { exchange: outcome.exchange }),
    ...(outcome.rawGathers === undefined ? {} : { rawGathers: outcome.rawGathers }),
  };
  verifyPlan(plan);
  return plan;
};

/** Hints come before settings. */
function withHints(settings: PlannerSettings, bound: BoundQuery): PlannerSettings {
  let result = settings;
  for (const hint of bound.hints) {
    if (hint.kind === 'strategy') result = { ...result, strategy: hint.strategy };
    if (hint.kind === 'partitions') result = { ...result, partitions: hint.partitions };
  }
  return result;
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

/** `repartition` hints that name no data set, or what can't be done with the one they name. */
function unusedHints(bound: BoundQuery): readonly PlanNotice[] {
  const notices: PlanNotice[] = [];
  const warn = (message: string, hint?: string) =>
    notices.push({ severity: 'WARNING', sqlstate: '01000', message, hint });
  for (const hint of bound.hints) {
    if (hint.kind !== 'repartition') continue;
    const wanted = hint.table.toLowerCase();
    const occurrence = bound.occurrences.find(({ alias, table }) =>
      [alias.toLowerCase(), table.name.toLowerCase()].includes(wanted),
    );
    const { by } = hint;
    if (occurrence === undefined) warn(`hint repartition names "${hint.table}", which is not a data set of the query`);
    else if (by.kind === 'rows' && occurrence.table.format !== 'parquet')
      warn(`hint repartition by rows needs Parquet files; "${hint.table}" is divided by files`);
    else if (by.kind === 'column') {
      const keys = occurrence.table.columns.filter(({ hive }) => hive).map(({ name }) => name);
      if (!keys.some((key) => key.toLowerCase() === by.column.toLowerCase()))
        warn(
          `hint repartition by column "${by.column}": not a hive key of "${hint.table}", which is divided by files`,
          keys.length > 0 ? `Hive keys: ${keys.join(', ')}.` : undefined,
        );
    }
  }
  return notices;
}

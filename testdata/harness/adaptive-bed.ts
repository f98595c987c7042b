/** Plans made and run in this process over skewed files, with everything that sizes may change switched on. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QueryReport } from '../../gateway/coordinator/coordinator.ts';
import type { CoordinatorLimits } from '../../gateway/coordinator/limits.ts';
import type { PlannerSettings, PlanRequest } from '../../planner/index.ts';
import { makePlan } from '../../planner/make-plan.ts';
import type { Plan } from '../../planner/plan/plan.ts';
import { bigints, makeTestBed, settings as session } from './coordinator-bed.ts';
import { catalogOf, DuckdbWorld } from './duckdb-world.ts';
import type { InProcessFleetOptions } from './in-process-fleet.ts';
import { LocalExecutor } from './local-executor.ts';
import { makeTable } from './plan-data.ts';
import { plannerSettings } from './planner-settings.ts';

/** Rows of a table: SQL of a SELECT for each file. */
export type TableFiles = Readonly<Record<string, readonly string[]>>;

/** Half of the rows of `big` have the key 7, some of every table have none; `none` has no rows. */
export const skewed: TableFiles = {
  big: [0, 1, 2].map(
    (file) =>
      `SELECT i AS a, CASE WHEN i % 2 = 0 THEN 7 WHEN i % 11 = 0 THEN NULL ELSE i % 500 END AS k, i % 13 AS g
       FROM range(${file * 6000}, ${file * 6000 + 6000}) r(i)`,
  ),
  small: [0, 1].map(
    (file) =>
      `SELECT CASE WHEN i % 29 = 0 THEN NULL ELSE i % 700 END AS k, i AS b FROM range(${file * 500}, ${file * 500 + 500}) r(i)`,
  ),
  none: ['SELECT i AS k, i AS b FROM range(10) r(i) WHERE i < 0'],
};

export interface AdaptiveRun {
  /** All columns of all rows, which have to be BIGINTs that are not NULL. */
  readonly rows: readonly string[];
  readonly plan: Plan;
  readonly report: QueryReport;
  /** The plan that gave the answer. */
  readonly ran: Plan;
}

export interface AdaptiveBed {
  /** `replans` false: the coordinator is given no way to plan again. */
  run(sql: string, settings?: Partial<PlannerSettings>, replans?: boolean): Promise<AdaptiveRun>;
  /** What one DuckDB gives. */
  oracle(sql: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Plans have exchanges through frames and change as they run. */
const adaptiveSettings: PlannerSettings = {
  ...plannerSettings,
  strategy: 'stages',
  partitions: 4,
  slots: 4,
  broadcastMaxBytes: 0,
  exchange: 'frames',
  adaptive: 'on',
};

/** A coordinator with two workers of two slots over the tables. Limits are so low that small tables are not too small for anything. */
export async function makeAdaptiveBed(
  tables: TableFiles = skewed,
  limits: Partial<CoordinatorLimits> = {},
  fleet: Partial<InProcessFleetOptions> = {},
): Promise<AdaptiveBed> {
  const folder = await mkdtemp(join(tmpdir(), 'adaptive-'));
  const maker = await LocalExecutor.open();
  const made = [];
  for (const [name, files] of Object.entries(tables)) {
    const paths: string[] = [];
    for (const [n, sql] of files.entries()) {
      const path = `${name}-${n}.parquet`;
      await maker.connection.run(`COPY (${sql}) TO '${join(folder, path)}' (FORMAT parquet, ROW_GROUP_SIZE 4096)`);
      paths.push(path);
    }
    made.push(await makeTable(maker, folder, name, paths, false, undefined));
  }
  maker.close();
  const executor = await LocalExecutor.open(made);
  const world = await DuckdbWorld.open();
  const low = { skewLeastBytes: 10_000, exchangeLeastTaskBytes: 10_000, replanLeastBytes: 1, ...limits };
  const bed = await makeTestBed({ ...fleet, allowedDirectories: [folder] }, low);
  const catalog = catalogOf(...made);
  return {
    run: async (sql, settings = {}, replans = true) => {
      const request: PlanRequest = {
        sql,
        parameters: null,
        catalog,
        settings: { ...adaptiveSettings, ...settings },
        session,
      };
      const plan = await makePlan(request, world);
      const replan = (known: PlanRequest['known']) => makePlan({ ...request, known: known! }, world);
      const answer = await bed.coordinator.run(plan, await bed.context(replans ? { replan } : {}));
      const rows: string[] = [];
      for await (const batch of answer) {
        const columns = batch.columns.map((_, column) => bigints(batch, column));
        for (let row = 0; row < batch.rowCount; row++) rows.push(columns.map((column) => column[row]).join());
      }
      await answer.close();
      return { rows: rows.sort(), plan, report: answer.report(), ran: answer.replacedPlan() ?? plan };
    },
    oracle: async (sql) => {
      const { rows } = await executor.original(sql, session);
      return rows.map((row) => row.join()).sort();
    },
    close: async () => {
      await bed.close();
      world.close();
      executor.close();
      await rm(folder, { recursive: true });
    },
  };
}

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { QueryCoordinator } from '../../gateway/coordinator/query-coordinator.ts';
import type { Plan, SessionSettings, Stage } from '../../planner/plan/plan.ts';
import { errors } from '../../planner/errors.ts';
import { SimulatedFleet } from './simulated-fleet.ts';

export interface SimulationOptions {
  readonly workers: number;
  readonly slots: number;
  /** How many queries each session asks at once. */
  readonly queriesOfSessions: readonly number[];
  readonly tasksPerQuery: number;
  /** This share of the workers dies every second, and others take their places. */
  readonly dyingPerSecond?: number;
  /** As `dyingPerSecond`, by tasks and not by time: one worker after so many. */
  readonly deathEveryTasks?: number;
}

export interface Simulation {
  readonly tasks: number;
  readonly ms: number;
  /** Attempts that were begun for them. */
  readonly attempts: number;
  readonly deaths: number;
  /** Of the attempts until the first session was done: the share of each session. */
  readonly shares: readonly number[];
  /** Heap beyond that before the run, at most. */
  readonly heapBytes: number;
  readonly mostAtOnce: number;
}

const settings: SessionSettings = {
  timeZone: 'UTC',
  nullOrder: 'nulls_last',
  integerDivision: false,
  statementTimeMicros: '0',
};
const beatMs = 100;
const columns = [{ name: 'a', type: 'BIGINT' }];

/** Runs queries of many tasks that do nothing on workers that are not there: what is left is the work of the scheduler. */
export async function simulateScheduler(options: SimulationOptions): Promise<Simulation> {
  const sessions = options.queriesOfSessions.map(() => ({}) as DuckDBConnection);
  const begun = options.queriesOfSessions.map(() => 0);
  let shares: readonly number[] | undefined;
  let attempts = 0;
  const fleet: SimulatedFleet = new SimulatedFleet({
    workers: options.workers,
    slots: options.slots,
    onTask: ({ attempt }) => {
      begun[Number(attempt.slice(1, attempt.indexOf('-')))]!++;
      attempts++;
      if (options.deathEveryTasks !== undefined && attempts % options.deathEveryTasks === 0)
        setImmediate(() => fleet.replace(attempts));
    },
  });
  await fleet.start();
  const coordinator = new QueryCoordinator({
    fleets: [fleet],
    engine: noEngine,
    tempDirectory: join(tmpdir(), 'sluice-simulation'),
    exchangeDirectory: join(tmpdir(), 'sluice-simulation'),
    limits: { runningQueries: options.queriesOfSessions.reduce((sum, count) => sum + count, 0) },
  });
  globalThis.gc?.();
  const heapBefore = process.memoryUsage().heapUsed;
  let heapMost = heapBefore;
  let place = 0;
  const beat = setInterval(() => {
    heapMost = Math.max(heapMost, process.memoryUsage().heapUsed);
    const dying = ((options.dyingPerSecond ?? 0) * options.workers * beatMs) / 1000;
    for (let index = 0; index < Math.round(dying); index++) fleet.replace((place += 7919));
  }, beatMs);
  const plan = planOf(options.tasksPerQuery);
  const started = performance.now();
  const ask = async (session: number, query: number) => {
    const signal = new AbortController().signal;
    const connection = sessions[session]!;
    const answer = await coordinator.run(plan, { queryId: `s${session}-${query}`, settings, connection, signal });
    for await (const _ of answer) await nextTurn();
  };
  const asked = options.queriesOfSessions.map(async (count, session) => {
    await Promise.all(Array.from({ length: count }, (_, query) => ask(session, query)));
    shares ??= begun.map((each) => each / attempts);
  });
  await Promise.all(asked);
  const ms = performance.now() - started;
  heapMost = Math.max(heapMost, process.memoryUsage().heapUsed);
  clearInterval(beat);
  await coordinator.close();
  await fleet.stop();
  const queries = options.queriesOfSessions.reduce((sum, count) => sum + count, 0);
  const { deaths, mostAtOnce } = fleet;
  const tasks = queries * (options.tasksPerQuery + 1);
  return { tasks, ms, attempts, deaths, shares: shares!, heapBytes: heapMost - heapBefore, mostAtOnce };
}

/** All tasks of the first stage are there at once; one more reads what they left. */
function planOf(tasks: number): Plan {
  const stage = (id: number, count: number, more: Partial<Stage>): Stage => ({
    id,
    sql: 'SELECT 1 AS a',
    columns,
    tasks: Array.from({ length: count }, (_, partition) => ({ partition, scans: [] })),
    replayable: false,
    why: 'simulation',
    ...more,
  });
  const input = { relation: '__in0', stages: [0], mode: 'all', required: false } as const;
  return {
    strategy: 'stages',
    columns,
    stages: [
      stage(0, tasks, { exchange: { hashBy: [], partitions: 1, bytes: 0 } }),
      stage(1, 1, { inputs: [input] }),
    ],
    result: { kind: 'concat', stage: 1, limit: null, offset: 0 },
    decisions: [],
    scans: [],
    notices: [],
    exchange: { via: 'frames', adaptive: false },
  };
}

const noEngine = {
  connect: () => Promise.reject(errors.internal('nothing runs here')),
};

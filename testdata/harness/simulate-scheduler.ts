import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ConnectionSource } from '../../gateway/coordinator/query-connections.ts';
import { QueryCoordinator } from '../../gateway/coordinator/query-coordinator.ts';
import { errors } from '../../planner/errors.ts';
import type { Plan, SessionSettings, Stage } from '../../planner/plan/plan.ts';
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
  /** Of the processor, all threads. */
  readonly cpuMs: number;
  /** Attempts that were begun for them. */
  readonly attempts: number;
  readonly deaths: number;
  /** Of the attempts while all sessions waited for some: the share of each session. */
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
/** From the place of one that dies to that of the next. */
const stride = 7919;
const columns = [{ name: 'a', type: 'BIGINT' }];

/** Runs queries of many tasks that do nothing on workers that are not there: what is left is the work of the scheduler. */
export async function simulateScheduler(options: SimulationOptions): Promise<Simulation> {
  const sessions = options.queriesOfSessions.map(() => ({}) as DuckDBConnection);
  const begun = options.queriesOfSessions.map(() => 0);
  let early: readonly number[] | undefined;
  let shares: readonly number[] | undefined;
  let attempts = 0;
  const fleet: SimulatedFleet = new SimulatedFleet({
    workers: options.workers,
    slots: options.slots,
    onTask: ({ attempt }) => {
      const session = Number(attempt.slice(1, attempt.indexOf('-')));
      begun[session]!++;
      attempts++;
      const isLast = begun[session] === options.queriesOfSessions[session]! * options.tasksPerQuery;
      if (isLast && early !== undefined) shares ??= sharesOf(begun, early);
      if (early === undefined && begun.every((count) => count > 0)) early = [...begun];
      if (options.deathEveryTasks !== undefined && attempts % options.deathEveryTasks === 0)
        setImmediate(() => fleet.replace(fleet.deaths * stride));
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
    for (let index = 0; index < Math.round(dying); index++) {
      place += stride;
      fleet.replace(place);
    }
  }, beatMs);
  const plan = planOf(options.tasksPerQuery);
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  const ask = async (session: number, query: number) => {
    const signal = new AbortController().signal;
    const connection = sessions[session]!;
    const answer = await coordinator.run(plan, { queryId: `s${session}-${query}`, settings, connection, signal });
    for await (const _ of answer) await nextTurn();
  };
  const asked = options.queriesOfSessions.flatMap((count, session) =>
    Array.from({ length: count }, (_, query) => ask(session, query)),
  );
  await Promise.all(asked);
  const ms = performance.now() - started;
  const { user, system } = process.cpuUsage(cpuBefore);
  heapMost = Math.max(heapMost, process.memoryUsage().heapUsed);
  clearInterval(beat);
  await coordinator.close();
  await fleet.stop();
  const queries = options.queriesOfSessions.reduce((sum, count) => sum + count, 0);
  const { deaths, mostAtOnce } = fleet;
  const tasks = queries * (options.tasksPerQuery + 1);
  const cpuMs = (user + system) / 1000;
  return { tasks, ms, cpuMs, attempts, deaths, shares: shares!, heapBytes: heapMost - heapBefore, mostAtOnce };
}

function sharesOf(counts: readonly number[], before: readonly number[]): readonly number[] {
  const gained = counts.map((count, session) => count - before[session]!);
  const all = gained.reduce((sum, count) => sum + count, 0);
  return gained.map((count) => count / all);
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
    stages: [stage(0, tasks, { exchange: { hashBy: [], partitions: 1, bytes: 0 } }), stage(1, 1, { inputs: [input] })],
    result: { kind: 'concat', stage: 1, limit: null, offset: 0 },
    decisions: [],
    scans: [],
    notices: [],
    exchange: { via: 'frames', adaptive: false },
  };
}

const noEngine: ConnectionSource = {
  connect: () => Promise.reject(errors.internal('nothing runs here')),
  release: () => undefined,
  replace: () => false,
};

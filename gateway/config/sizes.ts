/** Turns what is left at `auto` into numbers, by the machine that the process runs on. */
import { errors } from '../../planner/errors.ts';
import { type Config, runningQueriesLimit, threadReserve } from './settings.ts';

export interface Machine {
  readonly cores: number;
  /** What the process may use: the container's limit where there is one. */
  readonly memoryBytes: number;
  /** Threads of libuv's pool: each running DuckDB call holds one. */
  readonly poolThreads: number;
}

export interface Sizes {
  /** Worker processes on this machine. */
  readonly workers: number;
  readonly workerSlots: number;
  readonly workerThreads: number;
  /** Of each worker. */
  readonly workerMemoryBytes: number;
  /** Threads of each of the gateway's own DuckDBs, and their memory together. */
  readonly coordinatorThreads: number;
  readonly coordinatorMemoryBytes: number;
  readonly maxConcurrentQueries: number;
}

const MiB = 1024 * 1024;
const coresPerWorker = 4;
const fewestWorkers = 2;
const mostWorkersByDefault = 16;
const fewestSlots = 2;
const fewestRunningQueries = 4;
/** Of the machine's memory: one share for the gateway's DuckDBs, one for all its workers. The rest is for Node and the page cache. */
const memoryShare = 0.4;
/** Of the machine's memory, for a worker that has it to itself. */
const joinedMemoryShare = 0.8;
const fewestMemoryBytes = 128 * MiB;

function share(machine: Machine, fraction: number, parts: number): number {
  return Math.max(fewestMemoryBytes, Math.floor((machine.memoryBytes * fraction) / parts / MiB) * MiB);
}

/** Sizes of a gateway and its workers. Raises F0000 when libuv's pool is too small for them. */
export function gatewaySizes(config: Config, machine: Machine): Sizes {
  const byCores = Math.ceil(machine.cores / coresPerWorker);
  const workers = config.workers ?? Math.min(mostWorkersByDefault, Math.max(fewestWorkers, byCores));
  const maxConcurrentQueries =
    config.maxConcurrentQueries ?? Math.min(runningQueriesLimit, Math.max(fewestRunningQueries, machine.cores * 2));
  if (maxConcurrentQueries + threadReserve > machine.poolThreads) {
    throw errors.configConflict(
      `${maxConcurrentQueries} running queries need ${maxConcurrentQueries + threadReserve} threads, the pool has ${machine.poolThreads}`,
      'Raise UV_THREADPOOL_SIZE or lower --max-concurrent-queries.',
    );
  }
  const divisor = Math.max(1, workers);
  return {
    workers,
    workerSlots: config.workerSlots ?? Math.max(fewestSlots, Math.ceil(machine.cores / divisor / config.workerThreads)),
    workerThreads: config.workerThreads,
    workerMemoryBytes: config.workerMemory ?? share(machine, memoryShare, divisor),
    coordinatorThreads: machine.cores,
    coordinatorMemoryBytes: config.memory ?? share(machine, memoryShare, 1),
    maxConcurrentQueries,
  };
}

/** Sizes of a worker that joins a gateway elsewhere and has the machine to itself. */
export function workerSizes(
  config: Config,
  machine: Machine,
): Pick<Sizes, 'workerSlots' | 'workerThreads' | 'workerMemoryBytes'> {
  return {
    workerSlots: config.workerSlots ?? Math.max(fewestSlots, Math.ceil(machine.cores / config.workerThreads)),
    workerThreads: config.workerThreads,
    workerMemoryBytes: config.workerMemory ?? share(machine, joinedMemoryShare, 1),
  };
}

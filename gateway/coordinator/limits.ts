/** Everything that the coordinator bounds, by name. Bytes and milliseconds. `main` overrides what is a setting. */
export interface CoordinatorLimits {
  /** Queries over data sets that work at a time; each may hold one libuv thread. */
  readonly runningQueries: number;
  /** What queries over data sets are expected to need in the gateway's own DuckDB, all that run together. */
  readonly queryMemoryBytes: number;
  /** How often a query that needs much may see others go first that need less. */
  readonly passedOver: number;
  /** Queries that touch no files (`local`, `metadata`): they never wait behind the others. They use the reserve of libuv threads. */
  readonly runningLightQueries: number;
  /** Queries that may wait for a place. */
  readonly queuedQueries: number;
  readonly queueTimeoutMs: number;
  /** Answers that are open at a time, those that a client has half read and left included. */
  readonly openAnswers: number;
  /** An answer that nobody reads for this long gives its place away until it is read again. */
  readonly idleAnswerMs: number;
  /** How long a task waits for any worker to be there. */
  readonly noWorkerWaitMs: number;
  /** Failed attempts of one task, for whatever reason. */
  readonly taskAttempts: number;
  /** Workers that one task may take down. */
  readonly workersLostPerTask: number;
  /** First wait before a task is tried again; doubled each time up to `backoffMaxMs`. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  /** How long the task that is read next waits for a slot, when it has to begin anew, before a younger one gives way. */
  readonly giveWayMs: number;
  /** Files of which it is kept in mind which worker had them last. */
  readonly localityFiles: number;
  /** Another attempt is begun beside one that runs for so many times what others of its stage took, ... */
  readonly stragglerFactor: number;
  /** ... and at least so long, ... */
  readonly stragglerLeastMs: number;
  /** ... once this share of the stage's tasks has ended. How often that is looked at. */
  readonly stragglerDoneShare: number;
  readonly stragglerEveryMs: number;
  /** Threads of a task. */
  readonly taskThreads: number;
  /** Row bytes that a worker may have in flight per attempt. */
  readonly creditBytes: number;
  /** Row bytes of one task that are kept ahead of the reader before its worker has to spool. */
  readonly aheadBytes: number;
  /** Tasks that may run or wait with rows ahead of the one whose rows go to the client; at least the slots of the fleet. */
  readonly aheadTasks: number;
  /** As `aheadTasks`, of the one whose rows go to the merge. */
  readonly mergeAheadTasks: number;
  /** Rows of unfinished or waiting attempts that one answer holds in memory before they go to temporary files. */
  readonly heldBytes: number;
  /** As `heldBytes`, of one merge. */
  readonly mergeHeldBytes: number;
  /** Where the plan and the session leave the choice: stages that are expected to leave more than this write files. */
  readonly exchangeFrameBytes: number;
  /** Rows on their way between the stages of one query that are held in memory before they go to temporary files. */
  readonly exchangeHeldBytes: number;
  /** What a task should read of earlier stages: neighbouring partitions that are smaller are given to one task. */
  readonly exchangeTaskBytes: number;
  /** Less than this is not worth a task of its own while slots are free. */
  readonly exchangeLeastTaskBytes: number;
  /** A hash partition of more than so many times the bytes of the median one may be dealt out to several tasks ... */
  readonly skewFactor: number;
  /** ... when it has more than these. */
  readonly skewLeastBytes: number;
  /** A stage that leaves so many times more or fewer rows than expected ... */
  readonly replanFactor: number;
  /** ... and at least so many bytes, expected or real, makes the rest of its query be planned again, ... */
  readonly replanLeastBytes: number;
  /** ... so often for one query. */
  readonly replans: number;
  /** Another plan may cost this part of what a stage has read so far, ... */
  readonly replanWasteShare: number;
  /** ... or so many bytes of it. */
  readonly replanWasteBytes: number;
  /** Temporary files of one answer. */
  readonly spoolBytes: number;
  /** Longest step of the event loop while rows go to a merge. */
  readonly appendSliceMs: number;
  /** How often an interrupt is repeated until the engine obeys: one that comes before the query has begun is lost. */
  readonly interruptEveryMs: number;
  /** How long a client waits for an engine that was interrupted; see `OpenAnswer`. */
  readonly windDownMs: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;

/** What holds where `main` says nothing else. */
export const defaultLimits: CoordinatorLimits = {
  runningQueries: 8,
  queryMemoryBytes: Number.POSITIVE_INFINITY,
  passedOver: 16,
  runningLightQueries: 4,
  queuedQueries: 1000,
  queueTimeoutMs: 300_000,
  openAnswers: 2000,
  idleAnswerMs: 100,
  noWorkerWaitMs: 30_000,
  taskAttempts: 6,
  workersLostPerTask: 3,
  backoffMs: 50,
  backoffMaxMs: 2000,
  giveWayMs: 250,
  localityFiles: 65_536,
  stragglerFactor: 2,
  stragglerLeastMs: 2000,
  stragglerDoneShare: 0.5,
  stragglerEveryMs: 250,
  taskThreads: 1,
  creditBytes: MiB,
  aheadBytes: MiB,
  aheadTasks: 16,
  mergeAheadTasks: 64,
  heldBytes: 24 * MiB,
  mergeHeldBytes: 64 * MiB,
  exchangeFrameBytes: MiB,
  exchangeHeldBytes: 64 * MiB,
  exchangeTaskBytes: 32 * MiB,
  exchangeLeastTaskBytes: 256 * KiB,
  skewFactor: 2,
  skewLeastBytes: 4 * MiB,
  replanFactor: 8,
  replanLeastBytes: 4 * MiB,
  replans: 2,
  replanWasteShare: 0.25,
  replanWasteBytes: MiB,
  spoolBytes: 16 * 1024 * MiB,
  appendSliceMs: 5,
  interruptEveryMs: 20,
  windDownMs: 50,
};

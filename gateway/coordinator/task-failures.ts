/** What went wrong with a task so far, and how its next attempt is to run. */
import { errors, isEngineFailure, isStageRowsLost, type SluiceError } from '../../planner/errors.ts';
import type { TaskLimits } from '../../planner/plan/plan.ts';
import type { CoordinatorLimits } from './limits.ts';
import type { Lease, SlotNeeds } from './slot-pool.ts';

/** How an attempt runs after the ones before it were short of memory. */
interface Rung {
  readonly oneThread: boolean;
  /** With all memory of a worker, alone there. */
  readonly whole: boolean;
  /** Operators that can work with a disk do so from the start. */
  readonly spill: boolean;
  /** Not where the last one was. */
  readonly elsewhere: boolean;
  /** The one thing more, in words. */
  readonly step: string | null;
}

/** Each does what the one before it did and one thing more; those that would change nothing are left out. */
const ladder: readonly Rung[] = [
  { oneThread: false, whole: false, spill: false, elsewhere: false, step: null },
  { oneThread: true, whole: false, spill: false, elsewhere: false, step: 'with one thread' },
  { oneThread: true, whole: true, spill: false, elsewhere: false, step: 'with the whole memory of a worker' },
  { oneThread: true, whole: true, spill: true, elsewhere: false, step: 'with the disk from the start' },
  { oneThread: true, whole: true, spill: true, elsewhere: true, step: 'on another worker' },
];

type FailureLimits = Pick<
  CoordinatorLimits,
  'taskAttempts' | 'workersLostPerTask' | 'taskThreads' | 'backoffMs' | 'backoffMaxMs'
>;

const nobody: ReadonlySet<number> = new Set();

export class TaskFailures {
  readonly #limits: FailureLimits;
  readonly #given: TaskLimits;
  /** `stage.partition`. */
  readonly #task: string;
  /** Another set after every failure: a request keeps the one that it was made with. */
  #avoid: ReadonlySet<number> = nobody;
  #failures = 0;
  #workersLost = 0;
  #rowsLost = 0;
  #rung = 0;

  constructor(limits: FailureLimits, given: TaskLimits | undefined, task: string) {
    this.#limits = limits;
    this.#given = given ?? {};
    this.#task = task;
  }

  /** Workers that the next attempt should not go to. */
  get avoid(): ReadonlySet<number> {
    return this.#avoid;
  }

  /** The next attempt has a worker to itself. The last worker that a suspect may take down is its own: the tasks beside it must not be blamed, nor it for them. */
  get exclusive(): boolean {
    return ladder[this.#rung]!.whole || this.#workersLost === this.#limits.workersLostPerTask - 1;
  }

  get needs(): SlotNeeds | undefined {
    const { memoryBytes, threads } = this.#given;
    if (memoryBytes === undefined && threads === undefined) return undefined;
    return { memoryBytes: memoryBytes ?? null, threads: threads === undefined ? null : this.threads };
  }

  get threads(): number {
    return ladder[this.#rung]!.oneThread ? 1 : (this.#given.threads ?? this.#limits.taskThreads);
  }

  get spill(): boolean {
    return ladder[this.#rung]!.spill;
  }

  /** The last thing that was done so that the task has enough memory, in words; null: it has not been short of it. */
  get memoryStep(): string | null {
    return ladder[this.#rung]!.step;
  }

  /** How long to wait before the next attempt. */
  get waitMs(): number {
    const { backoffMs, backoffMaxMs } = this.#limits;
    return this.#failures === 0 ? 0 : Math.min(backoffMs * 2 ** (this.#failures - 1), backoffMaxMs);
  }

  /** An attempt has failed. Throws unless the task may be tried again. `workers`: those that live. */
  judge(error: SluiceError, lease: Lease, workers: number): void {
    switch (error.errorClass) {
      case 'user':
      case 'input_changed':
      case 'internal':
        throw error;
      case 'oom':
        this.#climb(error, lease, workers);
        return;
      // Nobody here asked for it: the worker is on its way out.
      case 'cancelled':
      case 'infra':
        this.#count(error, lease);
    }
  }

  /** An attempt beside another one has failed: only what it says about workers counts. */
  note(lease: Lease): void {
    this.#shun(lease);
    if (lease.worker.closed.aborted) this.#workersLost++;
  }

  #shun({ worker }: Lease): void {
    this.#avoid = new Set([...this.#avoid, worker.id]);
  }

  #climb(error: SluiceError, lease: Lease, workers: number): void {
    const { worker, memoryBytes } = lease;
    const threads = this.threads;
    for (let rung = this.#rung + 1; rung < ladder.length; rung++) {
      const { oneThread, whole, spill, elsewhere } = ladder[rung]!;
      const now = ladder[this.#rung]!;
      const fewer = oneThread && threads > 1;
      const more = whole && !now.whole && memoryBytes < worker.memoryBytes;
      const other = elsewhere && workers > 1;
      if (!fewer && !more && !(spill && !now.spill) && !other) continue;
      this.#rung = rung;
      if (elsewhere) this.#shun(lease);
      return;
    }
    throw error;
  }

  #count(error: SluiceError, lease: Lease): void {
    const { worker } = lease;
    const { workersLostPerTask, taskAttempts } = this.#limits;
    // Another worker may see what this one does not.
    if (isStageRowsLost(error) && this.#rowsLost++ > 0) throw error;
    this.#failures++;
    this.#shun(lease);
    if (worker.closed.aborted && ++this.#workersLost >= workersLostPerTask)
      throw this.#poison(this.#workersLost, error, 'workers');
    if (this.#failures >= taskAttempts)
      throw isEngineFailure(error) ? this.#poison(this.#failures, error, 'engines') : error;
  }

  #poison(attempts: number, last: SluiceError, victims: 'workers' | 'engines'): SluiceError {
    return errors.poisonTask(this.#task, attempts, `${last.message}: ${last.detail ?? 'no details'}`, victims);
  }
}

import type { Fleet, FleetEvent, TaskRun, WorkerLink } from '../../gateway/fleet/fleet.ts';
import { errors, type SluiceError } from '../../planner/errors.ts';
import type { Run, TaskReport } from '../../worker/protocol/messages.ts';

export interface SimulatedFleetOptions {
  readonly workers: number;
  readonly slots: number;
  /** Told of every task when it begins. */
  readonly onTask?: (run: Run, worker: number) => void;
}

/** Workers that do nothing: each task ends in the next turn of the event loop, without rows. For tests and measurements of the scheduler alone. */
export class SimulatedFleet implements Fleet {
  readonly kind = 'local';
  readonly target: number;
  /** Tasks that ran at the same time on one worker, at most: never more than its slots. */
  mostAtOnce = 0;
  deaths = 0;
  readonly #options: SimulatedFleetOptions;
  readonly #workers = new Map<number, SimulatedWorker>();
  readonly #listeners = new Set<(event: FleetEvent) => void>();
  #lastId = 0;

  constructor(options: SimulatedFleetOptions) {
    this.#options = options;
    this.target = options.workers;
  }

  workers(): readonly WorkerLink[] {
    return [...this.#workers.values()];
  }

  subscribe(listener: (event: FleetEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async start(): Promise<void> {
    for (let index = 0; index < this.target; index++) this.#add();
  }

  async stop(): Promise<void> {
    for (const worker of this.#workers.values()) worker.die(errors.shuttingDown());
    this.#workers.clear();
  }

  /** The worker at a place of the list dies, with what it runs, and another takes its place. */
  replace(place: number): void {
    const worker = [...this.#workers.values()][place % this.#workers.size];
    if (worker === undefined) return;
    this.deaths++;
    this.#workers.delete(worker.id);
    const reason = errors.workerLost(worker.name, 'it died in a simulation');
    worker.die(reason);
    this.#emit({ kind: 'left', worker, reason });
    this.#add();
  }

  #add(): void {
    const { slots, onTask } = this.#options;
    const worker = new SimulatedWorker(++this.#lastId, slots, (run, running) => {
      this.mostAtOnce = Math.max(this.mostAtOnce, running);
      onTask?.(run, worker.id);
    });
    this.#workers.set(worker.id, worker);
    this.#emit({ kind: 'joined', worker });
  }

  #emit(event: FleetEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

class SimulatedWorker implements WorkerLink {
  readonly id: number;
  readonly name: string;
  readonly host = 'here';
  readonly pid = 0;
  readonly slots: number;
  readonly memoryBytes: number;
  readonly local = true;
  readonly sharesExchange = true;
  readonly closed: AbortSignal;
  readonly #closing = new AbortController();
  readonly #onTask: (run: Run, running: number) => void;
  readonly #running = new Set<(error: SluiceError) => void>();

  constructor(id: number, slots: number, onTask: (run: Run, running: number) => void) {
    this.id = id;
    this.name = `simulated-${id}`;
    this.slots = slots;
    this.memoryBytes = slots * 2 ** 28;
    this.closed = this.#closing.signal;
    this.#onTask = onTask;
  }

  die(reason: SluiceError): void {
    this.#closing.abort(reason);
    for (const fail of this.#running) fail(reason);
    this.#running.clear();
  }

  run(run: Run): TaskRun {
    const report = new Promise<TaskReport>((resolve, reject) => {
      if (this.closed.aborted) {
        reject(this.closed.reason as SluiceError);
        return;
      }
      this.#running.add(reject);
      this.#onTask(run, this.#running.size);
      setImmediate(() => {
        this.#running.delete(reject);
        resolve(reportOf(run));
      });
    });
    report.catch(() => undefined); // told by the iteration as well
    return {
      report,
      [Symbol.asyncIterator]: () => ({ next: () => report.then(() => noRows) }),
    };
  }
}

const noRows = { done: true, value: undefined } as const;

function reportOf({ exchange }: Run): TaskReport {
  const nothing = { rows: 0, bytes: 0, elapsedMs: 0, spooledBytes: 0 };
  if (exchange === undefined) return nothing;
  return { ...nothing, exchange: { partitionRows: new Array<number>(exchange.partitions).fill(0), fileBytes: 0 } };
}

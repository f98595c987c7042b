import type { TaskReport } from '../../worker/protocol/messages.ts';
import type { QueryReport } from './coordinator.ts';

/** What one query did, as it happens. */
export class QueryTrace {
  rows = 0;
  retries = 0;
  readonly #started = performance.now();
  readonly #taskRuns: QueryReport['taskRuns'][number][] = [];
  readonly #workers = new Set<number>();
  #ended: number | undefined;

  /** A task has ended well. `rows` are those of the whole task: what an earlier attempt had delivered is counted too. */
  taskDone(stage: number, partition: number, worker: number, rows: number, report: TaskReport): void {
    const { bytes, elapsedMs } = report;
    this.#workers.add(worker);
    this.#taskRuns.push({ stage, partition, worker, rows, bytes, elapsedMs });
  }

  end(): void {
    this.#ended ??= performance.now();
  }

  report(): QueryReport {
    return {
      workers: this.#workers.size,
      tasks: this.#taskRuns.length,
      retries: this.retries,
      rows: this.rows,
      elapsedMs: (this.#ended ?? performance.now()) - this.#started,
      taskRuns: [...this.#taskRuns],
    };
  }
}

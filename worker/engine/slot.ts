import { join } from 'node:path';
import type { DuckDBInstance } from '@duckdb/node-api';
import type { Run, TaskReport } from '../protocol/messages.ts';
import { isFatal } from './duckdb-error.ts';
import { openInstance } from './instance.ts';
import { type RowSink, runTask } from './run-task.ts';

export interface SlotOptions {
  readonly id: number;
  /** Folder of the worker; the slot spills in a sub-folder of its own. */
  readonly tempDirectory: string;
  readonly maxTempBytes: number;
  readonly allowedDirectories: readonly string[];
}

/** The limits that an instance was opened with. */
interface Grant {
  readonly threads: number;
  readonly memoryBytes: number;
}

/**
 * A place for one task at a time, with an in-memory DuckDB instance of its own, because threads, memory and temporary folder can't be set per
 * connection. The instance is kept for tasks with the same limits and opened anew (10 ms) for others and after a fatal error.
 */
export class Slot {
  readonly #options: SlotOptions;
  #instance: DuckDBInstance | undefined;
  #grant: Grant | undefined;
  /** How often an instance was opened: each spills in a folder of its own. */
  #opened = 0;

  constructor(options: SlotOptions) {
    this.#options = options;
  }

  /** Runs one task; see `runTask`. The slot must be idle. */
  async run(task: Run, sink: RowSink, signal: AbortSignal): Promise<Omit<TaskReport, 'spooledBytes'>> {
    const instance = await this.#open(task);
    const connection = await instance.connect();
    try {
      return await runTask(connection, task, sink, signal);
    } catch (error) {
      if (isFatal(error instanceof Error ? (error.cause ?? error) : error)) this.close();
      throw error;
    } finally {
      connection.closeSync();
    }
  }

  close(): void {
    this.#instance?.closeSync();
    this.#instance = undefined;
    this.#grant = undefined;
  }

  async #open(grant: Grant): Promise<DuckDBInstance> {
    const fits = this.#grant?.threads === grant.threads && this.#grant.memoryBytes === grant.memoryBytes;
    if (this.#instance !== undefined && fits) return this.#instance;
    this.close();
    this.#instance = await openInstance({
      path: ':memory:',
      threads: grant.threads,
      memoryBytes: grant.memoryBytes,
      tempDirectory: join(this.#options.tempDirectory, `slot-${this.#options.id}-${this.#opened++}`),
      maxTempBytes: this.#options.maxTempBytes,
      allowedDirectories: this.#options.allowedDirectories,
    });
    this.#grant = { threads: grant.threads, memoryBytes: grant.memoryBytes };
    return this.#instance;
  }
}

import { join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Run } from '../protocol/messages.ts';
import { isFatal } from './duckdb-error.ts';
import { openInstance } from './instance.ts';
import { type EngineReport, type RowSink, runTask } from './run-task.ts';
import { settingsSql } from './session-settings.ts';

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

/** A connection that no task has used yet. */
interface Spare {
  /** What has been run on it. */
  readonly settings: string;
  /** Null: it could not be made. */
  readonly connection: Promise<DuckDBConnection | null>;
}

/**
 * A place for one task at a time, with an in-memory DuckDB instance of its own, because threads, memory and temporary folder can't be set per
 * connection. The instance is kept for tasks with the same limits and opened anew (10 ms) for others and after a fatal error. Every task
 * has a connection of its own, which is made ready while the slot is idle: the next task mostly has the settings of the one before.
 */
export class Slot {
  readonly #options: SlotOptions;
  #instance: DuckDBInstance | undefined;
  #grant: Grant | undefined;
  #spare: Spare | undefined;
  /** How often an instance was opened: each spills in a folder of its own. */
  #opened = 0;

  constructor(options: SlotOptions) {
    this.#options = options;
  }

  /** Runs one task; see `runTask`. The slot must be idle. */
  async run(task: Run, sink: RowSink, signal: AbortSignal, frames: readonly Uint8Array[] = []): Promise<EngineReport> {
    const instance = await this.#open(task);
    const settings = settingsSql(task.settings);
    const spare = await this.#takeSpare(settings);
    const connection = spare ?? (await instance.connect());
    try {
      return await runTask(connection, task, sink, signal, frames, spare !== null);
    } catch (error) {
      if (isFatal(error)) await this.close();
      throw error;
    } finally {
      connection.closeSync();
      if (this.#instance === instance) this.#spare = { settings, connection: makeSpare(instance, settings) };
    }
  }

  async close(): Promise<void> {
    const instance = this.#instance;
    const spare = this.#spare;
    this.#instance = undefined;
    this.#grant = undefined;
    this.#spare = undefined;
    (await spare?.connection)?.closeSync();
    instance?.closeSync();
  }

  /** Null: there is none with these settings. */
  async #takeSpare(settings: string): Promise<DuckDBConnection | null> {
    const spare = this.#spare;
    this.#spare = undefined;
    const connection = (await spare?.connection) ?? null;
    if (spare?.settings === settings) return connection;
    connection?.closeSync();
    return null;
  }

  async #open(grant: Grant): Promise<DuckDBInstance> {
    const fits = this.#grant?.threads === grant.threads && this.#grant.memoryBytes === grant.memoryBytes;
    if (this.#instance !== undefined && fits) return this.#instance;
    await this.close();
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

/** Null when it fails: the task makes its own and learns why. */
async function makeSpare(instance: DuckDBInstance, settings: string): Promise<DuckDBConnection | null> {
  const connection = await instance.connect().catch(() => null);
  if (connection === null) return null;
  try {
    await connection.run(settings);
    return connection;
  } catch {
    connection.closeSync();
    return null;
  }
}

import type { DuckDBConnection, DuckDBInstance, Json } from '@duckdb/node-api';
import { openInstance } from '../../worker/engine/instance.ts';

/** The private DuckDB that reads footers and sniffs files. */
export interface MetadataEngineOptions {
  /** Folders whose files it may read. */
  readonly allowedDirectories: readonly string[];
  readonly tempDirectory: string;
  readonly threads: number;
  readonly memoryBytes: number;
}

/** One row as JSON: integers of 64 bits and more as text. */
export type Row = Readonly<Record<string, Json>>;

/**
 * Runs the catalog's own queries, one at a time: they hold one thread of the pool that user queries need. Errors are DuckDB's own;
 * callers name the file or table that they are about.
 */
export class MetadataEngine {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(options: MetadataEngineOptions): Promise<MetadataEngine> {
    const instance = await openInstance({ ...options, path: ':memory:', maxTempBytes: 0 });
    return new MetadataEngine(instance, await instance.connect());
  }

  rows(sql: string): Promise<readonly Row[]> {
    const result = this.#last.then(async () => {
      const reader = await this.#connection.runAndReadAll(sql);
      return reader.getRowObjectsJson();
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  async close(): Promise<void> {
    await this.#last;
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

/** A field of a row that the query makes sure is text. */
export function textOf(row: Row, field: string): string {
  const value = row[field];
  if (typeof value !== 'string') throw new TypeError(`${field} is not text`);
  return value;
}

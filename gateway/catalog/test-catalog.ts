import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, type Json } from '@duckdb/node-api';
import type { DatasetTable } from '../../planner/catalog.ts';
import type { SluiceError } from '../../planner/errors.ts';
import { printScan } from '../../worker/engine/print-scan.ts';
import { Catalog, type CatalogOptions } from './catalog.ts';

/** A folder with data, state and a DuckDB without limits that writes and reads the files: the oracle of catalog tests. */
export class TestCatalog {
  readonly folder = mkdtempSync(join(tmpdir(), 'sluice-catalog-'));
  readonly data = join(this.folder, 'data');
  readonly state = join(this.folder, 'state');
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #open = new Set<Catalog>();

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
    for (const folder of [this.data, this.state]) mkdirSync(folder);
  }

  static async make(): Promise<TestCatalog> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
    return new TestCatalog(instance, await instance.connect());
  }

  async open(options: Partial<CatalogOptions> = {}): Promise<Catalog> {
    const catalog = await Catalog.open({
      data: [this.data],
      allow: [],
      stateFolder: this.state,
      tempDirectory: join(this.folder, 'temp'),
      threads: 2,
      memoryBytes: 256 * 1024 * 1024,
      ...options,
    });
    this.#open.add(catalog);
    return catalog;
  }

  path(name: string): string {
    const path = join(this.data, name);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  }

  write(name: string, text: string | Uint8Array): string {
    const path = this.path(name);
    writeFileSync(path, text);
    return path;
  }

  /** Writes a file with DuckDB, in the format of its extension. */
  async copy(name: string, query: string, options = ''): Promise<string> {
    const path = this.path(name);
    await this.rows(`COPY (${query}) TO '${path}' ${options}`);
    return path;
  }

  async rows(sql: string): Promise<readonly (readonly Json[])[]> {
    return (await this.#connection.runAndReadAll(sql)).getRowsJson();
  }

  /** The rows of a table, read as every part of the system reads them. */
  scan(table: DatasetTable | undefined, select = '*'): Promise<readonly (readonly Json[])[]> {
    if (table === undefined) throw new Error('no such table');
    return this.rows(`SELECT ${select} FROM (${printScan(table)})`);
  }

  async close(): Promise<void> {
    for (const catalog of this.#open) await catalog.close();
    this.#connection.closeSync();
    this.#instance.closeSync();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async closeCatalog(catalog: Catalog): Promise<void> {
    this.#open.delete(catalog);
    await catalog.close();
  }
}

/** `a BIGINT, day DATE*`: the columns of a table, those of the path with a star. */
export function columnsText(table: DatasetTable | undefined): string {
  return (table?.columns ?? []).map(({ name, type, hive }) => `${name} ${type}${hive ? '*' : ''}`).join(', ');
}

/** What is thrown, for `toMatchObject`. */
export async function errorOf(work: () => unknown): Promise<SluiceError> {
  try {
    await work();
  } catch (error) {
    return error as SluiceError;
  }
  throw new Error('nothing was thrown');
}

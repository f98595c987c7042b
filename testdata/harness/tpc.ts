import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { makeOnce } from './cache.ts';
import { loadExtension } from './extensions.ts';

export type Benchmark = 'tpch' | 'tpcds';

export interface BenchmarkQuery {
  /** `q01` ... */
  readonly name: string;
  readonly sql: string;
}

/** Tables above this many rows are written as `filesOfLargeTables` files, in row order. */
const largeTableRows = 10_000;
const filesOfLargeTables = 8;

/**
 * A folder with one sub-folder of Parquet files per table of the benchmark, made once. `emptyFiles`: among those of a large table are two
 * without rows.
 */
export function benchmarkData(benchmark: Benchmark, scaleFactor: number, emptyFiles = false): Promise<string> {
  return makeOnce(`${benchmark}-sf${scaleFactor}${emptyFiles ? '-with-empty-files' : ''}`, async (directory) => {
    await withExtension(benchmark, async (connection) => {
      const generate = benchmark === 'tpch' ? 'dbgen' : 'dsdgen';
      await connection.run(`CALL ${generate}(sf = ${scaleFactor})`);
      const tables = await connection.runAndReadAll(
        "SELECT table_name, estimated_size FROM duckdb_tables() WHERE schema_name = 'main'",
      );
      for (const [name, rows] of tables.getRows()) {
        const folder = join(directory, String(name));
        await writeTable(connection, String(name), Number(rows), folder);
        if (emptyFiles && Number(rows) > largeTableRows) await writeEmptyFiles(connection, String(name), folder);
      }
    });
  });
}

async function writeTable(connection: DuckDBConnection, table: string, rows: number, folder: string): Promise<void> {
  await mkdir(folder);
  const files = rows > largeTableRows ? filesOfLargeTables : 1;
  for (let file = 0; file < files; file++) {
    const from = Math.floor((rows * file) / files);
    const to = Math.floor((rows * (file + 1)) / files);
    await connection.run(
      `COPY (SELECT * FROM ${table} WHERE rowid >= ${from} AND rowid < ${to} ORDER BY rowid)
       TO '${join(folder, `part-${file}.parquet`)}' (FORMAT parquet, COMPRESSION zstd)`,
    );
  }
}

async function writeEmptyFiles(connection: DuckDBConnection, table: string, folder: string): Promise<void> {
  for (const place of ['part-3-empty', 'part-8'])
    await connection.run(
      `COPY (SELECT * FROM ${table} WHERE false) TO '${join(folder, `${place}.parquet`)}' (FORMAT parquet)`,
    );
}

/** The benchmark's query texts, from DuckDB's extension. */
export async function benchmarkQueries(benchmark: Benchmark): Promise<readonly BenchmarkQuery[]> {
  return withExtension(benchmark, async (connection) => {
    const rows = await connection.runAndReadAll(`SELECT query_nr, query FROM ${benchmark}_queries() ORDER BY query_nr`);
    return rows.getRows().map(([number, text]) => ({
      name: `q${String(number).padStart(2, '0')}`,
      sql: String(text).trim().replace(/;$/, ''),
    }));
  });
}

async function withExtension<T>(benchmark: Benchmark, use: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', { allow_unsigned_extensions: 'true' });
  const connection = await instance.connect();
  try {
    await loadExtension(connection, benchmark);
    return await use(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

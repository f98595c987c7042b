/** The sample data set of `sluice demo`: made once by testdata/demo/generate.sql. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, freemem } from 'node:os';
import { dirname, join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { openInstance } from '../../worker/engine/instance.ts';
import { packageRoot } from '../config/package-info.ts';

/** How much is made. */
export interface DemoShape {
  readonly months: number;
  readonly filesPerMonth: number;
  readonly rowsPerFile: number;
}

/** About 6.5 million trades, 110 MB: above the default of `direct_max_bytes`, so that queries over all of it are scattered. */
export const demoShape: DemoShape = { months: 24, filesPerMonth: 3, rowsPerFile: 90_000 };

const firstYear = 2024;
/** Rows in each file of the CSV and NDJSON variants. */
const textRowsPerFile = 10_000;
/** Writers at a time, a connection each. */
const writersMax = 4;
const memoryBytesMax = 2 * 1024 ** 3;

function monthName(index: number): string {
  const month = String((index % 12) + 1).padStart(2, '0');
  return `${firstYear + Math.floor(index / 12)}-${month}`;
}

/** One COPY: what to select, the file under the data folder, and its format. */
interface DemoFile {
  readonly query: string;
  readonly path: string;
  readonly format: string;
}

const parquet = 'FORMAT parquet, COMPRESSION snappy';

function trades(month: string, first: number, last: number, total: number): string {
  return `FROM demo_trades(DATE '${month}-01', ${first}, ${last}, ${total})`;
}

function demoFiles(shape: DemoShape): readonly DemoFile[] {
  const files: DemoFile[] = [
    { query: 'FROM demo_tickers()', path: 'tickers.parquet', format: parquet },
    { query: 'FROM demo_exchanges()', path: 'exchanges.parquet', format: parquet },
  ];
  const perMonth = shape.filesPerMonth * shape.rowsPerFile;
  for (let index = 0; index < shape.months; index++) {
    const month = monthName(index);
    for (let file = 0; file < shape.filesPerMonth; file++) {
      const first = file * shape.rowsPerFile;
      const query = trades(month, first, first + shape.rowsPerFile, perMonth);
      files.push({ query, path: `trades/month=${month}/part-${file}.parquet`, format: parquet });
    }
  }
  // The last two months' first rows again, as text.
  const rows = Math.min(textRowsPerFile, perMonth);
  for (const index of [shape.months - 2, shape.months - 1].filter((month) => month >= 0)) {
    const month = monthName(index);
    const query = trades(month, 0, rows, perMonth);
    files.push({ query, path: `trades_csv/month=${month}/part-0.csv`, format: 'FORMAT csv, HEADER' });
    files.push({ query, path: `trades_ndjson/month=${month}/part-0.ndjson`, format: 'FORMAT json' });
  }
  return files;
}

async function writeFiles(instance: DuckDBInstance, folder: string, files: readonly DemoFile[]): Promise<void> {
  const queue = [...files];
  const write = async (connection: DuckDBConnection) => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const path = join(folder, file.path);
      await mkdir(dirname(path), { recursive: true });
      await connection.run(`COPY (${file.query}) TO '${path.replaceAll("'", "''")}' (${file.format})`);
    }
    connection.closeSync();
  };
  const writers = Math.min(writersMax, availableParallelism());
  await Promise.all(Array.from({ length: writers }, async () => write(await instance.connect())));
}

async function generate(folder: string, sql: string, shape: DemoShape): Promise<void> {
  const instance = await openInstance({
    path: ':memory:',
    threads: availableParallelism(),
    memoryBytes: Math.min(memoryBytesMax, Math.floor(freemem() / 2)),
    tempDirectory: `${folder}.tmp`,
    maxTempBytes: memoryBytesMax,
    allowedDirectories: [folder],
  });
  try {
    const connection = await instance.connect();
    await connection.run(sql);
    connection.closeSync();
    await writeFiles(instance, folder, demoFiles(shape));
  } finally {
    instance.closeSync();
    await rm(`${folder}.tmp`, { recursive: true, force: true });
  }
}

/**
 * Makes `folder` with the data set, unless it is there: files are written beside it and moved in with one rename. It is made anew when
 * the generator or the shape has changed. Gives true when it had to be made.
 */
export async function ensureDemoData(folder: string, shape: DemoShape = demoShape): Promise<boolean> {
  const sql = readFileSync(join(packageRoot, 'testdata/demo/generate.sql'), 'utf8');
  const version = createHash('sha256')
    .update(sql)
    .update(JSON.stringify(demoFiles(shape)))
    .digest('hex');
  const marker = `${folder}.version`;
  if (existsSync(folder) && existsSync(marker) && (await readFile(marker, 'utf8')) === version) return false;
  const made = `${folder}.new`;
  const old = `${folder}.old`;
  for (const left of [made, old]) await rm(left, { recursive: true, force: true });
  await mkdir(made, { recursive: true });
  await generate(made, sql, shape);
  // From here on a crash leaves no marker, and the next start makes the data again.
  await rm(marker, { force: true });
  if (existsSync(folder)) await rename(folder, old);
  await rename(made, folder);
  await writeFile(marker, version);
  await rm(old, { recursive: true, force: true });
  return true;
}

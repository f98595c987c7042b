/** `sluice bench sort`: records as in GraySort, sorted by the gateway and its workers, and by one DuckDB with the same cores and memory. */
import { mkdir, mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { errors } from '../../planner/errors.ts';
import { openInstance } from '../../worker/engine/instance.ts';
import { quoteLiteral } from '../../worker/engine/quote.ts';
import type { CommandFlag } from '../config/command-line.ts';
import type { Loaded } from '../config/load.ts';
import type { Config } from '../config/settings.ts';
import { parseBytes } from '../config/values.ts';
import { makeLog } from '../observe/log.ts';
import { allWorkers } from './all-workers.ts';
import { exitCodes, type Terminal } from './command.ts';
import { PeakMemory } from './process-memory.ts';
import {
  blockRecords,
  problemsOf,
  type RecordSums,
  recordBytes,
  recordsSql,
  sumRecords,
  validateSorted,
} from './sort-records.ts';
import { WireClient } from './wire-client.ts';

/** What stands in place of a file. */
export const sortWord = 'sort';
const defaultSize = '1GB';
const defaultMemoryBytes = 4e9;
/** Input, what goes between the phases or what DuckDB spills, and output. */
const diskFactor = 3;
const leastBytes = recordBytes * blockRecords;
const mostSeed = 2 ** 31;
/** Of all memory, for the gateway's own DuckDB; workers have the rest. */
const gatewayShare = 1 / 8;
/** MiB/s per core of 110.5 TiB in 30 min 14 s on 50 x 192 cores, the run that smallpond published. */
const publishedRate = (110.5 * 1024 ** 2) / (30 * 60 + 14) / (50 * 192);

export const sortFlags: Readonly<Record<string, CommandFlag>> = {
  size: { kind: 'string', value: 'BYTES', help: `bench sort: size of the input (${defaultSize})` },
  folder: {
    kind: 'string',
    value: 'DIR',
    help: 'bench sort: where everything is written, and removed (the system folder)',
  },
  seed: { kind: 'string', value: 'N', help: 'bench sort: other records (0)' },
};

export const sortAbout: readonly string[] = [
  '`sluice bench sort` makes random records of 100 bytes with keys of 10, has the workers sort them into files that are in',
  'order one after another, checks these (order within and between files, count, checksum, equal keys), and has one DuckDB',
  'do COPY (SELECT ... ORDER BY key) with the same cores and memory. All memory limits add up to --memory (4GB).',
];

interface SortOptions {
  readonly records: number;
  readonly memoryBytes: number;
  readonly seed: number;
  readonly folder: string;
}

/** Raises 22023 for values that are none, 58030 when the disk is too small. */
async function sortOptions({ config, flags, positionals }: Loaded): Promise<SortOptions> {
  if (positionals.length > 1) throw errors.unknownOption(`argument "${positionals[1]}"`);
  if (flags.runs !== undefined) throw errors.flagValue('--runs', 'is not for `sluice bench sort`');
  const size = String(flags.size ?? defaultSize);
  const bytes = parseBytes(size);
  if (bytes === undefined || bytes < leastBytes)
    throw errors.invalidSetting('--size', size, `a size of at least ${leastBytes}, such as 10GB`);
  const seed = Number(flags.seed ?? 0);
  if (!Number.isInteger(seed) || seed < 0 || seed > mostSeed)
    throw errors.invalidSetting('--seed', String(flags.seed), `a whole number from 0 to ${mostSeed}`);
  const folder = resolve(String(flags.folder ?? tmpdir()));
  await checkDisk(folder, bytes);
  const records = Math.floor(bytes / recordBytes / blockRecords) * blockRecords;
  return { records, memoryBytes: config.memory ?? defaultMemoryBytes, seed, folder };
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;

async function checkDisk(folder: string, bytes: number): Promise<void> {
  const stats = await statfs(folder).catch((error: Error) => {
    throw errors.cannotStart(`folder "${folder}" can not be used`, 'Choose another with --folder.', error.message);
  });
  const free = stats.bavail * stats.bsize;
  if (free >= bytes * diskFactor) return;
  throw errors.cannotStart(
    `folder "${folder}" has ${gigabytes(free)} free, a sort of ${gigabytes(bytes)} needs ${gigabytes(bytes * diskFactor)}`,
    'Choose another with --folder, or a smaller --size.',
  );
}

/** A worker with one thread for each core; memory limits of all DuckDBs together are `memoryBytes`. */
function sortConfig(config: Config, { memoryBytes }: SortOptions, root: string): Config {
  const workers = config.workers ?? availableParallelism();
  const own = Math.floor(memoryBytes * gatewayShare);
  return {
    ...config,
    listen: '127.0.0.1:0',
    http: '127.0.0.1:0',
    state: join(root, 'state'),
    data: [join(root, 'data')],
    allow: [join(root, 'out')],
    workers,
    workerSlots: 1,
    workerThreads: 1,
    workerMemory: config.workerMemory ?? Math.floor((memoryBytes - own) / Math.max(1, workers)),
    memory: own,
  };
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.parquet'));
  return names.sort().map((name) => join(folder, name));
}

/** The records, made by the workers: each has some of the blocks. */
async function makeInput(client: WireClient, { records, seed }: SortOptions, data: string): Promise<void> {
  const blocks = records / blockRecords;
  const files = Math.min(blocks, 16);
  const numbers = `SELECT range AS block FROM range(${blocks})`;
  await client.query(
    `COPY (${numbers}) TO ${quoteLiteral(join(data, 'blocks'))} (FORMAT parquet, partitions ${files})`,
  );
  const query = recordsSql('blocks', seed);
  const target = quoteLiteral(join(data, 'records'));
  await client.query(
    `/*+ strategy(pushdown) */ COPY (${query}) TO ${target} (FORMAT parquet, compression uncompressed)`,
  );
}

/** One DuckDB with all cores and all the memory. */
async function withDuckdb<T>(
  options: SortOptions,
  root: string,
  work: (duckdb: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const instance = await openInstance({
    path: ':memory:',
    threads: availableParallelism(),
    memoryBytes: options.memoryBytes,
    tempDirectory: join(root, 'duckdb'),
    maxTempBytes: options.records * recordBytes * diskFactor,
    allowedDirectories: [root],
  });
  const connection = await instance.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

interface SortRun {
  readonly elapsedMs: number;
  readonly peakBytes: number | undefined;
}

/** The gateway makes the records and sorts them. */
async function sortHere(config: Config, options: SortOptions, root: string, terminal: Terminal): Promise<SortRun> {
  const { startGateway } = await import('../main.ts');
  const gateway = await startGateway(config, makeLog({ level: config.logLevel }));
  const peak = new PeakMemory();
  try {
    await allWorkers(gateway);
    const client = await WireClient.connect(gateway.listen);
    const data = join(root, 'data');
    const started = performance.now();
    await makeInput(client, options, data);
    terminal.print(`made ${options.records} records in ${seconds(performance.now() - started)}`);
    const target = quoteLiteral(join(root, 'out/sorted'));
    const { elapsedMs } = await client.query(
      `COPY records TO ${target} (FORMAT parquet, compression uncompressed, order_by (key))`,
    );
    client.close();
    return { elapsedMs, peakBytes: peak.stop() };
  } finally {
    peak.stop();
    await gateway.close();
  }
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

function rateText(name: string, bytes: number, elapsedMs: number, cores: number): string {
  const [mb, mib] = [bytes / 1e6 / (elapsedMs / 1000), bytes / 1024 ** 2 / (elapsedMs / 1000) / cores];
  return `${name}: ${seconds(elapsedMs)}, ${mb.toFixed(1)} MB/s, ${mib.toFixed(2)} MiB/s per core`;
}

/** Checks the files of a sort. Raises when they are not the input, sorted. */
async function check(name: string, duckdb: DuckDBConnection, input: RecordSums, folder: string, terminal: Terminal) {
  const files = await filesIn(folder);
  const found = await validateSorted(duckdb, files);
  const problems = problemsOf(input, found);
  if (problems.length > 0) throw errors.internal(`${name} did not sort: ${problems.join('; ')}`);
  terminal.print(
    `${name}: ${found.records} records in ${files.length} files are in order, checksum ${found.checksum.toString(16)}, ${found.duplicates} equal keys`,
  );
}

async function compare(loaded: Loaded, options: SortOptions, root: string, terminal: Terminal): Promise<void> {
  const config = sortConfig(loaded.config, options, root);
  const quiet = loaded.sources.log_level === 'default' ? 'warn' : config.logLevel;
  for (const folder of ['data', 'out']) await mkdir(join(root, folder), { recursive: true });
  const bytes = options.records * recordBytes;
  const cores = availableParallelism();
  terminal.print(`${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, Node.js ${process.versions.node}`);
  terminal.print(
    `${gigabytes(bytes)} in records of ${recordBytes} bytes; ${config.workers} workers with ${gigabytes(config.workerMemory ?? 0)} each, the gateway with ${gigabytes(config.memory ?? 0)}`,
  );
  const own = await sortHere({ ...config, logLevel: quiet }, options, root, terminal);
  const peakText = own.peakBytes === undefined ? 'unknown here' : gigabytes(own.peakBytes);
  terminal.print(rateText('sluice', bytes, own.elapsedMs, cores));
  terminal.print(`published (110.5 TiB, 30 min 14 s, 50 x 192 cores): ${publishedRate.toFixed(2)} MiB/s per core`);
  terminal.print(`peak memory of all processes: ${peakText}; limits: ${gigabytes(options.memoryBytes)}`);
  const input = join(root, 'data/records');
  const sums = await withDuckdb(options, root, async (duckdb) => {
    const found = await sumRecords(duckdb, await filesIn(input));
    await check('sluice', duckdb, found, join(root, 'out/sorted'), terminal);
    return found;
  });
  await rm(join(root, 'out/sorted'), { recursive: true, force: true });
  if (terminal.stop.aborted) return;
  const theirs = await withDuckdb(options, root, async (duckdb) => {
    const target = join(root, 'theirs');
    await mkdir(target);
    const list = `[${(await filesIn(input)).map(quoteLiteral).join(', ')}]`;
    const started = performance.now();
    await duckdb.run(
      `COPY (SELECT key, payload FROM read_parquet(${list}) ORDER BY key) TO ${quoteLiteral(join(target, 'all.parquet'))} (FORMAT parquet, COMPRESSION uncompressed)`,
    );
    const elapsedMs = performance.now() - started;
    terminal.print(rateText('DuckDB', bytes, elapsedMs, cores));
    await check('DuckDB', duckdb, sums, target, terminal);
    return elapsedMs;
  });
  terminal.print(`sluice has ${(theirs / own.elapsedMs).toFixed(2)} x the throughput of DuckDB`);
}

/** Runs it in a folder of its own, which is removed. Raises as `sortOptions` does, `internal` when a sort is wrong, and what the gateway raises. */
export async function benchSort(loaded: Loaded, terminal: Terminal): Promise<number> {
  const options = await sortOptions(loaded);
  const root = await mkdtemp(join(options.folder, 'sluice-sort-'));
  try {
    await compare(loaded, options, root, terminal);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  return terminal.stop.aborted ? exitCodes.failure : exitCodes.success;
}

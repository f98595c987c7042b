import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { CatalogSnapshot } from '../../planner/catalog.ts';
import { errors } from '../../planner/errors.ts';
import { type Statement, splitStatements } from '../../planner/sql/lexer.ts';
import { openInstance } from '../../worker/engine/instance.ts';
import { createScanView } from '../../worker/engine/print-scan.ts';
import type { Loaded } from '../config/load.ts';
import { thisMachine } from '../config/machine.ts';
import { packageRoot } from '../config/package-info.ts';
import type { Config } from '../config/settings.ts';
import { gatewaySizes } from '../config/sizes.ts';
import { makeLog } from '../observe/log.ts';
import { allWorkers } from './all-workers.ts';
import { benchSort, sortAbout, sortFlags, sortWord } from './bench-sort.ts';
import { type Command, exitCodes, type Terminal } from './command.ts';
import { ensureDemoData } from './demo-data.ts';
import { WireClient } from './wire-client.ts';

const defaultRuns = 5;
const mostRuns = 1000;
const shownCharacters = 46;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function readStatements(files: readonly string[]): Promise<readonly Statement[]> {
  const statements: Statement[] = [];
  for (const file of files) {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      throw errors.unreadableFile(file, error instanceof Error ? error.message : String(error));
    }
    statements.push(...splitStatements(text));
  }
  return statements;
}

/** One DuckDB with all cores over the same files: what the gateway is compared with. */
async function openDuckdb(config: Config, memoryBytes: number, temporary: string, snapshot: CatalogSnapshot) {
  const tables = snapshot.names().map((name) => snapshot.lookup(undefined, name));
  const folders = config.data.map((spec) => resolve(spec.slice(spec.indexOf('=') + 1)).replace(/\/[^/]*[*?[{].*$/, ''));
  const instance = await openInstance({
    path: ':memory:',
    threads: availableParallelism(),
    memoryBytes,
    tempDirectory: temporary,
    maxTempBytes: config.tempBytesMax,
    allowedDirectories: [...folders, ...config.allow],
  });
  const connection = await instance.connect();
  for (const table of tables) if (table !== undefined) await connection.run(createScanView(table));
  return { instance, connection };
}

/** Runs a query and takes every chunk. Milliseconds. */
async function timeDuckdb(connection: DuckDBConnection, sql: string): Promise<number> {
  const started = performance.now();
  const result = await connection.stream(sql);
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; ) chunk = await result.fetchChunk();
  return performance.now() - started;
}

interface Measured {
  readonly gatewayMs: number;
  readonly duckdbMs: number;
}

/** One warm-up each, then in turn, so that a machine that slows down slows both. */
async function measure(client: WireClient, connection: DuckDBConnection, sql: string, runs: number): Promise<Measured> {
  const gateway: number[] = [];
  const duckdb: number[] = [];
  for (let run = 0; run <= runs; run++) {
    gateway.push((await client.query(sql)).elapsedMs);
    duckdb.push(await timeDuckdb(connection, sql));
  }
  return { gatewayMs: median(gateway.slice(1)), duckdbMs: median(duckdb.slice(1)) };
}

function runsOf(loaded: Loaded): number {
  const text = loaded.flags.runs;
  if (text === undefined) return defaultRuns;
  const runs = Number(text);
  if (!Number.isInteger(runs) || runs < 1 || runs > mostRuns) {
    throw errors.invalidSetting('--runs', String(text), `a whole number from 1 to ${mostRuns}`);
  }
  return runs;
}

/** The named data, or the demo's. */
async function benchConfig(config: Config, state: string): Promise<Config> {
  const address = '127.0.0.1:0';
  if (config.data.length > 0) return { ...config, state, listen: address, http: address };
  const data = resolve(config.state, 'demo/data');
  await ensureDemoData(data);
  return { ...config, state, listen: address, http: address, data: [data] };
}

const row = (query: string, gateway: string, duckdb: string, ratio: string) =>
  `${query.padEnd(shownCharacters)} ${gateway.padStart(12)} ${duckdb.padStart(12)} ${ratio.padStart(7)}`;

async function compare(
  config: Config,
  statements: readonly Statement[],
  runs: number,
  terminal: Terminal,
): Promise<void> {
  const { startGateway } = await import('../main.ts');
  const sizes = gatewaySizes(config, thisMachine(terminal.env));
  const gateway = await startGateway(config, makeLog({ level: config.logLevel }));
  const temporary = join(config.state, 'duckdb');
  try {
    const { instance, connection } = await openDuckdb(
      config,
      sizes.coordinatorMemoryBytes,
      temporary,
      await gateway.snapshot(),
    );
    const client = await WireClient.connect(gateway.listen);
    const total = { gatewayMs: 0, duckdbMs: 0 };
    const print = (name: string, { gatewayMs, duckdbMs }: Measured) =>
      terminal.print(row(name, gatewayMs.toFixed(1), duckdbMs.toFixed(1), (gatewayMs / duckdbMs).toFixed(2)));
    await allWorkers(gateway);
    terminal.print(
      `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, Node.js ${process.versions.node}, median of ${runs} runs`,
    );
    terminal.print(
      `gateway: ${gateway.workers().connected} workers x ${sizes.workerSlots} slots; DuckDB: ${availableParallelism()} threads`,
    );
    terminal.print(row('query', 'gateway ms', 'DuckDB ms', 'ratio'));
    for (const { text } of statements) {
      if (terminal.stop.aborted) break;
      const measured = await measure(client, connection, text, runs);
      total.gatewayMs += measured.gatewayMs;
      total.duckdbMs += measured.duckdbMs;
      print(text.replaceAll(/\s+/g, ' ').slice(0, shownCharacters), measured);
    }
    print('total', total);
    client.close();
    connection.closeSync();
    instance.closeSync();
  } finally {
    await gateway.close();
  }
}

/** `sluice bench`: queries over the gateway and over one DuckDB, side by side, on the user's machine and data. */
export const bench: Command = {
  name: 'bench',
  summary: 'run queries on the gateway and on one DuckDB side by side, and print the ratios',
  about: [
    'Runs every statement of the files, or of a few queries over the sample data, through a gateway of its own (over the',
    'wire, text format) and on one DuckDB in process with all cores. A ratio above 1 means that the gateway was slower.',
    '',
    ...sortAbout,
  ],
  users: ['gateway'],
  flags: {
    runs: { kind: 'string', value: 'N', help: `runs of each query after a warm-up (${defaultRuns})` },
    ...sortFlags,
  },
  positionals: '[FILE.sql]... | sort',
  async run(loaded, terminal) {
    if (loaded.positionals[0] === sortWord) return await benchSort(loaded, terminal);
    const runs = runsOf(loaded);
    const files = loaded.positionals.length > 0 ? loaded.positionals : [join(packageRoot, 'testdata/bench/trades.sql')];
    const statements = await readStatements(files);
    const quiet = loaded.sources.log_level === 'default' ? 'warn' : loaded.config.logLevel;
    const state = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
    try {
      await compare({ ...(await benchConfig(loaded.config, state)), logLevel: quiet }, statements, runs, terminal);
    } finally {
      await rm(state, { recursive: true, force: true });
    }
    return exitCodes.success;
  },
};

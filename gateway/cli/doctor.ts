import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { SluiceError } from '../../planner/errors.ts';
import { parseAddress, printAddress } from '../config/address.ts';
import type { Loaded } from '../config/load.ts';
import { thisMachine } from '../config/machine.ts';
import { packageVersion } from '../config/package-info.ts';
import { configKey, settingEntries } from '../config/settings.ts';
import { gatewaySizes, type Machine } from '../config/sizes.ts';
import { printBytes, printSetting } from '../config/values.ts';
import { type Command, exitCodes } from './command.ts';
import { tableText } from './table-text.ts';

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly finding: string;
}

/** Less free space than this under the state folder is reported as a fault. */
const fewestFreeBytes = 256 * 1024 ** 2;
const portCheckTimeoutMs = 2_000;
const checkMemoryBytes = 64 * 1024 ** 2;

function failed(name: string, error: unknown): Check {
  const hint = error instanceof SluiceError && error.hint !== undefined ? ` ${error.hint}` : '';
  return { name, ok: false, finding: `${error instanceof Error ? error.message : String(error)}.${hint}` };
}

async function attempt(name: string, check: () => Promise<string> | string): Promise<Check> {
  try {
    return { name, ok: true, finding: await check() };
  } catch (error) {
    return failed(name, error);
  }
}

async function checkDuckdb(temporary: string): Promise<string> {
  // Loaded here: a DuckDB that does not load is a finding, not the end of the program.
  const { default: duckdb } = await import('@duckdb/node-api');
  const { openInstance } = await import('../../worker/engine/instance.ts');
  const instance = await openInstance({
    path: ':memory:',
    threads: 1,
    memoryBytes: checkMemoryBytes,
    tempDirectory: temporary,
    maxTempBytes: checkMemoryBytes,
    allowedDirectories: [],
  });
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll('SELECT 42');
  connection.closeSync();
  instance.closeSync();
  if (reader.getRows()[0]?.[0] !== 42) throw new Error('it gave a wrong answer');
  return duckdb.version();
}

function checkPort(text: string, flag: string): Promise<string> {
  const address = parseAddress(text, flag);
  return new Promise((done, fail) => {
    const server = createServer();
    const timer = setTimeout(() => fail(new Error('no answer of the system')), portCheckTimeoutMs);
    server.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      fail(
        error.code === 'EADDRINUSE'
          ? new Error(`${printAddress(address)} is in use; choose another with ${flag}`)
          : error,
      );
    });
    server.listen(address.port, address.host, () => {
      clearTimeout(timer);
      server.close(() => done(`${printAddress(address)} is free`));
    });
  });
}

function checkState(folder: string): string {
  let nearest = resolve(folder);
  while (!existsSync(nearest)) nearest = dirname(nearest);
  accessSync(nearest, constants.W_OK);
  const { bavail, bsize } = statfsSync(nearest);
  const free = Number(bavail) * Number(bsize);
  if (free < fewestFreeBytes) throw new Error(`only ${Math.floor(free / 1024 ** 2)} MiB free in ${nearest}`);
  return `${resolve(folder)}${existsSync(folder) ? '' : ' (will be made)'}, ${Math.floor(free / 1024 ** 3)} GiB free`;
}

/** The folder in which DIR, GLOB or NAME=GLOB starts. */
function staticFolder(spec: string): string {
  const path = /^[A-Za-z_][A-Za-z0-9_]*=/.test(spec) ? spec.slice(spec.indexOf('=') + 1) : spec;
  const glob = path.search(/[*?[{]/);
  return resolve(glob < 0 ? path : path.slice(0, path.lastIndexOf('/', glob) + 1) || '.');
}

function checkReadable(spec: string): string {
  const folder = staticFolder(spec);
  accessSync(folder, constants.R_OK);
  return `${folder} can be read`;
}

function checkMemory(loaded: Loaded, machine: Machine): string {
  const sizes = gatewaySizes(loaded.config, machine);
  const workers = sizes.workers * sizes.workerMemoryBytes;
  if (workers + sizes.coordinatorMemoryBytes > machine.memoryBytes) {
    throw new Error(
      'gateway and workers together may use more memory than there is; lower --memory or --worker-memory',
    );
  }
  const slots = `${sizes.workers} workers x ${sizes.workerSlots} slots x ${sizes.workerThreads} threads`;
  const each = `${printBytes(sizes.workerMemoryBytes)} each, gateway ${printBytes(sizes.coordinatorMemoryBytes)}`;
  return `${machine.cores} cores, ${(machine.memoryBytes / 1024 ** 3).toFixed(1)} GiB: ${slots}, ${each}`;
}

async function checks(loaded: Loaded, machine: Machine): Promise<readonly Check[]> {
  const { config } = loaded;
  const list = [
    attempt('sluice', () => packageVersion),
    attempt('Node.js', () => `${process.versions.node}, ${machine.poolThreads} pool threads`),
    attempt('DuckDB', () => checkDuckdb(join(config.state, 'tmp'))),
    attempt('listen', () => checkPort(config.listen, '--listen')),
    attempt('http', () => checkPort(config.http, '--http')),
    attempt('state', () => checkState(config.state)),
    attempt('memory', () => checkMemory(loaded, machine)),
    ...config.data.map((spec) => attempt('data', () => checkReadable(spec))),
    ...config.allow.map((folder) => attempt('allow', () => checkReadable(folder))),
  ];
  const files = [config.usersFile, config.tlsCert, config.tlsKey, config.tokenFile];
  for (const file of files) if (file !== null) list.push(attempt('file', () => checkReadable(file)));
  return Promise.all(list);
}

/** `sluice doctor`: looks whether `serve` would start with these settings, and prints them with their sources. */
export const doctor: Command = {
  name: 'doctor',
  summary: 'check that this machine can run the gateway, and print the effective settings',
  about: ['Takes the same flags, environment and config file as `serve`. Exit code 1 when something would not work.'],
  users: ['gateway'],
  flags: {},
  async run(loaded, { env, print }) {
    const found = await checks(loaded, thisMachine(env));
    for (const check of found) print(`${check.ok ? 'ok  ' : 'FAIL'} ${check.name.padEnd(8)} ${check.finding}`);
    print('');
    const rows = settingEntries
      .filter(([, setting]) => setting.users.includes('gateway'))
      .map(([name]) => [name, printSetting(name, loaded.config[configKey(name)]), loaded.sources[name]]);
    for (const line of tableText(['setting', 'value', 'source'], rows)) print(line);
    return found.every((check) => check.ok) ? exitCodes.success : exitCodes.failure;
  },
};

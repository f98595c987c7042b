import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SluiceError } from '../../planner/errors.ts';
import { type LoadInput, loadConfig } from './load.ts';
import { configKey, runningQueriesLimit, type Setting, settingEntries, threadReserve } from './settings.ts';
import { parseSetting, printSetting } from './values.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function configFile(content: string): string {
  const path = join(folder, `${Math.random()}.json`);
  writeFileSync(path, content);
  return path;
}

function load(input: Partial<LoadInput>) {
  return loadConfig({ argv: [], env: {}, command: 'serve', users: ['gateway'], ...input });
}

function failure(input: Partial<LoadInput>): SluiceError {
  try {
    load(input);
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('layers', () => {
  it('prefers flags over the environment over the file over defaults, and tells the source', () => {
    const path = configFile('{"max_connections": 7, "listen": "127.0.0.1:1", "http": "127.0.0.1:2"}');
    const { config, sources } = load({
      argv: ['--config', path, '--http', '127.0.0.1:4'],
      env: { SLUICE_LISTEN: '127.0.0.1:3', SLUICE_HTTP: '127.0.0.1:3', PATH: '/bin' },
    });
    expect([config.maxConnections, config.listen, config.http, config.queueTimeout]).toEqual([
      7,
      '127.0.0.1:3',
      '127.0.0.1:4',
      300_000,
    ]);
    expect([sources.max_connections, sources.listen, sources.http, sources.queue_timeout]).toEqual([
      `file ${path}`,
      'SLUICE_LISTEN',
      '--http',
      'default',
    ]);
  });

  it('takes the config file from the environment', () => {
    expect(load({ env: { SLUICE_CONFIG: configFile('{"workers": 3}') } }).config.workers).toBe(3);
  });

  it('collects repeated list flags as they are and splits lists of the environment outside braces', () => {
    expect(load({ argv: ['--data', 'a,b', '--data=c'] }).config.data).toEqual(['a,b', 'c']);
    expect(load({ env: { SLUICE_DATA: 'a, t=x/{1,2}.csv' } }).config.data).toEqual(['a', 't=x/{1,2}.csv']);
    expect(load({ argv: ['--config', configFile('{"data": ["a,b"]}')] }).config.data).toEqual(['a,b']);
  });
});

describe('what is wrong is an error', () => {
  it.each<[string, Partial<LoadInput>, string, string | undefined]>([
    ['flag', { argv: ['--wokers', '2'] }, 'unknown flag --wokers of sluice serve', 'Did you mean "--workers"?'],
    ['short flag', { argv: ['-w', '2'] }, 'unknown flag -w of sluice serve', undefined],
    ["another command's flag", { argv: ['--join', 'ws://x'] }, 'unknown flag --join of sluice serve', undefined],
    ['secret on the command line', { argv: ['--token', 'x'] }, 'unknown flag --token of sluice serve', undefined],
    ['argument', { argv: ['data'] }, 'unknown argument "data" of sluice serve', undefined],
    [
      'variable',
      { env: { SLUICE_WORKER: '2' } },
      'unknown environment variable SLUICE_WORKER',
      'Did you mean "SLUICE_WORKERS"?',
    ],
    ['value left out', { argv: ['--listen'] }, 'flag --listen needs a value', undefined],
    ['value of a switch', { argv: ['--help=yes'] }, 'flag --help takes no value', undefined],
  ])('%s', (_, input, message, hint) => {
    const error = failure(input);
    expect([error.sqlstate, error.message]).toEqual(['F0000', message]);
    if (hint !== undefined) expect(error.hint).toBe(hint);
  });

  it('key of the config file', () => {
    const error = failure({ argv: ['--config', configFile('{"lisen": "x"}')] });
    expect(error.message).toMatch(/^unknown setting "lisen" in /);
    expect(error.hint).toBe('Did you mean "listen"?');
  });

  it.each(['{', '[]', 'null', '"x"'])('config file that holds %s', (content) => {
    expect(failure({ argv: ['--config', configFile(content)] }).message).toMatch(/^could not read config file/);
  });

  it('config file that does not exist', () => {
    expect(failure({ argv: ['--config', join(folder, 'none')] }).detail).toMatch(/ENOENT/);
  });

  it.each(['{"workers": {}}', '{"workers": -1}', '{"workers": 2.5}', '{"data": [1]}', '{"listen": null}'])(
    'value %s in the config file',
    (content) => {
      expect(failure({ argv: ['--config', configFile(content)] }).sqlstate).toBe('22023');
    },
  );
});

describe('values', () => {
  it.each<[Parameters<typeof parseSetting>[0], string, unknown]>([
    ['direct_max_bytes', '64MiB', 67_108_864],
    ['direct_max_bytes', '1.5 MB', 1_500_000],
    ['direct_max_bytes', '0', 0],
    ['queue_timeout', '2min', 120_000],
    ['queue_timeout', '1500', 1500],
    ['partitions', 'AUTO', null],
    ['partitions', '7', 7],
    ['dialect', 'DuckDB', 'duckdb'],
    ['insecure', 'yes', true],
    ['disabled', 'a, b', ['a', 'b']],
    ['disabled', '', []],
  ])('%s = %s', (name, text, value) => {
    expect(parseSetting(name, text, name)).toEqual(value);
  });

  it.each<[Parameters<typeof parseSetting>[0], string]>([
    ['direct_max_bytes', '64 parsecs'],
    ['direct_max_bytes', '-1'],
    ['queue_timeout', '0'],
    ['queue_timeout', '9999999999999999h'],
    ['partitions', '0'],
    ['partitions', '1e3'],
    ['partitions', '5000'],
    ['dialect', 'mysql'],
    ['insecure', 'maybe'],
    ['listen', ''],
  ])('refuses %s = "%s"', (name, text) => {
    expect(() => parseSetting(name, text, name)).toThrow(expect.objectContaining({ sqlstate: '22023' }));
  });

  it('never shows a secret', () => {
    expect(printSetting('token', 'hush')).toBe('(hidden)');
    expect(() => parseSetting('token', '', 'SLUICE_TOKEN')).toThrow(/"\.\.\."/);
  });

  it('reads back what it prints, for every default', () => {
    const { config } = load({});
    for (const [name, setting] of settingEntries) {
      const value = config[configKey(name)];
      const back =
        setting.default === null && setting.kind === 'string' && value !== null
          ? value
          : parseSetting(name, printSetting(name, value), name);
      expect([name, back]).toEqual([name, value]);
    }
  });
});

describe('the table', () => {
  it('tells what null stands for', () => {
    const silent = settingEntries.filter(
      ([, row]: readonly [string, Setting]) => row.default === null && !('absent' in row),
    );
    expect(silent).toEqual([]);
  });

  it("fits the executable's thread pool", () => {
    const bin = readFileSync(join(import.meta.dirname, '../cli/bin.cts'), 'utf8');
    expect(bin).toContain(`UV_THREADPOOL_SIZE ??= '${runningQueriesLimit + threadReserve}'`);
  });
});

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packageRoot, packageVersion } from '../config/package-info.ts';
import { flagName, settingEntries } from '../config/settings.ts';
import type { Terminal } from './command.ts';
import { commands, runCommandLine } from './main.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function run(argv: readonly string[], env: Terminal['env'] = {}) {
  const lines: string[] = [];
  const terminal: Terminal = { env, print: (line) => void lines.push(line), stop: new AbortController().signal };
  return { code: await runCommandLine(argv, terminal), text: lines.join('\n') };
}

describe('help', () => {
  it.each([[[]], [['--help']], [['help']]])('%j lists every command', async (argv) => {
    const { code, text } = await run(argv);
    expect(code).toBe(0);
    for (const command of commands) expect(text).toContain(command.summary);
  });

  it('of serve lists every setting of the gateway that is a flag, with its default', async () => {
    const { text } = await run(['serve', '--help']);
    for (const [name, setting] of settingEntries) {
      expect([name, text.includes(`${flagName(name)} `)]).toEqual([
        name,
        setting.users.includes('gateway') && setting.flag !== false && setting.hidden === undefined,
      ]);
    }
    expect(text.replaceAll(/\s+/g, ' ')).toContain('(127.0.0.1:5480; SLUICE_LISTEN)');
  });

  it('of worker has the flags of workers and no other', async () => {
    const { text } = await run(['worker', '--token-file', 'x', '--help']);
    expect(text).toContain('--join URL');
    expect(text).not.toContain('--listen');
  });

  it('tells the versions', async () => {
    expect((await run(['--version'])).text).toMatch(
      new RegExp(`^sluice ${packageVersion} \\(DuckDB v1\\.\\d+\\.\\d+, Node`),
    );
  });
});

describe('a wrong command line', () => {
  it.each([
    [['sevre'], 'unknown command "sevre"', 'Did you mean "serve"?'],
    [['--versoin'], 'unknown flag --versoin', 'Did you mean "--version"?'],
    [['serve', '--dta', 'x'], 'unknown flag --dta of sluice serve', 'Did you mean "--data"?'],
    [['serve', 'data'], 'unknown argument "data" of sluice serve', undefined],
    [
      ['serve', '--workers', 'many'],
      'invalid value for parameter "--workers": "many"',
      expect.stringContaining('from 0 to 256'),
    ],
    [['doctor', '--config', '/nowhere.json'], 'could not read config file "/nowhere.json"', undefined],
  ])('%j', async (argv, message, hint) => {
    await expect(run(argv)).rejects.toMatchObject({ message, hint });
  });
});

describe('doctor', () => {
  const free = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0', '--state', join(folder, 'state')];

  it('prints the effective settings and their sources, and makes nothing', async () => {
    const { code, text } = await run(['doctor', ...free, '--data', folder], {
      SLUICE_MAX_CONNECTIONS: '7',
      SLUICE_TOKEN: 'hush',
      UV_THREADPOOL_SIZE: '128',
    });
    expect(text).toMatch(/^ max_connections +\| 7 +\| SLUICE_MAX_CONNECTIONS$/m);
    expect(text).toMatch(/^ listen +\| 127\.0\.0\.1:0 +\| --listen$/m);
    expect(text).toMatch(/^ token +\| \(hidden\) +\| SLUICE_TOKEN$/m);
    expect(text).not.toContain('hush');
    expect(text).not.toContain('FAIL');
    expect(code).toBe(0);
    expect(existsSync(join(folder, 'state'))).toBe(false);
  });

  it('finds a port in use, data that is not there and a pool that is too small', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address() as { port: number };
    const flags = ['--http', `127.0.0.1:${address.port}`, '--data', join(folder, 'none/*.csv')];
    const { code, text } = await run(['doctor', ...free.slice(0, 2), ...free.slice(4), ...flags], {
      UV_THREADPOOL_SIZE: '4',
    });
    server.close();
    expect(code).toBe(1);
    expect(text).toContain(`FAIL http     127.0.0.1:${address.port} is in use; choose another with --http`);
    expect(text).toMatch(/^FAIL data +ENOENT/m);
    expect(text).toMatch(/^FAIL memory +\d+ running queries need \d+ threads, the pool has 4/m);
  });
});

describe('the executable', () => {
  const bin = join(packageRoot, 'dist/gateway/cli/bin.cjs');
  const execute = (...argv: readonly string[]) => spawnSync(process.execPath, [bin, ...argv], { encoding: 'utf8' });

  it('prints the version', () => {
    expect(execute('--version')).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/^sluice /) });
  });

  it('ends with 2 for a wrong command line and prints no stack', () => {
    const { status, stderr, stdout } = execute('serve', '--wokers', '3');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe('sluice: unknown flag --wokers of sluice serve\n  Did you mean "--workers"?\n');
  });
});

/** Cursors, savepoints, notifications and locks as drivers use them, against a real gateway. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  clientsFolder,
  hasProgram,
  jdbcClassPath,
  pythonWithDrivers,
  runChecks,
} from '../testdata/harness/client-tools.ts';
import { makeDataset } from '../testdata/harness/dataset.ts';
import { GatewayProcess } from '../testdata/harness/gateway-process.ts';

let gateway: GatewayProcess;
beforeAll(async () => {
  gateway = await GatewayProcess.start({ data: [await makeDataset('small')], workers: 1 });
});
afterAll(() => gateway?.stop());

describe.skipIf(!hasProgram('python3'))('psycopg', () => {
  it('has its cursors, savepoints, notifications and locks', async () => {
    const script = join(clientsFolder, 'psycopg/session_checks.py');
    const checks = await runChecks(await pythonWithDrivers(), [script, String(gateway.port)]);
    expect(checks).toHaveLength(7);
  });
});

describe.skipIf(!hasProgram('java', '-version'))('pgjdbc', () => {
  it('sets a savepoint before each statement with autosave', async () => {
    const script = join(clientsFolder, 'pgjdbc/Autosave.java');
    const checks = await runChecks('java', ['-cp', await jdbcClassPath(), script, String(gateway.port)]);
    expect(checks).toEqual(['always', 'conservative']);
  });
});

/** psycopg against a real gateway: testdata/clients/psycopg. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientsFolder, hasProgram, pythonWithDrivers, runChecks } from '../testdata/harness/client-tools.ts';
import { makeDataset } from '../testdata/harness/dataset.ts';
import { GatewayProcess } from '../testdata/harness/gateway-process.ts';

describe.skipIf(!hasProgram('python3'))('psycopg', () => {
  let gateway: GatewayProcess;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ data: [await makeDataset('small')], workers: 1 });
  });
  afterAll(() => gateway?.stop());

  it('passes its checks', async () => {
    const script = join(clientsFolder, 'psycopg/checks.py');
    const checks = await runChecks(await pythonWithDrivers(), [script, String(gateway.port)]);
    expect(checks.length).toBeGreaterThanOrEqual(8);
  });
});

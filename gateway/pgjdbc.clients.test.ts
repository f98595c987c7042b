/** pgjdbc against a real gateway: testdata/clients/pgjdbc, compiled here. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientsFolder, hasProgram, jdbcClassPath, runChecks } from '../testdata/harness/client-tools.ts';
import { makeDataset } from '../testdata/harness/dataset.ts';
import { GatewayProcess } from '../testdata/harness/gateway-process.ts';

const present = hasProgram('javac') && hasProgram('mvn');

describe.skipIf(!present)('pgjdbc', () => {
  let gateway: GatewayProcess;
  let classes: string;

  beforeAll(async () => {
    classes = await mkdtemp(join(tmpdir(), 'sluice-jdbc-'));
    const source = join(clientsFolder, 'pgjdbc/Checks.java');
    await promisify(execFile)('javac', ['-encoding', 'UTF-8', '-cp', await jdbcClassPath(), '-d', classes, source]);
    gateway = await GatewayProcess.start({ data: [await makeDataset('small')], workers: 1 });
  });
  afterAll(async () => {
    await gateway?.stop();
    await rm(classes, { recursive: true });
  });

  it('passes its checks in each query mode', async () => {
    const path = `${classes}:${await jdbcClassPath()}`;
    const checks = await runChecks('java', ['-cp', path, 'Checks', String(gateway.port)]);
    expect(checks).toHaveLength(18);
  });
});

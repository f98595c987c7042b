/** psycopg 3 with asyncio, pipelines and binary values, on a real gateway and on PostgreSQL 15. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClientBed } from '../../harness/client-bed.ts';
import { clientsFolder, hasProgram, pythonWithDrivers } from '../../harness/client-tools.ts';

describe.skipIf(!hasProgram('python3'))('psycopg with asyncio', () => {
  let bed: ClientBed;

  beforeAll(async () => {
    bed = await ClientBed.start();
  });
  afterAll(() => bed?.stop());

  it('sees what PostgreSQL shows it', async () => {
    const script = join(clientsFolder, 'psycopg/async_checks.py');
    const seen = await bed.compare(await pythonWithDrivers(), (port) => [script, String(port)]);
    expect(Object.keys(seen).length).toBeGreaterThanOrEqual(12);
  });
});

/** psqlODBC, through pyodbc, on a real gateway, compared with PostgreSQL 15. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClientBed } from '../../harness/client-bed.ts';
import { clientsFolder, hasProgram, psqlOdbcDriver, pythonWithDrivers } from '../../harness/client-tools.ts';

const script = join(clientsFolder, 'psqlodbc/checks.py');
const driver = psqlOdbcDriver();

describe.skipIf(driver === undefined || !hasProgram('python3'))('psqlODBC', () => {
  let bed: ClientBed;
  beforeAll(async () => {
    bed = await ClientBed.start();
  });
  afterAll(() => bed?.stop());

  it.each([
    ['off', '0'],
    ['on', '1'],
  ])('with UseDeclareFetch %s sees what it sees on PostgreSQL', async (_name, declare) => {
    const seen = await bed.compare(await pythonWithDrivers(), (port) => [script, String(port), driver!, declare]);
    expect(Object.keys(seen)).toHaveLength(39);
  });
});

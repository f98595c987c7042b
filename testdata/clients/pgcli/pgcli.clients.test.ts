/** pgcli on a real gateway, compared with PostgreSQL 15. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClientBed } from '../../harness/client-bed.ts';
import { clientsFolder, hasProgram, pythonWithDrivers } from '../../harness/client-tools.ts';

const script = join(clientsFolder, 'pgcli/checks.py');

describe.skipIf(!hasProgram('python3'))('pgcli', () => {
  let bed: ClientBed;
  beforeAll(async () => {
    bed = await ClientBed.start();
  });
  afterAll(() => bed?.stop());

  it('completes and lists what it does on PostgreSQL', async () => {
    const seen = await bed.compare(await pythonWithDrivers(), (port) => [script, String(port)]);
    expect(Object.keys(seen).length).toBeGreaterThanOrEqual(38);
  });
});

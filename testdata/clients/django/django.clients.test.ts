/** Django's migrations, ORM and inspectdb on a real gateway, compared with PostgreSQL 15. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClientBed } from '../../harness/client-bed.ts';
import { clientsFolder, hasProgram, pythonWithDrivers } from '../../harness/client-tools.ts';

const script = join(clientsFolder, 'django/checks.py');

describe.skipIf(!hasProgram('python3'))('Django', () => {
  let bed: ClientBed;
  beforeAll(async () => {
    bed = await ClientBed.start();
  });
  afterAll(() => bed?.stop());

  it.each([
    ['binds in the client', []],
    ['binds in the server', ['server']],
  ])('%s', async (_name, more) => {
    const seen = await bed.compare(await pythonWithDrivers(), (port) => [script, String(port), ...more]);
    expect(Object.keys(seen)).toHaveLength(28);
  });
});

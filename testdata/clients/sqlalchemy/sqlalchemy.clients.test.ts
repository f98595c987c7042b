/** SQLAlchemy's reflection and ORM on a real gateway, compared with PostgreSQL 15. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClientBed } from '../../harness/client-bed.ts';
import { clientsFolder, hasProgram, pythonWithDrivers } from '../../harness/client-tools.ts';

const script = join(clientsFolder, 'sqlalchemy/checks.py');

describe.skipIf(!hasProgram('python3'))('SQLAlchemy', () => {
  let bed: ClientBed;
  beforeAll(async () => {
    bed = await ClientBed.start();
  });
  afterAll(() => bed?.stop());

  it.each([
    ['psycopg', 54],
    ['psycopg2', 54],
    ['pg8000', 54],
    ['asyncpg', 49],
  ])('over %s sees what it sees on PostgreSQL', async (driver, checks) => {
    const seen = await bed.compare(await pythonWithDrivers(), (port) => [script, String(port), driver]);
    expect(Object.keys(seen)).toHaveLength(checks);
  });
});

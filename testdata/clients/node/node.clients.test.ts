/** Drivers, query builders and ORMs of Node.js on a real gateway, compared with PostgreSQL 15. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClientBed } from '../../harness/client-bed.ts';
import { clientsFolder, nodePackages } from '../../harness/client-tools.ts';
import { makeDataset } from '../../harness/dataset.ts';

const scripts = ['node-postgres', 'postgres-js', 'knex', 'kysely', 'sequelize', 'typeorm', 'drizzle'] as const;

describe('Node.js', () => {
  let bed: ClientBed;
  let packages: string;
  beforeAll(async () => {
    packages = await nodePackages();
    bed = await ClientBed.start([await makeDataset('small')]);
    await bed.mirror('events');
  });
  afterAll(() => bed?.stop());

  it.each(scripts)('%s', async (name) => {
    const script = join(clientsFolder, 'node', `${name}.mjs`);
    const checks = await bed.compareChecks(process.execPath, (port) => [
      '--no-warnings',
      script,
      String(port),
      packages,
    ]);
    expect(checks.length).toBeGreaterThanOrEqual(5);
  });
});

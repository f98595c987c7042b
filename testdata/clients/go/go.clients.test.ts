/** pgx and lib/pq on a real gateway, compared with PostgreSQL 15. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClientBed } from '../../harness/client-bed.ts';
import { goProgram, hasProgram } from '../../harness/client-tools.ts';
import { makeDataset } from '../../harness/dataset.ts';

describe.skipIf(!hasProgram('go', 'version'))('Go', () => {
  let bed: ClientBed;
  let program: string;
  beforeAll(async () => {
    program = await goProgram();
    bed = await ClientBed.start([await makeDataset('small')]);
    await bed.mirror('events');
  });
  afterAll(() => bed?.stop());

  it.each([
    ['pgx', 28],
    ['pq', 18],
  ])('%s', async (driver, count) => {
    expect(await bed.compareChecks(program, (port) => [String(port), driver])).toHaveLength(count);
  });
});

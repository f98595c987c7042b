/** tokio-postgres and sqlx on a real gateway, compared with PostgreSQL 15. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClientBed } from '../../harness/client-bed.ts';
import { hasProgram, rustProgram } from '../../harness/client-tools.ts';
import { makeDataset } from '../../harness/dataset.ts';

describe.skipIf(!hasProgram('cargo'))('Rust', () => {
  let bed: ClientBed;
  let program: string;
  beforeAll(async () => {
    program = await rustProgram();
    bed = await ClientBed.start([await makeDataset('small')]);
    await bed.mirror('events');
  });
  afterAll(() => bed?.stop());

  it.each([
    ['tokio-postgres', 28],
    ['sqlx', 12],
  ])('%s', async (driver, count) => {
    expect(await bed.compareChecks(program, (port) => [String(port), driver])).toHaveLength(count);
  });
});

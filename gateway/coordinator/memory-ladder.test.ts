/** A task that real DuckDBs have too little memory for, until it gets more of it and uses the disk from the start. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { concat, makeBed, makeFiles, planOf, readBigints, stageOver } from '../../testdata/harness/coordinator-bed.ts';
import { startRealFleet } from '../../testdata/harness/real-fleet.ts';

const MiB = 1024 * 1024;
/** Two slots share it. DuckDB 1.5.5 runs the query below with 22 MB when its joins use the disk from the start, and with 30 MB else. */
const workerBytes = 24_000_000;
const rows = 150_000;

const relation = (name: string) =>
  `(SELECT range AS k, hash(range) % 1000 AS ${name}x, hash(range + 1) AS ${name}v, hash(range + 2) AS ${name}z, hash(range + 3) AS ${name}w
    FROM range(${rows})) ${name}`;
/** The sort is in need of what both hash tables hold. */
const sql = `SELECT sum(r)::BIGINT AS a, 'all' AS b FROM (SELECT row_number() OVER (ORDER BY bv % 977, cz % 1009, bw) AS r
  FROM ${relation('a')} JOIN ${relation('b')} USING (k) JOIN ${relation('c')} USING (k))`;

it('ends well with the disk, after it was given the whole memory of a worker', async () => {
  const files = await makeFiles(1, 1);
  const folder = await mkdtemp(join(tmpdir(), 'sluice-memory-'));
  const allowed = { exchangeDirectory: join(folder, 'exchange'), allowedDirectories: [files.folder] };
  const size = { workers: 1, slots: 2, memoryBytes: workerBytes, maxTempBytes: 1024 * MiB };
  const { fleet, stop } = await startRealFleet(folder, { ...allowed, ...size });
  await vi.waitFor(() => expect(fleet.workers()).toHaveLength(1), { timeout: 20_000, interval: 50 });
  const bed = await makeBed(fleet, [files.folder], {}, allowed.exchangeDirectory);
  try {
    const plan = planOf({ stages: [stageOver(files.scans, { sql })], result: concat });
    const answer = await bed.coordinator.run(plan, await bed.context());
    expect(await readBigints(answer)).toEqual([(BigInt(rows) * BigInt(rows + 1)) / 2n]);
    const { stages } = answer.report();
    expect(stages.map(({ retries, adapted }) => ({ retries, adapted }))).toEqual([
      { retries: 2, adapted: ['1 task ran out of memory and ended well with the disk from the start'] },
    ]);
  } finally {
    await bed.close();
    await stop();
    await files.remove();
    await rm(folder, { recursive: true, force: true });
  }
});

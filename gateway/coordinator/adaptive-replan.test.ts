/** A query whose stages turn out far smaller or larger than expected is planned again while it runs. */
import { afterEach, describe, expect, it } from 'vitest';
import { type AdaptiveBed, type AdaptiveRun, makeAdaptiveBed, skewed } from '../../testdata/harness/adaptive-bed.ts';
import type { InProcessFleetOptions } from '../../testdata/harness/in-process-fleet.ts';

/** `mid` is too large to be read by every task as it is. */
const mid = [0, 1].map(
  (file) =>
    `SELECT i % 600 AS k, i AS b, md5((i)::VARCHAR) || md5((i + 1)::VARCHAR) AS t FROM range(${file * 4000}, ${file * 4000 + 4000}) r(i)`,
);
const tables = { ...skewed, mid };
/** Nobody can tell how many rows it lets through: of `few` nearly none, of `all` every one. */
const few = "b % 2000 = 77 OR (b % 4000)::VARCHAR LIKE '%99x'";
const all = Array.from({ length: 6 }, (_, n) => `(b * ${n + 3}) % 7 >= 0 - ${n + 1}`).join(' AND ');

/** Tasks that leave rows of `big` take so long that the other side is known before they have ended. */
const slowBig: InProcessFleetOptions['faultOf'] = ({ scans, exchange, inputs = [] }) =>
  exchange !== undefined &&
  inputs.length === 0 &&
  scans.some(({ files }) => files.some(({ path }) => /big-/.test(path)))
    ? { kind: 'slow', msPerBatch: 300 }
    : undefined;

let bed: AdaptiveBed | undefined;
afterEach(async () => {
  await bed?.close();
  bed = undefined;
});

const sqlOf = ({ ran }: AdaptiveRun) => ran.stages.map(({ sql }) => sql).join('\n');
const partitionInputs = ({ inputs = [] }: { inputs?: readonly { readonly mode: string }[] }) =>
  inputs.filter(({ mode }) => mode === 'partition').length;

describe('a side that is far smaller than expected', () => {
  const sql = `SELECT a, b FROM big JOIN (FROM mid WHERE ${few}) m USING (k)`;
  const settings = { broadcastMaxBytes: 12_000 };

  it.each(['frames', 'files'] as const)(
    'is given whole to the tasks of the other, which is not moved (%s)',
    async (exchange) => {
      bed = await makeAdaptiveBed(tables, {}, { faultOf: slowBig });
      const ran = await bed.run(sql, { ...settings, exchange });
      expect(ran.plan.stages.map(partitionInputs)).toEqual([0, 0, 2]);
      expect(ran.report.replans).toEqual([
        expect.stringMatching(/^stage \d left 4 rows instead of about \d+: another plan, which keeps 1 of 2 stages$/),
      ]);
      expect(ran.ran.stages.map(partitionInputs)).toEqual([0, 0]);
      expect(ran.report.stages.flatMap(({ adapted }) => adapted)).toContain('begun by an earlier plan');
      expect(ran.rows).toEqual(await bed.oracle(sql));
    },
  );

  it('is hashed all the same when nobody can plan again, or the other side has been moved', async () => {
    bed = await makeAdaptiveBed(tables, {}, { faultOf: slowBig });
    const fixed = await bed.run(sql, settings, false);
    expect(fixed.report.replans).toEqual([]);
    expect(fixed.ran).toBe(fixed.plan);
    const off = await bed.run(sql, { ...settings, adaptive: 'off' });
    expect(off.report.replans).toEqual([]);
    await bed.close();
    bed = await makeAdaptiveBed(tables, { replanWasteBytes: 0 });
    const late = await bed.run(`SELECT a, b FROM (FROM mid WHERE ${few}) m JOIN big USING (k)`, settings);
    for (const { rows } of [fixed, off, late]) expect(rows).toEqual(await bed.oracle(sql));
  });
});

describe('a side that is far larger than expected', () => {
  const sql = `SELECT count(*) AS n, sum(a)::BIGINT AS s, sum(b)::BIGINT AS t FROM big JOIN (FROM mid WHERE ${all}) m USING (k)`;

  it.each(['frames', 'files'] as const)('is divided, without being computed again (%s)', async (exchange) => {
    bed = await makeAdaptiveBed(tables);
    const ran = await bed.run(sql, { broadcastMaxBytes: 12_000, exchange });
    expect(ran.plan.stages.map(partitionInputs)).toEqual([0, 0]);
    expect(ran.report.replans).toEqual([
      expect.stringMatching(/left 8000 rows instead of about \d+: another plan, which keeps 1 of 1 stages$/),
    ]);
    expect(ran.ran.stages.some((stage) => partitionInputs(stage) === 2)).toBe(true);
    expect(sqlOf(ran)).toContain('FROM __again');
    expect(ran.rows).toEqual(await bed.oracle(sql));
  });

  it('makes a query be planned again so often and no more', async () => {
    bed = await makeAdaptiveBed(tables, { replans: 0 });
    const ran = await bed.run(sql, { broadcastMaxBytes: 12_000 });
    expect(ran.report.replans).toEqual([]);
    expect(ran.rows).toEqual(await bed.oracle(sql));
  });

  it('survives a lost worker before and after', async () => {
    let struck = 0;
    const faultOf: InProcessFleetOptions['faultOf'] = ({ inputs = [] }) =>
      inputs.length > 0 && struck++ < 2 ? { kind: 'lose', afterBatches: -1 } : undefined;
    bed = await makeAdaptiveBed(tables, {}, { faultOf, respawnMs: 20 });
    const ran = await bed.run(sql, { broadcastMaxBytes: 12_000 });
    expect(ran.report.retries).toBeGreaterThan(0);
    expect(ran.rows).toEqual(await bed.oracle(sql));
  });
});

describe('an empty side', () => {
  const empty = 'b % 7 = 8';

  it.each([
    ['inner', `SELECT a, b FROM big JOIN (FROM mid WHERE ${empty}) m USING (k)`],
    ['semi', `SELECT a FROM big SEMI JOIN (FROM mid WHERE ${empty}) m USING (k)`],
    [
      'behind a join',
      `SELECT s.b, a FROM (SELECT m.k, m.b FROM (FROM mid WHERE ${empty}) m JOIN small USING (k)) s JOIN big USING (k)`,
    ],
  ])('stops what would be joined with it (%s)', async (_name, sql) => {
    bed = await makeAdaptiveBed(tables, { replans: 0 }, { faultOf: slowBig });
    const { rows, report } = await bed.run(sql);
    expect(rows).toEqual([]);
    expect(report.stages.some(({ adapted }) => adapted.some((what) => what.startsWith('not wanted')))).toBe(true);
    expect(report.stages.at(-1)!.tasks).toBe(0);
  });

  it('stops nothing that counts without it', async () => {
    bed = await makeAdaptiveBed(tables, { replans: 0 });
    const sqls = [
      `SELECT a, coalesce(b, -1) AS b FROM big LEFT JOIN (FROM mid WHERE ${empty}) m USING (k)`,
      `SELECT a FROM big ANTI JOIN (FROM mid WHERE ${empty}) m USING (k)`,
      `SELECT count(*) AS n FROM big JOIN (FROM mid WHERE ${empty}) m USING (k)`,
      `SELECT a, 1::BIGINT AS b FROM big WHERE k NOT IN (SELECT k FROM mid WHERE ${empty}) AND g = 3`,
    ];
    for (const sql of sqls) expect((await bed.run(sql)).rows).toEqual(await bed.oracle(sql));
  });
});

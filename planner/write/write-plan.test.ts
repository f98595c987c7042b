import { describe, expect, it } from 'vitest';
import type { Plan, Stage } from '../plan/plan.ts';
import { makeWritePlan, type WriteLayout } from './write-plan.ts';

const scan = {
  name: '__scan0',
  format: 'parquet',
  columns: [{ name: 'a', type: 'INTEGER', hive: false }],
  options: {},
  files: [],
} as const;

function stage(id: number, tasks: number, columns: Stage['columns'], more: Partial<Stage> = {}): Stage {
  return {
    id,
    sql: 'SELECT a AS __c0, b AS __c1 FROM __scan0',
    columns,
    tasks: Array.from({ length: tasks }, (_, partition) => ({ partition, scans: [scan] })),
    replayable: true,
    why: 'rows of t',
    ...more,
  };
}

const columns = [
  { name: '__c0', type: 'INTEGER' },
  { name: '__c1', type: 'VARCHAR' },
];
const base: Omit<Plan, 'stages' | 'result'> = {
  strategy: 'pushdown',
  columns: [
    { name: 'a', type: 'INTEGER' },
    { name: 'B', type: 'VARCHAR' },
  ],
  decisions: [{ strategy: 'pushdown', taken: true, reason: '' }],
  scans: [{ table: 't', filesTotal: 1, filesRead: 1, bytesTotal: 9, bytesRead: 7 }],
  notices: [],
};
const pushdown: Plan = {
  ...base,
  stages: [stage(0, 3, columns)],
  result: { kind: 'concat', stage: 0, limit: null, offset: 0 },
};
const merged: Plan = {
  ...base,
  stages: [stage(0, 3, columns)],
  result: { kind: 'sql', sql: 'SELECT * FROM __stage0', scans: [], stages: [0], where: 'own' },
};
const layout: WriteLayout = {
  format: 'parquet',
  options: { compression: 'zstd' },
  partitionBy: [],
  hashBy: [],
  partitions: null,
  orderBy: null,
  fileBytes: null,
};

describe('a plan that writes', () => {
  it('has the tasks of the last stage write when nothing has to move', () => {
    const plan = makeWritePlan(pushdown, { ...layout, partitionBy: ['b'] });
    expect(plan.stages).toHaveLength(1);
    expect(plan.stages[0]!.tasks).toHaveLength(3);
    expect(plan.stages[0]!.write).toEqual({
      names: ['a', 'B'],
      format: 'parquet',
      options: { compression: 'zstd' },
      partitionBy: ['B'],
      orderBy: null,
      ranges: null,
      hashBy: [],
      fileBytes: null,
    });
  });

  it('hashes by the columns of the stage, one task for each bucket', () => {
    const plan = makeWritePlan(pushdown, { ...layout, hashBy: ['b'], partitions: 4, orderBy: 'a' });
    expect(plan.stages[0]!.exchange).toEqual({ hashBy: ['"__c1"'], partitions: 4, bytes: 7 });
    expect(plan.stages[1]).toMatchObject({
      inputs: [{ stages: [0], mode: 'partition', required: true }],
      write: { orderBy: 'a', ranges: null },
    });
    expect(plan.stages[1]!.tasks).toHaveLength(4);
    expect(plan.result).toMatchObject({ stage: 1 });
  });

  it('hashes by the keys of folders, and by nothing but their number', () => {
    const keys = makeWritePlan(pushdown, { ...layout, partitionBy: ['a'], partitions: 2 });
    expect(keys.stages[0]!.exchange?.hashBy).toEqual(['"__c0"']);
    const even = makeWritePlan(pushdown, { ...layout, partitions: 2 });
    expect(even.stages[0]!.exchange?.hashBy).toEqual(['row_number() OVER ()']);
  });

  describe('of enough rows for files of each task and bucket', () => {
    const large: Plan = { ...pushdown, scans: [{ ...base.scans[0]!, bytesRead: 3 * 4 * 128 * 1024 }] };
    const hashed: WriteLayout = { ...layout, hashBy: ['b'], partitions: 4 };

    it('has each task divide them itself', () => {
      const plan = makeWritePlan(large, hashed);
      expect(plan.stages).toHaveLength(1);
      expect(plan.stages[0]!.exchange).toBeUndefined();
      expect(plan.stages[0]!.write).toMatchObject({ ranges: 4, hashBy: ['"B"'], joined: true });
      expect(plan.result).toMatchObject({ stage: 0 });
      const even = makeWritePlan(large, { ...layout, partitions: 4 });
      expect(even.stages[0]!.write).toMatchObject({ ranges: 4, hashBy: ['row_number() OVER ()'], joined: true });
    });

    it.each<[string, Partial<WriteLayout>]>([
      ['rows in order', { orderBy: 'a' }],
      ['folders', { partitionBy: ['a'] }],
      ['files of a size', { fileBytes: 1000 }],
      ['row groups of a size', { options: { row_group_size: 1000 } }],
      ['another format', { format: 'csv' }],
      ['more buckets', { partitions: 5 }],
    ])('exchanges them for %s', (_, change) => {
      const plan = makeWritePlan(large, { ...hashed, ...change });
      expect(plan.stages[0]!.exchange).toBeDefined();
      expect(plan.stages.at(-1)!.write).not.toHaveProperty('joined');
    });

    it('exchanges them where that was asked for, for checkpoints, many columns, and types with facts of their own', () => {
      const wide = Array.from({ length: 1025 }, (_, i) => ({ name: `c${i}`, type: 'INTEGER' }));
      const shape = Array.from({ length: 2 }, (_, i) => ({ name: `g${i}`, type: i === 0 ? 'GEOMETRY' : 'VARIANT[]' }));
      const change = (columns: Plan['columns']): Plan => ({ ...large, columns, stages: [stage(0, 3, columns)] });
      const plans: readonly Plan[] = [
        { ...large, exchange: { via: 'frames', adaptive: false } },
        { ...large, exchange: { via: 'files', adaptive: false } },
        { ...large, checkpoint: 'job' },
        change(wide),
        change(shape),
      ];
      for (const plan of plans) {
        const { stages } = makeWritePlan(plan, { ...hashed, hashBy: [plan.columns[1]!.name] });
        expect(stages).toHaveLength(2);
      }
      expect(makeWritePlan(large, hashed, { joins: false }).stages).toHaveLength(2);
    });
  });

  it('gives what the coordinator would do to a task', () => {
    const plan = makeWritePlan(merged, layout);
    expect(plan.stages[0]!.exchange).toEqual({ hashBy: [], partitions: 1, bytes: 7 });
    expect(plan.stages[1]).toMatchObject({
      inputs: [{ relation: '__stage0', stages: [0], mode: 'all' }],
      columns: [{ type: 'INTEGER' }, { type: 'VARCHAR' }],
      write: { names: ['a', 'B'] },
    });
    const cut = makeWritePlan({ ...pushdown, result: { kind: 'concat', stage: 0, limit: 5, offset: 2 } }, layout);
    expect(cut.stages[1]!.sql).toContain('LIMIT 5 OFFSET 2');
  });

  it('sorts all rows in one task that cuts them', () => {
    const plan = makeWritePlan(pushdown, { ...layout, orderBy: 'a', partitions: 3 });
    expect(plan.stages[1]).toMatchObject({ inputs: [{ mode: 'all' }], write: { orderBy: 'a', ranges: 3 } });
    expect(plan.stages[1]!.tasks).toHaveLength(1);
  });

  it.each([
    [{ hashBy: ['c'], partitions: 2 }, '42703'],
    [{ partitionBy: ['bb'] }, '42703'],
  ])('%j is refused', (change, sqlstate) => {
    expect(() => makeWritePlan(pushdown, { ...layout, ...change })).toThrow(expect.objectContaining({ sqlstate }));
  });

  it('refuses two columns of one name, and rows of a session', () => {
    const twice = { ...pushdown, columns: [base.columns[0]!, { name: 'A', type: 'VARCHAR' }] };
    expect(() => makeWritePlan(twice, layout)).toThrow(expect.objectContaining({ sqlstate: '42701' }));
    const session: Plan = { ...merged, result: { ...merged.result, where: 'session' } as Plan['result'] };
    expect(() => makeWritePlan(session, layout)).toThrow(expect.objectContaining({ sqlstate: 'XX000' }));
  });
});

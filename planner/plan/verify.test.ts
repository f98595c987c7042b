import { expect, test } from 'vitest';
import { explainText } from './explain-text.ts';
import type { Plan, Scan, Stage, StageInput } from './plan.ts';
import { verifyPlan } from './verify.ts';

const scan: Scan = {
  name: '__scan0',
  format: 'parquet',
  columns: [{ name: 'a', type: 'INTEGER', hive: false }],
  options: {},
  files: [{ path: '/d/a.parquet', bytes: 10, mtimeMs: 0, hive: {}, rows: [5, 9] }],
};
const stage: Stage = {
  id: 0,
  sql: 'SELECT a FROM __scan0',
  columns: [{ name: 'a', type: 'INTEGER' }],
  tasks: [
    { partition: 0, scans: [scan] },
    { partition: 1, scans: [{ ...scan, files: [] }] },
  ],
  replayable: true,
  why: 'test',
};
const plan: Plan = {
  strategy: 'pushdown',
  columns: [{ name: 'a', type: 'INTEGER' }],
  stages: [stage],
  result: { kind: 'concat', stage: 0, limit: 3, offset: 1 },
  decisions: [
    { strategy: 'direct', taken: false, reason: 'no' },
    { strategy: 'pushdown', taken: true, reason: 'yes' },
  ],
  scans: [{ table: 't', filesTotal: 3, filesRead: 1, bytesTotal: 30, bytesRead: 10 }],
  notices: [],
};

const withStage = (change: Partial<Stage>): Plan => ({ ...plan, stages: [{ ...stage, ...change }] });
const merge = { kind: 'sql', sql: 'SELECT a FROM __stage0', scans: [], stages: [0], where: 'own' } as const;

test('a sound plan passes', () => {
  expect(() => verifyPlan(plan)).not.toThrow();
  expect(() => verifyPlan({ ...plan, result: merge })).not.toThrow();
});

const broken: readonly (readonly [problem: string, plan: Plan])[] = [
  ['id 4', withStage({ id: 4 })],
  ['no SQL', withStage({ sql: ' ' })],
  ['no columns', withStage({ columns: [] })],
  ['no name or type', withStage({ columns: [{ name: 'a', type: '' }] })],
  ['no tasks', withStage({ tasks: [] })],
  ['task 1 says it is 2', withStage({ tasks: [stage.tasks[0]!, { partition: 2, scans: [scan] }] })],
  ['same scans', withStage({ tasks: [stage.tasks[0]!, { partition: 1, scans: [] }] })],
  ['one name', withStage({ tasks: [{ partition: 0, scans: [scan, scan] }] })],
  ['scan __scan0 has no columns', withStage({ tasks: [{ partition: 0, scans: [{ ...scan, columns: [] }] }] })],
  [
    'no rows of',
    withStage({ tasks: [{ partition: 0, scans: [{ ...scan, files: [{ ...scan.files[0]!, rows: [3, 3] }] }] }] }),
  ],
  ['types of the answer', withStage({ columns: [{ name: 'a', type: 'BIGINT' }] })],
  ['columns of the answer', { ...plan, columns: [...plan.columns, ...plan.columns] }],
  ['own stage', { ...plan, result: { kind: 'concat', stage: 1, limit: null, offset: 0 } }],
  ['negative', { ...plan, result: { kind: 'concat', stage: 0, limit: -1, offset: 0 } }],
  ['read every stage', { ...plan, result: { ...merge, stages: [] } }],
  ['does not name __stage0', { ...plan, result: { ...merge, sql: 'SELECT 1' } }],
  ['which strategy', { ...plan, decisions: [] }],
  ['which strategy', { ...plan, strategy: 'gather' }],
];
/** Rows of `stage` by `a`, then two tasks that read a partition each. */
const reader: Stage = {
  ...stage,
  id: 1,
  sql: 'SELECT a FROM __in0',
  tasks: [0, 1].map((partition) => ({ partition, scans: [] })),
  inputs: [{ relation: '__in0', stages: [0], mode: 'partition', required: true }],
};
const exchange = { hashBy: ['"a"'], partitions: 2, bytes: 10 };
const exchanged: Plan = {
  ...plan,
  strategy: 'stages',
  stages: [{ ...stage, exchange }, reader],
  exchange: { via: 'auto', adaptive: true },
  rawGathers: ['all of t'],
  result: { kind: 'concat', stage: 1, limit: null, offset: 0 },
  decisions: [{ strategy: 'stages', taken: true, reason: 'yes' }],
};
const withExchange = (change: Partial<Stage>, read: Partial<Stage> = {}): Plan => ({
  ...exchanged,
  stages: [
    { ...stage, exchange, ...change },
    { ...reader, ...read },
  ],
});
const withInput = (change: Partial<StageInput>): Plan =>
  withExchange({}, { inputs: [{ ...reader.inputs![0]!, ...change }] });

test('a sound plan with exchanges passes', () => {
  expect(() => verifyPlan(exchanged)).not.toThrow();
});

test.each<readonly [string, Plan]>([
  ['reads nothing', withInput({ stages: [] })],
  ['no earlier stage 1 leaves rows', withInput({ stages: [1] })],
  ['no earlier stage 5 leaves rows', withInput({ stages: [5] })],
  ['is not in its SQL', withInput({ relation: '__in9' })],
  ['2 tasks for 3 partitions', withExchange({ exchange: { ...exchange, partitions: 3 } })],
  ['leaves 0 partitions', withExchange({ exchange: { ...exchange, partitions: 0 } }, { tasks: [] })],
  ['partitions without a key', withExchange({ exchange: { ...exchange, hashBy: [] } })],
  ['or beside a hash', withExchange({ exchange: { ...exchange, rangeBy: [] } })],
  [
    'ranges of gone, which it does not return',
    withExchange({
      exchange: { ...exchange, hashBy: [], rangeBy: [{ column: 'gone', descending: false, nullsFirst: false }] },
    }),
  ],
  [
    'no stage reads',
    {
      ...exchanged,
      stages: [
        { ...stage, exchange },
        { ...stage, id: 1 },
      ],
    },
  ],
  ['one name', withExchange({}, { inputs: [reader.inputs![0]!, reader.inputs![0]!] })],
  ['own stage', { ...exchanged, result: { kind: 'concat', stage: 0, limit: null, offset: 0 } }],
  ['and no other', { ...exchanged, result: { ...merge, sql: 'FROM __stage0, __stage1', stages: [0, 1] } }],
])('%s', (problem, bad) => {
  expect(() => verifyPlan(bad)).toThrow(problem);
});

test('explain tells what stages leave and read', () => {
  const lines = explainText(exchanged);
  expect(lines).toEqual([
    'strategy: stages',
    '  taken stages: yes',
    'scan t: 1 of 3 files, 10 of 30 bytes (2 pruned)',
    'exchanges: frames or files, by size; small partitions share a task, large ones have several',
    'raw gather: all of t',
    'stage 0: 2 tasks, test',
    '  SELECT a FROM __scan0',
    '  columns: a INTEGER',
    '  leaves: rows in 2 partitions by hash of "a", about 10 bytes',
    '  task 0: __scan0 1 file (1 in part)',
    '  task 1: __scan0 0 files',
    'stage 1: 2 tasks, test',
    '  SELECT a FROM __in0',
    '  columns: a INTEGER',
    '  reads __in0: each task its partition of stage 0',
    'result: tasks of stage 1 one after another',
  ]);
});

test.each(broken.map((one) => [...one]))('%s', (problem, bad) => {
  expect(() => verifyPlan(bad as Plan)).toThrow(problem as string);
});

test('explain lists files when verbose', () => {
  expect(explainText(plan)).toEqual([
    'strategy: pushdown',
    '  not direct: no',
    '  taken pushdown: yes',
    'scan t: 1 of 3 files, 10 of 30 bytes (2 pruned)',
    'stage 0: 2 tasks, test',
    '  SELECT a FROM __scan0',
    '  columns: a INTEGER',
    '  task 0: __scan0 1 file (1 in part)',
    '  task 1: __scan0 0 files',
    'result: tasks of stage 0 one after another, limit 3, offset 1',
  ]);
  expect(explainText(plan, { verbose: true })).toContain('    __scan0 /d/a.parquet rows 5 to 9');
});

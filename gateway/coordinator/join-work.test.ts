import { describe, expect, it } from 'vitest';
import { errors } from '../../planner/errors.ts';
import type { Stage, StageWrite } from '../../planner/plan/plan.ts';
import type { TaskFiles } from './coordinator.ts';
import { bucketJoins, joinedWrite, joinWork, shareJoins } from './join-work.ts';

const file = (
  range: number | null,
  rows: number | null,
  bytes = 10,
  path = `data/__range=${range}/data_0.parquet`,
) => ({
  path,
  rows,
  bytes,
  range,
});
const part = (partition: number, files: TaskFiles['files']): TaskFiles => ({
  partition,
  directory: `/staging/${partition}`,
  rows: 0,
  files,
});
const join = (bucket: number, ...bytes: number[]) => ({
  bucket,
  sources: bytes.map((size, i) => ({ path: `/${bucket}/${i}`, rows: 5, bytes: size })),
});

describe('the files of a bucket', () => {
  it('are put together in the order of the tasks, buckets ascending', () => {
    const parts = [
      part(0, [file(2, 5), file(0, 3), file(2, 1, 7, 'data/__range=2/data_1.parquet')]),
      part(1, []),
      part(2, [file(0, 4)]),
    ];
    expect(bucketJoins(parts, 3)).toEqual([
      {
        bucket: 0,
        sources: [
          { path: '/staging/0/data/__range=0/data_0.parquet', rows: 3, bytes: 10 },
          { path: '/staging/2/data/__range=0/data_0.parquet', rows: 4, bytes: 10 },
        ],
      },
      {
        bucket: 2,
        sources: [
          { path: '/staging/0/data/__range=2/data_0.parquet', rows: 5, bytes: 10 },
          { path: '/staging/0/data/__range=2/data_1.parquet', rows: 1, bytes: 7 },
        ],
      },
    ]);
  });

  it.each([file(null, 1), file(3, 1), file(Number.NaN, 1), file(0, null), file(0, 0)])('are refused: %j', (wrong) => {
    expect(() => bucketJoins([part(0, [wrong])], 3)).toThrow(errors.badPeer('').message);
  });
});

describe('tasks that join', () => {
  it('have neighbours of about the same size', () => {
    const joins = [join(0, 10, 10), join(1, 20), join(3, 40), join(4, 5), join(5, 35)];
    expect(shareJoins(joins, 3).map((share) => share.map(({ bucket }) => bucket))).toEqual([[0, 1], [3], [4, 5]]);
    expect(shareJoins(joins, 100)).toHaveLength(5);
    expect(shareJoins([], 4)).toEqual([]);
  });

  it('write plainly what the tasks before have divided', () => {
    const stage: Stage = {
      id: 0,
      sql: 'SELECT 1 AS a',
      columns: [{ name: 'a', type: 'INTEGER' }],
      tasks: [{ partition: 0, scans: [] }],
      replayable: true,
      why: '',
    };
    const write: StageWrite = {
      names: ['a'],
      format: 'parquet',
      options: { compression: 'zstd' },
      partitionBy: [],
      orderBy: null,
      ranges: 8,
      hashBy: ['"a"'],
      joined: true,
      fileBytes: null,
    };
    const { joined: _, ...rest } = write;
    expect(joinedWrite(write)).toEqual({ ...rest, ranges: null, hashBy: [] });
    const work = joinWork(stage, 4, [[join(0, 10, 10), join(1, 20)], [join(3, 40)]]);
    expect(work).toMatchObject({ stage: { id: 4, columns: stage.columns, replayable: false }, skipped: 0 });
    expect(work.tasks).toEqual([
      { task: { partition: 0, scans: [] }, inputs: [], frames: [], inputRows: 15, inputBytes: 40 },
      { task: { partition: 1, scans: [] }, inputs: [], frames: [], inputRows: 5, inputBytes: 40 },
    ]);
  });
});

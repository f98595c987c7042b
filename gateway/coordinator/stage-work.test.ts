import { describe, expect, it } from 'vitest';
import type { Stage, StageInput } from '../../planner/plan/plan.ts';
import type { TaskOutput } from './exchange-sink.ts';
import { splitPart } from './input-parts.ts';
import { type StageWork, stageWork, type WorkRules } from './stage-work.ts';

const columns = [{ name: 'a', type: 'BIGINT' }];

function producer(id: number, partitions: number, hashBy: readonly string[] = ['"a"']): Stage {
  return {
    ...{ id, sql: 'x', columns, tasks: [], replayable: true, why: '' },
    exchange: { hashBy, partitions, bytes: 0 },
  };
}

function consumer(tasks: number, ...inputs: readonly StageInput[]): Stage {
  const made = Array.from({ length: tasks }, (_, partition) => ({ partition, scans: [] }));
  return { id: 9, sql: 'x', columns, tasks: made, replayable: true, why: '', inputs };
}

const input = (mode: StageInput['mode'], stages: readonly number[] = [0], required = true): StageInput => ({
  ...{ relation: `in${stages.join('_')}`, stages, mode, required },
});

/** Ten bytes a row. */
function file(path: string, partitionRows: readonly number[]): TaskOutput {
  const bytes = 10 * partitionRows.reduce((sum, rows) => sum + rows, 0);
  return { partitionRows, bytes, frames: [], file: bytes === 0 ? null : { path, bytes } };
}

/** One frame per partition with rows. */
function frames(partitionRows: readonly number[]): TaskOutput {
  const held = partitionRows.flatMap((rows, partition) =>
    rows === 0 ? [] : [{ partition, rows, bytes: rows * 10, read: async () => new Uint8Array() }],
  );
  return { partitionRows, bytes: held.reduce((sum, { bytes }) => sum + bytes, 0), frames: held, file: null };
}

const exact: WorkRules = {
  adaptive: false,
  slots: 4,
  taskBytes: 1000,
  leastTaskBytes: 100,
  skewFactor: 2,
  skewLeastBytes: 1e9,
};

function work(stage: Stage, producers: readonly (readonly [Stage, readonly TaskOutput[]])[], rules = {}): StageWork {
  const outputOf = (id: number) => {
    const [made, tasks] = producers.find(([{ id: own }]) => own === id)!;
    return { stage: made, tasks };
  };
  return stageWork(stage, outputOf, { ...exact, ...rules });
}

/** Paths and partitions of each task's inputs. */
const filesRead = ({ tasks }: StageWork) =>
  tasks.map(({ inputs }) => inputs.map(({ files, partitions }) => [files.map(({ path }) => path).join(), partitions]));
/** [partition, rows] of each task's frames. */
const framesRead = ({ tasks }: StageWork) =>
  tasks.map((task) => task.frames.map(({ partition, rows }) => [partition, rows]));

describe('partition', () => {
  const stage = consumer(3, input('partition', [0, 1]));

  it('gives each task its partition of every file that has rows of it, in order', () => {
    const first = [file('a', [1, 2, 0]), file('b', [0, 1, 0])];
    const made = work(stage, [
      [producer(0, 3), first],
      [producer(1, 3), [file('c', [5, 5, 0])]],
    ]);
    expect(filesRead(made)).toEqual([[['a,c', [0]]], [['a,b,c', [1]]], [['', [2]]]]);
    expect(made.tasks.map(({ inputRows, inputBytes }) => [inputRows, inputBytes])).toEqual([
      [6, 60],
      [8, 80],
      [0, 0],
    ]);
  });

  it('gives each task the frames of its partition, in order', () => {
    const first = [frames([1, 2, 0]), frames([0, 1, 0])];
    const made = work(stage, [
      [producer(0, 3), first],
      [producer(1, 3), [frames([5, 6, 0])]],
    ]);
    expect(framesRead(made)).toEqual([
      [
        [0, 1],
        [0, 5],
      ],
      [
        [1, 2],
        [1, 1],
        [1, 6],
      ],
      [],
    ]);
    expect(made.tasks.map(({ inputs }) => inputs[0]!.frames)).toEqual([2, 3, 0]);
  });

  it('reads files whole that are not divided', () => {
    const made = work(consumer(1, input('partition')), [[producer(0, 1, []), [file('a', [3])]]]);
    expect(filesRead(made)).toEqual([[['a', null]]]);
  });

  it('refuses another number of partitions', () => {
    expect(() =>
      work(stage, [
        [producer(0, 4), []],
        [producer(1, 3), []],
      ]),
    ).toThrow('3 tasks for 4 partitions of stage 0');
  });
});

describe('all and share', () => {
  it('give everything to everyone, and contiguous shares by rows', () => {
    const stage = consumer(2, input('all'), input('share', [1]));
    const shared = [file('a', [10]), file('b', [1]), file('c', [9]), file('d', [2])];
    const made = work(stage, [
      [producer(0, 1, []), [frames([4]), frames([5])]],
      [producer(1, 1, []), shared],
    ]);
    expect(filesRead(made)).toEqual([
      [
        ['', null],
        ['a,b', null],
      ],
      [
        ['', null],
        ['c,d', null],
      ],
    ]);
    expect(framesRead(made)).toEqual([
      [
        [0, 4],
        [0, 5],
      ],
      [
        [0, 4],
        [0, 5],
      ],
    ]);
    expect(made.tasks.map(({ inputRows }) => inputRows)).toEqual([20, 20]);
  });

  it('share frames out one by one', () => {
    const made = work(consumer(3, input('share')), [[producer(0, 1, []), [frames([4]), frames([4]), frames([4])]]]);
    expect(framesRead(made)).toEqual([[[0, 4]], [[0, 4]], [[0, 4]]]);
  });

  it('leave a task without rows when there are more tasks than pieces', () => {
    const made = work(consumer(3, input('share')), [[producer(0, 1, []), [file('a', [4])]]]);
    expect(made.tasks.map(({ inputRows }) => inputRows).sort()).toEqual([0, 0, 4]);
  });
});

describe('adaptive', () => {
  const stage = consumer(6, input('partition'));
  const of = (...rows: readonly number[]) => [[producer(0, 6), [file('a', rows)]]] as const;

  it('gives neighbouring partitions to one task, by the bytes that a task should read', () => {
    const made = work(stage, of(50, 50, 50, 50, 50, 50), { adaptive: true, slots: 1 });
    expect(filesRead(made)).toEqual([[['a', [0, 1]]], [['a', [2, 3]]], [['a', [4, 5]]]]);
    expect(made.tasks.map(({ task }) => task.partition)).toEqual([0, 2, 4]);
    expect(made.skipped).toBe(0);
  });

  it('keeps every slot busy while there is enough', () => {
    expect(work(stage, of(10, 10, 10, 10, 10, 10), { adaptive: true }).tasks).toHaveLength(4);
    expect(work(stage, of(5, 5, 5, 5, 5, 5), { adaptive: true }).tasks).toHaveLength(3);
    expect(work(stage, of(1, 1, 1, 1, 1, 1), { adaptive: true }).tasks).toHaveLength(1);
  });

  it('skips what has nothing to read, if that is required', () => {
    const empty = [file('a', [0, 0, 0, 0, 0, 0])];
    expect(work(stage, [[producer(0, 6), empty]], { adaptive: true })).toMatchObject({ tasks: [], skipped: 1 });
    expect(work(stage, [[producer(0, 6), empty]]).tasks).toHaveLength(6);
    const optional = consumer(6, input('partition', [0], false));
    expect(work(optional, [[producer(0, 6), empty]], { adaptive: true }).tasks).toHaveLength(1);
  });

  it('skips by each of several inputs', () => {
    const both = consumer(6, input('partition'), input('partition', [1]));
    const made = work(
      both,
      [
        [producer(0, 6), [file('a', [100, 0, 100, 100, 100, 100])]],
        [producer(1, 6), [file('b', [100, 100, 100, 0, 100, 100])]],
      ],
      { adaptive: true },
    );
    expect(made.tasks.map(({ task }) => task.partition)).toEqual([0, 2, 4, 5]);
    expect(made.skipped).toBe(2);
  });

  it('leaves tasks alone that read files of their own', () => {
    const scan = (path: string) => ({
      ...{ name: 's', format: 'parquet' as const, columns: [], options: {} },
      files: [{ path, bytes: 7, mtimeMs: 0, hive: {} }],
    });
    const tasks = ['a', 'b'].map((path, partition) => ({ partition, scans: [scan(path)] }));
    const stage = { ...consumer(2, input('all')), tasks };
    const made = work(stage, [[producer(0, 1, []), [file('x', [1])]]], { adaptive: true });
    expect(made.tasks.map(({ inputBytes }) => inputBytes)).toEqual([17, 17]);
    const shared = { ...stage, inputs: [input('share')] };
    expect(work(shared, [[producer(0, 1, []), [file('x', [1])]]], { adaptive: true, slots: 1 })).toMatchObject({
      skipped: 1,
    });
  });
});

describe('skew', () => {
  const splittable = (stages: readonly number[]): StageInput => ({ ...input('partition', stages), splittable: true });
  const rules = { adaptive: true, slots: 4, leastTaskBytes: 1, taskBytes: 1, skewLeastBytes: 100 };
  const rowsOf = ({ tasks }: StageWork) => tasks.map(({ inputRows }) => inputRows);
  const join = consumer(4, splittable([0]), splittable([1]));
  const sides = (left: readonly TaskOutput[], right: readonly TaskOutput[]) =>
    [
      [producer(0, 4), left],
      [producer(1, 4), right],
    ] as const;

  it('is dealt out along the larger side, the other is read whole by each task', () => {
    const made = work(
      join,
      sides([file('a', [10, 400, 10, 10]), file('b', [0, 400, 0, 0])], [file('c', [1, 8, 1, 1])]),
      rules,
    );
    expect(made.adapted).toEqual(['partition 1 dealt out to 4 tasks along in0']);
    expect(rowsOf(made)).toEqual([11, 208, 208, 208, 208, 11, 11]);
    expect(made.tasks.map(({ task }) => task.partition)).toEqual([0, 4, 5, 6, 7, 2, 3]);
    const pieces = made.tasks.slice(1, 5).map(({ inputs }) => inputs);
    expect(pieces.map(([left]) => left!.files)).toEqual([
      [{ path: 'a', bytes: 4300, rows: [0, 210] }],
      [{ path: 'a', bytes: 4300, rows: [210, 430] }],
      [{ path: 'b', bytes: 4000, rows: [0, 200] }],
      [{ path: 'b', bytes: 4000, rows: [200, 400] }],
    ]);
    expect(pieces.every(([left, right]) => left!.partitions?.join() === '1' && right!.partitions?.join() === '1')).toBe(
      true,
    );
    expect(pieces.every(([, right]) => right!.files[0]!.rows === undefined)).toBe(true);
  });

  it('has each row of a file in one piece, wherever its cuts are', () => {
    for (const rows of [1, 2, 3, 7, 100, 101])
      for (const count of [2, 3, 5]) {
        const outputs = [file('a', [5, rows, 5]), file('b', [0, 1, 0]), file('c', [2, rows, 0])];
        const source = { input: splittable([0]), outputs: [{ stage: producer(0, 3), tasks: outputs }] };
        const parts = splitPart(source, 1, count);
        expect(parts).toHaveLength(count);
        expect(parts.reduce((sum, part) => sum + part.rows, 0)).toBe(2 * rows + 1);
        for (const { file: whole, partitionRows } of outputs) {
          const all = partitionRows.reduce((sum, n) => sum + n, 0);
          const ranges = parts.flatMap((part) => part.input.files.filter(({ path }) => path === whole!.path));
          const cuts = ranges.map(({ rows: range = [0, all] }) => range);
          expect(cuts[0]![0]).toBe(0);
          expect(cuts.at(-1)![1]).toBe(all);
          for (const [i, [from]] of cuts.entries()) if (i > 0) expect(from).toBe(cuts[i - 1]![1]);
        }
      }
  });

  it('is dealt out by whole frames', () => {
    const left = Array.from({ length: 8 }, () => frames([1, 100, 1, 1]));
    const made = work(join, sides(left, [frames([1, 1, 1, 1])]), rules);
    expect(rowsOf(made)).toEqual([9, 201, 201, 201, 201, 9, 9]);
    const dealt = made.tasks.slice(1, 5).flatMap((task) => task.frames.filter(({ rows }) => rows === 100));
    expect(new Set(dealt).size).toBe(8);
  });

  it('is left alone when it is not much, not much more than others, or may not be cut', () => {
    const skew = sides([file('a', [10, 800, 10, 10])], [file('c', [1, 8, 1, 1])]);
    const fixed = (place: number) =>
      consumer(4, ...[splittable([0]), splittable([1])].map((one, i) => (i === place ? input('partition', [i]) : one)));
    expect(work(join, skew, { ...rules, skewLeastBytes: 10_000 }).adapted).toEqual([]);
    expect(work(join, skew, { ...rules, skewFactor: 100 }).adapted).toEqual([]);
    expect(work(join, skew, { ...rules, slots: 1 }).tasks).toHaveLength(4);
    expect(work(join, skew, { ...rules, adaptive: false }).tasks).toHaveLength(4);
    expect(work(fixed(0), skew, rules).tasks).toHaveLength(4);
    expect(work(fixed(1), skew, rules).tasks).toHaveLength(7);
    expect(work({ ...join, write: {} as never }, skew, rules).tasks).toHaveLength(4);
    // What every task would read again is the most of it.
    expect(work(join, sides([file('a', [10, 500, 10, 10])], [file('c', [9, 500, 9, 9])]), rules).tasks).toHaveLength(5);
    expect(
      work(fixed(1), sides([file('a', [10, 300, 10, 10])], [file('c', [9, 500, 9, 9])]), rules).tasks,
    ).toHaveLength(4);
  });

  it('goes beside small partitions that share a task', () => {
    const many = consumer(6, { ...input('partition'), splittable: true });
    const made = work(many, [[producer(0, 6), [file('a', [5, 5, 900, 5, 5, 5])]]], {
      ...rules,
      leastTaskBytes: 2000,
      taskBytes: 4000,
    });
    expect(made.tasks.map(({ inputs }) => inputs[0]!.partitions?.join())).toEqual(['0,1', '2', '2', '2', '2', '3,4,5']);
    expect(made.adapted[0]).toBe('6 partitions in 3 tasks');
  });
});

import { describe, expect, it } from 'vitest';
import { Locality } from './locality.ts';
import type { TaskWork } from './stage-work.ts';

function work(...files: readonly (readonly [path: string, bytes: number])[]): TaskWork {
  const scan = { files: files.map(([path, bytes]) => ({ path, bytes })) };
  return { task: { partition: 0, scans: [scan] }, inputs: [], frames: [], inputRows: 0, inputBytes: 0 } as never;
}

describe('locality', () => {
  it('names the workers that have most of what a task reads', () => {
    const locality = new Locality(10);
    expect(locality.workersFor(work(['a', 1]))).toEqual([]);
    locality.note(work(['a', 1]), 'out', 1);
    locality.note(work(['b', 1], ['c', 1]), undefined, 2);
    expect(locality.workersFor(work(['a', 10], ['b', 4], ['c', 5], ['d', 90]))).toEqual([1, 2]);
    expect(locality.workersFor(work(['out', 1], ['b', 4]))).toEqual([2, 1]);
  });

  it('goes by the last one, and forgets files beyond its limit', () => {
    const locality = new Locality(2);
    locality.note(work(['a', 1]), undefined, 1);
    locality.note(work(['a', 1]), undefined, 2);
    expect(locality.workersFor(work(['a', 1]))).toEqual([2]);
    locality.note(work(['b', 1], ['c', 1]), undefined, 3);
    expect(locality.workersFor(work(['a', 1]))).toEqual([]);
  });
});

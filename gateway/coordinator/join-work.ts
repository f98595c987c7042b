/** The second half of a write whose tasks cut their rows: the files of each bucket become one. Pure. */
import { join } from 'node:path';
import { errors } from '../../planner/errors.ts';
import { cutEvenly } from '../../planner/partitioning.ts';
import type { Stage, StageWrite } from '../../planner/plan/plan.ts';
import type { BucketJoin, SourceFile } from '../../worker/protocol/messages.ts';
import type { TaskFiles } from './coordinator.ts';
import type { StageWork, TaskWork } from './stage-work.ts';

/** Buckets ascending, the files of each in the order of the tasks that wrote them. Raises `badPeer` for files that say no bucket or no number of rows. */
export function bucketJoins(parts: readonly TaskFiles[], buckets: number): readonly BucketJoin[] {
  const sources = new Map<number, SourceFile[]>();
  for (const { directory, files } of parts) {
    for (const { path, rows, bytes, range } of files) {
      if (range === null || !(range < buckets) || rows === null || rows === 0)
        throw errors.badPeer(`${path}: ${rows} rows of bucket ${range}`);
      const own = sources.get(range) ?? [];
      sources.set(range, own);
      own.push({ path: join(directory, path), rows, bytes });
    }
  }
  return [...sources].sort(([a], [b]) => a - b).map(([bucket, files]) => ({ bucket, sources: files }));
}

/** The buckets in at most `tasks` lists of neighbours, which have about equally much to copy. */
export function shareJoins(joins: readonly BucketJoin[], tasks: number): readonly (readonly BucketJoin[])[] {
  const bytes = joins.map(({ sources }) => sumOf(sources.map((source) => source.bytes)));
  const shares = cutEvenly(bytes, Math.min(tasks, joins.length)).map(([from, to]) => joins.slice(from, to));
  return shares.filter((share) => share.length > 0);
}

/** What the tasks that join files are told to write. */
export function joinedWrite({ joined: _, ...write }: StageWrite): StageWrite {
  return { ...write, ranges: null, hashBy: [] };
}

/** One task for each list. `stage`: the one that left the files; `id`: that no other stage has. */
export function joinWork(stage: Stage, id: number, shares: readonly (readonly BucketJoin[])[]): StageWork {
  const tasks = shares.map((joins, partition): TaskWork => {
    const files = joins.flatMap(({ sources }) => sources);
    return {
      task: { partition, scans: [] },
      inputs: [],
      frames: [],
      inputRows: sumOf(files.map(({ rows }) => rows)),
      inputBytes: sumOf(files.map(({ bytes }) => bytes)),
    };
  });
  const joining: Stage = {
    id,
    sql: '',
    columns: stage.columns,
    tasks: tasks.map(({ task }) => task),
    replayable: false,
    why: 'makes one file of those of each bucket',
  };
  return { stage: joining, tasks, skipped: 0, adapted: [] };
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** The tasks of a stage: made when the stages before it have ended. Pure. */
import { errors } from '../../planner/errors.ts';
import { cutEvenly, totalBytes } from '../../planner/partitioning.ts';
import type { Stage, Task } from '../../planner/plan/plan.ts';
import type { RunInput } from '../../worker/protocol/messages.ts';
import { findSkew, type SkewRules, type Split } from './find-skew.ts';
import type { HeldFrame } from './held-frames.ts';
import {
  type Part,
  partitionPart,
  partitionSum,
  type Source,
  type StageOutput,
  shareParts,
  sourceOf,
  splitPart,
  tasksOf,
  wholePart,
} from './input-parts.ts';

/** One task with what it reads. */
export interface TaskWork {
  readonly task: Task;
  readonly inputs: readonly RunInput[];
  /** Those of `inputs`, in their order. */
  readonly frames: readonly HeldFrame[];
  /** Rows of earlier stages. */
  readonly inputRows: number;
  /** Bytes of earlier stages, and of files (whole ones, where only a part is read). */
  readonly inputBytes: number;
}

/** A stage that can run. */
export interface StageWork {
  readonly stage: Stage;
  readonly tasks: readonly TaskWork[];
  /** Tasks that would have read nothing. */
  readonly skipped: number;
  /** What was done otherwise than the plan says, in words. */
  readonly adapted: readonly string[];
}

export interface WorkRules extends SkewRules {
  /** Small parts may share a task, large ones be dealt out to several, and tasks that read nothing need not run. */
  readonly adaptive: boolean;
  /** Bytes that a task should read of earlier stages. */
  readonly taskBytes: number;
  /** Fewer bytes are not worth a task of their own, however many slots are free. */
  readonly leastTaskBytes: number;
}

/** The tasks of a stage. `outputOf` gives what an earlier stage left. */
export function stageWork(stage: Stage, outputOf: (id: number) => StageOutput, rules: WorkRules): StageWork {
  const sources = (stage.inputs ?? []).map((input) => sourceOf(input, input.stages.map(outputOf)));
  if (sources.length === 0)
    return { stage, tasks: stage.tasks.map((task) => taskWork(task, [])), skipped: 0, adapted: [] };
  for (const source of sources) checkPartitions(stage, source);
  // A stage that writes has a task for each of its parts.
  const adaptive = rules.adaptive && stage.write === undefined;
  const splits = adaptive ? splitsOf(stage, sources, rules) : [];
  const groups = taskGroups(stage, sources, { ...rules, adaptive }, splits);
  const partsOf = sources.map((source) => partsFor(source, groups));
  const tasks: TaskWork[] = [];
  let skipped = 0;
  let pieces = 0;
  for (const [index, [from, to]] of groups.entries()) {
    const parts = partsOf.map((part) => part(index));
    const split = to === from + 1 ? splits.find(({ partition }) => partition === from) : undefined;
    const idle = parts.some(({ rows }, i) => rows === 0 && sources[i]!.input.required);
    if (adaptive && idle) {
      skipped++;
    } else if (split === undefined) {
      tasks.push(taskWork(stage.tasks[from]!, parts));
    } else {
      // Numbers that no other task has: they name attempts and files.
      for (const piece of splitPart(sources[split.input]!, split.partition, split.tasks)) {
        if (piece.rows === 0) continue;
        const task = { ...stage.tasks[from]!, partition: stage.tasks.length + pieces++ };
        tasks.push(
          taskWork(
            task,
            parts.map((part, i) => (i === split.input ? piece : part)),
          ),
        );
      }
    }
  }
  return { stage, tasks, skipped, adapted: told(stage, groups, skipped, splits) };
}

function told(stage: Stage, groups: readonly Group[], skipped: number, splits: readonly Split[]): readonly string[] {
  const count = stage.tasks.length;
  const relation = (input: number) => stage.inputs![input]!.relation;
  return [
    ...(groups.length < count ? [`${count} partitions in ${groups.length} tasks`] : []),
    ...(skipped > 0 ? [`${skipped} of ${groups.length} tasks left out, which would have read nothing`] : []),
    ...splits.map(
      ({ partition, input, tasks }) => `partition ${partition} dealt out to ${tasks} tasks along ${relation(input)}`,
    ),
  ];
}

/** Partitions that are to be dealt out. */
function splitsOf(stage: Stage, sources: readonly Source[], rules: WorkRules): readonly Split[] {
  if (sources.some(({ input }) => input.mode === 'share')) return [];
  const inputs = sources.flatMap((source, place) => {
    if (source.input.mode !== 'partition') return [];
    const bytes = stage.tasks.map((_, partition) => partitionSum(source, partition));
    // Of a range nobody knows which rows of a task are in it before they are read.
    const splittable = source.cuts === undefined && (source.input.splittable ?? false);
    return [{ place, splittable, bytes }];
  });
  return findSkew(inputs, rules);
}

/** Tasks of the plan that run as one. */
type Group = readonly [from: number, to: number];

/** The part of an input that each group reads. */
function partsFor(source: Source, groups: readonly Group[]): (group: number) => Part {
  switch (source.input.mode) {
    case 'all': {
      const whole = wholePart(source);
      return () => whole;
    }
    case 'share': {
      const shares = shareParts(source, groups.length);
      return (group) => shares[group]!;
    }
    case 'partition':
      return (group) => partitionPart(source, ...groups[group]!);
  }
}

function taskWork(task: Task, parts: readonly Part[]): TaskWork {
  const fileBytes = task.scans.reduce((sum, { files }) => sum + totalBytes(files), 0);
  return {
    task,
    inputs: parts.map(({ input }) => input),
    frames: parts.flatMap(({ frames }) => frames),
    inputRows: parts.reduce((sum, { rows }) => sum + rows, 0),
    inputBytes: parts.reduce((sum, { bytes }) => sum + bytes, fileBytes),
  };
}

/** A partition that is dealt out is a group of its own. */
function taskGroups(
  stage: Stage,
  sources: readonly Source[],
  rules: WorkRules,
  splits: readonly Split[],
): readonly Group[] {
  const count = stage.tasks.length;
  const single = Array.from({ length: count }, (_, i): Group => [i, i + 1]);
  const divided = sources.filter(({ input }) => input.mode !== 'all');
  // A task that writes has the number of its bucket.
  if (!rules.adaptive || stage.write !== undefined || divided.length === 0 || !sameScans(stage.tasks)) return single;
  const bytes = single.map(([i]) =>
    splits.some(({ partition }) => partition === i)
      ? 0
      : divided.reduce(
          (sum, source) => sum + (source.input.mode === 'share' ? shareBytes(source, count) : partitionSum(source, i)),
          0,
        ),
  );
  const total = bytes.reduce((sum, number) => sum + number, 0);
  const busy = Math.min(rules.slots, Math.floor(total / rules.leastTaskBytes));
  const wanted = Math.max(1, busy, Math.ceil(total / rules.taskBytes));
  if (wanted >= count) return single;
  return cutEvenly(bytes, wanted).flatMap((group) => cutOut(group, splits));
}

/** The group without the partitions that are dealt out, and these. */
function cutOut([from, to]: Group, splits: readonly Split[]): readonly Group[] {
  const groups: Group[] = [];
  let start = from;
  for (let partition = from; partition < to; partition++) {
    if (!splits.some((split) => split.partition === partition)) continue;
    if (start < partition) groups.push([start, partition]);
    groups.push([partition, partition + 1]);
    start = partition + 1;
  }
  return start < to ? [...groups, [start, to]] : groups;
}

function shareBytes(source: Source, count: number): number {
  return tasksOf(source).reduce((sum, { bytes }) => sum + bytes, 0) / count;
}

/** Tasks that read other files are not the same work with other rows. */
function sameScans(tasks: readonly Task[]): boolean {
  const first = tasks[0]!.scans;
  return tasks.every(({ scans }) => scans === first || JSON.stringify(scans) === JSON.stringify(first));
}

function checkPartitions(stage: Stage, { input, outputs }: Source): void {
  if (input.mode !== 'partition') return;
  for (const { stage: producer } of outputs) {
    const partitions = producer.exchange?.partitions;
    if (partitions !== stage.tasks.length)
      throw errors.internal(
        `stage ${stage.id} has ${stage.tasks.length} tasks for ${partitions} partitions of stage ${producer.id}`,
      );
  }
}

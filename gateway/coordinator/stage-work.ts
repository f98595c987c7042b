/** The tasks of a stage: made when the stages before it have ended. Pure. */
import { errors } from '../../planner/errors.ts';
import { cutEvenly, totalBytes } from '../../planner/partitioning.ts';
import type { Stage, Task } from '../../planner/plan/plan.ts';
import type { RunInput } from '../../worker/protocol/messages.ts';
import type { HeldFrame } from './held-frames.ts';
import {
  type Part,
  partitionBytes,
  partitionPart,
  type Source,
  type StageOutput,
  shareParts,
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
}

export interface WorkRules {
  /** Small parts may share a task, and tasks that read nothing need not run. */
  readonly adaptive: boolean;
  /** Slots of the fleet. */
  readonly slots: number;
  /** Bytes that a task should read of earlier stages. */
  readonly taskBytes: number;
  /** Fewer bytes are not worth a task of their own, however many slots are free. */
  readonly leastTaskBytes: number;
}

/** The tasks of a stage. `outputOf` gives what an earlier stage left. */
export function stageWork(stage: Stage, outputOf: (id: number) => StageOutput, rules: WorkRules): StageWork {
  const sources = (stage.inputs ?? []).map((input): Source => ({ input, outputs: input.stages.map(outputOf) }));
  if (sources.length === 0) return { stage, tasks: stage.tasks.map((task) => taskWork(task, [])), skipped: 0 };
  for (const source of sources) checkPartitions(stage, source);
  const groups = taskGroups(stage, sources, rules);
  const partsOf = sources.map((source) => partsFor(source, groups));
  const tasks: TaskWork[] = [];
  for (const [index, [from]] of groups.entries()) {
    const parts = partsOf.map((part) => part(index));
    const idle = parts.some(({ rows }, i) => rows === 0 && sources[i]!.input.required);
    if (!rules.adaptive || !idle) tasks.push(taskWork(stage.tasks[from]!, parts));
  }
  return { stage, tasks, skipped: groups.length - tasks.length };
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

function taskGroups(stage: Stage, sources: readonly Source[], rules: WorkRules): readonly Group[] {
  const count = stage.tasks.length;
  const single = Array.from({ length: count }, (_, i): Group => [i, i + 1]);
  const divided = sources.filter(({ input }) => input.mode !== 'all');
  if (!rules.adaptive || divided.length === 0 || !sameScans(stage.tasks)) return single;
  const bytes = single.map(([i]) =>
    divided.reduce(
      (sum, source) => sum + (source.input.mode === 'share' ? shareBytes(source, count) : partitionSum(source, i)),
      0,
    ),
  );
  const total = bytes.reduce((sum, number) => sum + number, 0);
  const busy = Math.min(rules.slots, Math.floor(total / rules.leastTaskBytes));
  const wanted = Math.max(1, busy, Math.ceil(total / rules.taskBytes));
  return wanted >= count ? single : cutEvenly(bytes, wanted).filter(([from, to]) => from < to);
}

function shareBytes(source: Source, count: number): number {
  return tasksOf(source).reduce((sum, { bytes }) => sum + bytes, 0) / count;
}

function partitionSum(source: Source, partition: number): number {
  return tasksOf(source).reduce((sum, output) => sum + partitionBytes(output, partition), 0);
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

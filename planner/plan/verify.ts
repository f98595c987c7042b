import { errors } from '../errors.ts';
import type { Plan, Scan, Stage } from './plan.ts';
import { stageRelation } from './plan.ts';

/**
 * Checks that a plan is sound in itself, before anything runs. Raises an internal error that says what is wrong: a planner that
 * makes such a plan has a bug.
 */
export function verifyPlan(plan: Plan): void {
  for (const [place, stage] of plan.stages.entries()) verifyStage(stage, place);
  verifyResult(plan);
  check(plan.columns.length > 0, 'the answer has no columns');
  check(
    plan.columns.every(({ type }) => type !== ''),
    'an output column has no type',
  );
  const taken = plan.decisions.filter((decision) => decision.taken);
  check(
    taken.length === 1 && taken[0]!.strategy === plan.strategy,
    'the decisions do not say which strategy was taken',
  );
}

function check(condition: boolean, problem: string): asserts condition {
  if (!condition) throw errors.internal(`unsound plan: ${problem}`);
}

function verifyStage(stage: Stage, place: number): void {
  const name = `stage ${place}`;
  check(stage.id === place, `${name} has the id ${stage.id}`);
  check(stage.sql.trim() !== '', `${name} has no SQL`);
  check(stage.columns.length > 0, `${name} returns no columns`);
  check(
    stage.columns.every((column) => column.name !== '' && column.type !== ''),
    `${name}: a column has no name or type`,
  );
  check(stage.tasks.length > 0, `${name} has no tasks`);
  const scans = stage.tasks[0]!.scans.map((scan) => scan.name).join();
  for (const [partition, task] of stage.tasks.entries()) {
    check(task.partition === partition, `${name}: task ${partition} says it is ${task.partition}`);
    check(task.scans.map((scan) => scan.name).join() === scans, `${name}: its tasks do not have the same scans`);
    verifyScans(task.scans, `${name}, task ${partition}`);
  }
}

function verifyScans(scans: readonly Scan[], where: string): void {
  check(new Set(scans.map((scan) => scan.name)).size === scans.length, `${where}: two scans have one name`);
  for (const scan of scans) {
    check(scan.columns.length > 0, `${where}: scan ${scan.name} has no columns`);
    for (const { path, rows } of scan.files)
      check(rows === undefined || (rows[0] >= 0 && rows[0] < rows[1]), `${where}: no rows of ${path}`);
  }
}

function verifyResult({ result, stages, columns }: Plan): void {
  if (result.kind === 'concat') {
    const stage = stages[result.stage];
    check(stage !== undefined && stages.length === 1, 'concat needs exactly its own stage');
    check(stage.columns.length === columns.length, 'the stage does not return the columns of the answer');
    check(
      stage.columns.every(({ type }, i) => type === columns[i]!.type),
      'the stage does not return the types of the answer',
    );
    check(result.offset >= 0 && (result.limit === null || result.limit >= 0), 'limit or offset is negative');
    return;
  }
  check(result.sql.trim() !== '', 'the result step has no SQL');
  verifyScans(result.scans, 'result');
  check(
    stages.every(({ id }) => result.stages.includes(id)) && result.stages.every((id) => stages[id] !== undefined),
    'the result step does not read every stage',
  );
  for (const id of result.stages)
    check(result.sql.includes(stageRelation(id)), `the result step does not name ${stageRelation(id)}`);
}

import { errors } from '../errors.ts';
import type { Plan, Scan, Stage } from './plan.ts';
import { stageRelation } from './plan.ts';

/**
 * Checks that a plan is sound in itself, before anything runs. Raises an internal error that says what is wrong: a planner that
 * makes such a plan has a bug.
 */
export function verifyPlan(plan: Plan): void {
  for (const [place, stage] of plan.stages.entries()) {
    verifyStage(stage, place);
    verifyExchange(stage, plan);
  }
  const read = new Set(plan.stages.flatMap(({ inputs = [] }) => inputs.flatMap(({ stages }) => stages)));
  for (const { id, exchange } of plan.stages)
    check(exchange === undefined || read.has(id), `stage ${id} leaves rows that no stage reads`);
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

/** What a stage reads of earlier ones, and what it leaves for later ones. */
function verifyExchange(stage: Stage, { stages }: Plan): void {
  const name = `stage ${stage.id}`;
  const { exchange, inputs = [] } = stage;
  const relations = [...inputs.map(({ relation }) => relation), ...stage.tasks[0]!.scans.map((scan) => scan.name)];
  check(new Set(relations).size === relations.length, `${name}: two of its relations have one name`);
  for (const input of inputs) {
    const where = `${name}, input ${input.relation}`;
    check(input.stages.length > 0, `${where} reads nothing`);
    check(stage.sql.includes(input.relation), `${where} is not in its SQL`);
    check(!input.splittable || input.mode === 'partition', `${where} has no partitions to split`);
    const columns = (id: number) => stages[id]!.columns.map((column) => `${column.name} ${column.type}`).join();
    for (const id of input.stages) {
      check(id < stage.id && stages[id]?.exchange !== undefined, `${where}: no earlier stage ${id} leaves rows`);
      check(columns(id) === columns(input.stages[0]!), `${where}: its stages do not have the same columns`);
      const { partitions } = stages[id]!.exchange!;
      check(
        input.mode !== 'partition' || partitions === stage.tasks.length,
        `${where}: ${stage.tasks.length} tasks for ${partitions} partitions of stage ${id}`,
      );
    }
  }
  if (exchange === undefined) return;
  check(exchange.partitions >= 1, `${name} leaves ${exchange.partitions} partitions`);
  const { hashBy, rangeBy, numberBy, partitions } = exchange;
  const keyed = hashBy.length > 0 || rangeBy !== undefined || numberBy !== undefined;
  check(keyed || partitions === 1, `${name}: partitions without a key`);
  if (numberBy !== undefined) {
    check(hashBy.length === 0 && rangeBy === undefined, `${name}: numbers beside another key`);
    check(
      stage.columns.some((column) => column.name === numberBy && column.type === 'INTEGER'),
      `${name}: numbers of ${numberBy}, which is no INTEGER that it returns`,
    );
  }
  if (rangeBy === undefined) return;
  check(hashBy.length === 0 && rangeBy.length > 0, `${name}: ranges of no columns, or beside a hash`);
  for (const { column } of rangeBy)
    check(
      stage.columns.some(({ name: own }) => own === column),
      `${name}: ranges of ${column}, which it does not return`,
    );
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
  const last = stages.filter(({ exchange }) => exchange === undefined);
  if (result.kind === 'concat') {
    const stage = stages[result.stage];
    check(stage !== undefined && last.length === 1 && last[0] === stage, 'concat needs exactly its own stage');
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
    last.every(({ id }) => result.stages.includes(id)) && result.stages.every((id) => last.includes(stages[id]!)),
    'the result step does not read every stage that leaves its rows to it, and no other',
  );
  for (const id of result.stages)
    check(result.sql.includes(stageRelation(id)), `the result step does not name ${stageRelation(id)}`);
}

import type { Plan, ResultStep, ScanSummary, Stage, StageExchange, StageInput } from './plan.ts';
import { stageRelation } from './plan.ts';

export interface ExplainOptions {
  /** Lists every file of every task. */
  readonly verbose?: boolean;
}

/** The plan as lines for EXPLAIN. The first is `strategy: <name>`. */
export function explainText(plan: Plan, options: ExplainOptions = {}): string[] {
  return [
    `strategy: ${plan.strategy}`,
    ...plan.decisions.map(({ strategy, taken, reason }) => `  ${taken ? 'taken' : 'not'} ${strategy}: ${reason}`),
    ...plan.scans.map(scanLine),
    ...exchangeLines(plan),
    ...plan.stages.flatMap((stage) => stageLines(stage, options)),
    ...resultLines(plan.result),
  ];
}

function scanLine({ table, filesRead, filesTotal, bytesRead, bytesTotal }: ScanSummary): string {
  const pruned = filesTotal - filesRead;
  const note = pruned === 0 ? '' : ` (${pruned} pruned)`;
  return `scan ${table}: ${filesRead} of ${filesTotal} files, ${bytesRead} of ${bytesTotal} bytes${note}`;
}

function exchangeLines({ exchange, rawGathers = [] }: Plan): string[] {
  if (exchange === undefined) return [];
  const ways = { auto: 'frames or files, by size', frames: 'frames', files: 'files' };
  const adaptive = exchange.adaptive
    ? 'small partitions share a task, large ones have several'
    : 'every partition has its task';
  return [`exchanges: ${ways[exchange.via]}; ${adaptive}`, ...rawGathers.map((place) => `raw gather: ${place}`)];
}

const inputModes: Readonly<Record<StageInput['mode'], string>> = {
  partition: 'each task its partition of',
  all: 'each task all of',
  share: 'each task its share of',
};

/** What the stage reads of earlier ones and leaves for later ones. */
function flowLines({ inputs = [], exchange }: Stage): string[] {
  const list = (stages: readonly number[]) => `${stages.length === 1 ? 'stage' : 'stages'} ${stages.join(', ')}`;
  const lines = inputs.map(({ relation, stages, mode, required }) => {
    const note = required ? '' : ', also when that is empty';
    return `  reads ${relation}: ${inputModes[mode]} ${list(stages)}${note}`;
  });
  if (exchange === undefined) return lines;
  return [...lines, `  leaves: rows ${dividedHow(exchange)}, about ${exchange.bytes} bytes`];
}

function dividedHow({ hashBy, rangeBy = [], numberBy, partitions }: StageExchange): string {
  if (numberBy !== undefined) return `in ${partitions} partitions by number in ${numberBy}`;
  if (hashBy.length > 0) return `in ${partitions} partitions by hash of ${hashBy.join(', ')}`;
  if (rangeBy.length === 0) return 'by task';
  const keys = rangeBy.map(({ column, descending }) => `${column}${descending ? ' DESC' : ''}`);
  return `in ${partitions} partitions by range of ${keys.join(', ')}`;
}

function stageLines(stage: Stage, options: ExplainOptions): string[] {
  const count = stage.tasks.length;
  const lines = [
    `stage ${stage.id}: ${count} ${count === 1 ? 'task' : 'tasks'}, ${stage.why}`,
    ...indent(stage.sql),
    `  columns: ${stage.columns.map(({ name, type }) => `${name} ${type}`).join(', ')}`,
    ...flowLines(stage),
  ];
  for (const task of stage.tasks) {
    if (task.scans.length === 0) continue;
    const scans = task.scans.map(({ name, files }) => {
      const parts = files.filter(({ rows }) => rows !== undefined).length;
      const note = parts === 0 ? '' : ` (${parts} in part)`;
      return `${name} ${files.length} ${files.length === 1 ? 'file' : 'files'}${note}`;
    });
    lines.push(`  task ${task.partition}: ${scans.join(', ')}`);
    if (!options.verbose) continue;
    for (const scan of task.scans)
      for (const { path, rows } of scan.files)
        lines.push(`    ${scan.name} ${path}${rows === undefined ? '' : ` rows ${rows[0]} to ${rows[1]}`}`);
  }
  return lines;
}

function resultLines(result: ResultStep): string[] {
  if (result.kind === 'concat') {
    const limit = result.limit === null ? '' : `, limit ${result.limit}`;
    const offset = result.offset === 0 ? '' : `, offset ${result.offset}`;
    return [`result: tasks of stage ${result.stage} one after another${limit}${offset}`];
  }
  const inputs = [...result.scans.map(({ name }) => name), ...result.stages.map(stageRelation)];
  const over = inputs.length === 0 ? '' : ` over ${inputs.join(', ')}`;
  const where = result.where === 'session' ? "on the session's connection" : 'on the coordinator';
  return [`result: SQL ${where}${over}`, ...indent(result.sql)];
}

function indent(sql: string): string[] {
  return sql.split('\n').map((line) => `  ${line}`);
}

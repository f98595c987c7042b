/** What EXPLAIN ANALYZE tells of a query that has run. */
import type { QueryPhase, QueryReport, StageReport } from '../coordinator/coordinator.ts';

const milliseconds = (ms: number) => `${ms.toFixed(3)} ms`;

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Lines behind those of the plan. The phases add up to the execution time. */
export function analyzedLines(report: QueryReport): readonly string[] {
  const { rows, workers, tasks, retries, stages, phases, elapsedMs } = report;
  const spent = Object.entries(phases).filter(([phase, ms]) => ms > 0 || !optional.has(phase as QueryPhase));
  return [
    `rows: ${rows}`,
    `workers: ${workers}, tasks: ${tasks}, retries: ${retries}`,
    ...report.replans.map((what) => `planned again: ${what}`),
    ...stages.flatMap(stageLines),
    `phases: ${spent.map(([phase, ms]) => `${phase} ${milliseconds(ms)}`).join(', ')}`,
    `execution time: ${milliseconds(elapsedMs)}`,
  ];
}

/** Told only when there were any. */
const optional: ReadonlySet<QueryPhase> = new Set(['earlier']);

function stageLines(stage: StageReport): readonly string[] {
  const {
    id,
    exchange,
    tasks,
    skipped,
    reused,
    workers,
    retries,
    spooledBytes,
    minMs,
    medianMs,
    maxMs,
    slowestWorker,
  } = stage;
  const to = exchange === null ? 'to the gateway' : `in ${count(stage.partitionsWithRows, 'partition')} as ${exchange}`;
  const left = `${skipped === 0 ? '' : `, ${skipped} skipped`}${reused === 0 ? '' : `, ${reused} from the checkpoint`}`;
  const slowest = slowestWorker === null ? '' : `, slowest on worker ${slowestWorker}`;
  return [
    `stage ${id}: ${count(tasks, 'task')}${left} on ${count(workers.length, 'worker')}, retries: ${retries}, spooled: ${spooledBytes} bytes`,
    `  in: ${count(stage.inputRows, 'row')} of stages, ${stage.inputBytes} bytes; out: ${count(stage.rows, 'row')}, ${stage.bytes} bytes ${to}`,
    ...stage.adapted.map((what) => `  adapted: ${what}`),
    `  time: min ${milliseconds(minMs)}, median ${milliseconds(medianMs)}, max ${milliseconds(maxMs)}${slowest}`,
  ];
}

/** EXPLAIN (SUMMARY): from the statement to its plan, checked and bound; undefined: not asked for. */
export function summaryLines(planningMs: number | undefined): readonly string[] {
  return planningMs === undefined ? [] : [`planning time: ${milliseconds(planningMs)}`];
}

/** The same, as PostgreSQL calls it. */
export function summaryJson(planningMs: number | undefined): Readonly<Record<string, unknown>> {
  return planningMs === undefined ? {} : { 'Planning Time': planningMs };
}

/** Members beside the plan; the first two as PostgreSQL calls them. */
export function analyzedJson(report: QueryReport): Readonly<Record<string, unknown>> {
  const { rows, elapsedMs, phases, stages, workers, tasks, retries, replans } = report;
  return {
    'Actual Rows': rows,
    'Execution Time': elapsedMs,
    Phases: phases,
    Stages: stages,
    Workers: workers,
    Tasks: tasks,
    Retries: retries,
    Replans: replans,
  };
}

import type { Plan, Scan } from './plan.ts';

/** The plan as JSON for EXPLAIN (FORMAT JSON): what explainText says, with the files of every task. */
export function explainJson(plan: Plan): unknown {
  const { strategy, columns, decisions, scans, stages, result, exchange, rawGathers } = plan;
  return {
    strategy,
    columns,
    decisions,
    scans: scans.map((scan) => ({ ...scan, filesPruned: scan.filesTotal - scan.filesRead })),
    ...(exchange === undefined ? {} : { exchange, rawGathers: rawGathers ?? [] }),
    stages: stages.map(({ id, sql, columns: output, why, tasks, inputs, exchange: left }) => ({
      id,
      why,
      sql,
      columns: output,
      ...(inputs === undefined ? {} : { inputs }),
      ...(left === undefined ? {} : { exchange: left }),
      tasks: tasks.map((task) => ({ partition: task.partition, scans: task.scans.map(scanJson) })),
    })),
    result: result.kind === 'concat' ? result : { ...result, scans: result.scans.map(scanJson) },
  };
}

function scanJson({ name, format, files }: Scan): unknown {
  return {
    name,
    format,
    files: files.map(({ path, bytes, rows }) => (rows === undefined ? { path, bytes } : { path, bytes, rows })),
  };
}

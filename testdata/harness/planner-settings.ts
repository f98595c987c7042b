import type { PlannerSettings } from '../../planner/index.ts';

/** Of a session in DuckDB's dialect that asks for nothing, with two local workers of one slot; the coordinator runs no query for its size alone. */
export const plannerSettings: PlannerSettings = {
  dialect: 'duckdb',
  strategy: 'auto',
  partitions: null,
  directMaxBytes: 0,
  workers: 2,
  slots: 2,
  localWorkers: true,
  broadcastMaxBytes: 64 * 1024 * 1024,
  exchange: 'auto',
  disabled: [],
};

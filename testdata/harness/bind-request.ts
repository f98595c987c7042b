import type { CatalogSnapshot } from '../../planner/catalog.ts';
import type { PlannerSettings, PlanRequest } from '../../planner/index.ts';

/** A request with the settings that most tests of the planner want; `settings` and `parameters` on top. */
export function requestOf(
  sql: string,
  catalog: CatalogSnapshot,
  settings: Partial<PlannerSettings> = {},
  parameters: readonly string[] | null = [],
): PlanRequest {
  return {
    sql,
    parameters,
    catalog,
    settings: {
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
      ...settings,
    },
    session: { timeZone: 'UTC', nullOrder: 'nulls_last', integerDivision: false, statementTimeMicros: '0' },
  };
}

import type { CatalogSnapshot } from '../../planner/catalog.ts';
import type { PlannerSettings, PlanRequest } from '../../planner/index.ts';
import { plannerSettings } from './planner-settings.ts';

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
    settings: { ...plannerSettings, ...settings },
    session: { timeZone: 'UTC', nullOrder: 'nulls_last', integerDivision: false, statementTimeMicros: '0' },
  };
}

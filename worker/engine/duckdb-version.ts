import { version } from '@duckdb/node-api';

/** DuckDB's version, e.g. `v1.5.5`. Gateway and workers must have the same: they exchange aggregate states and rely on its hash(). */
export function duckdbVersion(): string {
  return version();
}

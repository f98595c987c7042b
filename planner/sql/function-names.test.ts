import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DuckdbWorld } from '../../testdata/harness/duckdb-world.ts';
import {
  aggregateFunctions,
  scalarFunctions,
  tableFunctions,
  volatileFunctions,
  windowOnlyFunctions,
} from './function-names.ts';

let world: DuckdbWorld;
beforeAll(async () => {
  world = await DuckdbWorld.open();
});
afterAll(() => world.close());

describe('the lists are those of the engine', () => {
  test.each([
    ["function_type = 'aggregate'", new Set([...aggregateFunctions, ...windowOnlyFunctions])],
    ["function_type IN ('scalar', 'macro')", scalarFunctions],
    ["function_type IN ('table', 'table_macro')", tableFunctions],
    ["function_type = 'scalar' AND stability = 'VOLATILE'", volatileFunctions],
  ])('%s', async (condition, expected) => {
    const rows = await world.rows(
      `SELECT DISTINCT lower(function_name) FROM duckdb_functions()
       WHERE internal AND (${condition}) AND regexp_full_match(lower(function_name), '[a-z_][a-z0-9_]*')`,
      [],
    );
    expect(rows.map(([name]) => name).sort()).toEqual([...expected].sort());
  });
});

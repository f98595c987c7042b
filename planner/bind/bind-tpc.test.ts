import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestOf } from '../../testdata/harness/bind-request.ts';
import { catalogOf, DuckdbWorld, fakeTable } from '../../testdata/harness/duckdb-world.ts';
import { loadExtension } from '../../testdata/harness/extensions.ts';
import { type Benchmark, benchmarkQueries } from '../../testdata/harness/tpc.ts';
import type { CatalogSnapshot } from '../catalog.ts';
import { printStatement } from '../sql/print.ts';
import { bindQuery } from './bind-query.ts';

let world: DuckdbWorld;
beforeAll(async () => {
  world = await DuckdbWorld.open();
});
afterAll(() => world.close());

async function benchmarkCatalog(benchmark: Benchmark): Promise<CatalogSnapshot> {
  const instance = await DuckDBInstance.create(':memory:', { allow_unsigned_extensions: 'true' });
  const connection = await instance.connect();
  try {
    await loadExtension(connection, benchmark);
    await connection.run(benchmark === 'tpch' ? 'CALL dbgen(sf = 0)' : 'CALL dsdgen(sf = 0)');
    const rows = await connection.runAndReadAll(
      "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = 'main' AND NOT internal ORDER BY table_oid, column_index",
    );
    const tables = new Map<string, Record<string, string>>();
    for (const [table, column, type] of rows.getRows()) {
      const columns = tables.get(String(table)) ?? {};
      tables.set(String(table), columns);
      columns[String(column)] = String(type);
    }
    return catalogOf(...[...tables].map(([name, columns]) => fakeTable(name, columns)));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

describe.each(['tpch', 'tpcds'] as const)('every query of %s', (benchmark) => {
  test('is resolved, and binds with the same columns as it was and as it is printed', async () => {
    const catalog = await benchmarkCatalog(benchmark);
    for (const { name, sql } of await benchmarkQueries(benchmark)) {
      const bound = await bindQuery(requestOf(sql, catalog), world);
      expect([name, bound.opaque, bound.facts.unknownFunctions]).toEqual([name, null, []]);
      expect(bound.occurrences.length).toBeGreaterThan(0);
      const scans = bound.occurrences.map(({ scanName, table, columns }) => ({
        name: scanName,
        // Only the columns that binding says are read: the text has to bind with these.
        columns: table.columns.filter((column) => columns.includes(column.name)),
      }));
      const original = await world.describe(
        sql,
        [...new Set(bound.occurrences.map(({ table }) => table))].map((table) => ({
          name: table.name,
          columns: table.columns,
        })),
      );
      expect((await world.describe(bound.describeSql, scans)).columns).toEqual(original.columns);
      const printed = await world.describe(await printStatement(world, bound.statement), scans);
      expect(printed.columns.map(({ type }) => type)).toEqual(original.columns.map(({ type }) => type));
    }
  });
});

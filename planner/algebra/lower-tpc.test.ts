/** A slice of TPC-DS, and TPC-H, over empty tables: everything is lowered, and binds with the types of the original. */
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestOf } from '../../testdata/harness/bind-request.ts';
import { catalogOf, DuckdbWorld, fakeTable } from '../../testdata/harness/duckdb-world.ts';
import { loadExtension } from '../../testdata/harness/extensions.ts';
import { type Benchmark, benchmarkQueries } from '../../testdata/harness/tpc.ts';
import { bindQuery } from '../bind/bind-query.ts';
import type { CatalogSnapshot } from '../catalog.ts';
import { printQuery as printNode } from '../sql/print.ts';
import { scanShadows } from '../strategies/fragment.ts';
import type { PlanContext } from '../strategies/strategy.ts';
import { lower } from './lower.ts';
import { printQuery } from './print-rel.ts';

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

describe.each([
  ['tpch', 1],
  ['tpcds', 4],
] as const)('%s, every query of %i', (benchmark, step) => {
  test('is lowered and binds with the same types', async () => {
    const catalog = await benchmarkCatalog(benchmark);
    const queries = (await benchmarkQueries(benchmark)).filter((_, i) => i % step === 0);
    for (const { name, sql } of queries) {
      const bound = await bindQuery(requestOf(sql, catalog), world);
      const shadows = scanShadows({ bound } as PlanContext);
      const { columns } = await world.describe(bound.describeSql, shadows);
      const query = await lower({ bound, world, columns });
      if ('reason' in query) throw new Error(`${name}: ${query.reason}`);
      const text = await printNode(
        world,
        printQuery(query, (id) => bound.occurrences[id]!.scanName),
      );
      const printed = await world.describe(text, shadows);
      expect([name, printed.columns.map(({ type }) => type)]).toEqual([name, columns.map(({ type }) => type)]);
    }
  });
});

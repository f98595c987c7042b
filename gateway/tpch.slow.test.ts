/** TPC-H, all 22 queries at scale factor 0.1, each strategy and protocol, against one DuckDB; and through psql. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkQuery } from '../testdata/harness/check-query.ts';
import { GatewayProcess } from '../testdata/harness/gateway-process.ts';
import { Oracle } from '../testdata/harness/oracle.ts';
import { RawClient } from '../testdata/harness/raw-client.ts';
import { rowStyle } from '../testdata/harness/run-cases.ts';
import { slice } from '../testdata/harness/slice.ts';
import { type BenchmarkQuery, benchmarkData, benchmarkQueries } from '../testdata/harness/tpc.ts';

const run = promisify(execFile);
const protocols = ['simple', 'extended', 'binary'] as const;
/** In an order in which every third has another protocol. */
const variants = ['auto', 'direct', 'two_phase', 'gather'].flatMap((strategy, turn) =>
  protocols.map((_, index) => ({ strategy, protocol: protocols[(turn + index) % protocols.length]! })),
);
const queries: readonly BenchmarkQuery[] = await benchmarkQueries('tpch');

describe('TPC-H at scale factor 0.1', () => {
  let gateway: GatewayProcess;
  let client: RawClient;
  let oracle: Oracle;

  beforeAll(async () => {
    const data = await benchmarkData('tpch', 0.1);
    gateway = await GatewayProcess.start({ data: [data], workers: 2 });
    client = await RawClient.connect(gateway.port, { TimeZone: 'UTC' });
    oracle = await Oracle.open(data, { dialect: 'duckdb' });
    await client.query('SET sluice.dialect = duckdb');
  });
  afterAll(async () => {
    await client?.close();
    oracle?.close();
    await gateway?.stop();
  });

  for (const { strategy, protocol } of slice(variants, protocols.length)) {
    it.each(queries.map((query) => [query.name, query.sql]))(`${strategy}, ${protocol}: %s`, async (_name, sql) => {
      await client.query(`SET sluice.strategy = ${strategy}`);
      const style = rowStyle('duckdb');
      expect(
        await checkQuery(oracle, client, sql, { protocol, tolerance: false, sequence: false, names: true, style }),
      ).toBeNull();
    });
  }

  it.each(queries.map((query) => [query.name, query.sql]))(
    'psql prints the same as the raw client: %s',
    async (_name, sql) => {
      await client.query('SET sluice.strategy = auto');
      const answer = await client.query(sql);
      const expected = answer.rows.map((row) => row.map((cell) => cell?.toString() ?? '').join('\u001f'));
      const psql = await run('psql', [
        ...['-X', '-At', '-F', '\u001f', '-h', '127.0.0.1', '-p', String(gateway.port), '-U', 'test', '-d', 'sluice'],
        ...['-c', 'SET sluice.dialect = duckdb', '-c', "SET TimeZone = 'UTC'", '-c', sql],
      ]);
      expect(psql.stdout.trimEnd().split('\n').slice(2)).toEqual(expected);
    },
  );
});

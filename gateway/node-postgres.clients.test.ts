/** node-postgres against a real gateway: TPC-H in the extended protocol, parameters, cursors of its own, errors, binary where it can. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayProcess } from '../testdata/harness/gateway-process.ts';
import { RawClient } from '../testdata/harness/raw-client.ts';
import { type BenchmarkQuery, benchmarkData, benchmarkQueries } from '../testdata/harness/tpc.ts';

const queries: readonly BenchmarkQuery[] = await benchmarkQueries('tpch');
/** Cells as text. */
const asText = { getTypeParser: () => (value: string) => value } as unknown as pg.CustomTypesConfig;

describe('node-postgres', () => {
  let gateway: GatewayProcess;
  let client: pg.Client;
  let raw: RawClient;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ data: [await benchmarkData('tpch', 0.1)], workers: 2 });
    client = new pg.Client({ host: '127.0.0.1', port: gateway.port, user: 'test', database: 'sluice' });
    await client.connect();
    raw = await RawClient.connect(gateway.port);
    for (const sql of ['SET sluice.dialect = duckdb', "SET TimeZone = 'UTC'"]) {
      await client.query(sql);
      await raw.query(sql);
    }
  });
  afterAll(async () => {
    await client?.end();
    await raw?.close();
    await gateway?.stop();
  });

  it.each(queries.map((query) => [query.name, query.sql]))(
    'TPC-H %s, extended, equals the raw client',
    async (_name, text) => {
      const expected = await raw.query(text);
      const config = { text, rowMode: 'array', types: asText, queryMode: 'extended' };
      const answer = await client.query(config as pg.QueryArrayConfig);
      expect(answer.fields.map((field) => field.dataTypeID)).toEqual(expected.fields.map((field) => field.oid));
      expect(answer.rows).toEqual(expected.rows.map((row) => row.map((cell) => cell?.toString() ?? null)));
    },
  );

  it('gives JavaScript values of the right types', async () => {
    const { rows } = await client.query(
      `SELECT 7::INTEGER AS i, 9007199254740993::BIGINT AS b, 1.50::DECIMAL(5, 2) AS d, 0.1::DOUBLE AS f, true AS t, 'ä' AS s,
       TIMESTAMPTZ '2024-05-01 10:00:00+00' AS z, [1, NULL, 3] AS l, {'a': 1} AS o, NULL AS n, '\\xDE'::BLOB AS y`,
    );
    expect(rows[0]).toEqual({
      ...{ i: 7, b: '9007199254740993', d: '1.50', f: 0.1, t: true, s: 'ä', z: new Date('2024-05-01T10:00:00Z') },
      ...{ l: [1, null, 3], o: { a: 1 }, n: null, y: Buffer.from([0xde]) },
    });
  });

  it('binds parameters, on data sets and in named statements', async () => {
    const text =
      'SELECT count(*)::INTEGER AS n FROM lineitem WHERE l_shipdate >= $1 AND l_quantity < $2 AND l_returnflag = $3';
    const literal =
      "SELECT count(*)::INTEGER AS n FROM lineitem WHERE l_shipdate >= '1995-01-01' AND l_quantity < 10 AND l_returnflag = 'N'";
    const { rows: expected } = await client.query(literal);
    for (let run = 0; run < 3; run++) {
      const { rows } = await client.query({ name: 'counted', text, values: ['1995-01-01', 10, 'N'] });
      expect(rows).toEqual(expected);
    }
  });

  it('reads binary integers', async () => {
    const config = { text: 'SELECT 42::INTEGER AS i, count(*)::INTEGER AS n FROM region', binary: true, values: [] };
    const { rows } = await client.query(config as pg.QueryConfig);
    expect(rows).toEqual([{ i: 42, n: 5 }]);
  });

  it('gets errors with SQLSTATE and position, and goes on', async () => {
    await expect(client.query('SELECT l_nothing FROM lineitem')).rejects.toMatchObject({
      code: '42703',
      position: '8',
    });
    await expect(client.query('SELECT * FROM lineitm')).rejects.toMatchObject({
      code: '42P01',
      position: '15',
      hint: expect.stringContaining('lineitem'),
    });
    await expect(client.query('SELEC 1')).rejects.toMatchObject({ code: '42601', position: '1' });
    expect((await client.query('SELECT 1::INTEGER AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('runs transactions on local tables', async () => {
    await client.query('CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)');
    await client.query('BEGIN');
    const inserted = await client.query('INSERT INTO notes VALUES ($1, $2), (2, NULL) RETURNING id, text', [1, 'one']);
    expect(inserted.rows).toEqual([
      { id: 1, text: 'one' },
      { id: 2, text: null },
    ]);
    expect(inserted.rowCount).toBe(2);
    await expect(client.query('INSERT INTO notes VALUES (1, NULL)')).rejects.toMatchObject({ code: '23505' });
    await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: '25P02' });
    await client.query('ROLLBACK');
    expect((await client.query('SELECT count(*)::INTEGER AS n FROM notes')).rows).toEqual([{ n: 0 }]);
    await client.query('INSERT INTO notes VALUES (1, $1)', ['joined']);
    const joined = await client.query('SELECT n.text, r.r_name FROM notes n JOIN region r ON r.r_regionkey = n.id');
    expect(joined.rows).toEqual([{ text: 'joined', r_name: 'AMERICA' }]);
    await client.query('DROP TABLE notes');
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localPlanner } from '../../testdata/harness/local-planner.ts';
import { RawClient } from '../../testdata/harness/raw-client.ts';
import { WireServer } from '../../testdata/harness/wire-server.ts';

describe('a query that is run again', () => {
  let server: WireServer;
  let client: RawClient;

  beforeAll(async () => {
    server = await WireServer.start({ planner: localPlanner });
    client = await RawClient.connect(server.port);
  });
  afterAll(async () => {
    await client?.close();
    await server?.stop();
  });

  it.each([false, true])('sees rows that were written since, in a block: %s', async (block) => {
    const other = await RawClient.connect(server.port);
    await client.query('CREATE OR REPLACE TABLE t (a INTEGER, b TEXT)');
    const queries = ['SELECT a, b FROM t ORDER BY a', 'SELECT a, b FROM t WHERE a > 5'];
    for (const sql of queries) await client.query(sql);
    await other.query("INSERT INTO t VALUES (70000, 'some text')");
    if (block) await client.query('BEGIN');
    for (const sql of queries) await client.query(sql);
    await client.query("INSERT INTO t VALUES (900000, 'more text')");
    for (const sql of queries) {
      const { rows } = await client.query(sql);
      expect(rows.map((row) => row.map(String))).toEqual([
        ['70000', 'some text'],
        ['900000', 'more text'],
      ]);
    }
    if (block) await client.query('COMMIT');
    await other.close();
  });
});

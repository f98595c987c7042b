/** What one session may and may not see of its own portals and of other sessions. A real gateway. */
import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDataset } from '../testdata/harness/dataset.ts';
import { GatewayProcess } from '../testdata/harness/gateway-process.ts';
import { type RawAnswer, RawClient } from '../testdata/harness/raw-client.ts';

const texts = (answer: RawAnswer) => answer.rows.map((row) => row.map((cell) => cell?.toString() ?? null));

describe('sessions', () => {
  let gateway: GatewayProcess;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ data: [await makeDataset('small')], workers: 2 });
  });
  afterAll(async () => {
    await gateway?.stop();
  });

  it('completes two half-read portals over a temporary table with uncommitted rows', async () => {
    const client = await RawClient.connect(gateway.port);
    await client.query('CREATE TEMP TABLE mine (i INTEGER)');
    await client.query('BEGIN');
    await client.query('INSERT INTO mine SELECT range FROM range(10000)');
    const open = (name: string) =>
      Buffer.concat([
        serialize.parse({ name, text: 'SELECT i FROM mine ORDER BY i' }),
        serialize.bind({ portal: name, statement: name }),
      ]);
    const fetch = async (name: string, rows: number) => {
      client.socket.write(Buffer.concat([serialize.execute({ portal: name, rows }), serialize.sync()]));
      const got: number[] = [];
      for (;;) {
        const { type, body } = await client.next();
        if (type === 'D') got.push(Number(body.toString('utf8', 6)));
        if (type === 'E') throw new Error(body.toString());
        if (type === 'Z') return got;
      }
    };
    client.socket.write(Buffer.concat([open('a'), open('b'), serialize.sync()]));
    while ((await client.next()).type !== 'Z');
    const a = await fetch('a', 4000);
    const b = await fetch('b', 3000);
    await client.query('INSERT INTO mine VALUES (99999)');
    a.push(...(await fetch('a', 0)));
    b.push(...(await fetch('b', 0)));
    const all = Array.from({ length: 10000 }, (_, index) => index);
    expect(a).toEqual(all);
    expect(b).toEqual(all);
    await client.query('ROLLBACK');
    expect(texts(await client.query('SELECT count(*) FROM mine'))).toEqual([['0']]);
    await client.close();
  });

  it('keeps the dialects and time zones of two interleaved sessions apart', async () => {
    const [left, right] = [await RawClient.connect(gateway.port), await RawClient.connect(gateway.port)];
    await left.query("SET sluice.dialect = duckdb; SET TimeZone = 'America/New_York'");
    await right.query("SET sluice.dialect = postgres; SET TimeZone = 'Asia/Tokyo'");
    const sql = "SELECT 7 / 2 AS d, TIMESTAMPTZ '2024-01-01 00:00:00+00' AS t, 'abc' ~ 'b' AS m FROM flat WHERE id = 1";
    for (const strategy of ['direct', 'gather', 'two_phase', 'stages']) {
      for (const client of [left, right]) await client.query(`SET sluice.strategy = ${strategy}`);
      const [a, b] = await Promise.all([left.query(sql), right.query(sql)]);
      expect(texts(a)).toEqual([['3.5', '2023-12-31 19:00:00-05', 'f']]);
      expect(texts(b)).toEqual([['3', '2024-01-01 09:00:00+09', 't']]);
      const order = 'SELECT DISTINCT color FROM events ORDER BY color DESC LIMIT 1';
      expect(texts(await left.query(order))).toEqual([['Ärger']]);
      expect(texts(await right.query(order))).toEqual([[null]]);
    }
    await Promise.all([left.close(), right.close()]);
  });

  it.each(['direct', 'pushdown', 'two_phase', 'stages', 'gather', 'auto'])(
    'refuses files outside the declared folders on %s',
    async (strategy) => {
      const client = await RawClient.connect(gateway.port);
      await client.query(`SET sluice.strategy = ${strategy}`);
      for (const sql of [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/etc/passwd')",
        "SELECT f.id, (SELECT count(*) FROM read_text('/etc/passwd')) FROM flat f LIMIT 1",
        "SELECT * FROM '/etc/passwd.csv'",
        `SELECT * FROM read_csv('${gateway.state}/../../etc/passwd')`,
        "COPY (SELECT 1) TO '/tmp/sluice-must-not-exist.csv'",
        "COPY (SELECT * FROM flat) TO '/tmp/sluice-must-not-exist.parquet' (FORMAT parquet)",
        "ATTACH '/tmp/sluice-must-not-exist.db' AS other",
        "SELECT * FROM glob('/etc/*')",
        `SELECT * FROM read_text('${gateway.state}/tmp/exchange/*')`,
        `COPY (SELECT 1) TO '${gateway.state}/tmp/exchange/x.parquet' (FORMAT parquet)`,
      ]) {
        await expect(client.query(sql), sql).rejects.toMatchObject({ code: '42501' });
      }
      await client.close();
    },
  );
});

/** Sessions over a real socket and a real DuckDB. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localPlanner } from '../../testdata/harness/local-planner.ts';
import { type RawAnswer, RawClient } from '../../testdata/harness/raw-client.ts';
import { WireServer } from '../../testdata/harness/wire-server.ts';

let server: WireServer;
beforeAll(async () => {
  server = await WireServer.start({ planner: localPlanner });
});
afterAll(async () => {
  await server.stop();
});

const texts = (answer: RawAnswer) => answer.rows.map((row) => row.map((cell) => cell?.toString() ?? null));
const value = async (client: RawClient, sql: string) => texts(await client.query(sql))[0]?.[0];

async function withClient(work: (client: RawClient) => Promise<void>): Promise<void> {
  const client = await RawClient.connect(server.port);
  await work(client);
  await client.close();
}

describe('answers', () => {
  it('that break off in the middle are errors, not fewer rows', () =>
    withClient(async (client) => {
      // The cast fails in row 200,000, long after the first chunk has left.
      const sql = "SELECT CAST(CASE WHEN range = 200000 THEN 'x' ELSE '1' END AS INTEGER) AS a FROM range(300000)";
      for (const protocol of ['simple', 'extended'] as const) {
        await expect(client.query(sql, protocol)).rejects.toMatchObject({ code: '22P02' });
        expect(await value(client, 'SELECT 1 AS a')).toBe('1');
      }
      await client.query('BEGIN; CREATE TEMP TABLE mine (i INTEGER); INSERT INTO mine VALUES (1)');
      await expect(client.query(sql)).rejects.toMatchObject({ code: '22P02' });
      await expect(client.query('SELECT 1 AS a')).rejects.toMatchObject({ code: '25P02' });
      await client.query('ROLLBACK');
    }));

  it('of many rows wait for a slow reader without growing', () =>
    withClient(async (client) => {
      client.detach();
      client.socket.pause();
      const before = process.memoryUsage();
      client.socket.write(serialize.query("SELECT range AS a, repeat('x', 100) AS b FROM range(1000000)"));
      await delay(1_500);
      const after = process.memoryUsage();
      expect(after.external + after.arrayBuffers - before.external - before.arrayBuffers).toBeLessThan(30_000_000);
      let bytes = 0;
      const end = new Promise<void>((resolve) => {
        client.socket.on('data', (part: Buffer) => {
          bytes += part.length;
          if (part.length >= 6 && part[part.length - 6] === 0x5a && part.at(-1) === 0x49) {
            resolve();
          }
        });
      });
      client.socket.resume();
      await end;
      expect(bytes).toBeGreaterThan(1_000_000 * 120);
      client.socket.removeAllListeners('data');
      client.attach();
    }));

  it('of a half-read portal are put aside beyond the memory limit', () =>
    withClient(async (client) => {
      await client.query(
        'CREATE TEMP TABLE wide AS SELECT range AS i, repeat(chr(65 + range::INTEGER % 26), 500) AS s FROM range(40000)',
      );
      await client.query('BEGIN');
      client.socket.write(
        Buffer.concat([
          serialize.parse({ name: 'w', text: 'SELECT i, s FROM wide ORDER BY i' }),
          serialize.bind({ portal: 'w', statement: 'w' }),
          serialize.execute({ portal: 'w', rows: 10 }),
          serialize.sync(),
        ]),
      );
      const first = texts(await client.answer());
      expect(first.map(([i]) => i)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
      await client.query('INSERT INTO wide VALUES (-1, NULL)');
      expect(await value(client, 'SELECT count(*) FROM wide')).toBe('40001');
      client.socket.write(Buffer.concat([serialize.execute({ portal: 'w', rows: 0 }), serialize.sync()]));
      const rest = await client.answer();
      expect(rest.rows).toHaveLength(39_990);
      expect(rest.rows.every((row, index) => row[0]!.toString() === String(index + 10))).toBe(true);
      expect(rest.rows.every((row, index) => row[1]!.length === 500 && row[1]![7] === 65 + ((index + 10) % 26))).toBe(
        true,
      );
      await client.query('COMMIT');
    }));

  it('of an abandoned portal leave no transaction behind', () =>
    withClient(async (client) => {
      client.socket.write(
        Buffer.concat([
          serialize.parse({ text: 'SELECT * FROM range(1000000)' }),
          serialize.bind({}),
          serialize.execute({ rows: 5 }),
          serialize.sync(),
        ]),
      );
      expect((await client.answer()).rows).toHaveLength(5);
      await client.query('CREATE TABLE after_portal (i INTEGER)');
      await withClient(async (other) => {
        expect(await value(other, 'SELECT count(*) FROM after_portal')).toBe('0');
      });
      await client.query('DROP TABLE after_portal');
    }));
});

describe('sessions', () => {
  it('see the commits of others, not their open work', () =>
    withClient(async (left) =>
      withClient(async (right) => {
        await left.query('CREATE TABLE seen (i INTEGER)');
        await left.query('BEGIN; INSERT INTO seen VALUES (1)');
        expect(await value(right, 'SELECT count(*) FROM seen')).toBe('0');
        await left.query('COMMIT');
        expect(await value(right, 'SELECT count(*) FROM seen')).toBe('1');
        await right.query('DROP TABLE seen');
      }),
    ));

  it('keep their temporary tables and settings apart, and lose them with DISCARD ALL', () =>
    withClient(async (left) =>
      withClient(async (right) => {
        await left.query("CREATE TEMP TABLE own AS SELECT 1 AS i; SET TimeZone = 'Asia/Tokyo'");
        await expect(right.query('SELECT * FROM own')).rejects.toMatchObject({ code: '42P01' });
        const sql = "SELECT TIMESTAMPTZ '2024-01-01 00:00:00+00' AS t";
        expect(await value(left, sql)).toBe('2024-01-01 09:00:00+09');
        expect(await value(right, sql)).toBe('2024-01-01 00:00:00+00');
        await left.query('DISCARD ALL');
        await expect(left.query('SELECT * FROM own')).rejects.toMatchObject({ code: '42P01' });
        expect(await value(left, sql)).toBe('2024-01-01 00:00:00+00');
      }),
    ));

  it('change NULL order and division with the dialect, in cached statements too', () =>
    withClient(async (client) => {
      const sql = 'SELECT 7 / 2 AS d, i FROM (VALUES (1), (NULL), (2)) t(i) ORDER BY i DESC LIMIT 1';
      for (let round = 0; round < 2; round++) {
        await client.query('SET sluice.dialect = postgres');
        expect(texts(await client.query(sql))).toEqual([['3', null]]);
        await client.query('SET sluice.dialect = duckdb');
        expect(texts(await client.query(sql))).toEqual([['3.5', '2']]);
      }
    }));

  it('come and go a thousand times without a trace', async () => {
    const cycle = async () => {
      await Promise.all(
        Array.from({ length: 50 }, async () => {
          const client = await RawClient.connect(server.port);
          await client.query('SELECT 1 AS a', 'extended');
          await client.close();
        }),
      );
    };
    await cycle();
    await cycle();
    const { database } = server.session;
    const connections = async () => database.release(await database.connect({ busy: () => false }));
    await connections();
    const before = process.memoryUsage().rss;
    for (let round = 0; round < 18; round++) {
      await cycle();
    }
    await expect.poll(() => server.server.sessions).toBe(0);
    expect(process.memoryUsage().rss - before).toBeLessThan(80_000_000);
  });

  it('answer two hundred at once', async () => {
    const clients = await Promise.all(Array.from({ length: 200 }, () => RawClient.connect(server.port)));
    const answers = await Promise.all(clients.map((client, n) => value(client, `SELECT ${n} AS n FROM range(1)`)));
    expect(answers).toEqual(clients.map((_, n) => String(n)));
    await Promise.all(clients.map((client) => client.close()));
  });

  it('interleave two portals over uncommitted rows of a temporary table', () =>
    withClient(async (client) => {
      await client.query('BEGIN; CREATE TEMP TABLE mine (i INTEGER); INSERT INTO mine SELECT range FROM range(20000)');
      const open = (name: string) =>
        Buffer.concat([
          serialize.parse({ name, text: 'SELECT i FROM mine ORDER BY i' }),
          serialize.bind({ portal: name, statement: name }),
        ]);
      const fetch = async (portal: string, rows: number) => {
        client.socket.write(Buffer.concat([serialize.execute({ portal, rows }), serialize.sync()]));
        return texts(await client.answer()).map(([i]) => Number(i));
      };
      client.socket.write(Buffer.concat([open('a'), open('b'), serialize.sync()]));
      await client.answer();
      const [a, b] = [await fetch('a', 7_000), await fetch('b', 3_000)];
      a.push(...(await fetch('a', 0)));
      b.push(...(await fetch('b', 0)));
      const all = Array.from({ length: 20_000 }, (_, index) => index);
      expect(a).toEqual(all);
      expect(b).toEqual(all);
      await client.query('ROLLBACK');
    }));
});

describe('node-postgres', () => {
  it('reads and writes with parameters', async () => {
    const client = new pg.Client({ host: '127.0.0.1', port: server.port, user: 'me', database: 'x' });
    await client.connect();
    await client.query(
      'CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR, born DATE, score DOUBLE, tags VARCHAR[])',
    );
    const inserted = await client.query(
      'INSERT INTO people VALUES ($1, $2, $3, $4, $5), ($6, $7, NULL, NULL, NULL) RETURNING id, name',
      [1, "O'Hara ü", '1990-02-03', 1.5, ['a', 'b,"c'], 2, null],
    );
    expect(inserted.rows).toEqual([
      { id: 1, name: "O'Hara ü" },
      { id: 2, name: null },
    ]);
    const found = await client.query({
      name: 'by-id',
      text: 'SELECT id, name, born::VARCHAR AS born, score, tags FROM people WHERE id = $1',
      values: [1],
    });
    expect(found.rows).toEqual([{ id: 1, name: "O'Hara ü", born: '1990-02-03', score: 1.5, tags: ['a', 'b,"c'] }]);
    expect(found.fields.map((field) => field.dataTypeID)).toEqual([23, 25, 25, 701, 1009]);
    expect((await client.query({ name: 'by-id', text: '', values: [2] })).rowCount).toBe(1);
    await expect(client.query('INSERT INTO people VALUES ($1)', [1])).rejects.toMatchObject({ severity: 'ERROR' });
    await expect(client.query('INSERT INTO people (id) VALUES (1)')).rejects.toMatchObject({ code: '23505' });
    expect(
      (await client.query('SELECT id FROM people WHERE id = ANY($1::INTEGER[]) ORDER BY id', [[2, 1]])).rows,
    ).toHaveLength(2);
    expect((await client.query('SELECT count(*)::INTEGER AS n FROM people LIMIT $1 OFFSET $2', [1, 0])).rows).toEqual([
      { n: 2 },
    ]);
    await client.query('DROP TABLE people');
    await client.end();
  });

  it('gets warnings as notices, unless they are not wanted', async () => {
    const client = new pg.Client({ host: '127.0.0.1', port: server.port, user: 'me', database: 'x' });
    await client.connect();
    const notice = once(client, 'notice');
    await client.query('COMMIT');
    expect(((await notice)[0] as { code: string }).code).toBe('25P01');
    let late = 0;
    client.on('notice', () => late++);
    await client.query('SET client_min_messages = error');
    await client.query('COMMIT');
    expect(late).toBe(0);
    await client.end();
  });
});

/** Cursors over a real socket and a real DuckDB; testdata/wire/postgres/cursors.wire has what they answer. */
import { readdir } from 'node:fs/promises';
import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { localPlanner } from '../../testdata/harness/local-planner.ts';
import { type RawAnswer, RawClient } from '../../testdata/harness/raw-client.ts';
import { WireServer } from '../../testdata/harness/wire-server.ts';

let server: WireServer;
beforeAll(async () => {
  server = await WireServer.start({ planner: localPlanner });
});
afterAll(() => server.stop());

const numbers = (answer: RawAnswer) => answer.rows.map((row) => Number(row[0]));
const temporaryFiles = async () => (await readdir(server.folder)).filter((name) => name.endsWith('.frames'));

async function withClient(work: (client: RawClient) => Promise<void>): Promise<void> {
  const client = await RawClient.connect(server.port);
  await work(client);
  await client.close();
}

const wide = (rows: number) => `SELECT range AS i, repeat('x', 200) AS s FROM range(${rows})`;

it('go back and forth over rows beyond the memory limit, which lie in a file that goes with the cursor', () =>
  withClient(async (client) => {
    await client.query(`BEGIN; DECLARE c SCROLL CURSOR FOR ${wide(100_000)}`);
    expect(numbers(await client.query('FETCH LAST c'))).toEqual([99_999]);
    expect(await temporaryFiles()).toHaveLength(1);
    expect(numbers(await client.query('FETCH ABSOLUTE 50001 c'))).toEqual([50_000]);
    expect(numbers(await client.query('FETCH BACKWARD 3000 c'))).toEqual(
      Array.from({ length: 3_000 }, (_, index) => 49_999 - index),
    );
    expect(numbers(await client.query('FETCH RELATIVE 40000 c'))).toEqual([87_000]);
    expect(numbers(await client.query('FETCH BACKWARD ALL c'))).toHaveLength(87_000);
    expect(numbers(await client.query('FETCH ALL c'))).toHaveLength(100_000);
    await client.query('COMMIT');
    expect(await temporaryFiles()).toEqual([]);
  }));

it('that only go forward stream: nothing is kept, and the rest is never made', () =>
  withClient(async (client) => {
    await client.query(`BEGIN; DECLARE c NO SCROLL CURSOR FOR ${wide(50_000_000)}`);
    expect(numbers(await client.query('MOVE 300000 c'))).toEqual([]);
    expect(numbers(await client.query('FETCH 2 c'))).toEqual([300_000, 300_001]);
    const before = process.memoryUsage().rss;
    expect((await client.query('MOVE 600000 c')).tags).toEqual(['MOVE 600000']);
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
    expect(await temporaryFiles()).toEqual([]);
    await client.query('ROLLBACK');
  }));

it('that said neither go back while their rows fit in memory', () =>
  withClient(async (client) => {
    await client.query(`BEGIN; DECLARE c CURSOR FOR ${wide(100_000)}`);
    await client.query('FETCH 2000 c');
    expect(numbers(await client.query('FETCH ABSOLUTE 1 c'))).toEqual([0]);
    await client.query('MOVE 90000 c');
    await expect(client.query('FETCH FIRST c')).rejects.toMatchObject({ code: '55000' });
    await client.query('ROLLBACK');
  }));

it('see no row that is written after DECLARE, however many they have', () =>
  withClient(async (client) => {
    await client.query(`CREATE TEMP TABLE seen AS ${wide(60_000)}`);
    await client.query('BEGIN; DECLARE c NO SCROLL CURSOR FOR SELECT i, s FROM seen ORDER BY i; FETCH 10 c');
    await client.query('DECLARE d NO SCROLL CURSOR FOR SELECT i, s FROM seen ORDER BY i DESC; FETCH 10 d');
    await client.query('DELETE FROM seen');
    const [c, d] = [numbers(await client.query('FETCH ALL c')), numbers(await client.query('FETCH ALL d'))];
    expect([c.length, c[0], c.at(-1)]).toEqual([59_990, 10, 59_999]);
    expect([d.length, d[0], d.at(-1)]).toEqual([59_990, 59_989, 0]);
    await client.query('ROLLBACK');
    expect(await temporaryFiles()).toEqual([]);
  }));

it('WITH HOLD outlive the transaction and errors, until they are closed or the session ends', async () => {
  await withClient(async (client) => {
    await client.query(`BEGIN; DECLARE h CURSOR WITH HOLD FOR ${wide(60_000)}; FETCH 5 h; COMMIT`);
    await expect(client.query('SELECT nothing')).rejects.toMatchObject({ code: '42703' });
    expect(numbers(await client.query('FETCH 2 h'))).toEqual([5, 6]);
    expect(numbers(await client.query('FETCH ALL h'))).toHaveLength(59_993);
    await client.query(`DECLARE again CURSOR WITH HOLD FOR ${wide(60_000)}`);
    expect(await temporaryFiles()).toHaveLength(2);
    await client.query('CLOSE h');
    expect(await temporaryFiles()).toHaveLength(1);
  });
  await expect.poll(temporaryFiles).toEqual([]);
});

it('fail a commit that has to keep rows which the query can not give', () =>
  withClient(async (client) => {
    const broken = "SELECT CAST(CASE WHEN range = 3000000 THEN 'x' ELSE '1' END AS INTEGER) AS a FROM range(3100000)";
    await client.query('CREATE TEMP TABLE kept (i INTEGER)');
    await client.query(`BEGIN; INSERT INTO kept VALUES (1); DECLARE h NO SCROLL CURSOR WITH HOLD FOR ${broken}`);
    expect(numbers(await client.query('FETCH 1 h'))).toEqual([1]);
    await expect(client.query('COMMIT')).rejects.toMatchObject({ code: '22P02' });
    expect(numbers(await client.query('SELECT count(*) FROM kept'))).toEqual([0]);
    await expect(client.query('FETCH h')).rejects.toMatchObject({ code: '34000' });
  }));

it.each(['DECLARE', 'FETCH'])('are cancelled in %s, and the session goes on', (where) =>
  withClient(async (client) => {
    const endless = 'SELECT a.range AS i FROM range(10000000000) a WHERE hash(a.range) = 1';
    const text = where === 'FETCH' ? `SELECT range AS i FROM range(5000) UNION ALL ${endless}` : endless;
    const declare = `BEGIN; DECLARE c CURSOR FOR ${text}`;
    const fetchAll = () => client.query('FETCH ALL c');
    const running = where === 'FETCH' ? client.query(declare).then(fetchAll) : client.query(declare);
    setTimeout(() => client.cancel(), 700);
    await expect(running).rejects.toMatchObject({ code: '57014' });
    await expect(client.query('FETCH c')).rejects.toMatchObject({ code: '25P02' });
    await client.query('ROLLBACK');
    expect(numbers(await client.query('SELECT 1'))).toEqual([1]);
  }),
);

it('move all the way when a portal over FETCH is not read to its end', () =>
  withClient(async (client) => {
    await client.query('BEGIN; DECLARE c CURSOR FOR SELECT range AS i FROM range(10000)');
    const part = (portal: string, rows: number) => serialize.execute({ portal, rows });
    client.socket.write(
      Buffer.concat([
        serialize.parse({ name: 'f', text: 'FETCH 5000 FROM c' }),
        serialize.bind({ portal: 'f', statement: 'f' }),
        part('f', 3),
        serialize.sync(),
      ]),
    );
    expect(numbers(await client.answer())).toEqual([0, 1, 2]);
    client.socket.write(Buffer.concat([part('f', 3), serialize.sync()]));
    expect(numbers(await client.answer())).toEqual([3, 4, 5]);
    expect(numbers(await client.query('FETCH 2 c'))).toEqual([5_000, 5_001]);
    // The rest of the first one is gone: an error, never fewer rows.
    client.socket.write(Buffer.concat([part('f', 0), serialize.sync()]));
    await expect(client.answer()).rejects.toMatchObject({ code: '55000' });
    await client.query('ROLLBACK');
  }));

it(
  'have a limit',
  () =>
    withClient(async (client) => {
      const names = Array.from({ length: 1_000 }, (_, index) => `DECLARE c${index} CURSOR FOR SELECT 1`);
      await client.query(`BEGIN; ${names.join(';')}`);
      await expect(client.query('DECLARE more CURSOR FOR SELECT 1')).rejects.toMatchObject({ code: '54000' });
      await client.query('ROLLBACK');
    }),
  60_000,
);

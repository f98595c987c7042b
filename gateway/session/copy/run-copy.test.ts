import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCopy } from '../../../testdata/harness/copy-client.ts';
import { RawClient } from '../../../testdata/harness/raw-client.ts';
import { WireServer } from '../../../testdata/harness/wire-server.ts';

describe('COPY', () => {
  let folder: string;
  let server: WireServer;
  let client: RawClient;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-copy-'));
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const sql = "SELECT i::INTEGER AS id, 'row ' || i AS name FROM range(3) t(i)";
    await connection.run(`COPY (${sql}) TO '${join(folder, 'things.parquet')}' (FORMAT parquet)`);
    connection.closeSync();
    instance.closeSync();
    server = await WireServer.start({ data: [folder] });
    client = await RawClient.connect(server.port);
  });
  afterAll(async () => {
    await client?.close();
    await server?.stop();
    await rm(folder, { recursive: true });
  });

  it('gives the rows of a data set', async () => {
    const answer = await runCopy(client, 'COPY (SELECT * FROM things ORDER BY id) TO STDOUT (FORMAT csv, HEADER)');
    expect(Buffer.concat(answer.data).toString()).toBe('id,name\n0,row 0\n1,row 1\n2,row 2\n');
    const table = await runCopy(client, 'COPY things (name) TO STDOUT');
    expect(table.tags).toEqual(['COPY 3']);
  });

  it('is cancelled while it waits for the client, and undone', async () => {
    await client.query('CREATE TABLE c (a INTEGER)');
    client.socket.write(serialize.query('COPY c FROM STDIN'));
    expect((await client.next()).type).toBe('G');
    client.socket.write(serialize.copyData(Buffer.from('1\n2\n')));
    await delay(50);
    expect(server.session.hub.copies.list()).toMatchObject([
      { command: 'COPY FROM', table: { name: 'c' }, bytesProcessed: 4 },
    ]);
    await client.cancel();
    await expect(client.answer()).rejects.toMatchObject({ code: '57014' });
    client.socket.write(serialize.copyDone());
    expect((await client.query('SELECT count(*) FROM c')).rows[0]![0]!.toString()).toBe('0');
    expect(server.session.hub.copies.list()).toEqual([]);
  });

  it('casts, computes defaults and filters', async () => {
    await client.query('CREATE SEQUENCE ids');
    await client.query(
      "CREATE TABLE d (id INTEGER DEFAULT nextval('ids'), s STRUCT(x INTEGER, y TEXT), m INTEGER[][], z TIME WITH TIME ZONE)",
    );
    const data = [Buffer.from("{'x': 1, 'y': 'a'}\t[[1],[2, 3]]\t10:00:00+02\n{'x': 2, 'y': 'b'}\t[]\t\\N\n")];
    const answer = await runCopy(client, 'COPY d (s, m, z) FROM STDIN', data);
    expect([answer.error, answer.tags]).toEqual([null, ['COPY 2']]);
    const { rows } = await client.query('SELECT id, s.x, len(m), z IS NULL FROM d ORDER BY id');
    expect(rows.map((row) => row.map(String).join())).toEqual(['1,1,2,f', '2,2,0,t']);
    const filtered = await runCopy(client, 'COPY d (id) FROM STDIN WHERE id > 10', [Buffer.from('10\n11\n')]);
    expect(filtered.tags).toEqual(['COPY 1']);
  });

  it('takes 20,000 rows of every way of cutting', async () => {
    await client.query('CREATE TABLE n (a INTEGER, b TEXT)');
    const text = Array.from({ length: 20_000 }, (_, n) => `${n}\trow ${n}\n`).join('');
    const answer = await runCopy(client, 'COPY n FROM STDIN', [
      Buffer.from(text.slice(0, 99_999)),
      Buffer.from(text.slice(99_999)),
    ]);
    expect(answer.tags).toEqual(['COPY 20000']);
    const { rows } = await client.query("SELECT count(*), sum(a), count(*) FILTER (b = 'row ' || a) FROM n");
    expect(rows[0]!.map(String)).toEqual(['20000', '199990000', '20000']);
  });
});

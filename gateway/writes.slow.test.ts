/** Data sets that are written while workers and gateways are killed: whole or not there, each row once, and nothing left over. */
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayProcess } from '../testdata/harness/gateway-process.ts';
import { RawClient } from '../testdata/harness/raw-client.ts';
import { lastQuery } from '../testdata/harness/run-cases.ts';
import { swept } from '../testdata/harness/written-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'sluice-write-faults-'));
const data = join(root, 'data');
const state = join(root, 'state');
const rowCount = 1_000_000;
const files = 6;
const sums = 'count(*), count(DISTINCT id), sum(id), sum(hash(id, amount, name))';

const forms = [
  { name: 'hashed', options: 'hash_by = (k), partitions = 8' },
  { name: 'exchanged', options: 'hash_by = (k), partitions = 8, row_group_size = 30000' },
  { name: 'plain', options: "compression = 'zstd'" },
  { name: 'keyed', options: 'partition_by = (g)' },
];

async function makeSource(): Promise<void> {
  mkdirSync(join(data, 'src'), { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  for (let file = 0; file < files; file++) {
    const [from, to] = [file, file + 1].map((n) => Math.floor((n * rowCount) / files));
    const rows = `SELECT i AS id, hash(i) % 100000 AS k, (hash(i * 3) % 100000) / 100 AS amount, 'name ' || i % 977 AS name,
      i % 5 AS g FROM range(${from}, ${to}) t(i)`;
    await connection.run(`COPY (${rows}) TO '${data}/src/${file}.parquet'`);
  }
  connection.closeSync();
  instance.closeSync();
}

const start = () => GatewayProcess.start({ data: [data], workers: 2, state });

/** Kills the gateway under its client. */
async function kill(gateway: GatewayProcess, client: RawClient): Promise<void> {
  client.socket.on('error', () => undefined);
  const ended = once(gateway.process, 'exit');
  gateway.process.kill('SIGKILL');
  await ended;
  client.socket.destroy();
}

async function textOf(client: RawClient, sql: string): Promise<string> {
  const { rows } = await client.query(sql);
  return rows.map((row) => row.map(String).join()).join('\n');
}

/** How long a write takes when nothing happens, ms. */
async function timeOf(client: RawClient, sql: string): Promise<number> {
  const started = performance.now();
  await client.query(sql);
  return performance.now() - started;
}

/** The answer of a table, or undefined when it is not there. */
async function tableSums(client: RawClient, table: string): Promise<string | undefined> {
  return await textOf(client, `SELECT ${sums} FROM ${table}`).catch((error: { code?: string }) => {
    if (error.code === '42P01') return undefined;
    throw error;
  });
}

beforeAll(makeSource);
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a worker that is killed while it writes', () => {
  it.each(forms)('$name: every row is written once', async ({ name, options }) => {
    const gateway = await start();
    const client = await RawClient.connect(gateway.port);
    try {
      const expected = await textOf(client, `SELECT ${sums} FROM src`);
      const create = (table: string) =>
        `CREATE TABLE ${table} WITH (location = '${data}/${table}', ${options}) AS SELECT * FROM src`;
      await client.query(create(`${name}_first`));
      const wholeMs = await timeOf(client, create(`${name}_calm`));
      let retries = 0;
      let longest = 0;
      for (const [round, share] of [0.1, 0.25, 0.4, 0.55, 0.7, 0.85].entries()) {
        await gateway.workersJoined(2);
        const table = `${name}_${round}`;
        const started = performance.now();
        const writing = client.query(create(table));
        await delay(wholeMs * share);
        await gateway.killWorker();
        await writing;
        longest = Math.max(longest, performance.now() - started);
        retries += (await lastQuery(client)).retries;
        expect(await tableSums(client, table)).toBe(expected);
        await swept(join(data, table), state);
      }
      console.log(
        `${name}: ${retries} retries over 6 kills; ${wholeMs.toFixed(0)} ms undisturbed, at most ${longest.toFixed(0)} ms`,
      );
      expect(retries).toBeGreaterThan(0);
    } finally {
      await client.close();
      await gateway.stop();
    }
  });
});

describe('a gateway that is killed in the middle of CREATE TABLE ... AS', () => {
  it.each(forms)('$name: after a restart the table is whole or not there', async ({ name, options }) => {
    let gateway = await start();
    let client = await RawClient.connect(gateway.port);
    const expected = await textOf(client, `SELECT ${sums} FROM src`);
    const create = (table: string) =>
      `CREATE TABLE ${table} WITH (location = '${data}/${table}', ${options}) AS SELECT * FROM src`;
    const wholeMs = await timeOf(client, create(`${name}_before`));
    let whole = 0;
    const shares = [0.05, 0.3, 0.6, 0.8, 0.9, 0.95, 1, 1.05];
    for (const [round, share] of shares.entries()) {
      const table = `${name}_killed_${round}`;
      const folder = join(data, table);
      const writing = client.query(create(table)).catch(() => undefined);
      await delay(wholeMs * share);
      await kill(gateway, client);
      await writing;
      gateway = await start();
      client = await RawClient.connect(gateway.port);
      await swept(folder, state);
      const found = await tableSums(client, table);
      if (found === undefined) expect(existsSync(folder), `${folder} is gone`).toBe(false);
      else expect(found).toBe(expected);
      whole += found === undefined ? 0 : 1;
      if (found === undefined) await client.query(create(table));
      expect(await tableSums(client, table)).toBe(expected);
    }
    console.log(`${name}: ${whole} of ${shares.length} tables whole after the gateway was killed`);
    await client.close();
    await gateway.stop();
  });

  it('an INSERT and an overwrite too: the old rows or the new ones', async () => {
    let gateway = await start();
    let client = await RawClient.connect(gateway.port);
    const folder = join(data, 'target');
    await client.query(
      `CREATE TABLE target WITH (location = '${folder}', partitions = 3) AS SELECT * FROM src LIMIT 1000`,
    );
    const states = [await tableSums(client, 'target')];
    const insert = 'INSERT INTO target SELECT * FROM src';
    const overwrite = `COPY (SELECT * FROM src WHERE id % 2 = 0) TO '${folder}' (overwrite, partitions 3)`;
    const half = await textOf(client, `SELECT ${sums} FROM src WHERE id % 2 = 0`);
    const wholeMs = await timeOf(client, `COPY src TO '${data}/scrap' (partitions 3)`);
    for (const [round, share] of [0.2, 0.7, 0.9, 1, 1.1].entries()) {
      const before = await tableSums(client, 'target');
      const rows = await textOf(client, 'SELECT count(*) FROM target');
      const writing = client.query(round % 2 === 0 ? insert : overwrite).catch(() => undefined);
      await delay(wholeMs * share);
      await kill(gateway, client);
      await writing;
      gateway = await start();
      client = await RawClient.connect(gateway.port);
      await swept(folder, state);
      const after = await tableSums(client, 'target');
      const inserted = String(Number(rows) + rowCount);
      if (round % 2 === 1) expect([before, half]).toContain(after);
      else if (after !== before) expect(await textOf(client, 'SELECT count(*) FROM target')).toBe(inserted);
      states.push(after);
    }
    console.log(`target: ${new Set(states).size - 1} of 5 writes were committed before the gateway was killed`);
    await client.close();
    await gateway.stop();
  });
});

/** A job with a checkpoint goes on where it was when the gateway was killed or its run was cancelled, and begins anew when what it reads has changed. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { GatewayProcess } from '../testdata/harness/gateway-process.ts';
import { RawClient } from '../testdata/harness/raw-client.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });

const root = mkdtempSync(join(tmpdir(), 'sluice-checkpoints-'));
const state = join(root, 'state');
const data = join(root, 'data');
const rowsPerFile = 20_000;
const keys = 50;
let gateway: GatewayProcess | undefined;

/** The join takes long: each row meets some thousands. What it reads is there soon. */
const job = `SELECT /*+ checkpoint('pairs') strategy(stages) partitions(4) colocate(a, b) */ a.k, count(*) AS pairs, sum((a.id * b.id) % 7) AS mixed
  FROM t a JOIN t b USING (k) GROUP BY a.k ORDER BY a.k`;

async function writeFile(number: number, rows = rowsPerFile): Promise<void> {
  const duckdb = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  const from = number * rowsPerFile;
  await duckdb.run(
    `COPY (SELECT i AS id, i % ${keys} AS k FROM range(${from}, ${from + rows}) t(i)) TO '${data}/t/${number}.parquet'`,
  );
  duckdb.closeSync();
}

async function start(): Promise<RawClient> {
  gateway = await GatewayProcess.start({ data: [data], workers: 2, state, flags: ['--direct-max-bytes', '0'] });
  return RawClient.connect(gateway.port);
}

/** Resolves when the tasks that read the files have ended, and the join has not; what has ended until then. */
async function halfDone(): Promise<ReadonlyMap<number, number>> {
  while ((finished().get(0) ?? 0) < 3) await delay(20);
  return finished();
}

/** Rows of each key that meet in the join, in an order. */
function pairsPerKey(rows: number): string[][] {
  const perKey = rows / keys;
  return Array.from({ length: keys }, (_, k) => [String(k), String(perKey * perKey)]);
}

/** What finished tasks have left, by the number of their stage. */
function finished(): ReadonlyMap<number, number> {
  const folder = join(state, 'tmp/exchange/checkpoints');
  const stages = new Map<number, number>();
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    for (const file of readdirSync(join(folder, name))) {
      if (!/\.\d+\.json$/.test(file)) continue;
      const { stage } = JSON.parse(readFileSync(join(folder, name, file), 'utf8')) as { stage: number };
      stages.set(stage, (stages.get(stage) ?? 0) + 1);
    }
  }
  return stages;
}

interface StageOfLast {
  readonly id: number;
  readonly tasks: number;
  readonly reused: number;
}

async function stagesOfLast(client: RawClient): Promise<readonly StageOfLast[]> {
  const { rows } = await client.query('SHOW sluice.last_query');
  return (JSON.parse(rows[0]![0]!.toString()) as { stages: readonly StageOfLast[] }).stages;
}

const total = (stages: readonly StageOfLast[]) => stages.reduce((sum, { reused }) => sum + reused, 0);

beforeAll(async () => {
  mkdirSync(join(data, 't'), { recursive: true });
  for (let file = 0; file < 3; file++) await writeFile(file);
});
afterAll(async () => {
  await gateway?.stop();
  rmSync(root, { recursive: true, force: true });
});

it('goes on after the gateway was killed, without what had been done', async () => {
  const first = await start();
  const broken = expect(first.query(job)).rejects.toThrow();
  const done = await halfDone();
  gateway!.process.kill('SIGKILL');
  await broken;

  const second = await start();
  const kept = await second.query('SELECT stage, tasks FROM sluice.checkpoints ORDER BY stage');
  expect(kept.rows.length).toBeGreaterThan(0);
  const { rows } = await second.query(job);
  expect(rows.map((row) => row.slice(0, 2).map(String))).toEqual(pairsPerKey(3 * rowsPerFile));
  const stages = await stagesOfLast(second);
  const reader = stages.find(({ id }) => id === 0)!;
  expect(reader.reused).toBeGreaterThanOrEqual(done.get(0)!);

  // Nothing has changed: only what hands the answer on runs once more.
  const again = await second.query(job);
  expect(again.rows.map(String)).toEqual(rows.map(String));
  const last = await stagesOfLast(second);
  expect(last.filter(({ tasks }) => tasks > 0).map(({ id }) => id)).toEqual([Math.max(...last.map(({ id }) => id))]);

  // With another setting of what rows depend on, and with another file, it begins anew.
  await second.query("SET TimeZone = 'Asia/Tokyo'");
  await second.query(job);
  expect(total(await stagesOfLast(second))).toBe(0);
  await writeFile(2, rowsPerFile / 2);
  await second.query(job);
  expect(total(await stagesOfLast(second))).toBe(0);

  await second.query('DROP CHECKPOINT pairs');
  expect((await second.query('SELECT * FROM sluice.checkpoints')).rows).toEqual([]);
  expect(finished().size).toBe(0);
  await second.close();
});

it('goes on after its run was cancelled, without what had been done', async () => {
  await gateway?.stop();
  const client = await start();
  const { rows: counted } = await client.query('SELECT count(*) FROM t');
  const broken = expect(client.query(job)).rejects.toMatchObject({ code: '57014' });
  const done = await halfDone();
  await client.cancel();
  await broken;
  // A task that was about to end when the cancel came may have left what it did, or not.
  expect(finished().get(0)).toBeGreaterThanOrEqual(done.get(0)!);

  const { rows } = await client.query(job);
  expect(rows.map((row) => row.slice(0, 2).map(String))).toEqual(pairsPerKey(Number(counted[0]![0])));
  const stages = await stagesOfLast(client);
  const reader = stages.find(({ id }) => id === 0)!;
  expect(reader.reused).toBeGreaterThanOrEqual(done.get(0)!);
  console.log(
    `cancelled: ${total(stages)} of ${total(stages) + stages.reduce((sum, { tasks }) => sum + tasks, 0)} tasks reused`,
  );
  await client.query('DROP CHECKPOINT pairs');
  await client.close();
});

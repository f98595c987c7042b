/** What a session tells of queries that ran in stages; the plan is written by hand, all else is real. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { analyze } from '../../planner/analyze.ts';
import { errors } from '../../planner/errors.ts';
import type { MakePlan } from '../../planner/index.ts';
import { makePlan } from '../../planner/make-plan.ts';
import { explainJson } from '../../planner/plan/explain-json.ts';
import { explainText } from '../../planner/plan/explain-text.ts';
import type { Plan, Scan, Stage } from '../../planner/plan/plan.ts';
import { makeFiles, planOf, rowsPerFile } from '../../testdata/harness/coordinator-bed.ts';
import { type Fault, InProcessFleet } from '../../testdata/harness/in-process-fleet.ts';
import { RawClient } from '../../testdata/harness/raw-client.ts';
import { WireServer } from '../../testdata/harness/wire-server.ts';
import type { Run } from '../../worker/protocol/messages.ts';

let files: Awaited<ReturnType<typeof makeFiles>>;
let exchangeDirectory: string;
let fleet: InProcessFleet;
let server: WireServer;
let client: RawClient;
let faultOf: (run: Run) => Fault | undefined = () => undefined;

const sql = 'SELECT a % 10 AS k, count(*) AS n FROM pairs GROUP BY k';

/** Rows by key, then their counts; where stages are switched off, what the planner gives. */
const planStages: MakePlan = async (request, world) => {
  if (request.settings.disabled.includes('stages')) return makePlan(request, world);
  const { format, columns, options, files: paths } = request.catalog.lookup(undefined, 'pairs')!;
  const scans = paths.map((file): Scan => ({ name: '__scan0', format, columns, options, files: [file] }));
  const first: Stage = {
    id: 0,
    sql: 'SELECT a % 10 AS k FROM __scan0',
    columns: [{ name: 'k', type: 'BIGINT' }],
    tasks: scans.map((scan, partition) => ({ partition, scans: [scan] })),
    replayable: true,
    why: 'rows by key',
    exchange: { hashBy: ['"k"'], partitions: 4, bytes: 1000 },
  };
  const second: Stage = {
    id: 1,
    sql: 'SELECT k, count(*) AS n FROM __in0 GROUP BY k',
    columns: [
      { name: 'k', type: 'BIGINT' },
      { name: 'n', type: 'BIGINT' },
    ],
    tasks: [0, 1, 2, 3].map((partition) => ({ partition, scans: [] })),
    replayable: false,
    why: 'counts',
    inputs: [{ relation: '__in0', stages: [0], mode: 'partition', required: true }],
  };
  const plan: Plan = planOf({
    strategy: 'stages',
    columns: second.columns,
    stages: [first, second],
    exchange: { via: request.settings.exchange, adaptive: false },
    rawGathers: ['none, but for this test'],
    decisions: [{ strategy: 'stages', taken: true, reason: 'by hand' }],
    result: { kind: 'concat', stage: 1, limit: null, offset: 0 },
  });
  return plan;
};

beforeAll(async () => {
  files = await makeFiles(3);
  exchangeDirectory = await mkdtemp(join(tmpdir(), 'sluice-exchange-'));
  fleet = new InProcessFleet({
    workers: 2,
    slots: 2,
    allowedDirectories: [files.folder, exchangeDirectory],
    faultOf: (run) => faultOf(run),
  });
  await fleet.start();
  server = await WireServer.start({
    data: [`pairs=${files.folder}/*.parquet`],
    planner: { analyze, makePlan: planStages, explainText, explainJson },
    fleet,
    exchangeDirectory,
  });
  client = await RawClient.connect(server.port);
});
afterEach(async () => {
  faultOf = () => undefined;
  for (const name of ['exchange', 'exchange_frame_bytes']) await client.query(`RESET sluice.${name}`);
});
afterAll(async () => {
  await client.close();
  await server.stop();
  await fleet.stop();
  await files.remove();
  await rm(exchangeDirectory, { recursive: true });
});

const texts = async (text: string) => (await client.query(text)).rows.map((row) => row.map((cell) => cell?.toString()));
const lines = async (text: string) => (await texts(text)).map(([line]) => line!);
const counts = Array.from({ length: 10 }, (_, k) => [String(k), String((3 * rowsPerFile) / 10)]);
const answer = async () => (await texts(sql)).sort(([a], [b]) => Number(a) - Number(b));
const lastQuery = async () => JSON.parse((await lines('SHOW sluice.last_query'))[0]!);
const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, number) => total + number, 0);

it('EXPLAIN tells what stages read and leave, and runs nothing', async () => {
  const before = fleet.attempts.length;
  const plan = await lines(`EXPLAIN ${sql}`);
  expect(plan).toContain('exchanges: frames or files, by size; every partition has its task');
  expect(plan).toContain('raw gather: none, but for this test');
  expect(plan).toContain('  leaves: rows in 4 partitions by hash of "k", about 1000 bytes');
  expect(plan).toContain('  reads __in0: each task its partition of stage 0');
  const [text] = await lines(`EXPLAIN (FORMAT JSON) ${sql}`);
  expect(JSON.parse(text!)[0].Plan).toMatchObject({
    exchange: { via: 'auto', adaptive: false },
    stages: [{ exchange: { partitions: 4 } }, { inputs: [{ relation: '__in0', mode: 'partition' }] }],
  });
  const [summary] = await lines(`EXPLAIN (FORMAT JSON, SUMMARY) ${sql}`);
  expect(JSON.parse(summary!)[0]['Planning Time']).toBeGreaterThan(0);
  expect(await lines(`EXPLAIN (SUMMARY) ${sql}`)).toContainEqual(
    expect.stringMatching(/^planning time: \d+\.\d{3} ms$/),
  );
  expect(plan.filter((line) => line.startsWith('planning time'))).toEqual([]);
  expect(fleet.attempts.length).toBe(before);
});

it('EXPLAIN ANALYZE tells what each stage did, and phases that add up', async () => {
  await client.query("SET sluice.exchange = 'files'");
  const plan = await lines(`EXPLAIN ANALYZE ${sql}`);
  expect(plan).toContain('rows: 10');
  expect(plan).toContain('workers: 2, tasks: 7, retries: 0');
  expect(plan).toContainEqual(expect.stringMatching(/^stage 0: 3 tasks on 2 workers, retries: 0, spooled: 0 bytes$/));
  expect(plan).toContainEqual(
    expect.stringMatching(/^ {2}in: 0 rows of stages, \d+ bytes; out: 60000 rows, \d+ bytes in 4 partitions as files$/),
  );
  expect(plan).toContainEqual(expect.stringMatching(/^ {2}in: 60000 rows of stages, .* bytes to the gateway$/));
  const times = plan.filter((line) => line.startsWith('  time: '));
  expect(times).toHaveLength(2);
  for (const line of times)
    expect(line).toMatch(/min [\d.]+ ms, median [\d.]+ ms, max [\d.]+ ms, slowest on worker \d+$/);
  const phases = plan.find((line) => line.startsWith('phases: '))!;
  expect(phases).toMatch(/^phases: plan .*, admit .*, scatter .*, merge .*, deliver /);
  const total = Number(/^execution time: ([\d.]+) ms$/.exec(plan.at(-1)!)![1]);
  expect(sum(phases.match(/[\d.]+(?= ms)/g)!.map(Number))).toBeCloseTo(total, 3);
  expect(await readdir(exchangeDirectory)).toEqual([]);
});

it('EXPLAIN (ANALYZE, FORMAT JSON) tells the same', async () => {
  const [text] = await lines(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`);
  const [told] = JSON.parse(text!);
  expect(told).toMatchObject({
    'Actual Rows': 10,
    Tasks: 7,
    Stages: [
      { id: 0, tasks: 3, rows: 60_000, exchange: 'frames' },
      { id: 1, tasks: 4, rows: 10, inputRows: 60_000, exchange: null },
    ],
  });
  expect(sum(Object.values<number>(told.Phases))).toBeCloseTo(told['Execution Time'], 3);
});

it('SHOW sluice.last_query tells it of any query; the way follows the settings', async () => {
  expect(await answer()).toEqual(counts);
  expect(await lastQuery()).toMatchObject({
    strategy: 'stages',
    rawGathers: ['none, but for this test'],
    stages: [
      { id: 0, tasks: 3, rows: 60_000, partitionsWithRows: 4, workers: [1, 2], retries: 0, exchange: 'frames' },
      { id: 1, tasks: 4, rows: 10, exchange: null },
    ],
  });
  const { phases, elapsedMs } = await lastQuery();
  expect(sum(Object.values<number>(phases))).toBeCloseTo(elapsedMs, 3);
  expect(phases.plan).toBeGreaterThan(0);
  await client.query("SET sluice.exchange_frame_bytes = '999'");
  expect(await answer()).toEqual(counts);
  expect((await lastQuery()).stages[0].exchange).toBe('files');
});

it('an error of the query in a stage is judged by running the query whole', async () => {
  faultOf = ({ attempt }) =>
    attempt.split('.').at(-3) === '0'
      ? { kind: 'fail', afterBatches: 0, error: errors.engine('user', '22012', 'division by zero') }
      : undefined;
  expect(await answer()).toEqual(counts);
  const { strategy, phases } = await lastQuery();
  expect(strategy).toBe('direct');
  expect(phases.earlier).toBeGreaterThan(0);
});

it('a query runs again when the rows of a stage are lost', async () => {
  let left = 2;
  faultOf = ({ attempt }) =>
    attempt.split('.').at(-3) === '1' && left-- > 0
      ? { kind: 'fail', afterBatches: -1, error: errors.stageRowsLost('x', 'gone') }
      : undefined;
  expect(await answer()).toEqual(counts);
  expect(await lastQuery()).toMatchObject({ strategy: 'stages' });
});

it('that the exchange folder is not shared is no error of the query: it is told', async () => {
  faultOf = () => ({ kind: 'fail', afterBatches: -1, error: errors.exchangeNotShared('x') });
  await expect(client.query(sql)).rejects.toMatchObject({ code: '55000' });
});

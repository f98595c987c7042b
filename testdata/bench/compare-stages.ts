import { setTimeout as delay } from 'node:timers/promises';
import { GatewayProcess } from '../harness/gateway-process.ts';
import { Oracle } from '../harness/oracle.ts';
import { RawClient } from '../harness/raw-client.ts';
import { type Benchmark, benchmarkData, benchmarkQueries } from '../harness/tpc.ts';
import { fetchAll } from './compare-tpch.ts';
import { geometricMean, line, median, timed, timesInTurn } from './measure.ts';

const runs = 5;
const runsOfPlanning = 9;
/** Queries that take one worker longer than this count for the second goal of the speed-up. */
const longMs = 300;
const oneThread = ['--worker-slots', '1', '--worker-threads', '1'];

interface Side {
  readonly run: (sql: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Sluice with workers of one slot and one thread, forced to stages. */
async function sluiceSide(data: string, workers: number): Promise<Side> {
  const gateway = await GatewayProcess.start({ data: [data], workers, flags: oneThread });
  const client = await RawClient.connect(gateway.port);
  await client.query('SET sluice.dialect = duckdb');
  await client.query('SET sluice.strategy = stages');
  await client.query('SET sluice.adaptive = on');
  return {
    run: async (sql) => void (await client.query(sql)),
    close: async () => {
      await client.close();
      await gateway.stop();
    },
  };
}

async function duckdbSide(data: string, threads: number): Promise<Side> {
  const duckdb = await Oracle.open(data, { dialect: 'duckdb' }, threads);
  await duckdb.connection.run("SET disabled_optimizers = ''");
  return { run: (sql) => fetchAll(duckdb.connection, sql), close: async () => duckdb.close() };
}

/** TPC-H SF1 as stages: beside one DuckDB, and from one worker to two; and how long planning takes. */
export async function compareStages(print: (text: string) => void): Promise<void> {
  const data = await benchmarkData('tpch', 1);
  const sides = [
    await sluiceSide(data, 2),
    await duckdbSide(data, 2),
    await sluiceSide(data, 1),
    await duckdbSide(data, 1),
  ];
  const rows: { readonly name: string; readonly times: readonly number[] }[] = [];
  try {
    for (const { name, sql } of await benchmarkQueries('tpch')) {
      const times = await timesInTurn(
        runs,
        sides.map((side) => () => side.run(sql)),
      );
      const medians = times.map(median);
      rows.push({ name, times: medians });
      print(line(`TPC-H SF1 ${name}, stages, 2 x 1 thread`, medians[0]!, 'DuckDB', medians[1]!, 'goal: at most 4'));
    }
  } finally {
    for (const side of sides) await side.close();
  }
  printRatios(rows, print);
  for (const benchmark of ['tpch', 'tpcds'] as const) await comparePlanning(benchmark, print);
}

function printRatios(
  rows: readonly { readonly name: string; readonly times: readonly number[] }[],
  print: (text: string) => void,
): void {
  const ratios = rows.map(({ name, times }) => ({ name, ratio: times[0]! / times[1]! }));
  const worst = ratios.reduce((a, b) => (b.ratio > a.ratio ? b : a));
  print(
    `TPC-H SF1, stages, 2 workers x 1 thread / DuckDB x 2 threads: geometric mean ${geometricMean(ratios.map(({ ratio }) => ratio)).toFixed(2)} (goal: at most 1.50), worst ${worst.ratio.toFixed(2)} at ${worst.name} (goal: at most 4)`,
  );
  const long = rows.filter(({ times }) => times[2]! > longMs);
  for (const [what, some, goal] of [
    ['all queries', rows, 'goal: at least 1.4'],
    [`queries over ${longMs} ms (${long.length})`, long, 'goal: at least 1.6'],
  ] as const) {
    const ours = geometricMean(some.map(({ times }) => times[2]! / times[0]!));
    const theirs = geometricMean(some.map(({ times }) => times[3]! / times[1]!));
    print(
      `TPC-H SF1, speed-up from 1 to 2 workers, ${what}: ${ours.toFixed(2)} (${goal}); DuckDB from 1 to 2 threads: ${theirs.toFixed(2)}`,
    );
  }
}

const planningGoals: Readonly<Record<Benchmark, number>> = { tpch: 10, tpcds: 30 };

/** How long a gateway has been ready before it is asked: by then it has warmed its planner up. */
const warmMs = 8_000;

/** EXPLAIN as stages: of texts that are new to the gateway (and then of the same with other words in them), and of one that the session planned before. */
async function comparePlanning(benchmark: Benchmark, print: (text: string) => void): Promise<void> {
  const data = await benchmarkData(benchmark, benchmark === 'tpch' ? 1 : 0.1, benchmark === 'tpcds');
  const gateway = await GatewayProcess.start({ data: [data], workers: 2, env: { SLUICE_WARM_UP: 'on' } });
  const queries = await benchmarkQueries(benchmark);
  const times = { first: [] as number[], changed: [] as number[], again: [] as number[] };
  try {
    await delay(warmMs);
    for (let run = 0; run < runsOfPlanning; run++) {
      // Plans are kept by session.
      const client = await RawClient.connect(gateway.port);
      await client.query('SET sluice.dialect = duckdb');
      await client.query('SET sluice.strategy = stages');
      const plan = (sql: string) => timed(async () => void (await client.query(`EXPLAIN ${sql}`)));
      for (const { sql } of queries) {
        const fresh = await plan(run === 0 ? sql : withOtherWords(sql, run));
        times[run === 0 ? 'first' : 'changed'].push(fresh);
        times.again.push(await plan(run === 0 ? sql : withOtherWords(sql, run)));
      }
      await client.close();
    }
  } finally {
    await gateway.stop();
  }
  const p50 = (list: readonly number[]) => median(list).toFixed(1);
  const goal = planningGoals[benchmark];
  print(
    `${benchmark}, planning as stages, p50: first pass over all queries ${p50(times.first)} ms (goal: at most ${goal}; slowest ${Math.max(...times.first).toFixed(1)} ms), with other constants ${p50(times.changed)} ms, from the plan cache ${p50(times.again)} ms (goal: at most 2)`,
  );
}

/** Another text of the same form: words in quotes are other words. Dates, numbers and patterns stay, so that types do. */
function withOtherWords(sql: string, run: number): string {
  return `${sql.replace(/'([A-Za-z][A-Za-z ]*)'(?! *(?:day|month|year))/gi, (_, word: string) => `'${word}${run}'`)} -- ${run}`;
}

import { GatewayProcess } from '../harness/gateway-process.ts';
import { Oracle } from '../harness/oracle.ts';
import { RawClient } from '../harness/raw-client.ts';
import { benchmarkData, benchmarkQueries } from '../harness/tpc.ts';
import { fetchAll } from './compare-tpch.ts';
import { geometricMean, line, median, timesInTurn } from './measure.ts';

const runs = 5;
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

/** TPC-H SF1 as stages: beside one DuckDB, and from one worker to two. */
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

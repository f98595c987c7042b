import { setTimeout as delay } from 'node:timers/promises';
import { GatewayProcess } from '../harness/gateway-process.ts';
import { RawClient } from '../harness/raw-client.ts';
import { type Benchmark, benchmarkData, benchmarkQueries } from '../harness/tpc.ts';
import { median } from './measure.ts';

const runs = 9;
/** Milliseconds. */
const goals: Readonly<Record<Benchmark, number>> = { tpch: 10, tpcds: 30 };

/** How long a gateway has been ready before it is asked: by then it has warmed its planner up. */
const warmMs = 8_000;

/** How long TPC-H SF1 and TPC-DS SF 0.1 take to plan. */
export async function comparePlanning(print: (text: string) => void): Promise<void> {
  for (const benchmark of ['tpch', 'tpcds'] as const) await timePlanning(benchmark, print);
}

/**
 * Planning as stages, from the statement to its checked plan: of texts that are new to the gateway (and then of the same with other words in
 * them), and of one that the session planned before; and what a client waits for EXPLAIN, which prints the plan.
 */
async function timePlanning(benchmark: Benchmark, print: (text: string) => void): Promise<void> {
  const data = await benchmarkData(benchmark, benchmark === 'tpch' ? 1 : 0.1, benchmark === 'tpcds');
  const gateway = await GatewayProcess.start({ data: [data], workers: 2, env: { SLUICE_WARM_UP: 'on' } });
  const queries = await benchmarkQueries(benchmark);
  const times = { first: [] as number[], changed: [] as number[], again: [] as number[], explain: [] as number[] };
  try {
    await delay(warmMs);
    for (let run = 0; run < runs; run++) {
      // Plans are kept by session.
      const client = await RawClient.connect(gateway.port);
      await client.query('SET sluice.dialect = duckdb');
      await client.query('SET sluice.strategy = stages');
      for (const { sql } of queries) {
        const text = `EXPLAIN (SUMMARY) ${run === 0 ? sql : withOtherWords(sql, run)}`;
        const begun = performance.now();
        times[run === 0 ? 'first' : 'changed'].push(planningMs(await client.query(text)));
        if (run > 0) times.explain.push(performance.now() - begun);
        times.again.push(planningMs(await client.query(text)));
      }
      await client.close();
    }
  } finally {
    await gateway.stop();
  }
  const p50 = (list: readonly number[]) => median(list).toFixed(1);
  const goal = goals[benchmark];
  print(
    `${benchmark}, planning as stages, p50: first pass over all queries ${p50(times.first)} ms (goal: at most ${goal}; slowest ${Math.max(...times.first).toFixed(1)} ms), with other constants ${p50(times.changed)} ms (EXPLAIN of it, as the client sees it: ${p50(times.explain)}), from the plan cache ${p50(times.again)} ms (goal: at most 2)`,
  );
}

/** What EXPLAIN (SUMMARY) tells. */
function planningMs({ rows }: Awaited<ReturnType<RawClient['query']>>): number {
  const lines = rows.map(([line]) => String(line));
  const told = lines.map((line) => /^planning time: ([\d.]+) ms$/.exec(line)?.[1]).find((ms) => ms !== undefined);
  if (told === undefined) throw new Error(`no planning time in ${lines.at(-1)}`);
  return Number(told);
}

/** Another text of the same form: words in quotes are other words. Dates, numbers and patterns stay, so that types do. */
function withOtherWords(sql: string, run: number): string {
  return `${sql.replace(/'([A-Za-z][A-Za-z ]*)'(?! *(?:day|month|year))/gi, (_, word: string) => `'${word}${run}'`)} -- ${run}`;
}

import { setTimeout as delay } from 'node:timers/promises';
import { applyVariant, type LastQuery, lastQuery, rowStyle, type Variant } from './bench-cases.ts';
import { checkQuery } from './check-query.ts';
import { GatewayProcess } from './gateway-process.ts';
import { Oracle } from './oracle.ts';
import { RawClient } from './raw-client.ts';
import { type Benchmark, type BenchmarkQuery, benchmarkData } from './tpc.ts';

/** One way to run a benchmark's query. */
export interface TpcVariant extends Omit<Variant, 'protocol' | 'dialect'> {
  /** A worker is killed while the query runs. */
  readonly kill: boolean;
}

const partitionCounts = [2, 3, 7, 16, 1];

/** Every value of partitions, exchange, broadcast and kill meets every value of the others: ten variants. */
export const pairwise: readonly TpcVariant[] = [true, false].flatMap((first) =>
  partitionCounts.map((partitions, index) => ({
    strategy: 'stages' as const,
    partitions,
    exchange: first ? ('frames' as const) : ('files' as const),
    broadcast: first === (index % 2 === 0),
    kill: first === (index === 1 || index === 2),
  })),
);

export const tpcLabel = ({ strategy, partitions, exchange, broadcast, kill }: TpcVariant): string =>
  `${strategy} P=${partitions ?? 'auto'} ${exchange ?? 'auto'}${broadcast === false ? ', no broadcast' : ''}${kill ? ', a worker killed' : ''}`;

/** What became of one query in one variant. */
export interface TpcOutcome {
  readonly query: string;
  readonly variant: TpcVariant;
  readonly ran: LastQuery;
}

/** Queries whose floats DuckDB itself varies. */
const varying = /\b(stddev|stddev_samp|var_samp|variance|corr)\b/i;

/** A benchmark at scale factor 0.1, with files without rows, on a gateway with two workers, beside one DuckDB. */
export class TpcRun {
  readonly outcomes: TpcOutcome[] = [];
  readonly #gateway: GatewayProcess;
  readonly #client: RawClient;
  readonly #oracle: Oracle;
  /** How long each query took last, in ms: a kill strikes in the middle. */
  readonly #took = new Map<string, number>();
  /** Kills after which something was run again. */
  retriedKills = 0;
  kills = 0;
  /** Runs whose rows all came from the files of one task: those of a year lie in one file. */
  oneSided = 0;

  private constructor(gateway: GatewayProcess, client: RawClient, oracle: Oracle) {
    this.#gateway = gateway;
    this.#client = client;
    this.#oracle = oracle;
  }

  static async open(benchmark: Benchmark): Promise<TpcRun> {
    const data = await benchmarkData(benchmark, 0.1, true);
    const gateway = await GatewayProcess.start({ data: [data], workers: 2 });
    const client = await RawClient.connect(gateway.port, { TimeZone: 'UTC' });
    return new TpcRun(gateway, client, await Oracle.open(data, { dialect: 'duckdb' }));
  }

  async close(): Promise<void> {
    await this.#client.close();
    this.#oracle.close();
    await this.#gateway.stop();
  }

  /** Runs one query. Null: the answer is right, and where it ran as stages, they carried rows and both workers took part. */
  async check(query: BenchmarkQuery, variant: TpcVariant): Promise<string | null> {
    await applyVariant(this.#client, { ...variant, dialect: 'duckdb' });
    // The oracle's answer is kept, so that the time of the check is that of the gateway.
    await this.#oracle.runOnce(query.sql);
    const killed = variant.kill ? this.#kill((this.#took.get(query.name) ?? 200) / 2) : undefined;
    const start = performance.now();
    const found = await checkQuery(this.#oracle, this.#client, query.sql, {
      protocol: 'simple',
      tolerance: varying.test(query.sql),
      sequence: false,
      names: true,
      style: rowStyle('duckdb'),
    });
    this.#took.set(query.name, performance.now() - start);
    const ran = await lastQuery(this.#client);
    await killed;
    await this.#gateway.workersJoined(2);
    if (variant.kill && ran.retries > 0) this.retriedKills++;
    this.outcomes.push({ query: query.name, variant, ran });
    if (found !== null) return found;
    if (isOneSided(ran, variant)) this.oneSided++;
    return ranAlone(ran, variant);
  }

  async #kill(afterMs: number): Promise<void> {
    await delay(afterMs);
    await this.#gateway.killWorker();
    this.kills++;
  }
}

/** False for a query that no stage ran for (`distributed` counts those), and for one without a stage with two rows, which can't fill two partitions. */
function isDivided(ran: LastQuery, { partitions, strategy }: TpcVariant): boolean {
  return strategy === 'stages' && ran.strategy === 'stages' && partitions !== 1 && mostRows(ran) >= 2;
}

function isOneSided(ran: LastQuery, variant: TpcVariant): boolean {
  return isDivided(ran, variant) && Math.max(0, ...partitionsWithRows(ran)) < 2;
}

/** Told from what ran: did only one worker take part? */
function ranAlone(ran: LastQuery, variant: TpcVariant): string | null {
  if (!isDivided(ran, variant)) return null;
  const workers = new Set(ran.taskRuns.map((run) => run.worker)).size;
  return workers < 2 && !variant.kill ? `tasks ran on ${workers} worker` : null;
}

/** Of the stage with the most rows. */
export function mostRows({ taskRuns }: LastQuery): number {
  const rows = new Map<number, number>();
  for (const run of taskRuns) rows.set(run.stage, (rows.get(run.stage) ?? 0) + run.rows);
  return Math.max(0, ...rows.values());
}

/** For each stage: partitions of its exchange, or of itself, that had rows. */
function partitionsWithRows({ stages, taskRuns }: LastQuery): readonly number[] {
  const counts = new Map<number, number>();
  for (const { stage, rows } of taskRuns) if (rows > 0) counts.set(stage, (counts.get(stage) ?? 0) + 1);
  return [...counts.values(), ...(stages ?? []).map((stage) => stage.partitionsWithRows)];
}

/** How many queries ran as stages with no raw gather in one variant, and a line for each of the others. */
export function distributed(outcomes: readonly TpcOutcome[]): {
  readonly count: number;
  readonly rest: readonly string[];
} {
  const rest: string[] = [];
  let count = 0;
  for (const { query, ran } of outcomes) {
    const raw = ran.rawGathers ?? [];
    if (ran.strategy === 'stages' && raw.length === 0) count++;
    else if (ran.strategy === 'stages') rest.push(`${query}: raw gather: ${raw.join('; ')}`);
    else rest.push(`${query}: ran as ${ran.strategy}${ran.fallback === undefined ? '' : `: ${ran.fallback}`}`);
  }
  return { count, rest };
}

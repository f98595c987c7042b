import { SluiceError } from '../../planner/errors.ts';
import { toSluiceError } from '../../worker/engine/duckdb-error.ts';
import { type Bench, closeBench, lastQuery, openBench, runCase, type Variant, variantLabel } from './bench-cases.ts';
import { type DistributedQuery, distributedQuery } from './random-distributed.ts';
import { simplerTapes, type Tape } from './random-draw.ts';

/** One way to run the query of a seed. */
export type Way = (seed: number) => Variant;

/** Small ones more often: every task has its price. Null: as the planner thinks fit, which has rules of its own. */
const partitions = [2, 3, null, 7, 3, 2, 1, null, 2, 16, 3];

/** For the ordinary run, which has more seeds than time for many tasks. */
const fewPartitions = [2, 3, null, 2, 2, 2, 1, null, 2, 7, 2];

/** Forced stages, every setting of exchanges in turn. */
export const stagesWay: Way = (seed) => inStages(seed, partitions);

/** As `stagesWay`, with fewer tasks for each query. */
export const briefStagesWay: Way = (seed) =>
  inStages(seed, seed % (3 * fewPartitions.length) === 9 ? [16] : fewPartitions);

const inStages = (seed: number, among: readonly (number | null)[]): Variant => ({
  strategy: 'stages',
  partitions: among[seed % among.length] ?? null,
  exchange: (['frames', 'files'] as const)[Math.floor(seed / 2) % 2]!,
  broadcast: seed % 3 !== 0,
  adaptive: seed % 5 === 0,
  protocol: (['simple', 'extended'] as const)[Math.floor(seed / 3) % 2]!,
  dialect: (['duckdb', 'postgres'] as const)[seed % 2]!,
});

/** The other strategies in turn. */
export const otherWay: Way = (seed) => ({
  strategy: (['auto', 'gather', 'direct', 'two_phase'] as const)[seed % 4]!,
  partitions: seed % 4 === 0 ? null : 3,
  protocol: 'simple',
  dialect: (['duckdb', 'postgres'] as const)[seed % 2]!,
});

export interface RandomReport {
  /** A text for each query that differs, with its shrunk form. */
  readonly wrong: readonly string[];
  readonly queries: number;
  /** Those that one DuckDB refuses: another one was taken for their seed. */
  readonly refused: number;
  readonly ranAs: Readonly<Record<string, number>>;
}

/** Answers of more rows say no more. */
const mostRows = 5000;
/** How often another query is taken for a seed when the answer is empty, too long or an error. */
const mostDraws = 4;
const saltOfDraw = 2 ** 24;
/** Bounds of the search for a smaller query that differs in the same way. */
const mostShrinkRuns = 600;
const mostShrinkMs = 90_000;
const statementTimeout = '60s';

/** What one DuckDB and the gateway refuse alike is no difference. */
const refusedAlike = /one DuckDB: (\w{5}) [\s\S]*; gateway: \1 /;

/** Runs the queries of the seeds `from` (included) to `to` (not) in each of the ways, against one DuckDB. */
export class RandomRunner {
  #bench: Bench | undefined;
  readonly #ranAs: Record<string, number> = {};
  readonly #wrong: string[] = [];
  #refused = 0;
  #queries = 0;
  readonly #onDifference: (text: string) => void;

  /** `onDifference` is told of each at once: a run may be long. */
  constructor(onDifference: (text: string) => void = () => undefined) {
    this.#onDifference = onDifference;
  }

  async run(from: number, to: number, ways: readonly Way[]): Promise<RandomReport> {
    this.#wrong.length = 0;
    for (let seed = from; seed < to; seed++) {
      for (const way of ways) await this.#check(seed, way(seed));
    }
    return { wrong: [...this.#wrong], queries: this.#queries, refused: this.#refused, ranAs: { ...this.#ranAs } };
  }

  async close(): Promise<void> {
    const bench = this.#bench;
    this.#bench = undefined;
    if (bench !== undefined) await closeBench(bench);
  }

  async #check(seed: number, variant: Variant): Promise<void> {
    const query = await this.#choose(seed, variant);
    this.#queries++;
    const found = await this.#difference(query, variant);
    if (found === null) {
      const { strategy } = await lastQuery((await this.#open()).client);
      this.#ranAs[strategy] = (this.#ranAs[strategy] ?? 0) + 1;
      return;
    }
    const small = await this.#shrink(query.tape, variant, kindOf(found));
    const lines = [`seed ${seed}, ${variantLabel(variant)}: ${query.sql}`, found];
    if (small !== null) lines.push(`smallest that still differs: ${small.sql}`, small.found);
    this.#wrong.push(lines.join('\n'));
    this.#onDifference(lines.join('\n'));
  }

  /** The query of a seed: the first of a few whose answer has rows, but not too many. */
  async #choose(seed: number, { dialect }: Variant): Promise<DistributedQuery> {
    const oracle = (await this.#open()).oracles[dialect];
    for (let draw = 0; ; draw++) {
      const query = distributedQuery(seed + draw * saltOfDraw);
      if (draw === mostDraws) return query;
      const answer = await oracle.runOnce(query.sql).catch(toSluiceError);
      if (answer instanceof SluiceError) {
        this.#refused++;
        continue;
      }
      const rows = answer.batches.reduce((sum, batch) => sum + batch.rowCount, 0);
      if (rows > 0 && rows <= mostRows) return query;
    }
  }

  /** Null: equal, or refused by both alike. A gateway that is gone or broken is started anew. */
  async #difference({ sql, tolerance }: DistributedQuery, variant: Variant): Promise<string | null> {
    const item = { title: sql, sql, tolerance, sequence: false, textOnly: false, distributed: false, settings: [] };
    const whole = { ...item, runsAs: undefined, error: undefined, oracleSql: undefined };
    const bench = await this.#open();
    try {
      const found = await runCase(bench, whole, variant);
      if (found !== null && /invalidated/.test(found)) await this.close();
      return found === null || refusedAlike.test(found) ? null : found;
    } catch (error) {
      const log = bench.gateway.log.split('\n').slice(-5).join('\n');
      await this.close();
      return `gateway: gone (${error instanceof Error ? error.message : String(error)}): ${log}`;
    }
  }

  async #shrink(start: Tape, variant: Variant, kind: string): Promise<{ sql: string; found: string } | null> {
    const until = Date.now() + mostShrinkMs;
    const seen = new Set<string>();
    let tape = start;
    let best: { sql: string; found: string } | null = null;
    for (let runs = 0, better = true; better; ) {
      better = false;
      for (const candidate of simplerTapes(tape)) {
        if (runs >= mostShrinkRuns || Date.now() > until) return best;
        const query = distributedQuery(candidate);
        if (seen.has(query.sql)) continue;
        seen.add(query.sql);
        runs++;
        const found = await this.#difference(query, variant);
        if (found === null || kindOf(found) !== kind || query.sql.length > (best?.sql.length ?? Infinity)) continue;
        best = { sql: query.sql, found };
        tape = query.tape;
        better = true;
        break;
      }
    }
    return best;
  }

  async #open(): Promise<Bench> {
    if (this.#bench !== undefined) return this.#bench;
    this.#bench = await openBench({ data: 'random', setup: [] }, { oracleThreads: 1 });
    await this.#bench.client.query(`SET statement_timeout = '${statementTimeout}'`);
    return this.#bench;
  }
}

/** The kind of a difference: shrinking must not end at another one. */
function kindOf(found: string): string {
  return /gateway: (\S+)/.exec(found)?.[1] ?? found.split(/[:,\d]/)[0]!.trim();
}

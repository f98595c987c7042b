import { type Bench, runCase, type Variant, variantLabel } from './bench-cases.ts';
import { randomQuery } from './random-query.ts';

const ways: readonly Omit<Variant, 'dialect'>[] = [
  { strategy: 'auto', partitions: null, protocol: 'simple' },
  { strategy: 'two_phase', partitions: 3, protocol: 'extended' },
  { strategy: 'gather', partitions: 2, protocol: 'simple' },
];

/** What one DuckDB and the gateway refuse alike is no difference. */
const refusedAlike = /one DuckDB: (\w{5}) [\s\S]*; gateway: \1 /;

/** Runs the queries of the seeds `from` (included) to `to` (not) against one DuckDB; gives a text for each that differs. */
export async function runRandom(bench: Bench, from: number, to: number): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (let seed = from; seed < to; seed++) {
    const { sql, tolerance } = randomQuery(seed);
    const dialect = seed % 2 === 0 ? 'postgres' : 'duckdb';
    for (const way of ways) {
      const variant: Variant = { ...way, dialect };
      const item = { title: sql, sql, tolerance, sequence: false, textOnly: false, distributed: false, settings: [] };
      const found = await runCase(
        bench,
        { ...item, runsAs: undefined, error: undefined, oracleSql: undefined },
        variant,
      );
      if (found !== null && !refusedAlike.test(found))
        wrong.push(`seed ${seed}, ${variantLabel(variant)}: ${sql}\n${found}`);
    }
  }
  return wrong;
}

/** Runs of two things in turn (A B A B ...), so that a drift of the machine's speed hits both. */
export interface Pair {
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

/** Times in ms. One warm-up of each first. */
export async function inTurn(runs: number, ours: () => Promise<void>, theirs: () => Promise<void>): Promise<Pair> {
  await ours();
  await theirs();
  const pair = { ours: [] as number[], theirs: [] as number[] };
  for (let run = 0; run < runs; run++) {
    pair.ours.push(await timed(ours));
    pair.theirs.push(await timed(theirs));
  }
  return pair;
}

/** Times in ms of several things in turn (A B C A B C ...), one list each. One warm-up of each first. */
export async function timesInTurn(
  runs: number,
  works: readonly (() => Promise<void>)[],
): Promise<readonly (readonly number[])[]> {
  for (const work of works) await work();
  const times: number[][] = works.map(() => []);
  for (let run = 0; run < runs; run++)
    for (const [index, work] of works.entries()) times[index]!.push(await timed(work));
  return times;
}

export async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The value below which `share` (0 to 1) of the values lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]) => percentile(values, 0.5);

export const geometricMean = (values: readonly number[]) =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

/** `name   ours 12.3 ms   DuckDB 10.1 ms   ratio 1.22 (at most 1.10)`. */
export function line(name: string, ours: number, other: string, theirs: number, goal: string): string {
  const ratio = ours / theirs;
  return `${name.padEnd(38)} sluice ${ours.toFixed(2).padStart(9)} ms   ${other} ${theirs.toFixed(2).padStart(9)} ms   ratio ${ratio.toFixed(2)} (${goal})`;
}

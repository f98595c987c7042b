/** Where ranges of rows are cut, and which rows of each task are in one: from the places that the tasks told. Pure. */
import type { RangePoint } from '../../worker/protocol/messages.ts';
import type { TaskOutput } from './exchange-sink.ts';

/** With more points than this, not all are looked at to find the cuts. */
const mostCompared = 16_384;

/** First bytes of sort keys (hexadecimal, so that texts compare as the bytes do): range i begins with the (i-1)-th and ends before the i-th. */
export type RangeCuts = readonly string[];

/**
 * Cuts the rows of all tasks into so many ranges of about the same number of rows. Rows with one key are in one range: there may be ranges without
 * rows. The same outputs give the same cuts.
 */
export function cutRanges(outputs: readonly TaskOutput[], ranges: number): RangeCuts {
  const count = outputs.reduce((sum, { points = [] }) => sum + points.length, 0);
  const every = Math.max(1, Math.ceil(count / mostCompared));
  const weighted = outputs.flatMap((output) => weights(output, every));
  weighted.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const total = weighted.reduce((sum, { rows }) => sum + rows, 0);
  const cuts: string[] = [];
  let before = 0;
  for (const { key, rows } of weighted) {
    while (cuts.length < ranges - 1 && before >= ((cuts.length + 1) * total) / ranges) cuts.push(key);
    before += rows;
  }
  // The last range has the last point, those between nothing.
  while (cuts.length < ranges - 1) cuts.push(weighted.at(-1)?.key ?? '');
  return cuts;
}

/** Points, each for the rows up to the next one. */
function weights({ points = [], partitionRows }: TaskOutput, every: number) {
  const taken = points.filter((_, index) => index % every === 0);
  return taken.map(({ row, key }, index) => ({ key, rows: (taken[index + 1]?.row ?? partitionRows[0]!) - row }));
}

/** Rows of a task that may be in a range; those of `sure` are. Both from the first to before the last. */
export interface RangeRows {
  readonly from: number;
  readonly to: number;
  readonly sure: readonly [from: number, to: number];
  /** About how many are. */
  readonly rows: number;
}

/** Null ends are open. */
export function rowsInRange(
  { points = [], partitionRows }: TaskOutput,
  low: string | null,
  high: string | null,
): RangeRows {
  const total = partitionRows[0] ?? 0;
  const [from, sureFrom] = low === null ? [0, 0] : placeOf(points, low, total);
  const [sureTo, to] = high === null ? [total, total] : placeOf(points, high, total);
  if (from >= to) return { from, to: from, sure: [from, from], rows: 0 };
  const rows = Math.max(1, Math.round((to + sureTo - from - sureFrom) / 2));
  return { from, to, sure: [sureFrom, sureTo], rows };
}

/** Rows before the first number are before the key, those from the second on are not. */
function placeOf(points: readonly RangePoint[], key: string, total: number): readonly [number, number] {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle]!.key < key) low = middle + 1;
    else high = middle;
  }
  const before = points[low - 1];
  return [before === undefined ? 0 : before.row + 1, points[low]?.row ?? total];
}

import {
  type Aggregate,
  type AggregateUse,
  isNumeric,
  type MergeRule,
  none,
  partialCall,
  stateRule,
} from './aggregate.ts';

/**
 * Largest scale of a DECIMAL whose average is merged: DuckDB divides by count * 10^scale, which has to fit the 64-bit count of
 * the state that the merge builds. With scale 9 a group may have 1.8e10 rows.
 */
const maxScale = 9;
/** DECIMALs up to this width are 16-bit integers inside; DuckDB averages those in double, wider ones in long double. */
const maxWidthOfSmallDecimal = 4;

/**
 * avg is not sum/count in DuckDB: it divides in 80-bit long double, and a DECIMAL's unscaled sum by count * 10^scale at once. So the
 * merge lets DuckDB divide: it makes the state that avg(BIGINT) would have for that sum and that count.
 */
export const avg: Aggregate = {
  names: ['avg', 'mean'],
  distinct: 'rows',
  rule: (use) => {
    const [type = ''] = use.argumentTypes;
    const decimal = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(type);
    if (decimal !== null) return decimalRule(Number(decimal[1]), Number(decimal[2]));
    if (type === 'FLOAT' || type === 'DOUBLE') return doubleRule;
    if (!isNumeric(type) || type === 'BIGNUM') return none(`avg of ${type} is not merged`);
    return stateRule(named(use));
  },
};

function named(use: AggregateUse): AggregateUse {
  return { ...use, name: 'avg' };
}

/** DuckDB divides the sum by the count, as here. No rows: the sum is NULL. */
const doubleRule: MergeRule = {
  kind: 'merge',
  partials: [partialCall('sum', 1), partialCall('count', 1)],
  merge: 'sum(__p0) / CAST(sum(__p1) AS DOUBLE)',
};

function decimalRule(width: number, scale: number): MergeRule {
  if (scale > maxScale) return none(`avg of a DECIMAL with more than ${maxScale} decimals is not merged`);
  const total = `CAST(replace(CAST(sum(__p0) AS VARCHAR), '.', '') AS HUGEINT)`;
  const divisor = `(sum(__p1) * CAST(${10n ** BigInt(scale)} AS HUGEINT))`;
  const state = `combine(avg(CAST(NULL AS BIGINT)) EXPORT_STATE, ${avgState(total, divisor)})`;
  return {
    kind: 'merge',
    partials: [partialCall('sum', 1), partialCall('count', 1)],
    merge:
      width <= maxWidthOfSmallDecimal ? `CAST(${total} AS DOUBLE) / CAST(${divisor} AS DOUBLE)` : `finalize(${state})`,
  };
}

/**
 * The 24 bytes of avg(BIGINT)'s state: count as UBIGINT, then the sum as a 128-bit integer, all little-endian. So it is the hex digits
 * of both, sum first, turned round; then each pair of digits has to be swapped back. A negative sum has all its 32 digits.
 */
function avgState(total: string, count: string): string {
  const digits = `lpad(hex(${total}), 32, '0') || lpad(hex(CAST(${count} AS UBIGINT)), 16, '0')`;
  return `unhex(regexp_replace(reverse(${digits}), '(.)(.)', '\\2\\1', 'g'))`;
}

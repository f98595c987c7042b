import { DECIMAL } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { shortest } from './number-text.ts';
import { isOpenNumeric, pgType } from './pg-types.ts';

test.each([
  [1_50000000000n, 11, 15n, 1],
  [-2_00000000000n, 11, -2n, 0],
  [0n, 11, 0n, 0],
  [12345678901n, 11, 12345678901n, 11],
  [100n, 0, 100n, 0],
])('%s / 10^%s', (unscaled, scale, value, left) => {
  expect(shortest(unscaled, scale)).toEqual({ value, scale: left });
});

test('a numeric without precision has no typmod, others do', () => {
  expect(isOpenNumeric(DECIMAL(38, 11))).toBe(true);
  expect(pgType(DECIMAL(38, 11)).typmod).toBe(-1);
  expect(isOpenNumeric(DECIMAL(38, 10))).toBe(false);
  expect(pgType(DECIMAL(38, 10)).typmod).toBeGreaterThan(0);
});

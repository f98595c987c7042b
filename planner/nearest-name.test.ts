import { expect, test } from 'vitest';
import { nearestName } from './nearest-name.ts';

test.each([
  ['trdaes', ['tickers', 'trades', 'traders'], 'trades'],
  ['PRICE', ['prices', 'price'], 'price'],
  ['price', ['volume', 'ticker'], undefined],
  ['a', ['b', 'abc'], 'b'],
  ['xyz', [], undefined],
  ['repartiton', ['partitions', 'repartition'], 'repartition'],
])('nearestName(%j, %j) is %j', (name, candidates, expected) => {
  expect(nearestName(name, candidates)).toBe(expected);
});

test('is cheap for hostile lengths', () => {
  const start = performance.now();
  nearestName('x'.repeat(1_000_000), Array(5_000).fill('y'.repeat(100_000)));
  expect(performance.now() - start).toBeLessThan(2_000);
});

import { expect, test } from 'vitest';
import { findAgain } from './find-again.ts';

test.each([
  // Found once.
  ['SELECT CAST(nope AS INTEGER)', 13, "SELECT 'ä', nope", 13],
  ['SELECT "nope" FROM t', 8, 'SELECT x, NOPE FROM t', 11],
  // As often in both: the same one.
  ['SELECT a, f(a)', 13, 'SELECT a, a', 11],
  // It can't be told which, or is none of the text.
  ['SELECT f(a)', 10, 'SELECT a, a', undefined],
  ['SELECT f(a)', 8, 'SELECT a', undefined],
  ['SELECT a', 100, 'SELECT a', undefined],
] as const)('%s at %i', (rewritten, position, original, found) => {
  expect(findAgain(position, rewritten, original)).toBe(found);
});

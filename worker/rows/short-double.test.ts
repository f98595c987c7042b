import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maxShortDouble, minShortDouble, putShortDouble, shortDoubleBytes } from './short-double.ts';

/** Its text, or undefined when it was left to another method. */
function short(value: number): string | undefined {
  const bytes = Buffer.alloc(shortDoubleBytes + 2, 'x');
  const end = putShortDouble(bytes, 1, value);
  expect(bytes[0]).toBe(120);
  expect(bytes.subarray(shortDoubleBytes + 1).toString()).toBe('x');
  return end < 0 ? undefined : bytes.toString('latin1', 1, end);
}

const inRange = (value: number) => value >= minShortDouble && value < maxShortDouble;

test.each([
  [0.7, '0.7'],
  [1 / 9, '0.1111111111111111'],
  [4000000 / 9, '444444.44444444444'],
  [0.00012345678901234567, '0.00012345678901234567'],
  [0.8 - 0.1, '0.7000000000000001'],
  [899999999999999.9, '899999999999999.9'],
  [123456789012345, '123456789012345'],
  [9007199.25474099, '9007199.25474099'],
])('%d', (value, expected) => {
  expect(short(value)).toBe(expected);
});

test('leaves powers of two, whose lower neighbour is nearer, and what is next to a power of ten to another method', () => {
  for (const value of [2 ** -13, 0.5, 1, 2 ** 49, 0.1, 0.3 - 0.2, 999999999999999.9]) {
    expect(short(value)).toBeUndefined();
  }
});

test('every double has the digits that JavaScript gives, or none; few have none', () => {
  const bits = new DataView(new ArrayBuffer(8));
  let none = 0;
  let all = 0;
  const any = fc.tuple(fc.integer({ min: 1023 - 14, max: 1023 + 49 }), fc.bigInt({ min: 0n, max: 2n ** 52n - 1n }));
  const long = any.map(([exponent, mantissa]) => {
    bits.setBigUint64(0, (BigInt(exponent) << 52n) | mantissa);
    return bits.getFloat64(0);
  });
  const decimal = fc
    .tuple(fc.bigInt({ min: 1n, max: 10n ** 17n }), fc.integer({ min: 0, max: 17 }))
    .map(([digits, scale]) => Number(`${digits}e-${scale}`));
  fc.assert(
    fc.property(fc.oneof(long, decimal).filter(inRange), (value) => {
      const text = short(value);
      all++;
      none += text === undefined ? 1 : 0;
      expect(text ?? `${value}`).toBe(`${value}`);
    }),
    { numRuns: 20_000 },
  );
  expect(none / all).toBeLessThan(0.2);
});

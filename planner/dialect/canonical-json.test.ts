import { expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

it.each([
  ['{"b": 1, "a":2, "a": 3}', '{"a": 3, "b": 1}'],
  ['{"bb":1,"a":{"y":[ ],"x":{}},"ä":2,"":0}', '{"": 0, "a": {"x": {}, "y": []}, "bb": 1, "ä": 2}'],
  ['[1,2 , "x\\u00e4\\n\\/", null,true]', '[1, 2, "xä\\n/", null, true]'],
  [' 1.50 ', '1.50'],
  [
    '[1e3, 1.5E-2, 12.34e1, 1.25e+1, -0.0, 12345678901234567890.5, 1e0, -2e-1]',
    '[1000, 0.015, 123.4, 12.5, 0.0, 12345678901234567890.5, 1, -0.2]',
  ],
  ['{"__proto__": 1, "constructor": 2}', '{"__proto__": 1, "constructor": 2}'],
])('%s', (text, expected) => {
  expect(canonicalJson(text)).toBe(expected);
  expect(canonicalJson(expected)).toBe(expected);
});

it.each(['', '{', '{a: 1}', '[1,]', "'x'", '1e999999', `${'['.repeat(300)}${']'.repeat(300)}`])(
  '%s is left as it is',
  (text) => {
    expect(canonicalJson(text)).toBeUndefined();
  },
);

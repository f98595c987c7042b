import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DuckdbWorld } from '../../testdata/harness/duckdb-world.ts';
import { benchmarkQueries } from '../../testdata/harness/tpc.ts';
import { readJson, writeJson } from './json.ts';

let world: DuckdbWorld;
beforeAll(async () => {
  world = await DuckdbWorld.open();
});
afterAll(() => world.close());

describe('readJson and writeJson', () => {
  test.each([
    ['a BIGINT beyond 2^53', 'SELECT 9007199254740993'],
    ['a HUGEINT', 'SELECT 170141183460469231731687303715884105727'],
    ['a wide DECIMAL', 'SELECT 12345678901234567890.123456789'],
    ['a DOUBLE', 'SELECT 1e3, 1.5e-7'],
    ['unknown locations', 'SELECT true, $1'],
    ['numbers in strings', `SELECT ',12345678901234567890,1.5', '"query_location":-1', '{"rawNumber":"1"}', '\\":1.0'`],
  ])('keep %s', async (_, sql) => {
    const json = await world.serialize(sql);
    expect(writeJson(readJson(json))).toBe(json);
  });

  test('give numbers that JavaScript holds exactly as numbers, others as their text', () => {
    expect(readJson('[1,-2,1.0,9007199254740993,1e5]')).toEqual([
      1,
      -2,
      { rawNumber: '1.0' },
      { rawNumber: '9007199254740993' },
      { rawNumber: '1e5' },
    ]);
  });

  test('refuse what is not JSON', () => {
    expect(() => readJson('{"a":')).toThrow(SyntaxError);
  });

  test('take well below a millisecond for the JSON of a TPC-DS query', async () => {
    const queries = await benchmarkQueries('tpcds');
    const texts = await Promise.all(queries.slice(0, 20).map((query) => world.serialize(query.sql)));
    const time = () => {
      const start = performance.now();
      for (const text of texts) writeJson(readJson(text));
      return (performance.now() - start) / texts.length;
    };
    const best = Math.min(...Array.from({ length: 5 }, time));
    expect(best).toBeLessThan(1);
  });
});

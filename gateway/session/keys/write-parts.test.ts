import { describe, expect, it } from 'vitest';
import { insertParts, updateParts } from './write-parts.ts';

describe('UPDATE', () => {
  it('is taken apart', () => {
    expect(updateParts('UPDATE t SET a = 1')).toEqual({
      ...{ before: '', target: 't', alias: 't', items: [{ column: 'a', value: '1' }], from: '', where: '' },
    });
    expect(
      updateParts(
        `WITH x AS (SELECT 1 AS a WHERE true) UPDATE ONLY "S"."T" AS u SET "A" = (SELECT b FROM c WHERE d), b = u.b IS DISTINCT FROM 2, (c, d) = (1, f(2, 3)), e[1] = 2
         FROM x, y WHERE u.a = x.a AND 'where' = '' RETURNING u.a`,
      ),
    ).toEqual({
      before: 'WITH x AS (SELECT 1 AS a WHERE true) ',
      target: '"S"."T" AS u',
      alias: 'u',
      items: [
        { column: 'A', value: '(SELECT b FROM c WHERE d)' },
        { column: 'b', value: 'u.b IS DISTINCT FROM 2' },
        { column: 'c', value: undefined },
        { column: 'd', value: undefined },
        { column: 'e', value: undefined },
      ],
      from: expect.stringMatching(/^x, y\s+$/),
      where: "u.a = x.a AND 'where' = '' ",
    });
  });

  it.each(['UPDATE', 'UPDATE t', 'UPDATE t SET', 'UPDATE t SET a', 'SELECT 1'])('is not understood: %s', (sql) => {
    expect(updateParts(sql)).toBeUndefined();
  });
});

describe('INSERT', () => {
  it.each([
    ['INSERT INTO t VALUES (1), (2)', { values: true, updates: [], replaces: false }],
    ['INSERT INTO t DEFAULT VALUES', { values: true, updates: [], replaces: false }],
    ['INSERT INTO t (a) SELECT 1 FROM (VALUES (1)) v', { values: false, updates: [], replaces: false }],
    ['INSERT INTO t FROM s', { values: false, updates: [], replaces: false }],
    [
      'INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = excluded.b, (c) = (1) WHERE t.d IS DISTINCT FROM 1 RETURNING a',
      { values: true, updates: ['b', 'c'], replaces: false },
    ],
    ['INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING', { values: true, updates: [], replaces: false }],
    ['INSERT OR REPLACE INTO t VALUES (1)', { values: true, updates: [], replaces: true }],
  ])('%s', (sql, parts) => {
    expect(insertParts(sql)).toEqual(parts);
  });
});

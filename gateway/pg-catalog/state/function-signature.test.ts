import { describe, expect, it } from 'vitest';
import { functionSignature, shownType } from './function-signature.ts';

describe('functionSignature', () => {
  it('reads the types of parameters and result', () => {
    expect(
      functionSignature(['n', 'B b'], 'CAST((CAST(n AS INTEGER) * CAST("B b" AS DECIMAL(10,2))) AS BIGINT[])'),
    ).toEqual({
      parameters: ['INTEGER', 'DECIMAL(10,2)'],
      result: 'BIGINT[]',
      strict: false,
      body: 'SELECT (n * "B b")',
    });
  });

  it('sees that a function is strict', () => {
    const text = 'CASE  WHEN ((n IS NULL)) THEN (NULL) ELSE CAST((CAST(n AS INTEGER) + 1) AS INTEGER) END';
    expect(functionSignature(['n'], text)).toMatchObject({ result: 'INTEGER', strict: true, body: 'SELECT (n + 1)' });
  });

  it('gives a query as it is', () => {
    const text = "CAST((SELECT count(*) FROM t WHERE (s = ')')) AS BIGINT)";
    expect(functionSignature([], text)).toMatchObject({
      result: 'BIGINT',
      body: "SELECT count(*) FROM t WHERE (s = ')')",
    });
  });

  it('knows nothing of a macro without casts', () => {
    for (const text of ['(a + 1)', '(CAST(1 AS INTEGER) + CAST(2 AS INTEGER))', 'CAST(a'])
      expect(functionSignature(['a'], text)).toEqual({
        parameters: [undefined],
        result: undefined,
        strict: false,
        body: `SELECT ${text}`,
      });
  });
});

describe('shownType', () => {
  it.each([
    ['INTEGER', 'integer'],
    ['VARCHAR[]', 'text[]'],
    ['DECIMAL(18,3)', 'numeric'],
    ['TIMESTAMP WITH TIME ZONE', 'timestamp with time zone'],
  ])('%s is %s', (type, shown) => expect(shownType(type)).toBe(shown));
});

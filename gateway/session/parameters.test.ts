import { describe, expect, it } from 'vitest';
import { errors } from '../../planner/errors.ts';
import { fill, parseTemplate, unfillError, withConstants } from './parameters.ts';

const wide = (n: number) => `CAST('${n}' AS INTEGER)`;

describe('templates', () => {
  it('put values in place of parameters, not of what looks like them', () => {
    const text = `SELECT $1, '$1', "$1", $$ $1 $$, $2 + $1 -- $1\n/* $2 */`;
    const template = parseTemplate(text);
    expect(template.numbers).toEqual([1, 2, 1]);
    expect(fill(template, (n) => `<${n}>`)).toBe(`SELECT <1>, '$1', "$1", $$ $1 $$, <2> + <1> -- $1\n/* $2 */`);
    expect(fill(template, (n) => `$${n}`)).toBe(text);
  });

  it.each(['SELECT ?', 'SELECT $name', 'SELECT $0'])('refuse %s', (text) => {
    expect(() => parseTemplate(text)).toThrow(expect.objectContaining({ sqlstate: '42601' }));
  });

  it('move positions of errors back', () => {
    const template = parseTemplate('SELECT $1, é, $2, nope');
    const filled = fill(template, wide);
    const at = (text: string) => [...filled.slice(0, filled.indexOf(text))].length + 1;
    const moved = (position: number) =>
      (unfillError(errors.undefinedColumn('x', undefined, position), template, filled, wide) as { position?: number })
        .position;
    expect(moved(1)).toBe(1);
    expect(moved(at('é'))).toBe(12);
    expect(moved(at('nope'))).toBe(19);
    expect(moved(at("'2'"))).toBe(15);
  });
});

describe('values that must be constants', () => {
  it.each<[string, readonly string[] | null, boolean]>([
    ['SELECT 1 / $1', ['0'], true],
    ['SELECT 1 % $1', ["CAST('0.00' AS NUMERIC)"], true],
    ['SELECT mod(1, $1)', ["'0'"], true],
    ['SELECT 1 / $1', ["CAST('10' AS INTEGER)"], false],
    ['SELECT 1 / $1', ['NULL'], false],
    ['SELECT 1 / $1', ["''"], false],
    ['SELECT $1', ['0'], false],
    ['SELECT 1 / 2', null, false],
    ['SELECT to_char(a, $1) FROM t', ["'YYYY'"], true],
    ["SELECT to_char(a, 'YYYY') FROM t", [], false],
  ])('are put into %s with %j: %s', (text, parameters, expected) => {
    expect(withConstants(text, parameters) !== undefined).toBe(expected);
  });
});

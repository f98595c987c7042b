import { expect, test } from 'vitest';
import { withoutWords } from './without-words.ts';

test.each([
  ["SELECT a FROM t WHERE t.c = 'x'", "SELECT a FROM t WHERE t.c = ''"],
  ["SELECT a FROM t WHERE ((c = 'x') AND (d LIKE 'y%'))", "SELECT a FROM t WHERE ((c = '') AND (d LIKE ''))"],
  ["SELECT a FROM t WHERE t.c IN ('x', 'y') AND b", "SELECT a FROM t WHERE t.c IN ('', '') AND b"],
  [`SELECT CASE WHEN "n ame" <> 'it''s' THEN 1 END`, `SELECT CASE WHEN "n ame" <> '' THEN 1 END`],
])('%s', (sql, expected) => expect(withoutWords(sql)).toBe(expected));

test.each([
  ['a struct key', "SELECT struct_extract(s, 'x') = 1"],
  ['a type in a text', 'SELECT from_json(j, \'{"a":"INTEGER"}\')'],
  ['what may be a named argument', "SELECT * FROM f(delim = 'x')"],
  ['a list after another call', "SELECT f(a, 'x', 'y')"],
  ['what stands in the select list', "SELECT 'x', t.a || 'y', concat(t.a, 'z')"],
  ['a string in the place of a column', "SELECT 'a' = 'b'"],
  ['the result of a call', "SELECT a FROM t WHERE f(t.a) = 'x'"],
])('%s stays', (_, sql) => expect(withoutWords(sql)).toBe(sql));

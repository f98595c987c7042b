import { expect, it } from 'vitest';
import { frozen, namesMoment } from './frozen-text.ts';

const at = "CAST('2024-01-01 00:00:00+00' AS TIMESTAMP WITH TIME ZONE)";

it.each([
  ['UPDATE t SET a = now(), b = 1', `UPDATE t SET a = ${at}, b = 1`],
  ['UPDATE t SET a = CURRENT_DATE', `UPDATE t SET a = CAST(${at} AS DATE)`],
  ['DELETE FROM t WHERE a < localtimestamp - now ( )', `DELETE FROM t WHERE a < CAST(${at} AS TIMESTAMP) - ${at}`],
])('%s', (sql, expected) => {
  expect(frozen(sql, '2024-01-01 00:00:00+00')).toBe(expected);
  expect(namesMoment(sql)).toBe(true);
});

it.each([
  "UPDATE t SET now = 'now()'",
  'UPDATE t SET a = "current_date"',
  'UPDATE t SET a = t.current_date',
  'SELECT today(1)',
])('nothing in %s', (sql) => {
  expect(namesMoment(sql)).toBe(false);
});

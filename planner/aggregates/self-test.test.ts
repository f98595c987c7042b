import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { mergeableNames } from './index.ts';
import { selfTest } from './self-test.ts';

test('all aggregates merge on this DuckDB', async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const reports: string[] = [];
  let queries = 0;
  const disabled = await selfTest(
    async (sql) => {
      queries++;
      return (await connection.runAndReadAll(sql)).getRows();
    },
    (aggregate, reason) => reports.push(`${aggregate} ${reason}`),
  );
  expect(reports).toEqual([]);
  expect(disabled).toEqual([]);
  expect(queries).toBeLessThan(10);
  connection.closeSync();
});

test('an engine that answers otherwise, or not at all, disables', async () => {
  expect(await selfTest(async () => [[false]])).toHaveLength(mergeableNames.length);
  const reasons: string[] = [];
  const disabled = await selfTest(
    async (sql) => {
      if (sql.includes('EXPORT_STATE')) throw new Error('no states here');
      return [[true]];
    },
    (aggregate, reason) => reasons.push(`${aggregate} ${reason}`),
  );
  expect(disabled).toContain('aggregate:avg');
  expect(disabled).toContain('aggregate:stddev');
  expect(disabled).not.toContain('aggregate:sum');
  expect(reasons.some((reason) => reason.includes('no states here'))).toBe(true);
});

test('one that answers otherwise for one aggregate disables that one', async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const reports: string[] = [];
  const disabled = await selfTest(
    async (sql) => {
      const merged = sql.replaceAll(/sum\((__p\d+(?:_\d+)?)\) AS m/g, 'sum($1) + 1 AS m');
      return (await connection.runAndReadAll(merged)).getRows();
    },
    (aggregate, reason) => reports.push(`${aggregate}: ${reason}`),
  );
  expect(disabled).toContain('aggregate:sum');
  expect(disabled).not.toContain('aggregate:avg');
  expect(reports.find((report) => report.startsWith('sum: '))).toContain('merged and plain value differ');
  connection.closeSync();
});

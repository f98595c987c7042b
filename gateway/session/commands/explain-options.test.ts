import { expect, it } from 'vitest';
import { splitStatements } from '../../../planner/sql/lexer.ts';
import { explainOptions } from './explain-options.ts';

const optionsOf = (sql: string) => explainOptions(splitStatements(sql)[0]!);

it.each([
  ['EXPLAIN SELECT 1', { analyze: false, format: 'text', summary: false }],
  ['EXPLAIN ANALYZE VERBOSE SELECT 1', { analyze: true, format: 'text', summary: false }],
  ['EXPLAIN (ANALYZE off, FORMAT JSON, SUMMARY) SELECT 1', { analyze: false, format: 'json', summary: true }],
  [
    'EXPLAIN (ANALYZE, TIMING off, BUFFERS 1, SUMMARY false) SELECT 1',
    { analyze: true, format: 'text', summary: false },
  ],
])('%s', (sql, options) => {
  expect(optionsOf(sql)).toEqual(options);
});

it.each([
  ['EXPLAIN (nope) SELECT nope', { sqlstate: '42601', message: 'unrecognized EXPLAIN option "nope"', position: 10 }],
  ['EXPLAIN (costs, explain) SELECT 1', { sqlstate: '42601', position: 17 }],
  ['EXPLAIN (costs, *) SELECT 1', { sqlstate: '42601', position: 17 }],
  ['EXPLAIN (costs maybe) SELECT 1', { sqlstate: '42601', message: 'costs requires a Boolean value' }],
  ['EXPLAIN (format nope) SELECT 1', { sqlstate: '22023', position: 10 }],
  ['EXPLAIN (format) SELECT 1', { sqlstate: '42601', message: 'format requires a parameter' }],
  ['EXPLAIN (format xml) SELECT 1', { sqlstate: '0A000', hint: 'Use JSON.' }],
  ['EXPLAIN (wal) SELECT 1', { sqlstate: '22023', message: 'EXPLAIN option WAL requires ANALYZE' }],
])('%s is refused', (sql, error) => {
  expect(() => optionsOf(sql)).toThrow(expect.objectContaining(error));
});

import { describe, expect, it } from 'vitest';
import { QueryLog } from './query-log.ts';

describe('query log', () => {
  it('keeps the last rows', () => {
    const log = new QueryLog(3);
    for (const queryId of ['a', 'b']) {
      log.start({ queryId, sql: 'x'.repeat(20_000), user: null, strategy: 'direct' });
      log.end(queryId, { kind: 'done', rows: 1, workers: 0, tasks: 0, retries: 0, elapsedMs: 1, error: null });
    }
    const rows = log.rows();
    expect(rows.map(({ event, queryId }) => event + queryId)).toEqual(['enda', 'startb', 'endb']);
    expect(rows[1]).toMatchObject({ sql: expect.stringMatching(/^x{10000}…$/) });
  });
});

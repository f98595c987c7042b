import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openInstance } from './instance.ts';
import { streamQuery } from './stream-query.ts';

let instance: DuckDBInstance;
let connection: DuckDBConnection;

beforeAll(async () => {
  instance = await openInstance({
    path: ':memory:',
    threads: 2,
    memoryBytes: 512 * 1024 * 1024,
    tempDirectory: join(tmpdir(), `stream-query-${process.pid}`),
    maxTempBytes: 1e9,
    allowedDirectories: [],
  });
  connection = await instance.connect();
});
afterAll(() => instance.closeSync());

async function drain(sql: string, onFirst: () => void = () => undefined, isCancelled = () => false): Promise<number> {
  const stream = await streamQuery(connection, sql, isCancelled);
  let rows = 0;
  try {
    for (let chunk = await stream.next(); chunk !== null; chunk = await stream.next()) {
      if (rows === 0) onFirst();
      rows += chunk.rowCount;
    }
  } finally {
    await stream.close();
  }
  return rows;
}

describe('streamQuery', () => {
  it('streams to the true end', async () => {
    expect(await drain('SELECT i FROM range(100000) r(i)')).toBe(100_000);
    expect(await drain('SELECT 1 WHERE false')).toBe(0);
  });

  it('raises an error that comes before the first chunk, with its position', async () => {
    await expect(drain('SELECT nope')).rejects.toMatchObject({ sqlstate: '42703', position: 8 });
    await expect(drain("SELECT error('now')")).rejects.toMatchObject({ message: 'now' });
  });

  it('raises an error that comes after thousands of rows', async () => {
    const sql = "SELECT i, CASE WHEN i > 700000 THEN CAST('é' || i AS INTEGER) ELSE i END FROM range(1000000) r(i)";
    await expect(drain(sql)).rejects.toMatchObject({ sqlstate: '22P02' });
    expect(await drain('SELECT 1')).toBe(1);
  });

  it('raises an interrupt, be it asked for or not', async () => {
    const sql = 'SELECT i FROM range(100000000) r(i)';
    const interrupt = () => connection.interrupt();
    await expect(drain(sql, interrupt, () => true)).rejects.toMatchObject({ sqlstate: '57014' });
    const limited = 'SELECT i FROM range(3000000) r(i)';
    await expect(drain(limited, interrupt)).rejects.toMatchObject({ errorClass: 'infra', sqlstate: '58000' });
  });

  it('can be left early, and the connection used again', async () => {
    const stream = await streamQuery(connection, 'SELECT i FROM range(100000000) r(i)');
    expect((await stream.next())?.rowCount).toBeGreaterThan(0);
    await stream.close();
    await stream.close();
    expect(await drain('SELECT 1')).toBe(1);
  });
});

describe('the bindings', () => {
  it('still end a stream without a word when an error comes late (else this work-around can go)', async () => {
    const result = await connection.stream(
      "SELECT CASE WHEN i > 700000 THEN error('late') ELSE i END FROM range(1000000) r(i)",
    );
    let rows = 0;
    for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk())
      rows += chunk.rowCount;
    expect(rows).toBeLessThan(1_000_000);
  });

  it('runs nothing when the check fails before, and tells when it fails after the last row', async () => {
    const failing = async () => {
      throw new Error('not as it was');
    };
    const never = () => false;
    await expect(streamQuery(connection, "SELECT error('it ran')", never, [], failing)).rejects.toThrow(
      'not as it was',
    );
    let checks = 0;
    const later = () => (++checks === 1 ? Promise.resolve() : failing());
    const stream = await streamQuery(connection, 'SELECT 1', never, ['CREATE TEMP TABLE made (i INTEGER)'], later);
    expect((await stream.next())?.rowCount).toBe(1);
    await expect(stream.next()).rejects.toThrow('not as it was');
    await stream.close();
    expect(checks).toBe(2);
    expect(await drain('FROM made')).toBe(0);
  });
});

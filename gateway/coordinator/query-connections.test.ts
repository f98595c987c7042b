import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionSettings } from '../../planner/plan/plan.ts';
import { QueryConnections } from './query-connections.ts';

let instance: DuckDBInstance;
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
});
afterAll(() => instance.closeSync());

const settings = (timeZone: string): SessionSettings => ({
  timeZone,
  nullOrder: 'nulls_last',
  integerDivision: true,
  statementTimeMicros: '0',
});

async function state(connection: DuckDBConnection): Promise<unknown> {
  const sql = "SELECT current_setting('TimeZone'), 7 / 2, (SELECT count(*) FROM duckdb_tables() WHERE temporary)";
  return (await connection.runAndReadAll(sql)).getRowsJson()[0];
}

/** Counts what is opened and closed. `failing`: what the next settings fail of. */
function counted() {
  const open = new Set<DuckDBConnection>();
  const replaced: DuckDBConnection[] = [];
  const state = { made: 0, failing: undefined as Error | undefined };
  const connections = new QueryConnections({
    connect: async () => {
      const connection = await instance.connect();
      const { failing } = state;
      if (failing !== undefined) connection.run = () => Promise.reject(failing);
      state.made++;
      open.add(connection);
      return connection;
    },
    release: (connection) => {
      open.delete(connection);
      connection.closeSync();
    },
    replace: (connection) => {
      replaced.push(connection);
      return true;
    },
  });
  return { connections, open, replaced, state, made: () => state.made };
}

describe('QueryConnections', () => {
  it('gives fresh connections with the settings asked for', async () => {
    const { connections, open } = counted();
    const first = await connections.open(settings('Asia/Tokyo'));
    await first.run('CREATE TEMP TABLE t AS SELECT 1');
    connections.close(first);
    for (const zone of ['Asia/Tokyo', 'UTC', 'Asia/Tokyo']) {
      const next = await connections.open(settings(zone));
      expect(await state(next)).toEqual([zone, 3, '0']);
      connections.close(next);
    }
    expect(connections.count).toBe(0);
    await connections.end();
    expect(open.size).toBe(0);
  });

  it('has one ready for the next query of the kind', async () => {
    const { connections, made } = counted();
    connections.close(await connections.open(settings('UTC')));
    const next = await connections.open(settings('UTC'));
    expect(made()).toBe(2);
    connections.close(next);
    await connections.end();
  });

  it('keeps few, whatever the settings', async () => {
    const { connections, open } = counted();
    for (let hour = 1; hour <= 9; hour++) connections.close(await connections.open(settings(`Etc/GMT+${hour}`)));
    await expect.poll(() => open.size).toBeLessThanOrEqual(4);
    await connections.end();
    expect(open.size).toBe(0);
  });

  it('makes none after its end', async () => {
    const { connections, open } = counted();
    const last = await connections.open(settings('UTC'));
    await connections.end();
    connections.close(last);
    expect(open.size).toBe(0);
  });

  it('tells why there is no connection to the query that needs it', async () => {
    const { connections, open } = counted();
    await expect(connections.open(settings('Nowhere'))).rejects.toThrow(/TimeZone/);
    expect([connections.count, open.size]).toEqual([0, 0]);
  });

  it('drops those that wait when their engine has failed', async () => {
    const { connections, open, replaced } = counted();
    connections.close(await connections.open(settings('UTC')));
    const failed = await connections.open(settings('Asia/Tokyo'));
    await expect.poll(() => open.size).toBe(2);
    connections.failed(failed);
    await expect.poll(() => [...open]).toEqual([failed]);
    expect(replaced).toEqual([failed]);
    connections.close(failed);
    await connections.end();
    expect(open.size).toBe(0);
  });

  it('finds a failed engine while one is made ready, before a query needs it', async () => {
    const { connections, open, replaced, state } = counted();
    const first = await connections.open(settings('UTC'));
    state.failing = new Error('{"exception_type":"FATAL","exception_message":"database has been invalidated"}');
    connections.close(first);
    await expect.poll(() => replaced.length).toBe(1);
    state.failing = undefined;
    connections.close(await connections.open(settings('UTC')));
    await connections.end();
    expect(open.size).toBe(0);
  });
});

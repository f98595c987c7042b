/** Sessions that see, cancel and end each other, and statements that outlive none of their limits. */
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { localPlanner } from '../../testdata/harness/local-planner.ts';
import { RawClient } from '../../testdata/harness/raw-client.ts';
import { WireServer } from '../../testdata/harness/wire-server.ts';

let server: WireServer;
beforeAll(async () => {
  server = await WireServer.start({ planner: localPlanner });
});
afterAll(() => server.stop());

const connect = (user = 'test') => RawClient.connect(server.port, { user, application_name: 'app' });
const value = async (client: RawClient, sql: string) => (await client.query(sql)).rows[0]?.[0]?.toString();
const infoOf = ({ processId }: RawClient) => server.session.hub.sessions.get(processId)?.info();

it('are listed with what they do', async () => {
  const client = await connect();
  await client.query('SELECT 1 AS a');
  expect(infoOf(client)).toMatchObject({
    ...{ user: 'test', database: 'sluice', applicationName: 'app', clientAddress: '127.0.0.1' },
    ...{ state: 'idle', query: 'SELECT 1 AS a', transactionAt: null },
  });
  await client.query('BEGIN');
  expect(infoOf(client)).toMatchObject({ state: 'idle in transaction', transactionAt: expect.any(String) });
  await client.query('SELECT nothing').catch(() => undefined);
  expect(infoOf(client)?.state).toBe('idle in transaction (aborted)');
  await client.query('ROLLBACK');
  const sleeping = client.query('SELECT pg_sleep(60)', 'extended');
  await expect.poll(() => infoOf(client)?.state).toBe('active');
  expect(infoOf(client)?.query).toBe('SELECT pg_sleep(60)');
  const refused = expect(sleeping).rejects.toMatchObject({ code: '57014' });
  await client.cancel();
  await refused;
  await client.close();
  await expect.poll(() => infoOf(client)).toBeUndefined();
});

it('are cancelled and ended by others of the same user', async () => {
  const [client, other, stranger] = [await connect(), await connect(), await connect('stranger')];
  const sleeping = client.query('SELECT pg_sleep(60)');
  await expect.poll(() => infoOf(client)?.state).toBe('active');
  await expect(stranger.query(`SELECT pg_cancel_backend(${client.processId})`)).rejects.toMatchObject({
    code: '42501',
  });
  const refused = expect(sleeping).rejects.toMatchObject({ code: '57014' });
  expect(await value(other, `SELECT pg_cancel_backend(${client.processId})`)).toBe('t');
  await refused;
  const closed = once(client.socket, 'close');
  expect(await value(other, `SELECT pg_terminate_backend(${client.processId}) AS gone`)).toBe('t');
  await closed;
  const missing = await other.query('SELECT pg_terminate_backend(999999)');
  expect([missing.rows[0]?.[0]?.toString(), missing.notices]).toEqual([
    'f',
    ['PID 999999 is not a PostgreSQL server process'],
  ]);
  await Promise.all([other.close(), stranger.close()]);
});

it('give back their locks when they end, and break a deadlock', async () => {
  const [a, b] = [await connect(), await connect()];
  await a.query('SELECT pg_advisory_lock(1)');
  await b.query("SELECT pg_advisory_lock(2), pg_advisory_lock(hashtext('name'))");
  const waiting = a.query('SELECT pg_advisory_lock(2)');
  await expect.poll(() => infoOf(a)?.state).toBe('active');
  await expect(b.query('SELECT pg_advisory_lock(1)')).rejects.toMatchObject({ code: '40P01' });
  await b.close();
  await waiting;
  expect(server.session.hub.locks.rows().map(({ key }) => key)).toEqual(['1', '2']);
  await a.close();
  await expect.poll(() => server.session.hub.locks.rows()).toEqual([]);
});

it.each([
  ['idle_session_timeout', '57P05', 'SELECT 1'],
  ['idle_in_transaction_session_timeout', '25P03', 'BEGIN'],
  ['idle_in_transaction_session_timeout', '25P03', 'BEGIN; SAVEPOINT a; SELECT nothing'],
])('end by %s with %s after %s', async (setting, code, sql) => {
  const client = await connect();
  await client.query(`SET ${setting} = 30`);
  await client.query(sql).catch(() => undefined);
  const { type, body } = await client.next();
  expect([type, body.toString()]).toEqual(['E', expect.stringContaining(`C${code}`)]);
  await once(client.socket, 'close');
});

/** Malformed, cut and coalesced messages, before and after log-in: the server neither crashes nor hangs. Seeded; fuzz.slow.test.ts sends more. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawClient } from '../../testdata/harness/raw-client.ts';
import { fuzzCase, runWireFuzz } from '../../testdata/harness/wire-fuzz.ts';
import { WireServer } from '../../testdata/harness/wire-server.ts';
import { RoleStore } from '../catalog/roles/role-store.ts';
import { makeUserLine, parseUsers, usersOf } from './users.ts';

/** Not those that the slow test begins with. */
const from = 1_000_000;
const cases = 240;
const limits = { authTimeoutMs: 1_000, maxMessageBytes: 1024 * 1024 };

let open: WireServer;
let strict: WireServer;
beforeAll(async () => {
  open = await WireServer.start(limits);
  strict = await WireServer.start({
    ...limits,
    users: usersOf('scram-sha-256', new RoleStore(null, parseUsers(await makeUserLine('someone', 'else')))),
  });
});
afterAll(async () => {
  await open.stop();
  await strict.stop();
});

describe('a server', () => {
  it('stands messages of every kind, and tells strangers nothing', async () => {
    const { failures, messages } = await runWireFuzz({ strict: strict.port, open: open.port }, from, from + cases, 12);
    expect(failures).toEqual([]);
    expect(messages).toBeGreaterThan(10 * cases);
    const client = await RawClient.connect(open.port);
    expect((await client.query('SELECT 41 + 1', 'extended')).rows.map(String)).toEqual(['42']);
    await client.close();
  });

  it('is sent the same for the same seed', () => {
    expect(fuzzCase(42)).toEqual(fuzzCase(42));
    expect(fuzzCase(42)).not.toEqual(fuzzCase(43));
    expect([0, 1, 2, 3].map((seed) => fuzzCase(seed).stranger)).toEqual([true, true, false, false]);
  });

  it('that hangs or answers a stranger is found', async () => {
    const { failures } = await runWireFuzz({ strict: open.port, open: open.port }, 1, 2, 1);
    expect(failures).toEqual(['1: a log-in without a password']);
  });
});

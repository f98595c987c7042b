/** Malformed, cut and coalesced messages, before and after log-in: the server neither crashes nor hangs. Seeded; fuzz.slow.test.ts sends more. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FuzzServers, startFuzzServers, stopFuzzServers } from '../../testdata/harness/fuzz-servers.ts';
import { RawClient } from '../../testdata/harness/raw-client.ts';
import { fuzzCase, runWireFuzz } from '../../testdata/harness/wire-fuzz.ts';

/** Not those that the slow test begins with. */
const from = 1_000_000;
const cases = 240;

let servers: FuzzServers;
beforeAll(async () => {
  servers = await startFuzzServers(1_000);
});
afterAll(() => stopFuzzServers(servers));

describe('a server', () => {
  it('stands messages of every kind, and tells strangers nothing', async () => {
    const { failures, messages } = await runWireFuzz(
      { strict: servers.strict.port, open: servers.open.port },
      from,
      from + cases,
      12,
    );
    expect(failures).toEqual([]);
    expect(messages).toBeGreaterThan(10 * cases);
    const client = await RawClient.connect(servers.open.port);
    expect((await client.query('SELECT 41 + 1', 'extended')).rows.map(String)).toEqual(['42']);
    await client.close();
  });

  it('is sent the same for the same seed', () => {
    expect(fuzzCase(42)).toEqual(fuzzCase(42));
    expect(fuzzCase(42)).not.toEqual(fuzzCase(43));
    expect([0, 1, 2, 3].map((seed) => fuzzCase(seed).stranger)).toEqual([true, true, false, false]);
  });

  it('that hangs or answers a stranger is found', async () => {
    const { failures } = await runWireFuzz({ strict: servers.open.port, open: servers.open.port }, 1, 2, 1);
    expect(failures).toEqual(['1: a log-in without a password']);
  });
});

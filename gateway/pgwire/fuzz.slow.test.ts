/**
 * At least 100,000 messages, cut, coalesced, reordered, oversized, in the wrong state, damaged or random, before and after the log-in. A range
 * of seeds runs alone with TEST_SEED_FROM and TEST_SEED_TO; what a connection sends hangs on its seed only.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FuzzServers, startFuzzServers, stopFuzzServers } from '../../testdata/harness/fuzz-servers.ts';
import { RawClient } from '../../testdata/harness/raw-client.ts';
import { runWireFuzz } from '../../testdata/harness/wire-fuzz.ts';

const from = Number(process.env.TEST_SEED_FROM ?? 0);
const to = Number(process.env.TEST_SEED_TO ?? 7000);
const atOnce = 16;
const step = 500;
/** What the process may grow by after its first steps: it holds two servers and the client. */
const maxGrowthBytes = 512 * 1024 * 1024;

let servers: FuzzServers;
beforeAll(async () => {
  servers = await startFuzzServers(2_000);
});
afterAll(() => stopFuzzServers(servers));

it('stands every message', async () => {
  let messages = 0;
  let before: number | undefined;
  let most = 0;
  for (let first = from; first < to; first += step) {
    const result = await runWireFuzz(
      { strict: servers.strict.port, open: servers.open.port },
      first,
      Math.min(to, first + step),
      atOnce,
    );
    expect(result.failures).toEqual([]);
    messages += result.messages;
    const { rss, heapUsed } = process.memoryUsage();
    most = Math.max(most, rss);
    if (first >= from + step) before ??= rss;
    console.log(`seeds ${first}…: ${messages} messages, ${megabytes(rss)} MB resident, heap ${megabytes(heapUsed)} MB`);
  }
  const client = await RawClient.connect(servers.open.port);
  expect((await client.query('SELECT 41 + 1', 'extended')).rows.map(String)).toEqual(['42']);
  await client.close();
  expect(most - (before ?? most)).toBeLessThan(maxGrowthBytes);
  if (process.env.TEST_SEED_TO === undefined) expect(messages).toBeGreaterThanOrEqual(100_000);
});

function megabytes(bytes: number): number {
  return Math.round(bytes / (1024 * 1024));
}

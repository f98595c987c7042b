import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { makeDataset } from '../harness/dataset.ts';
import { GatewayProcess } from '../harness/gateway-process.ts';
import { type HardKind, hardClientsTable } from '../harness/hard-clients.ts';
import { RawClient } from '../harness/raw-client.ts';
import { percentile, timed } from './measure.ts';

const askers = 4;
const everyMs = 5;
/** Before, and once more after. */
const secondsQuiet = 6;
const secondsDuring = 16;
const each = 100;
const mebibyte = 1024 * 1024;

const mixes: readonly (readonly [string, Readonly<Partial<Record<HardKind, number>>>])[] = [
  ['slow', { slow: each }],
  ['silent', { silent: each }],
  ['vanishing', { vanishing: each }],
  ['slow, silent and vanishing', { slow: each, silent: each, vanishing: each }],
];

/** `SELECT 1` of well-behaved clients, before and while others read slowly, are silent or vanish, a hundred of each. */
export async function compareClients(print: (text: string) => void): Promise<void> {
  const gateway = await GatewayProcess.start({ data: [await makeDataset('big')] });
  const clients = await Promise.all(Array.from({ length: askers }, () => RawClient.connect(gateway.port)));
  await clients[0]!.query(hardClientsTable);
  await ask(clients, 2);
  for (const [name, counts] of mixes) {
    const before = await ask(clients, secondsQuiet);
    const bytes = await gateway.residentBytes();
    const hard = fork(new URL('./hard-clients-process.js', import.meta.url), [
      String(gateway.port),
      JSON.stringify(counts),
    ]);
    const during = await ask(clients, secondsDuring);
    const grown = (await gateway.residentBytes()) - bytes;
    hard.send('end');
    const [seen] = await once(hard, 'message');
    hard.disconnect();
    await once(hard, 'exit');
    await delay(1000);
    const quiet = [...before, ...(await ask(clients, secondsQuiet))];
    for (const share of [0.5, 0.99]) {
      const [alone, beside] = [percentile(quiet, share), percentile(during, share)];
      const goal = share === 0.99 ? ' (goal: at most 3)' : '';
      print(
        `SELECT 1 p${share * 100} beside ${each} ${name}: ${beside.toFixed(2)} ms, before and after ${alone.toFixed(2)} ms, ratio ${(beside / alone).toFixed(2)}${goal}`,
      );
    }
    print(`  gateway grew by ${(grown / mebibyte).toFixed(0)} MiB; ${JSON.stringify(seen)}`);
  }
  for (const client of clients) await client.close();
  await gateway.stop();
}

/** Times in ms, one for each `everyMs` of each client: one that had to wait longer counts as those that it could not ask meanwhile. */
async function ask(clients: readonly RawClient[], seconds: number): Promise<readonly number[]> {
  const until = performance.now() + seconds * 1000;
  const times = clients.map(async (client) => {
    const own: number[] = [];
    while (performance.now() < until) {
      const took = await timed(async () => void (await client.query('SELECT 1')));
      for (let left = took; left > 0; left -= everyMs) own.push(left);
      await delay(everyMs);
    }
    return own;
  });
  return (await Promise.all(times)).flat();
}

/** Many clients, slow clients, long answers: memory stays bounded and short queries stay short. Figures are printed. */
import { setTimeout as delay } from 'node:timers/promises';
import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDataset } from '../testdata/harness/dataset.ts';
import { GatewayProcess } from '../testdata/harness/gateway-process.ts';
import { RawClient } from '../testdata/harness/raw-client.ts';
import { readStream } from '../testdata/harness/read-slowly.ts';

const MiB = 1024 * 1024;

describe('limits', () => {
  let gateway: GatewayProcess;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ data: [await makeDataset('big')], workers: 2 });
  });
  afterAll(async () => {
    await gateway?.stop();
  });

  it.each(['direct', 'pushdown'])(
    'streams ten million rows to a slow reader on %s with bounded memory',
    async (strategy) => {
      const client = await RawClient.connect(gateway.port);
      await client.query(`SET sluice.strategy = ${strategy}`);
      client.socket.write(serialize.query('SELECT * FROM big LIMIT 100000'));
      await readStream(client, () => undefined);
      const before = await gateway.residentBytes();
      let most = before;
      client.socket.write(serialize.query('SELECT * FROM big'));
      const answer = await readStream(client, (row) => {
        if (row % 250_000 !== 0) return undefined;
        client.socket.pause();
        return delay(200).then(async () => {
          most = Math.max(most, await gateway.residentBytes());
          client.socket.resume();
        });
      });
      console.log(`${strategy}: gateway grew by ${((most - before) / MiB).toFixed(0)} MiB`);
      expect(answer.rows).toBe(10_000_000);
      expect(most - before).toBeLessThan(100 * MiB);
      await client.close();
    },
  );

  it('answers 200 connections at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const client = await RawClient.connect(gateway.port);
        const answer = await client.query(`SELECT count(*) + ${index} FROM big WHERE id < ${index}`);
        await client.close();
        return Number(answer.rows[0]![0]!.toString());
      }),
    );
    expect(answers).toEqual(Array.from({ length: 200 }, (_, index) => 2 * index));
  });

  it('keeps SELECT 1 and log-ins quick while 16 long queries run or queue', async () => {
    const long = 'SELECT count(*) FROM big a JOIN big b ON a.key % 1000 = b.key % 1000 AND a.id <> b.id';
    const busy = await Promise.all(Array.from({ length: 16 }, () => RawClient.connect(gateway.port)));
    const outcomes = busy.map((client) => client.query(long).catch((error: Error) => error));
    await delay(1000);
    const client = await RawClient.connect(gateway.port);
    const pings: number[] = [];
    for (let run = 0; run < 200; run++) {
      const start = performance.now();
      await client.query('SELECT 1');
      pings.push(performance.now() - start);
    }
    const logins: number[] = [];
    for (let run = 0; run < 20; run++) {
      const start = performance.now();
      await (await RawClient.connect(gateway.port)).close();
      logins.push(performance.now() - start);
    }
    pings.sort((a, b) => a - b);
    logins.sort((a, b) => a - b);
    console.log(
      `SELECT 1 under load: p50 ${pings[100]!.toFixed(1)} ms, p99 ${pings[198]!.toFixed(1)} ms; log-in: worst ${logins.at(-1)!.toFixed(1)} ms`,
    );
    await Promise.all(busy.map((each) => each.cancel()));
    for (const outcome of await Promise.all(outcomes)) expect(outcome).toMatchObject({ code: '57014' });
    await Promise.all([...busy, client].map((each) => each.close()));
  });

  it('connects and disconnects 1,000 times without a leak', async () => {
    const round = async (count: number) => {
      for (let run = 0; run < count; run++) {
        const client = await RawClient.connect(gateway.port);
        await client.query('SELECT count(*) FROM big WHERE id < 10');
        client.socket.write(
          Buffer.concat([
            serialize.parse({ text: 'SELECT id FROM big' }),
            serialize.bind(),
            serialize.execute({ rows: 5 }),
            serialize.flush(),
          ]),
        );
        while ((await client.next()).type !== 's');
        if (run % 2 === 0) client.socket.destroy();
        else await client.close();
      }
    };
    await round(200);
    await delay(500);
    const before = await gateway.residentBytes();
    await round(1000);
    await delay(1000);
    const grown = (await gateway.residentBytes()) - before;
    console.log(`1,000 connections: gateway grew by ${(grown / MiB).toFixed(1)} MiB`);
    expect(grown).toBeLessThan(50 * MiB);
  });
});

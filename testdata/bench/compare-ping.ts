import { serialize } from 'pg-protocol';
import { freePort, GatewayProcess } from '../harness/gateway-process.ts';
import { RawClient } from '../harness/raw-client.ts';
import { inTurn, line, percentile } from './measure.ts';
import { startPostgres } from './postgres-server.ts';

const runs = 3000;

/** `SELECT 1`, simple and prepared, beside PostgreSQL 15: the price of a round trip. */
export async function comparePing(print: (text: string) => void): Promise<void> {
  const postgres = await startPostgres(await freePort());
  if (postgres === null) {
    print('PostgreSQL 15 is not installed: no comparison of round trips');
    return;
  }
  const gateway = await GatewayProcess.start({ data: [], workers: 0 });
  const ours = await RawClient.connect(gateway.port);
  const theirs = await RawClient.connect(postgres.port, { database: 'postgres' });
  const simple = (client: RawClient) => async () => void (await client.query('SELECT 1'));
  const prepared = (client: RawClient) => async () => {
    client.socket.write(Buffer.concat([serialize.bind({ statement: 'ping' }), serialize.execute(), serialize.sync()]));
    await client.answer();
  };
  for (const client of [ours, theirs]) {
    client.socket.write(Buffer.concat([serialize.parse({ name: 'ping', text: 'SELECT 1' }), serialize.sync()]));
    await client.answer();
  }
  for (const [name, work] of [
    ['simple', simple],
    ['prepared', prepared],
  ] as const) {
    const pair = await inTurn(runs, work(ours), work(theirs));
    for (const share of [0.5, 0.99]) {
      const goal = share === 0.5 ? 'goal: at most 4' : 'no goal';
      print(
        line(
          `SELECT 1 ${name}, p${share * 100}`,
          percentile(pair.ours, share),
          'PostgreSQL',
          percentile(pair.theirs, share),
          goal,
        ),
      );
    }
  }
  await ours.close();
  await theirs.close();
  await gateway.stop();
  await postgres.stop();
}

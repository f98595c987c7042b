import { serialize } from 'pg-protocol';
import { mustCopy } from '../harness/copy-client.ts';
import { freePort, GatewayProcess } from '../harness/gateway-process.ts';
import { RawClient } from '../harness/raw-client.ts';
import { inTurn, median } from './measure.ts';
import { startPostgres } from './postgres-server.ts';

const rowCount = 1_000_000;
const runs = 3;
/** What clients send at a time. */
const pieceBytes = 64 * 1024;
const table = `a INTEGER, b BIGINT, c DOUBLE PRECISION, d DECIMAL(12, 2), e DATE, f TIMESTAMP, g TEXT`;
const columns = `i::INTEGER AS a, i::BIGINT * 1234567 AS b, (i / 9.0)::DOUBLE PRECISION AS c, ((i % 100000000) / 100.0)::DECIMAL(12, 2) AS d,
  DATE '2020-01-01' + (i % 1000)::INTEGER AS e, TIMESTAMP '2020-01-01 00:00:00' + (i % 100000) * INTERVAL '1 second' AS f, 'some text of row ' || i AS g`;
const megabyte = 1_000_000;

/** Steps over the messages of COPY TO: gives the number of its bytes. `keep`: where their bodies are collected. */
function drainCopy(client: RawClient, sql: string, keep?: Buffer[]): Promise<number> {
  const { socket } = client;
  client.detach();
  return new Promise((resolve, reject) => {
    let rest: Buffer = Buffer.alloc(0);
    let bytes = 0;
    const finish = (settle: () => void) => {
      socket.off('data', read);
      client.attach();
      settle();
    };
    const read = (chunk: Buffer) => {
      const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let at = 0;
      while (at + 5 <= data.length && at + 1 + data.readInt32BE(at + 1) <= data.length) {
        const size = data.readInt32BE(at + 1);
        const type = data[at];
        if (type === 0x64) {
          bytes += size - 4;
          keep?.push(data.subarray(at + 5, at + 1 + size));
        }
        at += 1 + size;
        if (type === 0x45) return finish(() => reject(new Error('the server answered with an error')));
        if (type === 0x5a) return finish(() => resolve(bytes));
      }
      rest = data.subarray(at);
    };
    socket.on('data', read);
    socket.write(serialize.query(sql));
  });
}

/** COPY FROM STDIN and TO STDOUT of a million rows of seven columns, beside PostgreSQL 15, in MB/s of the data. */
export async function compareCopy(print: (text: string) => void): Promise<void> {
  const postgres = await startPostgres(await freePort());
  if (postgres === null) {
    print('PostgreSQL 15 is not installed: no comparison of COPY');
    return;
  }
  const gateway = await GatewayProcess.start({ data: [], workers: 0 });
  const ours = await RawClient.connect(gateway.port);
  const theirs = await RawClient.connect(postgres.port, { database: 'postgres' });
  try {
    await theirs.query(`CREATE TABLE source AS SELECT ${columns} FROM generate_series(0, ${rowCount - 1}) t(i)`);
    for (const client of [ours, theirs]) await client.query(`CREATE TABLE target (${table})`);
    for (const format of ['text', 'csv', 'binary']) {
      const data: Buffer[] = [];
      await drainCopy(theirs, `COPY source TO STDOUT (FORMAT ${format})`, data);
      const all = Buffer.concat(data);
      const pieces: Buffer[] = [];
      for (let at = 0; at < all.length; at += pieceBytes) pieces.push(all.subarray(at, at + pieceBytes));
      const load = (client: RawClient) => async () => {
        await client.query('TRUNCATE TABLE target');
        const { tags } = await mustCopy(client, `COPY target FROM STDIN (FORMAT ${format})`, pieces);
        if (tags[0] !== `COPY ${rowCount}`) throw new Error(`rows are missing: ${tags[0]}`);
      };
      const unload = (client: RawClient) => async () => {
        const bytes = await drainCopy(client, `COPY target TO STDOUT (FORMAT ${format})`);
        if (bytes < all.length / 2) throw new Error('rows are missing');
      };
      for (const [name, work] of [
        ['FROM', load],
        ['TO', unload],
      ] as const) {
        const pair = await inTurn(runs, work(ours), work(theirs));
        const speed = (times: readonly number[]) => all.length / megabyte / (median(times) / 1000);
        const [mine, other] = [speed(pair.ours), speed(pair.theirs)];
        print(
          `${`COPY ${name}, 1 M rows x 7 columns, ${format}`.padEnd(42)} sluice ${mine.toFixed(1)} MB/s   PostgreSQL ${other.toFixed(1)} MB/s   ratio ${(mine / other).toFixed(2)}`,
        );
      }
    }
  } finally {
    await ours.close();
    await theirs.close();
    await gateway.stop();
    await postgres.stop();
  }
}

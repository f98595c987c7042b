import { join } from 'node:path';
import { serialize } from 'pg-protocol';
import { makeOnce } from '../harness/cache.ts';
import { freePort, GatewayProcess } from '../harness/gateway-process.ts';
import { RawClient } from '../harness/raw-client.ts';
import { withDuckdb } from './compare-tpch.ts';
import { drainAnswer } from './drain.ts';
import { inTurn, median } from './measure.ts';
import { startPostgres } from './postgres-server.ts';

const rowCount = 1_000_000;
const runs = 7;
const columns = `i::INTEGER AS a, i::BIGINT * 1234567 AS b, (i / 9.0)::DOUBLE PRECISION AS c, ((i % 100000000) / 100.0)::DECIMAL(12, 2) AS d,
  DATE '2020-01-01' + (i % 1000)::INTEGER AS e, TIMESTAMP '2020-01-01 00:00:00' + (i % 100000) * INTERVAL '1 second' AS f, 'some text of row ' || i AS g`;

function binaryQuery(sql: string): Buffer {
  return Buffer.concat([
    serialize.parse({ text: sql }),
    serialize.bind({ binary: true }),
    serialize.describe({ type: 'P' }),
    serialize.execute(),
    serialize.sync(),
  ]);
}

/** A million rows of seven columns to one raw client, text and binary, beside PostgreSQL 15. */
export async function compareRows(print: (text: string) => void): Promise<void> {
  const data = await makeOnce('bench-rows', (folder) =>
    withDuckdb(async (connection) => {
      const target = join(folder, 'million.parquet');
      await connection.run(`COPY (SELECT ${columns} FROM range(${rowCount}) t(i)) TO '${target}' (FORMAT parquet)`);
    }),
  );
  const postgres = await startPostgres(await freePort());
  if (postgres === null) print('PostgreSQL 15 is not installed: no comparison of rows');
  else {
    const gateway = await GatewayProcess.start({ data: [data], workers: 2 });
    const ours = await RawClient.connect(gateway.port);
    const theirs = await RawClient.connect(postgres.port, { database: 'postgres' });
    await theirs.query(`CREATE TABLE million AS SELECT ${columns} FROM generate_series(0, ${rowCount - 1}) t(i)`);
    await theirs.query('VACUUM ANALYZE million');
    for (const strategy of ['direct', 'pushdown']) {
      await ours.query(`SET sluice.strategy = ${strategy}`);
      for (const [name, message, goal] of [
        ['text', serialize.query('SELECT * FROM million'), 'goal: at least 0.35, aim 0.5'],
        ['binary', binaryQuery('SELECT * FROM million'), 'goal: at least 0.5, aim 1'],
      ] as const) {
        const pull = (client: RawClient) => async () => {
          client.detach();
          const rows = drainAnswer(client.socket);
          client.socket.write(message);
          if ((await rows) !== rowCount) throw new Error('rows are missing');
        };
        const pair = await inTurn(runs, pull(ours), pull(theirs));
        const speed = (times: readonly number[]) => rowCount / 1000 / median(times);
        const ratio = speed(pair.ours) / speed(pair.theirs);
        print(
          `${`1 M rows x 7 columns, ${name}, ${strategy}`.padEnd(38)} sluice ${speed(pair.ours).toFixed(2)} M rows/s   PostgreSQL ${speed(pair.theirs).toFixed(2)} M rows/s   ratio ${ratio.toFixed(2)} (${goal})`,
        );
        ours.attach();
        theirs.attach();
      }
    }
    await ours.close();
    await theirs.close();
    await gateway.stop();
    await postgres.stop();
  }
}

import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { GatewayProcess } from '../harness/gateway-process.ts';
import { Oracle } from '../harness/oracle.ts';
import { RawClient } from '../harness/raw-client.ts';
import { benchmarkData, benchmarkQueries } from '../harness/tpc.ts';
import { inTurn, line, median, timed } from './measure.ts';

const runs = 3;
const runsOfPlanning = 9;
const runsOfScatter = 9;

/** All rows of an answer, fetched and dropped: what a program with DuckDB inside does. */
export async function fetchAll(connection: DuckDBConnection, sql: string): Promise<void> {
  const result = await connection.stream(sql);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
  }
}

/** TPC-H SF1, strategy direct: the price of the gateway on top of one DuckDB. */
export async function compareTpch(print: (text: string) => void): Promise<void> {
  const data = await benchmarkData('tpch', 1);
  const gateway = await GatewayProcess.start({ data: [data], workers: 1 });
  const client = await RawClient.connect(gateway.port);
  const duckdb = await Oracle.open(data, { dialect: 'duckdb' });
  await duckdb.connection.run("SET disabled_optimizers = ''");
  await client.query('SET sluice.dialect = duckdb');
  await client.query('SET sluice.strategy = direct');
  let ours = 0;
  let theirs = 0;
  for (const { name, sql } of await benchmarkQueries('tpch')) {
    const pair = await inTurn(
      runs,
      async () => void (await client.query(sql)),
      () => fetchAll(duckdb.connection, sql),
    );
    ours += median(pair.ours);
    theirs += median(pair.theirs);
    const planning: number[] = [];
    for (let run = 0; run < runsOfPlanning; run++) {
      planning.push(await timed(async () => void (await client.query(`EXPLAIN ${sql}`))));
    }
    const note = `part of the total; planning p50 ${median(planning).toFixed(1)} ms, first ${planning[0]!.toFixed(1)} ms`;
    print(line(`TPC-H SF1 ${name}, direct`, median(pair.ours), 'DuckDB', median(pair.theirs), note));
  }
  print(line('TPC-H SF1 total of 22, direct', ours, 'DuckDB', theirs, 'goal: at most 1.10'));
  await client.close();
  duckdb.close();
  await gateway.stop();
}

/** Q1 and Q6, scattered over two workers of one thread, beside one DuckDB with two threads. */
export async function compareScatter(print: (text: string) => void): Promise<void> {
  const data = await benchmarkData('tpch', 1);
  const gateway = await GatewayProcess.start({
    data: [data],
    workers: 2,
    flags: ['--worker-slots', '1', '--worker-threads', '1'],
  });
  const client = await RawClient.connect(gateway.port);
  const duckdb = await Oracle.open(data, { dialect: 'duckdb' }, 2);
  await client.query('SET sluice.dialect = duckdb');
  await client.query('SET sluice.strategy = two_phase');
  const queries = await benchmarkQueries('tpch');
  for (const name of ['q01', 'q06']) {
    const sql = queries.find((query) => query.name === name)!.sql;
    const pair = await inTurn(
      runsOfScatter,
      async () => void (await client.query(sql)),
      () => fetchAll(duckdb.connection, sql),
    );
    print(
      line(
        `TPC-H SF1 ${name}, two_phase, 2 x 1 thread`,
        median(pair.ours),
        'DuckDB',
        median(pair.theirs),
        'goal: at most 1.25',
      ),
    );
  }
  await client.close();
  duckdb.close();
  await gateway.stop();
}

/** A DuckDB of the bench's own, for making data. */
export async function withDuckdb(use: (connection: DuckDBConnection) => Promise<void>): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await use(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { makeOnce } from '../harness/cache.ts';
import { GatewayProcess } from '../harness/gateway-process.ts';
import { RawClient } from '../harness/raw-client.ts';
import { inTurn, median } from './measure.ts';

const runs = 3;
const rowCount = 20_000_000;
const files = 8;
const partitions = 32;

/** Twenty million rows of a key, two numbers and a text. */
function makeSource(): Promise<string> {
  return makeOnce(`write-${rowCount}`, async (directory) => {
    mkdirSync(join(directory, 'src'), { recursive: true });
    const connection = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
    for (let file = 0; file < files; file++) {
      const [from, to] = [(file * rowCount) / files, ((file + 1) * rowCount) / files];
      const rows = `SELECT i AS id, hash(i) % 5000000 AS key, (hash(i * 7) % 1000000) / 100 AS amount, 'name ' || i % 5000 AS name
        FROM range(${from}, ${to}) t(i)`;
      await connection.run(`COPY (${rows}) TO '${directory}/src/${file}.parquet'`);
    }
    connection.closeSync();
  });
}

/** Hash repartition and write of 20 million rows into 32 partitions, beside the partitioned COPY of one DuckDB with all cores. */
export async function compareWrite(print: (text: string) => void): Promise<void> {
  const data = await makeSource();
  const out = mkdtempSync(join(tmpdir(), 'sluice-bench-write-'));
  const gateway = await GatewayProcess.start({ data: [data], workers: 2, flags: ['--allow', out] });
  const client = await RawClient.connect(gateway.port);
  const threads = String(availableParallelism());
  const duckdb = await (await DuckDBInstance.create(':memory:', { threads })).connect();
  const fresh = (name: string) => {
    rmSync(join(out, name), { recursive: true, force: true });
    return join(out, name);
  };
  const ours = async () =>
    void (await client.query(
      `COPY src TO '${fresh('ours')}' (FORMAT parquet, hash_by (key), partitions ${partitions})`,
    ));
  const bucket = `CAST((hash(key) >> 32) % ${partitions} AS INTEGER)`;
  const source = `SELECT *, ${bucket} AS bucket FROM read_parquet('${data}/src/*.parquet')`;
  const theirs = async () =>
    void (await duckdb.run(`COPY (${source}) TO '${fresh('theirs')}' (FORMAT parquet, PARTITION_BY (bucket))`));
  try {
    const times = await inTurn(runs, ours, theirs);
    const [own, other] = [median(times.ours), median(times.theirs)];
    print(
      `${rowCount} rows into ${partitions} partitions by hash: sluice ${own.toFixed(0)} ms, DuckDB ${other.toFixed(0)} ms, ${(other / own).toFixed(2)} x the throughput (goal: at least 0.8)`,
    );
  } finally {
    await client.close();
    await gateway.stop();
    duckdb.closeSync();
    rmSync(out, { recursive: true, force: true });
  }
}

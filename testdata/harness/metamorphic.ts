import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { applyVariant, type Variant } from './bench-cases.ts';
import { makeDataset } from './dataset.ts';
import { GatewayProcess } from './gateway-process.ts';
import { type DistributedQuery, distributedQuery } from './random-distributed.ts';
import { RawClient, WireError } from './raw-client.ts';

/** How a query is run; what is left out is as in the base way. */
export type MetamorphicWay = Partial<Omit<Variant, 'protocol' | 'dialect'>>;

export const baseWay: Omit<Variant, 'protocol'> = {
  strategy: 'stages',
  partitions: 3,
  exchange: 'frames',
  broadcast: false,
  dialect: 'duckdb',
};

/** Rows of an answer as a bag, in a form that can be compared; an error is its SQLSTATE. */
export async function bagOf(client: RawClient, sql: string): Promise<readonly string[]> {
  try {
    const { rows } = await client.query(sql);
    return rows.map((row) => JSON.stringify(row.map((cell) => cell?.toString('latin1') ?? null))).sort();
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return [`error ${error.code}`];
  }
}

/** The first difference of two bags in words, or null. */
export function bagsDiffer(expected: readonly string[], actual: readonly string[]): string | null {
  if (expected.length !== actual.length)
    return `rows: expected ${expected.length}, got ${actual.length} (${actual[0]})`;
  const at = expected.findIndex((row, index) => row !== actual[index]);
  return at < 0 ? null : `row ${at}: expected ${expected[at]}, got ${actual[at]}`;
}

/** A gateway over the data set `random` with a client. */
export interface RandomGateway {
  readonly gateway: GatewayProcess;
  readonly client: RawClient;
}

export async function openRandomGateway(workers: number, folder?: string): Promise<RandomGateway> {
  const data = folder ?? (await makeDataset('random'));
  const gateway = await GatewayProcess.start({ data: [data], workers });
  return { gateway, client: await RawClient.connect(gateway.port, { TimeZone: 'UTC' }) };
}

export async function closeRandomGateway({ gateway, client }: RandomGateway): Promise<void> {
  await client.close();
  await gateway.stop();
}

/** Sets the base way with changes and gives the bag of the answer. */
export async function bagIn({ client }: RandomGateway, sql: string, way: MetamorphicWay): Promise<readonly string[]> {
  await applyVariant(client, { ...baseWay, ...way });
  return bagOf(client, sql);
}

/** Queries of the seeds whose floats are all exact. */
export function exactQueries(from: number, to: number): readonly DistributedQuery[] {
  const queries = Array.from({ length: to - from }, (_, index) => distributedQuery(from + index));
  return queries.filter(({ tolerance }) => !tolerance);
}

/** Gives the files of each table in a folder names in the reverse order: the same rows, in another order. */
export async function reverseFiles(folder: string): Promise<void> {
  for (const table of await readdir(folder, { withFileTypes: true })) {
    if (!table.isDirectory()) continue;
    const files = (await readdir(join(folder, table.name))).sort();
    for (const [index, file] of files.entries()) {
      const name = `moved-${String(files.length - index).padStart(3, '0')}.parquet`;
      await rename(join(folder, table.name, file), join(folder, table.name, name));
    }
  }
}

/** Runs `sql` and kills the worker that has lived the longest while it runs; gives the answer when the worker is back. */
export async function bagWithKill(on: RandomGateway, sql: string, afterMs: number): Promise<readonly string[]> {
  const answer = bagIn(on, sql, {});
  await delay(afterMs);
  const workers = (await on.gateway.workerPids()).length;
  await on.gateway.killWorker();
  const bag = await answer;
  await on.gateway.workersJoined(workers);
  return bag;
}

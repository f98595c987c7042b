import type { RowStyle } from '../../worker/rows/encode-rows.ts';
import type { Case, CaseFile } from './cases.ts';
import { checkQuery } from './check-query.ts';
import { makeDataset } from './dataset.ts';
import { GatewayProcess } from './gateway-process.ts';
import { Oracle } from './oracle.ts';
import { type Protocol, RawClient } from './raw-client.ts';

/** One way to run a case. */
export interface Variant {
  readonly strategy: 'auto' | 'direct' | 'router' | 'pushdown' | 'two_phase' | 'gather';
  readonly partitions: number | null;
  readonly protocol: Protocol;
  readonly dialect: 'duckdb' | 'postgres';
}

/** What `SHOW sluice.last_query` tells of the session's last query. */
export interface LastQuery {
  readonly strategy: string;
  readonly workers: number;
  readonly tasks: number;
  readonly retries: number;
  readonly taskRuns: readonly { stage: number; partition: number; worker: number; rows: number }[];
}

export const rowStyle = (dialect: 'duckdb' | 'postgres', timeZone = 'UTC'): RowStyle => ({
  timeZone,
  dateStyle: 'ISO, MDY',
  intervalStyle: 'postgres',
  byteaOutput: 'hex',
  extraFloatDigits: 1,
  dialect,
});

/** A gateway with two workers over one data set, a client, and an oracle of each dialect. */
export interface Bench {
  readonly folder: string;
  readonly gateway: GatewayProcess;
  readonly client: RawClient;
  readonly oracles: Readonly<Record<Variant['dialect'], Oracle>>;
}

/** Starts what the cases of `file` need; `setup` statements have run on every side. */
export async function openBench(file: Pick<CaseFile, 'data' | 'setup'>): Promise<Bench> {
  const folder = await makeDataset(file.data);
  const gateway = await GatewayProcess.start({ data: [folder], workers: 2 });
  const client = await RawClient.connect(gateway.port, { TimeZone: 'UTC' });
  const oracles = {
    duckdb: await Oracle.open(folder, { dialect: 'duckdb' }),
    postgres: await Oracle.open(folder, { dialect: 'postgres' }),
  };
  for (const statement of file.setup.map((text) => text.replaceAll('$DIR', folder))) {
    await client.query(statement);
    for (const oracle of Object.values(oracles)) await oracle.connection.run(statement);
  }
  return { folder, gateway, client, oracles };
}

export async function closeBench({ client, oracles, gateway }: Bench): Promise<void> {
  await client.close();
  for (const oracle of Object.values(oracles)) oracle.close();
  await gateway.stop();
}

export const variantLabel = ({ dialect, strategy, partitions, protocol }: Variant): string =>
  `${dialect} ${strategy} P=${partitions ?? 'auto'} ${protocol}`;

/** Runs one case in one variant. Null: right; else what is wrong. */
export async function runCase(bench: Bench, item: Case, variant: Variant): Promise<string | null> {
  const { client, folder } = bench;
  const oracle = bench.oracles[variant.dialect];
  await applyVariant(client, variant);
  for (const { name, value } of item.settings) {
    await client.query(`SET ${name} = ${value}`);
    await oracle.connection.run(`SET ${name} = ${value}`);
  }
  const timeZone = item.settings.find(({ name }) => name.toLowerCase() === 'timezone')?.value.replaceAll("'", '');
  const found = await checkQuery(oracle, client, item.sql.replaceAll('$DIR', folder), {
    protocol: item.textOnly && variant.protocol === 'binary' ? 'extended' : variant.protocol,
    tolerance: item.tolerance,
    sequence: item.sequence,
    names: variant.dialect === 'duckdb',
    style: rowStyle(variant.dialect, timeZone),
    oracleSql: item.oracleSql?.replaceAll('$DIR', folder),
    error: item.error,
  });
  for (const { name } of item.settings) {
    await client.query(name.toLowerCase() === 'timezone' ? "SET TimeZone = 'UTC'" : `RESET ${name}`);
    await oracle.connection.run(name.toLowerCase() === 'timezone' ? "SET TimeZone = 'UTC'" : `RESET ${name}`);
  }
  if (found === null && item.runsAs === variant.strategy) return ranOtherwise(await lastQuery(client), variant);
  return found;
}

async function applyVariant(client: RawClient, variant: Variant): Promise<void> {
  await client.query(`SET sluice.dialect = ${variant.dialect}`);
  await client.query(`SET sluice.strategy = ${variant.strategy}`);
  await client.query(
    variant.partitions === null ? 'RESET sluice.partitions' : `SET sluice.partitions = ${variant.partitions}`,
  );
}

/** Told from what ran, not from the plan. */
function ranOtherwise(ran: LastQuery, variant: Variant): string | null {
  if (ran.strategy !== variant.strategy) return `ran as ${ran.strategy}`;
  if (variant.partitions !== null && ran.tasks !== variant.partitions) return `ran ${ran.tasks} tasks`;
  const workers = new Set(ran.taskRuns.map((run) => run.worker)).size;
  return ran.tasks > 1 && workers !== 2 ? `tasks ran on ${workers} workers` : null;
}

export async function lastQuery(client: RawClient): Promise<LastQuery> {
  const answer = await client.query('SHOW sluice.last_query');
  return JSON.parse(answer.rows[0]![0]!.toString()) as LastQuery;
}

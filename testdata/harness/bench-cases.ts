import type { RowStyle } from '../../worker/rows/encode-rows.ts';
import type { Case, CaseFile } from './cases.ts';
import { checkQuery } from './check-query.ts';
import { makeDataset } from './dataset.ts';
import { GatewayProcess } from './gateway-process.ts';
import { Oracle } from './oracle.ts';
import { type Protocol, RawClient } from './raw-client.ts';

/** One way to run a case. */
export interface Variant {
  readonly strategy: 'auto' | 'direct' | 'router' | 'pushdown' | 'two_phase' | 'stages' | 'gather';
  readonly partitions: number | null;
  readonly protocol: Protocol;
  readonly dialect: 'duckdb' | 'postgres';
  /** How stages pass rows on; `auto` when absent. */
  readonly exchange?: 'auto' | 'files' | 'frames';
  /** False: no side of a join is given whole to every task. */
  readonly broadcast?: boolean;
  /** True: the running query changes by the sizes that it finds, though its strategy or partitions are given. */
  readonly adaptive?: boolean;
}

/** One stage as it ran. */
export interface StageRan {
  readonly id: number;
  readonly tasks: number;
  readonly rows: number;
  readonly partitionsWithRows: number;
  readonly workers: readonly number[];
}

/** What `SHOW sluice.last_query` tells of the session's last query. */
export interface LastQuery {
  readonly strategy: string;
  readonly workers: number;
  readonly tasks: number;
  readonly retries: number;
  readonly taskRuns: readonly { stage: number; partition: number; worker: number; rows: number }[];
  readonly stages?: readonly StageRan[];
  /** Where all rows went to one task with nothing but that to be done, and why. */
  readonly rawGathers?: readonly string[];
  /** Why `stages` was not taken. */
  readonly fallback?: string;
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

export interface BenchOptions {
  readonly workers?: number;
  readonly oracleThreads?: number;
}

/** Starts what the cases of `file` need; `setup` statements have run on every side. */
export async function openBench(file: Pick<CaseFile, 'data' | 'setup'>, options: BenchOptions = {}): Promise<Bench> {
  const folder = await makeDataset(file.data);
  const { workers = 2, oracleThreads = 2 } = options;
  const gateway = await GatewayProcess.start({ data: [folder], workers });
  const close: (() => unknown)[] = [() => gateway.stop()];
  try {
    const client = await RawClient.connect(gateway.port, { TimeZone: 'UTC' });
    close.push(() => client.close());
    const oracle = async (dialect: Variant['dialect']) => {
      const opened = await Oracle.open(folder, { dialect }, oracleThreads);
      close.push(() => opened.close());
      return opened;
    };
    const oracles = { duckdb: await oracle('duckdb'), postgres: await oracle('postgres') };
    // Views mean what they meant when they were made.
    await client.query('SET sluice.dialect = duckdb');
    for (const statement of file.setup.map((text) => text.replaceAll('$DIR', folder))) {
      await client.query(statement);
      for (const { connection } of Object.values(oracles)) await connection.run(statement);
    }
    return { folder, gateway, client, oracles };
  } catch (error) {
    for (const end of close.reverse()) await end();
    throw error;
  }
}

export async function closeBench({ client, oracles, gateway }: Bench): Promise<void> {
  await client.close();
  for (const oracle of Object.values(oracles)) oracle.close();
  await gateway.stop();
}

export const variantLabel = ({
  dialect,
  strategy,
  partitions,
  protocol,
  exchange,
  broadcast,
  adaptive,
}: Variant): string => {
  const settings = [exchange, broadcast === false ? 'no broadcast' : undefined, adaptive ? 'adaptive' : undefined];
  return [dialect, strategy, `P=${partitions ?? 'auto'}`, protocol, ...settings]
    .filter((word) => word !== undefined)
    .join(' ');
};

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
  if (found !== null) return found;
  if (item.runsAs === variant.strategy) return ranOtherwise(await lastQuery(client), variant);
  if (item.distributed && variant.strategy === 'stages') return gathered(await lastQuery(client));
  return null;
}

/** Settings that `applyVariant` has sent to each client last. */
const applied = new WeakMap<RawClient, string>();

/** Sets what the variant asks for; what it does not name has its default. */
export async function applyVariant(client: RawClient, variant: Omit<Variant, 'protocol'>): Promise<void> {
  const { dialect, strategy, partitions, exchange = 'auto', broadcast = true, adaptive = false } = variant;
  const statements = [
    `SET sluice.dialect = ${dialect}`,
    `SET sluice.strategy = ${strategy}`,
    partitions === null ? 'RESET sluice.partitions' : `SET sluice.partitions = ${partitions}`,
    exchange === 'auto' ? 'RESET sluice.exchange' : `SET sluice.exchange = ${exchange}`,
    broadcast ? 'RESET sluice.broadcast_max_bytes' : 'SET sluice.broadcast_max_bytes = 0',
    adaptive ? 'SET sluice.adaptive = on' : 'RESET sluice.adaptive',
  ];
  const text = statements.join('; ');
  if (applied.get(client) === text) return;
  await client.query(text);
  applied.set(client, text);
}

/** Told from what ran, not from the plan. */
function ranOtherwise(ran: LastQuery, variant: Variant): string | null {
  if (ran.strategy !== variant.strategy) return `ran as ${ran.strategy}`;
  if (variant.partitions !== null && ran.tasks !== variant.partitions) return `ran ${ran.tasks} tasks`;
  const workers = new Set(ran.taskRuns.map((run) => run.worker)).size;
  return ran.tasks > 1 && workers !== 2 ? `tasks ran on ${workers} workers` : null;
}

/** Null: it ran as stages, and no raw gather was in it. */
function gathered(ran: LastQuery): string | null {
  if (ran.strategy !== 'stages') return `ran as ${ran.strategy}: ${ran.fallback ?? ''}`;
  return (ran.rawGathers ?? []).length > 0 ? `raw gather: ${ran.rawGathers?.join('; ')}` : null;
}

export async function lastQuery(client: RawClient): Promise<LastQuery> {
  const answer = await client.query('SHOW sluice.last_query');
  return JSON.parse(answer.rows[0]![0]!.toString()) as LastQuery;
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RowStyle } from '../../worker/rows/encode-rows.ts';
import type { CaseFile } from './cases.ts';
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

export const rowStyle = (dialect: 'duckdb' | 'postgres'): RowStyle => ({
  timeZone: 'UTC',
  dateStyle: 'ISO, MDY',
  intervalStyle: 'postgres',
  byteaOutput: 'hex',
  extraFloatDigits: 1,
  dialect,
});

/**
 * Registers a vitest suite: every case of `file`, each in all `variants`, against one DuckDB, on a real gateway with two workers.
 * A case that says how it runs is also checked to have run so, with tasks on both workers when there was more than one task.
 */
export function describeCases(file: CaseFile, variants: readonly Variant[]): void {
  describe(`cases/${file.name}.sql`, () => {
    let gateway: GatewayProcess;
    let client: RawClient;
    const oracles = new Map<string, Oracle>();

    beforeAll(async () => {
      const data = await makeDataset(file.data);
      gateway = await GatewayProcess.start({ data: [data], workers: 2 });
      client = await RawClient.connect(gateway.port, { TimeZone: 'UTC' });
      for (const dialect of ['duckdb', 'postgres'] as const) oracles.set(dialect, await Oracle.open(data, { dialect }));
    });
    afterAll(async () => {
      await client?.close();
      for (const oracle of oracles.values()) oracle.close();
      await gateway?.stop();
    });

    for (const item of file.cases) {
      it(item.title, async () => {
        for (const variant of variants) {
          const label = `${variant.dialect} ${variant.strategy} P=${variant.partitions ?? 'auto'} ${variant.protocol}`;
          await applyVariant(client, variant);
          const found = await checkQuery(oracles.get(variant.dialect)!, client, item.sql, {
            protocol: variant.protocol,
            tolerance: item.tolerance,
            sequence: item.sequence,
            names: variant.dialect === 'duckdb',
            style: rowStyle(variant.dialect),
          });
          expect(found, label).toBeNull();
          if (item.runsAs === variant.strategy) expectRan(await lastQuery(client), variant, label);
        }
      });
    }
  });
}

async function applyVariant(client: RawClient, variant: Variant): Promise<void> {
  await client.query(`SET sluice.dialect = ${variant.dialect}`);
  await client.query(`SET sluice.strategy = ${variant.strategy}`);
  await client.query(
    variant.partitions === null ? 'RESET sluice.partitions' : `SET sluice.partitions = ${variant.partitions}`,
  );
}

/** Asserts from what ran, not from the plan. */
function expectRan(ran: LastQuery, variant: Variant, label: string): void {
  expect(ran.strategy, label).toBe(variant.strategy);
  if (variant.partitions !== null) expect(ran.tasks, label).toBe(variant.partitions);
  if (ran.tasks > 1) expect(new Set(ran.taskRuns.map((run) => run.worker)).size, `${label}: workers used`).toBe(2);
}

export async function lastQuery(client: RawClient): Promise<LastQuery> {
  const answer = await client.query('SHOW sluice.last_query');
  return JSON.parse(answer.rows[0]![0]!.toString()) as LastQuery;
}

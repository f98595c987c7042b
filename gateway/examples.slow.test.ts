/** The scenarios of testdata/examples, run on a real gateway with real workers and compared with one DuckDB over the same files. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { splitStatements } from '../planner/sql/lexer.ts';
import { GatewayProcess } from '../testdata/harness/gateway-process.ts';
import { RawClient } from '../testdata/harness/raw-client.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const text = readFileSync(resolve(import.meta.dirname, '../testdata/examples/smallpond.sql'), 'utf8');
const root = mkdtempSync(join(tmpdir(), 'sluice-examples-'));
const data = join(root, 'data');
const out = join(root, 'out');
const rowCount = 4000;
let gateway: GatewayProcess;
let client: RawClient;
let duckdb: DuckDBConnection;

interface Step {
  readonly sql: string;
  /** Lines behind the statement: what it has to give. */
  readonly claims: readonly string[];
}

interface Scenario {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** Sections begin with `-- #`; claims are comment lines right behind a statement. */
function scenarios(): readonly Scenario[] {
  return text
    .split(/^-- # /m)
    .slice(1)
    .map((section) => {
      const title = section.slice(0, section.indexOf('\n'));
      const body = section.slice(title.length);
      const statements = splitStatements(body);
      const steps = statements.map(({ text: sql, start }, i) => {
        const behind = body.slice(start + sql.length, statements[i + 1]?.start);
        const lines = behind
          .replace(/^;/, '')
          .split('\n')
          .map((line) => line.trim());
        return { sql: sql.replaceAll('$OUT', out), claims: claimsIn(lines) };
      });
      return { title, steps };
    });
}

const claim = /^-- (same as|same rows|gives|sums to|fails|reuses)/;

function claimsIn(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => claim.test(line)).map((line) => line.slice('-- '.length));
}

async function rowsOf(sql: string): Promise<readonly string[]> {
  const { rows } = await client.query(sql);
  return rows.map((row) => row.map((cell) => cell?.toString() ?? 'NULL').join('|'));
}

async function foreignRows(sql: string): Promise<readonly string[]> {
  const rows = (await duckdb.runAndReadAll(sql)).getRowsJson();
  return rows.map((row) =>
    row.map((cell) => (cell === true ? 't' : cell === false ? 'f' : (cell ?? 'NULL'))).join('|'),
  );
}

const inOrder = (rows: readonly string[]) => [...rows].sort();

async function check({ sql, claims }: Step): Promise<void> {
  const fails = claims.find((line) => line.startsWith('fails: '))?.slice('fails: '.length);
  if (fails !== undefined) {
    await expect(client.query(sql)).rejects.toMatchObject({ code: fails });
    return;
  }
  const rows = await rowsOf(sql);
  const given = claims.flatMap((line) => (line.startsWith('gives: ') ? [line.slice('gives: '.length)] : []));
  if (given.length > 0) expect(rows).toEqual(given);
  for (const line of claims) {
    const [, kind, query] = /^(same as|same rows in the same order as|sums to): (.*)$/.exec(line) ?? [];
    const asked = query?.replaceAll('$OUT', out);
    if (kind === 'same rows in the same order as') expect(rows).toEqual(await foreignRows(asked!));
    if (kind === 'same as') expect(inOrder(rows)).toEqual(inOrder(await foreignRows(asked!)));
    if (kind === 'sums to')
      expect([String(rows.reduce((sum, row) => sum + BigInt(row), 0n))]).toEqual(await foreignRows(asked!));
    if (line.startsWith('reuses')) {
      const answer = await client.query('SHOW sluice.last_query');
      const { stages } = JSON.parse(answer.rows[0]![0]!.toString()) as { stages: readonly { reused: number }[] };
      expect(stages.reduce((sum, { reused }) => sum + reused, 0)).toBeGreaterThan(0);
    }
  }
}

beforeAll(async () => {
  for (const folder of ['data/events', 'data/events_json', 'out']) mkdirSync(join(root, folder), { recursive: true });
  duckdb = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
  const files = 4;
  for (let file = 0; file < files; file++) {
    const range = `range(${(file * rowCount) / files}, ${((file + 1) * rowCount) / files}) t(i)`;
    const basic = `i AS id, CAST(hash(i) % 40 AS INTEGER) AS "user", DATE '2026-01-01' + CAST(i % 9 AS INTEGER) AS day, (hash(i, 1) % 1000) / 1000 AS score`;
    const more = `'doc ' || (i % 1500) AS text, list_value('w' || i % 11, 'w' || i % 5) AS words,
      [CAST((hash(i, 2) % 100) / 100 + 0.01 AS FLOAT), CAST((hash(i, 3) % 100) / 100 AS FLOAT), CAST((hash(i, 4) % 100) / 100 AS FLOAT), CAST((hash(i, 5) % 100) / 100 AS FLOAT)] AS embedding`;
    await duckdb.run(`COPY (SELECT ${basic}, ${more} FROM ${range}) TO '${data}/events/${file}.parquet'`);
    await duckdb.run(`COPY (SELECT ${basic} FROM ${range}) TO '${data}/events_json/${file}.json'`);
    if (file === 0) await duckdb.run(`COPY (SELECT ${basic} FROM ${range}) TO '${data}/events_csv.csv' (HEADER)`);
  }
  await duckdb.run(`CREATE VIEW events AS FROM read_parquet('${data}/events/*.parquet')`);
  await duckdb.run(`CREATE VIEW events_csv AS FROM read_csv('${data}/events_csv.csv')`);
  await duckdb.run(`CREATE VIEW events_json AS FROM read_json('${data}/events_json/*.json')`);
  gateway = await GatewayProcess.start({
    data: [data],
    workers: 2,
    flags: ['--allow', out, '--direct-max-bytes', '0'],
  });
  client = await RawClient.connect(gateway.port);
});
afterAll(async () => {
  await client?.close();
  await gateway?.stop();
  duckdb?.closeSync();
  rmSync(root, { recursive: true, force: true });
});

describe('what smallpond does', () => {
  it.each(scenarios().map((scenario) => [scenario.title, scenario] as const))('%s', async (_, { steps }) => {
    expect(steps.length).toBeGreaterThan(0);
    for (const step of steps) await check(step);
  });
});

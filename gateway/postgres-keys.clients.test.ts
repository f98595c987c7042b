/** Foreign keys beside PostgreSQL 15: the statements of testdata/postgres-keys on both, with all that errors and notices tell. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../testdata/bench/postgres-server.ts';
import { repositoryRoot } from '../testdata/harness/cache.ts';
import { hasProgram } from '../testdata/harness/client-tools.ts';
import { freePort } from '../testdata/harness/gateway-process.ts';
import { keyTables, randomKeyStatements } from '../testdata/harness/random-keys.ts';
import { RawClient, WireError } from '../testdata/harness/raw-client.ts';
import { WireServer } from '../testdata/harness/wire-server.ts';

const firstSeed = Number(process.env.KEYS_SEED ?? 1);
const cases = Number(process.env.KEYS_CASES ?? 8);
const statements = 60;

interface Section {
  readonly name: string;
  readonly lines: readonly { readonly session: number; readonly sql: string }[];
}

const text = readFileSync(join(repositoryRoot, 'testdata/postgres-keys/keys.sql'), 'utf8');
const sections: readonly Section[] = text
  .split(/^== /m)
  .slice(1)
  .map((part) => {
    const [name = '', ...lines] = part.split('\n').filter((line) => line !== '' && !line.startsWith('--'));
    return {
      name,
      lines: lines.map((line) => ({ session: line.startsWith('2> ') ? 1 : 0, sql: line.replace(/^2> /, '') })),
    };
  });

/** SQLSTATE, message, detail and the names of schema, table, column and constraint. */
const errorFields = ['C', 'M', 'D', 's', 't', 'c', 'n'];

/** What a server says to a statement. */
async function said(client: RawClient, sql: string): Promise<string> {
  try {
    const { rows, tags, notices } = await client.query(sql);
    const cells = rows.map((row) => row.map((cell) => cell?.toString() ?? '∅').join('|'));
    return [...notices.map((notice) => `NOTICE ${notice}`), ...tags, ...cells].join('\n');
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    // The failing row's values are not told.
    const fields = error.code === '23502' ? errorFields.filter((field) => field !== 'D') : errorFields;
    return fields.flatMap((field) => (error.fields.has(field) ? `${field} ${error.fields.get(field)}` : [])).join('\n');
  }
}

/**
 * What a random statement led to: the rows of all tables afterwards. Which of several keys a row breaks is told first may differ, so that
 * only the class of errors counts.
 */
async function stateOf(client: RawClient, sql: string): Promise<string> {
  const answer = await said(client, sql);
  const error = /^C (\d\d)/.exec(answer)?.[1];
  const rows: string[] = [];
  for (const table of keyTables) rows.push(await said(client, `SELECT * FROM ${table} ORDER BY id`));
  return [error ?? answer, ...rows].join('\n');
}

async function runOn(
  port: number,
  database: string,
  { name, lines }: Section,
  tell = said,
): Promise<readonly string[]> {
  const clients = [await RawClient.connect(port, { database }), await RawClient.connect(port, { database })];
  const schema = `keys_${name.replaceAll(/\W/g, '_')}`;
  await clients[0]!.query(`CREATE SCHEMA ${schema}`);
  for (const client of clients) await client.query(`SET search_path = ${schema}`);
  const answers: string[] = [];
  for (const { session, sql } of lines) answers.push(`${sql}\n${await tell(clients[session]!, sql)}`);
  for (const client of clients) await client.close();
  return answers;
}

describe.skipIf(!hasProgram('/usr/lib/postgresql/15/bin/postgres'))('foreign keys on PostgreSQL 15 and Sluice', () => {
  let postgres: PostgresServer | null = null;
  let sluice: WireServer;
  beforeAll(async () => {
    postgres = await startPostgres(await freePort());
    sluice = await WireServer.start({});
  });
  afterAll(async () => {
    await sluice?.stop();
    await postgres?.stop();
  });

  it.each(sections.map((section) => [section.name, section] as const))('%s', async (_, section) => {
    const theirs = await runOn(postgres!.port, 'postgres', section);
    const ours = await runOn(sluice.port, 'sluice', section);
    expect(ours).toEqual(theirs);
  });

  it.each(Array.from({ length: cases }, (_, at) => firstSeed + at))('random statements of seed %i', async (seed) => {
    const lines = randomKeyStatements(seed, statements).map((sql) => ({ session: 0, sql }));
    const section = { name: `seed ${seed}`, lines };
    const theirs = await runOn(postgres!.port, 'postgres', section, stateOf);
    const ours = await runOn(sluice.port, 'sluice', section, stateOf);
    expect(ours).toEqual(theirs);
  });
});

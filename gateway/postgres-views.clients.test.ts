/** The views of testdata/postgres-views on PostgreSQL 15 and on Sluice: both show the same text of each, in all forms. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../testdata/bench/postgres-server.ts';
import { repositoryRoot } from '../testdata/harness/cache.ts';
import { hasProgram } from '../testdata/harness/client-tools.ts';
import { freePort, GatewayProcess } from '../testdata/harness/gateway-process.ts';
import { RawClient } from '../testdata/harness/raw-client.ts';

const folder = join(repositoryRoot, 'testdata/postgres-views');
const linesOf = (file: string) => readFileSync(join(folder, file), 'utf8').split('\n');

interface CheckedView {
  readonly name: string;
  readonly sql: string;
  /** Sluice shows the text that it keeps. */
  readonly stored: boolean;
}

/** One view in a line; `-- stored: why` stands before those that are known to be shown otherwise. */
const views = linesOf('views.sql').flatMap((sql, at, all): CheckedView[] => {
  const name = /^CREATE VIEW (\S+)/.exec(sql)?.[1];
  return name === undefined ? [] : [{ name, sql, stored: all[at - 1]!.startsWith('-- stored: ') }];
});

/** Everything that tells the texts of views, by their names. */
const allTexts = `SELECT c.relname, pg_get_viewdef(c.oid), pg_get_viewdef(c.oid, true), pg_get_viewdef(c.oid, false),
  ${[0, 40, 80, 1000, -1].map((column) => `pg_get_viewdef(c.oid, ${column})`).join(', ')}, p.definition, i.view_definition
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_views p ON p.viewname = c.relname AND p.schemaname = n.nspname
  JOIN information_schema.views i ON i.table_name = c.relname AND i.table_schema = n.nspname
  WHERE c.relkind = 'v' AND n.nspname IN ('public', 'other')`;

describe.skipIf(!hasProgram('/usr/lib/postgresql/15/bin/postgres'))('views are shown as PostgreSQL does', () => {
  let gateway: GatewayProcess;
  let postgres: PostgresServer | null;
  let clients: readonly RawClient[] = [];

  let texts: readonly ReadonlyMap<string | null, readonly (string | null)[]>[] = [];

  const textsOf = async (client: RawClient) => {
    const { rows } = await client.query(allTexts);
    return new Map(rows.map((row) => row.map((cell) => cell?.toString('utf8') ?? null)).map((row) => [row[0]!, row]));
  };
  const told = async (client: RawClient, sql: string) =>
    (await client.query(sql)).rows[0]!.map((cell) => cell?.toString('utf8') ?? null);

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ data: [], workers: 1 });
    postgres = await startPostgres(await freePort());
    clients = [
      await RawClient.connect(gateway.port, {}),
      await RawClient.connect(postgres!.port, { user: 'test', database: 'postgres' }),
    ];
    const statements = [...linesOf('setup.sql').filter((line) => line !== ''), ...views.map(({ sql }) => sql)];
    for (const client of clients) for (const sql of statements) await client.query(sql);
    texts = [await textsOf(clients[0]!), await textsOf(clients[1]!)];
  });
  afterAll(async () => {
    for (const client of clients) await client.close();
    await gateway?.stop();
    await postgres?.stop();
  });

  it.each(views)('$name', ({ name, stored }) => {
    const [ours, theirs] = texts.map((known) => known.get(name.replace(/.*\./, '')));
    expect(ours).toBeDefined();
    if (stored) expect(ours![1]).not.toBe(theirs![1]);
    else expect(ours).toEqual(theirs);
  });

  it('are as many as there should be', () => {
    expect(views.filter(({ stored }) => !stored).length).toBeGreaterThan(130);
  });

  it.each(["'people'::regclass", '0', '4000000', 'NULL::oid'])('%s is no view', async (oid) => {
    const sql = `SELECT pg_get_viewdef(${oid}), pg_get_viewdef(${oid}, true), pg_get_viewdef(${oid}, 40)`;
    expect(await told(clients[0]!, sql)).toEqual(await told(clients[1]!, sql));
  });

  it('are found by their names', async () => {
    const sql = "SELECT pg_get_viewdef('plain'), pg_get_viewdef('other.in_schema', true)";
    expect(await told(clients[0]!, sql)).toEqual(await told(clients[1]!, sql));
  });

  it('keep their text with a comment, another name and ROLLBACK', async () => {
    const shown = async (client: RawClient, name: string) =>
      told(client, `SELECT pg_get_viewdef('${name}'::regclass), obj_description('${name}'::regclass)`);
    for (const client of clients) {
      await client.query('CREATE VIEW kept AS SELECT id FROM people WHERE age = 1');
      await client.query("COMMENT ON VIEW kept IS 'some'");
      await client.query('ALTER VIEW kept RENAME TO kept_on');
      await client.query('BEGIN');
      await client.query('CREATE OR REPLACE VIEW kept_on AS SELECT id FROM people WHERE age = 2');
      await client.query('ROLLBACK');
    }
    const ours = await shown(clients[0]!, 'kept_on');
    expect(ours).toEqual([' SELECT people.id\n   FROM people\n  WHERE (people.age = 1);', 'some']);
    expect(ours).toEqual(await shown(clients[1]!, 'kept_on'));
    for (const client of clients) await client.query('CREATE OR REPLACE VIEW kept_on AS SELECT id FROM people LIMIT 1');
    expect((await shown(clients[0]!, 'kept_on'))[0]).toBe((await shown(clients[1]!, 'kept_on'))[0]);
  });

  it('show what was stored once what they read is gone', async () => {
    const [ours] = clients;
    await ours!.query('CREATE TABLE passing (a integer)');
    await ours!.query('CREATE VIEW broken AS SELECT a FROM passing');
    expect(await told(ours!, "SELECT pg_get_viewdef('broken'::regclass)")).toEqual([
      ' SELECT passing.a\n   FROM passing;',
    ]);
    await ours!.query('ALTER TABLE passing RENAME TO passed');
    expect(await told(ours!, "SELECT pg_get_viewdef('broken'::regclass)")).toEqual([' SELECT a FROM "passing";']);
  });
});

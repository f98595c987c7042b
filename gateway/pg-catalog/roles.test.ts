/** What the catalogs tell of roles and privileges. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RawClient } from '../../testdata/harness/raw-client.ts';
import { WireServer } from '../../testdata/harness/wire-server.ts';
import { RoleStore } from '../catalog/roles/role-store.ts';

let server: WireServer;
let admin: RawClient;
let bob: RawClient;
beforeAll(async () => {
  server = await WireServer.start({ roles: new RoleStore(null) });
  admin = await RawClient.connect(server.port, { user: 'boss' });
  for (const sql of [
    "CREATE ROLE staff; CREATE USER bob PASSWORD 'sesame' IN ROLE staff CONNECTION LIMIT 3 VALID UNTIL '2099-01-01'",
    'CREATE ROLE "odd name" NOINHERIT; CREATE TABLE t (a INTEGER); CREATE VIEW v AS SELECT a FROM t; CREATE TABLE plain (a INTEGER)',
    'CREATE SCHEMA s; GRANT SELECT, INSERT ON t TO staff; GRANT SELECT ON t TO PUBLIC; GRANT UPDATE ON t TO "odd name"',
    'GRANT USAGE ON SCHEMA s TO bob; CREATE TABLE mine (a INTEGER); ALTER TABLE mine OWNER TO bob; GRANT CREATE ON SCHEMA public TO staff',
  ])
    await admin.query(sql);
  bob = await RawClient.connect(server.port, { user: 'bob' });
});
afterAll(() => server.stop());

async function rows(client: RawClient, sql: string): Promise<readonly string[]> {
  return (await client.query(sql)).rows.map((row) => row.map(String).join('|'));
}

it('lists roles, their memberships and no secrets', async () => {
  const listed = await rows(
    admin,
    `SELECT r.rolname, r.rolsuper, r.rolinherit, r.rolcanlogin, r.rolconnlimit, r.rolvaliduntil,
      ARRAY(SELECT b.rolname FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles b ON (m.roleid = b.oid) WHERE m.member = r.oid) AS memberof
     FROM pg_catalog.pg_roles r WHERE r.rolname !~ '^pg_' ORDER BY 1`,
  );
  expect(listed).toEqual([
    'bob|f|t|t|3|2099-01-01 00:00:00+00|{staff}',
    'boss|t|t|t|-1|null|{}',
    'odd name|f|f|f|-1|null|{}',
    'sluice|t|t|t|-1|null|{}',
    'staff|f|t|f|-1|null|{}',
  ]);
  expect(await rows(admin, 'SELECT count(rolpassword), (SELECT count(passwd) FROM pg_shadow) FROM pg_authid')).toEqual([
    '0|0',
  ]);
  expect(await rows(admin, "SELECT usename, passwd FROM pg_user WHERE usename = 'bob'")).toEqual(['bob|********']);
  expect(
    await rows(admin, "SELECT groname, grolist = ARRAY['bob'::regrole::oid] FROM pg_group WHERE groname = 'staff'"),
  ).toEqual(['staff|t']);
});

it('shows owners and privileges as PostgreSQL writes them', async () => {
  expect(
    await rows(
      admin,
      "SELECT relname, pg_get_userbyid(relowner), relacl FROM pg_class WHERE relname IN ('t', 'plain', 'mine') ORDER BY 1",
    ),
  ).toEqual([
    'mine|bob|null',
    'plain|sluice|null',
    't|sluice|{sluice=arwdDxt/sluice,staff=ar/sluice,=r/sluice,"\\"odd name\\"=w/sluice"}',
  ]);
  expect(
    await rows(admin, "SELECT nspname, nspacl FROM pg_namespace WHERE nspname IN ('s', 'public') ORDER BY 1"),
  ).toEqual([
    'public|{pg_database_owner=UC/pg_database_owner,=U/pg_database_owner,staff=C/pg_database_owner}',
    's|{sluice=UC/sluice,bob=U/sluice}',
  ]);
  expect(
    await rows(
      admin,
      "SELECT grantee, string_agg(privilege_type, ',' ORDER BY privilege_type) FROM information_schema.table_privileges WHERE table_name = 't' AND grantee <> 'sluice' GROUP BY 1 ORDER BY 1",
    ),
  ).toEqual(['PUBLIC|SELECT', 'odd name|UPDATE', 'staff|INSERT,SELECT']);
});

it('answers has_*_privilege and pg_has_role', async () => {
  const ask = async (client: RawClient, ...calls: string[]) => (await rows(client, `SELECT ${calls.join(', ')}`))[0];
  const mine = [
    "has_table_privilege('t', 'SELECT')",
    "has_table_privilege('t', 'INSERT')",
    "has_table_privilege('t', 'UPDATE')",
  ];
  expect(await ask(bob, ...mine)).toBe('t|t|f');
  expect(await ask(admin, ...mine)).toBe('t|t|t');
  expect(
    await ask(
      admin,
      "has_table_privilege('bob', 't', 'DELETE, SELECT')",
      "has_table_privilege('bob', 't', 'DELETE')",
      "has_table_privilege('odd name', 't', 'UPDATE')",
      "has_table_privilege('public', 't', 'SELECT')",
      "has_table_privilege('bob', 'plain', 'SELECT')",
    ),
  ).toBe('t|f|t|t|f');
  expect(
    await ask(
      bob,
      "has_table_privilege('mine', 'SELECT WITH GRANT OPTION')",
      "has_table_privilege('t', 'SELECT WITH GRANT OPTION')",
    ),
  ).toBe('t|f');
  expect(
    await ask(
      bob,
      "has_schema_privilege('s', 'USAGE')",
      "has_schema_privilege('s', 'CREATE')",
      "has_schema_privilege('public', 'CREATE')",
    ),
  ).toBe('t|f|t');
  expect(
    await ask(
      bob,
      "has_column_privilege('t', 'a', 'SELECT')",
      "has_database_privilege(current_database(), 'CONNECT')",
      "has_database_privilege(current_database(), 'CREATE')",
    ),
  ).toBe('t|t|f');
  expect(
    await ask(
      bob,
      "pg_has_role('staff', 'USAGE')",
      "pg_has_role('odd name', 'MEMBER')",
      "pg_has_role('bob', 'staff', 'MEMBER')",
      'current_user',
      'session_user',
    ),
  ).toBe('t|f|t|bob|bob');
  await expect(bob.query("SELECT has_table_privilege('nobody', 't', 'SELECT')")).rejects.toMatchObject({
    code: '42704',
  });
});

it('lists what the role may see', async () => {
  expect(
    await rows(bob, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"),
  ).toEqual(['mine', 't']);
  await admin.query('SET ROLE bob');
  expect(await rows(admin, 'SELECT current_user, session_user, user')).toEqual(['bob|boss|bob']);
  expect(
    await rows(admin, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"),
  ).toEqual(['mine', 't']);
  await admin.query('RESET ROLE');
  expect(await rows(admin, "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")).toEqual([
    '4',
  ]);
});

it('hides from others what a session runs', async () => {
  expect(await rows(bob, "SELECT query FROM pg_stat_activity WHERE usename = 'boss'")).toEqual([
    '<insufficient privilege>',
  ]);
  await admin.query("ALTER ROLE bob PASSWORD 'open up'; SELECT 1");
  expect(await rows(bob, 'SELECT pg_cancel_backend(0)')).toEqual(['f']);
  const [info] = [...server.session.hub.sessions.values()].filter(({ identity }) => identity.user === 'boss');
  expect(info?.info().query).toBe("ALTER ROLE bob PASSWORD '***'; SELECT 1");
});

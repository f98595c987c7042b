/** Every function of the engine that is not open, called as a reader. */
import { expect, it } from 'vitest';
import { functionAccess, tableFunctionAccess } from '../../../planner/sql/function-access.ts';
import { RawClient } from '../../../testdata/harness/raw-client.ts';
import { WireServer } from '../../../testdata/harness/wire-server.ts';
import { RoleStore } from '../../catalog/roles/role-store.ts';

const outside =
  'read_csv read_parquet read_text read_blob glob sniff_csv read_json parquet_metadata query query_table duckdb_secrets duckdb_settings which_secret json_serialize_plan write_log checkpoint read_duckdb sql_auto_complete';

it('a reader gets 42501 from every function that reaches beyond the query', async () => {
  const server = await WireServer.start({ roles: new RoleStore(null) });
  const admin = await RawClient.connect(server.port, { user: 'boss' });
  await admin.query('CREATE ROLE rita LOGIN IN ROLE reader, writer');
  const found = await admin.query(
    'SELECT DISTINCT function_name, function_type FROM duckdb_functions() WHERE internal ORDER BY ALL',
  );
  const reader = await RawClient.connect(server.port, { user: 'rita' });
  const closed: string[] = [];
  for (const [name, type] of found.rows.map((row) => row.map(String))) {
    const table = type === 'table' || type === 'table_macro' || type === 'pragma';
    const known = name!.toLowerCase();
    const access = table ? tableFunctionAccess(known) : functionAccess(known);
    // The session answers current_setting itself.
    if (access === 'open' || name === 'current_setting') continue;
    closed.push(name!);
    const sql = table ? `SELECT * FROM "${name}"('/etc/passwd')` : `SELECT "${name}"('/etc/passwd')`;
    const outcome = await reader.query(sql).then(
      () => 'done',
      (error) => `${error.code} ${error.message}`,
    );
    expect([sql, outcome]).toEqual([sql, expect.stringMatching(/^42501 permission denied/)]);
  }
  expect(closed).toEqual(expect.arrayContaining(outside.split(' ')));
  await server.stop();
}, 300_000);

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDataset } from '../../../testdata/harness/dataset.ts';
import { RawClient, WireError } from '../../../testdata/harness/raw-client.ts';
import { WireServer } from '../../../testdata/harness/wire-server.ts';

let server: WireServer;
let client: RawClient;
beforeAll(async () => {
  server = await WireServer.start({ data: [await makeDataset('small')] });
  client = await RawClient.connect(server.port);
  await client.query('CREATE TABLE kinds (id INTEGER PRIMARY KEY, name TEXT)');
});
afterAll(async () => {
  await client.close();
  await server.stop();
});

async function rows(sql: string): Promise<readonly string[]> {
  return (await client.query(sql)).rows.map((row) => row.map(String).join());
}

async function codeOf(sql: string): Promise<string> {
  const failed = await client.query(sql).catch((error: unknown) => error);
  return failed instanceof WireError ? failed.code : 'no error';
}

describe('keys of data sets', () => {
  it('are shown as constraints', async () => {
    const [column, other] = await rows(
      "SELECT attname FROM pg_attribute WHERE attrelid = 'events'::regclass AND attnum IN (1, 2) ORDER BY attnum",
    );
    await client.query(`ALTER FOREIGN TABLE events ADD PRIMARY KEY (${column}) NOT ENFORCED,
      ADD CONSTRAINT by_kind FOREIGN KEY ("${other}") REFERENCES kinds (id) NOT ENFORCED`);
    expect(
      await rows(
        "SELECT conname, contype, conkey, confrelid::regclass, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'events'::regclass ORDER BY 1",
      ),
    ).toEqual([
      `by_kind,f,{2},kinds,FOREIGN KEY (${other}) REFERENCES kinds(id) NOT ENFORCED`,
      `events_pkey,p,{1},-,PRIMARY KEY (${column}) NOT ENFORCED`,
    ]);
    expect(await rows("SELECT indisprimary, indkey FROM pg_index WHERE indrelid = 'events'::regclass")).toEqual([
      't,1',
    ]);
    expect(
      await rows(
        "SELECT constraint_name, constraint_type FROM information_schema.table_constraints WHERE table_name = 'events' ORDER BY 1",
      ),
    ).toEqual(['by_kind,FOREIGN KEY', 'events_pkey,PRIMARY KEY']);
    expect(
      await rows(`SELECT k.column_name, c.table_name, c.column_name FROM information_schema.key_column_usage k
        JOIN information_schema.referential_constraints USING (constraint_name)
        JOIN information_schema.constraint_column_usage c USING (constraint_name) WHERE k.table_name = 'events'`),
    ).toEqual([`${other},kinds,id`]);
    expect(await codeOf(`ALTER FOREIGN TABLE events ADD CONSTRAINT x PRIMARY KEY (${column}) NOT ENFORCED`)).toBe(
      '42P16',
    );
    expect(await codeOf(`ALTER FOREIGN TABLE events ADD CONSTRAINT by_kind UNIQUE (${column}) NOT ENFORCED`)).toBe(
      '42710',
    );
    await client.query('ALTER FOREIGN TABLE events DROP CONSTRAINT by_kind, DROP CONSTRAINT IF EXISTS nothing');
    expect(await rows("SELECT conname FROM pg_constraint WHERE conrelid = 'events'::regclass")).toEqual([
      'events_pkey',
    ]);
    expect(await rows('SELECT count(*) > 0 FROM events')).toEqual(['t']);
  });

  it.each([
    ['ALTER FOREIGN TABLE nothing ADD PRIMARY KEY (a) NOT ENFORCED', '42P01'],
    ['ALTER FOREIGN TABLE events ADD UNIQUE (nothing) NOT ENFORCED', '42703'],
    ['ALTER FOREIGN TABLE events ADD UNIQUE (nothing)', '0A000'],
    ['ALTER FOREIGN TABLE events ADD UNIQUE () NOT ENFORCED', '42601'],
    ['ALTER FOREIGN TABLE events ADD COLUMN a int', '0A000'],
    ['ALTER FOREIGN TABLE events ADD FOREIGN KEY (a) REFERENCES nothing (a) NOT ENFORCED', '42P01'],
    ['ALTER FOREIGN TABLE events ADD FOREIGN KEY (a) REFERENCES kinds (nothing) NOT ENFORCED', '42703'],
    ['ALTER FOREIGN TABLE events ADD FOREIGN KEY (a) REFERENCES kinds (id, name) NOT ENFORCED', '42830'],
    ['ALTER FOREIGN TABLE events ADD FOREIGN KEY (a) REFERENCES kinds NOT ENFORCED', '42830'],
    ['ALTER FOREIGN TABLE events DROP CONSTRAINT nothing', '42704'],
    ['ALTER FOREIGN TABLE IF EXISTS nothing DROP CONSTRAINT nothing', 'no error'],
  ])('%s: %s', async (sql, code) => {
    expect(await codeOf(sql)).toBe(code);
  });
});

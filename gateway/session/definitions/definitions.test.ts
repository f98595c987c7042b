/** DDL as PostgreSQL's clients write it: what becomes of tables, what the catalogs tell of them, which errors name what. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localPlanner } from '../../../testdata/harness/local-planner.ts';
import { RawClient, type WireError } from '../../../testdata/harness/raw-client.ts';
import { WireServer } from '../../../testdata/harness/wire-server.ts';
import { readActions } from './alter-actions.ts';
import { readDeclaredType } from './declared-type.ts';
import { printTable, readTableText } from './table-text.ts';

describe('texts', () => {
  it.each([
    ['CREATE TABLE t (a int, b text)', 'CREATE TABLE t (a int, b text)'],
    [
      'CREATE TEMP TABLE IF NOT EXISTS "A"."t" ("Id" int PRIMARY KEY, b numeric(10, 2) DEFAULT (1 + 2) NOT NULL, CONSTRAINT x UNIQUE ("Id", b))',
      'CREATE TEMPORARY TABLE "A"."t" ("Id" int PRIMARY KEY, b numeric(10, 2) DEFAULT (1 + 2) NOT NULL, UNIQUE ("Id", b))',
    ],
    [
      'CREATE TABLE c (p int CONSTRAINT fk REFERENCES p(id) ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED)',
      'CREATE TABLE c (p int)',
    ],
    [
      "CREATE TABLE c (s text DEFAULT 'a, b' CHECK (s <> ')'))",
      "CREATE TABLE c (s text DEFAULT 'a, b' CHECK (s <> ')'))",
    ],
    [
      'CREATE TABLE g (a int, b int GENERATED ALWAYS AS (a + 1) STORED)',
      'CREATE TABLE g (a int, b int GENERATED ALWAYS AS (a + 1))',
    ],
  ])('%s', (text, printed) => {
    expect(printTable(readTableText(text)!)).toBe(printed);
  });

  it.each([
    'CREATE TABLE t AS SELECT 1',
    'CREATE TABLE t (LIKE other)',
    'CREATE TABLE t',
    'CREATE VIEW v AS SELECT 1',
    'CREATE TABLE t (a int',
  ])('not read: %s', (text) => expect(readTableText(text)).toBeUndefined());

  it('actions that are not known are left to DuckDB', () => {
    expect(readActions('ALTER TABLE t ENABLE ROW LEVEL SECURITY')).toBeUndefined();
    expect(readActions('ALTER TABLE t ADD COLUMN')).toBeUndefined();
    expect(readActions('ALTER TABLE t')).toBeUndefined();
  });

  it.each([
    ['varchar(20)', 'VARCHAR', { oid: 1043, typmod: 24 }],
    ['character varying', 'VARCHAR', { oid: 1043, typmod: -1 }],
    ['char(3)', 'VARCHAR', { oid: 1042, typmod: 7 }],
    ['varchar(5)[]', 'VARCHAR[]', { oid: 1015, typmod: 9 }],
    ['jsonb', 'JSON', { oid: 3802, typmod: -1 }],
    ['timestamp(3) without time zone', 'timestamp without time zone', { oid: 1114, typmod: 3 }],
    ['text array', 'text[]', undefined],
    ['numeric(10,2)', 'numeric(10,2)', undefined],
    ['numeric', 'DECIMAL(38,11)', { oid: 1700, typmod: -1 }],
    ['pg_catalog.decimal[]', 'DECIMAL(38,11)[]', { oid: 1231, typmod: -1 }],
    ['"varchar"', '"varchar"', undefined],
  ])('type %s', (written, type, shown) => {
    expect(readDeclaredType(written, 'postgres')).toEqual({ type, shown, serial: false });
  });

  it("a numeric without precision is DuckDB's in its dialect", () => {
    expect(readDeclaredType('numeric', 'duckdb')).toEqual({ type: 'numeric', shown: undefined, serial: false });
  });
});

describe('tables', () => {
  let server: WireServer;
  let client: RawClient;
  beforeAll(async () => {
    server = await WireServer.start({ planner: localPlanner });
    client = await RawClient.connect(server.port);
    await client.query(`CREATE TABLE people (id serial PRIMARY KEY, name varchar(30) NOT NULL, CONSTRAINT once UNIQUE (name));
      CREATE TABLE pets (id int GENERATED ALWAYS AS IDENTITY, owner int REFERENCES people(id), CONSTRAINT young CHECK (id < 1000));
      INSERT INTO people (name) VALUES ('Ann'), ('Bob'); INSERT INTO pets (owner) VALUES (1), (1)`);
  });
  afterAll(() => server.stop());

  const cells = async (sql: string) =>
    (await client.query(sql)).rows.map((row) => row.map((cell) => cell?.toString() ?? null).join('|'));
  const columns = (table: string) =>
    cells(`SELECT attname, format_type(atttypid, atttypmod), attnotnull, attidentity, pg_get_expr(adbin, adrelid) FROM pg_attribute
      LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attrelid = '${table}'::regclass AND attnum > 0 ORDER BY attnum`);
  const constraints = (table: string) =>
    cells(
      `SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = '${table}'::regclass ORDER BY 1`,
    );
  const failure = (sql: string) =>
    client.query(sql).then(
      () => expect.fail(sql),
      (error: WireError) => error,
    );

  it('numerics without precision are not rounded to three decimals', async () => {
    await client.query(`CREATE TABLE prices (id int, price numeric, list numeric[]);
      INSERT INTO prices VALUES (1, 1.23456789, ARRAY[2.71828])`);
    await client.query('ALTER TABLE prices ADD COLUMN more decimal, ADD COLUMN other float8');
    await client.query('UPDATE prices SET more = 3.14159, other = 0.12345');
    await client.query('ALTER TABLE prices ALTER COLUMN other TYPE numeric');
    expect(await cells('SELECT * FROM prices')).toEqual(['1|1.23456789|{2.71828}|3.14159|0.12345']);
    const types = `SELECT format_type(atttypid, atttypmod) FROM pg_attribute
      WHERE attrelid = 'prices'::regclass AND attnum > 0 ORDER BY attnum`;
    expect(await cells(types)).toEqual(['integer', 'numeric', 'numeric[]', 'numeric', 'numeric']);
    await client.query('DROP TABLE prices');
  });

  it('have serials, identities, lengths and names of constraints', async () => {
    expect(await columns('people')).toEqual([
      "id|integer|t||nextval('people_id_seq'::regclass)",
      'name|character varying(30)|t||',
    ]);
    expect(await columns('pets')).toEqual(['id|integer|t|a|', 'owner|integer|f||']);
    expect(await constraints('people')).toEqual(['once|UNIQUE (name)', 'people_pkey|PRIMARY KEY (id)']);
    expect(
      await cells("SELECT pg_get_serial_sequence('people', 'id'), pg_get_serial_sequence('pets', 'owner')"),
    ).toEqual(['public.people_id_seq|']);
  });

  it('keep rows, indexes, comments and what refers to them through ALTER TABLE', async () => {
    await client.query(`CREATE INDEX ON people USING btree (name varchar_pattern_ops DESC); COMMENT ON COLUMN people.name IS 'full';
      ALTER TABLE people ADD COLUMN age int NOT NULL DEFAULT 3, ADD CONSTRAINT grown CHECK (age > 0), ALTER COLUMN name TYPE varchar(50);
      ALTER TABLE people RENAME COLUMN name TO called; ALTER TABLE people RENAME TO persons`);
    expect(await cells('SELECT p.called, age, t.id FROM persons p JOIN pets t ON t.owner = p.id ORDER BY 3')).toEqual([
      'Ann|3|1',
      'Ann|3|2',
    ]);
    expect(await columns('persons')).toContain('called|character varying(50)|t||');
    expect(await constraints('persons')).toEqual([
      'grown|CHECK ((age > 0))',
      'once|UNIQUE (called)',
      'people_pkey|PRIMARY KEY (id)',
    ]);
    expect(await constraints('pets')).toContain('pets_owner_fkey|FOREIGN KEY (owner) REFERENCES persons(id)');
    expect(await cells("SELECT indexname FROM pg_indexes WHERE tablename = 'persons' ORDER BY 1")).toContain(
      'people_name_idx',
    );
    expect(await cells("SELECT col_description('persons'::regclass, 2)")).toEqual(['full']);
    expect(await cells("INSERT INTO persons (called) VALUES ('Cid') RETURNING id")).toEqual(['3']);
  });

  it('tell what an error is about', async () => {
    const told = async (sql: string) => {
      const { fields } = await failure(sql);
      return ['C', 't', 'c', 'n']
        .map((field) => fields.get(field) ?? '')
        .join(' ')
        .trim();
    };
    expect(await told("INSERT INTO persons (called) VALUES ('Ann')")).toBe('23505 persons  once');
    expect(await told("INSERT INTO persons (id, called) VALUES (1, 'x')")).toBe('23505 persons  people_pkey');
    expect(await told('INSERT INTO persons (called) VALUES (NULL)')).toBe('23502 persons called');
    expect(await told("INSERT INTO persons (called, age) VALUES ('x', 0)")).toBe('23514 persons  grown');
    expect(await told('INSERT INTO pets (owner) VALUES (99)')).toBe('23503 pets  pets_owner_fkey');
    expect(await told('ALTER TABLE persons DROP CONSTRAINT nothing')).toBe('42704');
    expect(await told('ALTER TABLE persons ADD COLUMN age int')).toBe('42701');
    expect(await told('ALTER TABLE persons DROP COLUMN nothing')).toBe('42703');
  });

  it('a definition that fails leaves nothing behind', async () => {
    await failure('CREATE TABLE half (id serial, b nothing)');
    expect(await cells("SELECT count(*) FROM pg_class WHERE relname LIKE 'half%'")).toEqual(['0']);
    await failure('ALTER TABLE pets ADD CONSTRAINT wrong FOREIGN KEY (id) REFERENCES persons(called)');
    expect(await cells('SELECT count(*) FROM pets')).toEqual(['2']);
    await client.query('BEGIN; CREATE TABLE undone (id serial); ROLLBACK');
    expect(await cells("SELECT count(*) FROM pg_class WHERE relname LIKE 'undone%'")).toEqual(['0']);
  });

  it('go with their sequences, several at once, and take foreign keys along', async () => {
    await client.query(`CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE b (a_id int REFERENCES a(id)); CREATE TABLE c (a_id int REFERENCES a(id));
      DROP TABLE a, b CASCADE`);
    expect(await constraints('c')).toEqual([]);
    await client.query('DROP TABLE c; CREATE TABLE a (id serial); INSERT INTO a DEFAULT VALUES');
    expect(await cells('SELECT id FROM a')).toEqual(['1']);
  });

  it('DO makes what may be there already', async () => {
    const made = "DO $$ BEGIN CREATE TYPE feeling AS ENUM ('sad'); EXCEPTION WHEN duplicate_object THEN null; END $$";
    expect((await client.query(`${made}; ${made}`)).tags).toEqual(['DO', 'DO']);
    expect((await failure('DO $$ BEGIN PERFORM 1; END $$')).code).toBe('0A000');
    expect((await failure('DO $$ BEGIN CREATE TABLE a (i int); END $$')).code).toBe('42P07');
    expect((await failure('DO LANGUAGE sql $$ SELECT 1 $$')).code).toBe('0A000');
  });
});

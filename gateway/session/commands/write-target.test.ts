import { describe, expect, it } from 'vitest';
import { splitStatements } from '../../../planner/sql/lexer.ts';
import { parseForeignTable, parseImport } from './foreign-tables.ts';
import { parseWrite } from './write-target.ts';

const write = (sql: string) => parseWrite(splitStatements(sql)[0]!);

describe('statements that write', () => {
  it.each([
    ['INSERT INTO t VALUES (1)', 'INSERT 0', true],
    ['WITH a AS (SELECT 1) UPDATE ONLY s.t SET a = 1', 'UPDATE', true],
    ['DELETE FROM t USING u', 'DELETE', true],
    ['TRUNCATE TABLE t', 'TRUNCATE TABLE', false],
    ['CREATE OR REPLACE TEMP VIEW v AS SELECT 1', 'CREATE VIEW', false],
    ['CREATE TABLE t AS SELECT 1', 'SELECT', true],
    ['CREATE UNIQUE INDEX i ON t (a)', 'CREATE INDEX', false],
    ['DROP TABLE IF EXISTS a, b.c CASCADE', 'DROP TABLE', false],
    ['CREATE MACRO m(a) AS a', 'CREATE FUNCTION', false],
    ["COPY t FROM 'x.csv'", 'COPY', true],
  ])('%s', (sql, tag, counts) => {
    expect(write(sql)).toMatchObject({ tag, counts });
  });

  it.each([
    'CREATE SECRET s (TYPE s3)',
    'CREATE PERSISTENT SECRET s',
    'DROP SECRET s',
    'ALTER DATABASE x',
    'CREATE',
    'DROP SCHEMA data.public CASCADE',
    'DROP SCHEMA a, "DATA".public',
    'CREATE TABLE data.t (i INT)',
    'CREATE OR REPLACE VIEW Data.public.v AS SELECT 1',
    'CREATE MACRO data.public.m(a) AS a',
    'CREATE INDEX i ON data.public.t (a)',
    'CREATE TABLE system.main.t (i INT)',
    'CREATE SCHEMA data',
    'DROP SCHEMA public CASCADE',
    'TRUNCATE data.public.t',
  ])('%s is denied', (sql) => {
    expect(write(sql).denied).toBeDefined();
  });

  it.each(['CREATE TABLE local.public.t (i INT)', 'DROP SCHEMA s', 'CREATE SCHEMA local.s', 'DROP VIEW temp.v'])(
    '%s is not denied',
    (sql) => {
      expect(write(sql).denied).toBeUndefined();
    },
  );
});

describe('COPY', () => {
  it('has a file and the table that it writes', () => {
    expect(write("COPY t TO 'x.csv' (FORMAT csv)")).toMatchObject({ copy: { path: 'x.csv' }, targets: [] });
    expect(write("COPY s.t (a, b) FROM 'it''s.csv'")).toMatchObject({
      copy: { path: "it's.csv" },
      targets: [{ schema: 's', name: 't' }],
    });
    expect(write("COPY (SELECT a FROM stdin) TO 'x'").copy).toEqual({ path: 'x', targets: [] });
  });

  it.each([
    ['COPY t TO STDOUT', '0A000'],
    ['COPY (SELECT 1) TO stdout WITH (FORMAT csv)', '0A000'],
    ['COPY t FROM STDIN', '0A000'],
    ["COPY t TO PROGRAM 'rm'", '0A000'],
    ["COPY t TO 'stdout'", '0A000'],
    ["COPY t TO ('a' || 'b')", '0A000'],
    ["COPY t TO 'a' || 'b'", '0A000'],
    ["COPY t TO 'a'\n'b'", '0A000'],
    ["COPY t TO E'a\\x41'", '0A000'],
    ['COPY t TO "x.csv"', '0A000'],
    ['COPY t TO $1', '0A000'],
    ['COPY t TO $$x$$', '0A000'],
    ['COPY FROM DATABASE local TO data', '42501'],
    ['COPY t', '42601'],
  ])('%s is refused', (sql, code) => {
    expect(() => write(sql)).toThrow(expect.objectContaining({ sqlstate: code }));
  });
});

describe('foreign tables', () => {
  it('have columns or none, a location, a format and reader options', () => {
    expect(
      parseForeignTable(
        `CREATE FOREIGN TABLE IF NOT EXISTS s."T" (a DECIMAL(10, 2) NOT NULL, "b c" STRUCT(x INT, y INT[])) SERVER files
         OPTIONS (location '/d/*.csv', format 'CSV', delim ';', "header" true)`,
      ),
    ).toEqual({
      schema: 's',
      name: 'T',
      columns: [
        { name: 'a', type: 'DECIMAL(10, 2)' },
        { name: 'b c', type: 'STRUCT(x INT, y INT[])' },
      ],
      location: '/d/*.csv',
      format: 'csv',
      options: { delim: ';', header: 'true' },
      ifNotExists: true,
      keys: [],
    });
    expect(parseForeignTable("CREATE FOREIGN TABLE t () SERVER files OPTIONS (location 'x')")).toMatchObject({
      schema: undefined,
      name: 't',
      format: undefined,
      options: {},
      ifNotExists: false,
    });
  });

  it.each([
    ["CREATE FOREIGN TABLE t SERVER s3 OPTIONS (location 'x')", '42704'],
    ["CREATE FOREIGN TABLE t SERVER files OPTIONS (format 'csv')", '42601'],
    ["CREATE FOREIGN TABLE t SERVER files OPTIONS (location 'x', location 'y')", '42601'],
    ["CREATE FOREIGN TABLE t SERVER files OPTIONS (location 'x', format 'xls')", 'HV024'],
    ["CREATE FOREIGN TABLE t (a) SERVER files OPTIONS (location 'x')", '42601'],
    ["CREATE FOREIGN TABLE t SERVER files OPTIONS (location 'x') x", '42601'],
    ['CREATE FOREIGN TABLE t', '42601'],
  ])('%s is refused', (sql, code) => {
    expect(() => parseForeignTable(sql)).toThrow(expect.objectContaining({ sqlstate: code }));
  });

  it('are imported from a folder', () => {
    expect(parseImport('IMPORT FOREIGN SCHEMA "/data/x" LIMIT TO (a, "B") FROM SERVER files INTO public')).toEqual({
      directory: '/data/x',
      schema: 'public',
      limitTo: ['a', 'B'],
      except: undefined,
    });
    expect(parseImport("IMPORT FOREIGN SCHEMA '/d' EXCEPT (a) FROM SERVER files INTO s")).toMatchObject({
      except: ['a'],
    });
    expect(() => parseImport('IMPORT FOREIGN SCHEMA "x" FROM SERVER files')).toThrow(
      expect.objectContaining({ sqlstate: '42601' }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { splitStatements } from '../../../planner/sql/lexer.ts';
import { parseForeignTable, parseImport } from './foreign-tables.ts';
import { parseWrite } from './write-target.ts';

const write = (sql: string) => parseWrite(splitStatements(sql)[0]!);
const names = (sql: string) => write(sql).targets.map(({ schema, name }) => (schema ? `${schema}.${name}` : name));

describe('statements that write', () => {
  it.each([
    ['INSERT INTO t VALUES (1)', ['t'], 'INSERT 0'],
    ['INSERT OR REPLACE INTO t VALUES (1)', ['t'], 'INSERT 0'],
    ['insert into "My S"."T""x" (a) select 1', ['My S.T"x'], 'INSERT 0'],
    ['WITH a AS (DELETE FROM x) UPDATE ONLY s.t SET a = 1', ['s.t'], 'UPDATE'],
    ['DELETE FROM t USING u', ['t'], 'DELETE'],
    ['TRUNCATE TABLE t', ['t'], 'TRUNCATE TABLE'],
    ['CREATE TABLE IF NOT EXISTS a.b (i INT)', ['a.b'], 'CREATE TABLE'],
    ['CREATE OR REPLACE TEMP VIEW v AS SELECT 1', ['v'], 'CREATE VIEW'],
    ['CREATE UNIQUE INDEX i ON t (a)', [], 'CREATE INDEX'],
    ['DROP TABLE IF EXISTS a, b.c CASCADE', ['a', 'b.c'], 'DROP TABLE'],
    ['ALTER TABLE ONLY t ADD COLUMN x INT', ['t'], 'ALTER TABLE'],
    ['CREATE MACRO m(a) AS a', [], 'CREATE FUNCTION'],
    ["COPY t FROM 'x.csv'", ['t'], 'COPY'],
    ["COPY t TO 'x.csv'", [], 'COPY'],
  ])('%s', (sql, targets, tag) => {
    expect([names(sql), write(sql).tag]).toEqual([targets, tag]);
  });

  it('know RETURNING and AS outside parentheses only', () => {
    expect(write('INSERT INTO t SELECT (SELECT returning) RETURNING i').returning).toBe(true);
    expect(write("INSERT INTO t VALUES ('returning')").returning).toBe(false);
    expect(write('CREATE TABLE t AS SELECT 1')).toMatchObject({ tag: 'SELECT', counts: true });
    expect(write('CREATE TABLE t (a INT GENERATED ALWAYS AS (1))')).toMatchObject({
      tag: 'CREATE TABLE',
      counts: false,
    });
  });

  it.each([
    ['COPY t TO STDOUT', true],
    ['COPY (SELECT 1) TO stdout WITH (FORMAT csv)', true],
    ['COPY t FROM STDIN', true],
    ["COPY t TO PROGRAM 'rm'", true],
    ["COPY t TO 'stdout'", true],
    ["COPY (SELECT a FROM stdin) TO 'x'", false],
  ])('%s: a stream is %s', (sql, stream) => {
    expect(write(sql).copyStream).toBe(stream);
  });

  it.each(['CREATE SECRET s (TYPE s3)', 'CREATE PERSISTENT SECRET s', 'DROP SECRET s', 'ALTER DATABASE x', 'CREATE'])(
    '%s is denied',
    (sql) => {
      expect(write(sql).denied).toBeDefined();
    },
  );
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

import { describe, expect, it } from 'vitest';
import { splitStatements } from './lexer.ts';
import { maximumParsedLength, readStatement } from './statement.ts';
import type { TableName } from './statement-tokens.ts';

const read = (sql: string) => readStatement(splitStatements(sql)[0]!);
const text = ({ database, schema, name }: TableName) =>
  [database, schema, name].filter((part) => part !== undefined).join('.');
const targets = (sql: string) => read(sql).targets.map(text);
const reads = (sql: string) => read(sql).reads?.map(text).toSorted() ?? null;

describe('targets', () => {
  it.each([
    ['INSERT INTO t VALUES (1)', ['t']],
    ['INSERT OR REPLACE INTO t VALUES (1)', ['t']],
    ['insert into "My S"."T""x" (a) select 1', ['My S.T"x']],
    ['INSERT INTO local.public.t SELECT 1', ['local.public.t']],
    ['WITH a AS (SELECT 1) UPDATE ONLY s.t SET a = 1', ['s.t']],
    ['UPDATE ONLY t SET a = 1 FROM u', ['t']],
    ['DELETE FROM t USING u', ['t']],
    ['TRUNCATE TABLE t, u', ['t', 'u']],
    ['CREATE TABLE IF NOT EXISTS a.b (i INT)', ['a.b']],
    ['CREATE OR REPLACE TEMP VIEW v AS SELECT 1', ['v']],
    ['CREATE UNIQUE INDEX i ON s.t (a)', ['s.t']],
    ['CREATE INDEX ON t (a)', ['t']],
    ['DROP TABLE IF EXISTS a, b.c CASCADE', ['a', 'b.c']],
    ['ALTER TABLE ONLY t ADD COLUMN x INT', ['t']],
    ['CREATE MACRO m(a) AS a', []],
    ['DROP SCHEMA s CASCADE', []],
  ])('of %s', (sql, expected) => {
    expect(targets(sql)).toEqual(expected);
  });

  it('come with the names that are made', () => {
    const made = (sql: string) => read(sql).made.map(text);
    expect(made('CREATE TABLE a.b (i INT)')).toEqual(['a.b']);
    expect(made('ALTER TABLE IF EXISTS s.t RENAME TO "U"')).toEqual(['s.U']);
    expect(made('ALTER VIEW v RENAME TO w')).toEqual(['w']);
    expect(made('ALTER TABLE t RENAME COLUMN a TO b')).toEqual([]);
    expect(made('DROP TABLE t')).toEqual([]);
  });

  it('come with every object of CREATE and DROP', () => {
    const objects = (sql: string) => [read(sql).object, ...read(sql).objects.map(text)];
    expect(objects('CREATE SCHEMA IF NOT EXISTS data.x')).toEqual(['SCHEMA', 'data.x']);
    expect(objects('DROP SCHEMA a, b CASCADE')).toEqual(['SCHEMA', 'a', 'b']);
    expect(objects('CREATE MACRO data.public.m(a) AS a')).toEqual(['FUNCTION', 'data.public.m']);
    expect(objects('CREATE SECRET s (TYPE s3)')).toEqual([undefined]);
    expect(read('CREATE SECRET s (TYPE s3)').objectWord).toBe('secret');
  });

  it.each(['INSERT INTO (a) VALUES (1)', 'DROP TABLE a,', 'CREATE TABLE IF t (i INT)', 'CREATE OR TABLE t (i INT)'])(
    'must be there: %s',
    (sql) => {
      expect(() => read(sql)).toThrow(expect.objectContaining({ sqlstate: '42601', position: expect.any(Number) }));
    },
  );
});

describe('relations that are read', () => {
  it.each([
    ['INSERT INTO t VALUES (1), (now())', []],
    ['INSERT INTO t SELECT * FROM names n JOIN s.x ON true', ['names', 's.x']],
    ['INSERT INTO t SELECT a FROM (SELECT * FROM u) q UNION ALL SELECT 1 FROM w', ['u', 'w']],
    ['INSERT INTO t VALUES ((SELECT max(i) FROM u))', ['u']],
    ['UPDATE t SET a = 1 FROM u WHERE u.i IN (SELECT i FROM v)', ['u', 'v']],
    ['UPDATE t SET a = 1 WHERE i IN (1, 2)', []],
    ['DELETE FROM t WHERE i IN (SELECT i FROM v)', ['v']],
    ['DELETE FROM t WHERE i = 1', []],
    ['CREATE TABLE t AS WITH c AS (SELECT * FROM r) SELECT * FROM c', ['c', 'r']],
    ['CREATE TABLE t (i INT REFERENCES u (i))', ['u']],
    ['CREATE OR REPLACE VIEW v AS SELECT * FROM q', ['q']],
    ['DROP TABLE a', []],
    // Not known:
    ['INSERT INTO t SELECT * FROM generate_series(1, 3)', null],
    ['DELETE FROM t USING u WHERE t.i = u.i', null],
    ['UPDATE ONLY t SET a = (SELECT 1)', null],
    ['CREATE VIEW v AS TABLE u', null],
    ['INSERT INTO t SELECT $1::int AS a, b FROM u WHERE a = $1::int AND b = 1', null],
  ])('by %s', (sql, expected) => {
    expect(reads(sql)).toEqual(expected);
  });

  it('are not looked for in texts that would block', () => {
    const list = Array.from({ length: maximumParsedLength }, (_, i) => `(${i})`).join(', ');
    const started = performance.now();
    expect(read(`INSERT INTO t VALUES ${list}`)).toMatchObject({ reads: [], decidedBy: 'tokens' });
    expect(read(`INSERT INTO t SELECT * FROM (VALUES ${list}) v`)).toMatchObject({ reads: null, decidedBy: 'tokens' });
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe('further facts', () => {
  it('know RETURNING and AS outside parentheses only', () => {
    expect(read('INSERT INTO t SELECT (SELECT returning) RETURNING i').returning).toBe(true);
    expect(read('UPDATE t SET a = 1 FROM u WHERE t.i = u.i RETURNING a')).toMatchObject({
      returning: true,
      decidedBy: 'parser',
    });
    expect(read("INSERT INTO t VALUES ('returning')").returning).toBe(false);
    expect(read('CREATE TABLE t AS SELECT 1').fromQuery).toBe(true);
    expect(read('CREATE TABLE t (a INT GENERATED ALWAYS AS (1))').fromQuery).toBe(false);
  });

  it('know the conditions', () => {
    expect(read('DROP TABLE IF EXISTS t')).toMatchObject({ ifExists: true, ifNotExists: false });
    expect(read('CREATE TEMP TABLE IF NOT EXISTS t (i INT)')).toMatchObject({ temporary: true, ifNotExists: true });
    expect(read('CREATE OR REPLACE TABLE t (i INT)')).toMatchObject({ orReplace: true, temporary: false });
  });

  it('are read once for each statement', () => {
    const [statement] = splitStatements('CREATE TABLE t AS SELECT * FROM u');
    expect(readStatement(statement!)).toBe(readStatement(statement!));
  });
});

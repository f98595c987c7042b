import { describe, expect, test } from 'vitest';
import { maximumStatements, maximumTextLength, splitStatements } from './lexer.ts';
import { isQuery } from './statement-kind.ts';

const texts = (sql: string) => splitStatements(sql).map((statement) => statement.text);

describe('splitStatements', () => {
  test.each<[string, string, readonly string[]]>([
    ['nothing', '', []],
    ['blanks, comments and empty statements', ' ;; -- a;b\n /* c; /* d; */ ; */ ;', []],
    ['several', 'SELECT 1; SELECT 2 ;\n', ['SELECT 1', 'SELECT 2']],
    ['semicolons in strings', `SELECT 'a;''b' ; SELECT "x;""y"`, [`SELECT 'a;''b'`, `SELECT "x;""y"`]],
    ['semicolons in E strings', `SELECT E'a\\';b', e'\\\\'; SELECT 2`, [`SELECT E'a\\';b', e'\\\\'`, 'SELECT 2']],
    ['a backslash in a plain string', `SELECT '\\'; SELECT 2`, [`SELECT '\\'`, 'SELECT 2']],
    ['dollar quotes', 'SELECT $$a;b$$, $t$;$$;$t$; SELECT 2', ['SELECT $$a;b$$, $t$;$$;$t$', 'SELECT 2']],
    ['dollars in names', 'SELECT a$b$c; SELECT b$d', ['SELECT a$b$c', 'SELECT b$d']],
    ['semicolons in comments', 'SELECT 1 -- a;b\n+ /* ; */ 2; SELECT 3', ['SELECT 1 -- a;b\n+ /* ; */ 2', 'SELECT 3']],
    ['operators beside comments', 'SELECT 1 +--;\n2; SELECT 2*/*;*/3', ['SELECT 1 +--;\n2', 'SELECT 2*/*;*/3']],
    ['no blank before a string', `SELECT x'ab;', U&'d;', b'1'`, [`SELECT x'ab;', U&'d;', b'1'`]],
  ])('handles %s', (_, sql, expected) => {
    expect(texts(sql)).toEqual(expected);
  });

  test('gives offsets in JavaScript indexes and in characters', () => {
    const [first, second] = splitStatements("/*é*/ SELECT '😀😀';\n  SELECT 2");
    expect(first).toMatchObject({ start: 6, startCharacter: 6 });
    expect(second).toMatchObject({ start: 23, startCharacter: 21, text: 'SELECT 2' });
  });

  test.each([
    ["SELECT 'abc", 8, 'quoted string'],
    ["SELECT '😀', 'abc", 13, 'quoted string'],
    ["SELECT E'a\\'", 8, 'quoted string'],
    ['SELECT "abc', 8, 'quoted identifier'],
    ['SELECT $x$ab$y$', 8, 'dollar-quoted string'],
    ['SELECT 1 /* /* */', 10, '/* comment'],
    ['SELECT 1 /*+ x', 10, '/* comment'],
  ])('refuses %s', (sql, position, what) => {
    expect(() => splitStatements(sql)).toThrow(
      expect.objectContaining({
        sqlstate: '42601',
        position,
        message: expect.stringContaining(`unterminated ${what}`),
      }),
    );
  });

  test('refuses too many statements and too long a text', () => {
    const tooMany = 'x;'.repeat(maximumStatements + 1);
    expect(() => splitStatements(tooMany)).toThrow(expect.objectContaining({ sqlstate: '54000' }));
    expect(() => splitStatements(' '.repeat(maximumTextLength + 1))).toThrow(
      expect.objectContaining({ sqlstate: '54000' }),
    );
  });

  test('takes two megabytes of INSERT in one go', () => {
    const sql = `INSERT INTO t VALUES ${"(1, 'it''s', $1, 2.5e3), ".repeat(80_000)}(1)`;
    const start = performance.now();
    expect(splitStatements(sql)).toHaveLength(1);
    // A fifth of a second on an idle machine; anything quadratic would take minutes.
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

describe('kinds', () => {
  test.each([
    ['select 1', 'select', 'select'],
    ['((SELECT 1) UNION (SELECT 2))', 'select', 'select'],
    ['WITH a AS (SELECT 1) SELECT * FROM a', 'with', 'select'],
    ['with recursive a(x) as materialized (select 1), b as (select 2) insert into t select * from a', 'with', 'insert'],
    ['WITH "select" AS (VALUES (1)) FROM "select"', 'with', 'from'],
    ['EXPLAIN SELECT 1', 'explain', 'select'],
    ['explain (analyze, format json) with a as (select 1) delete from t', 'explain', 'delete'],
    ['EXPLAIN (SELECT 1)', 'explain', 'select'],
    ['START TRANSACTION', 'begin', 'begin'],
    ['end', 'commit', 'commit'],
    ['ABORT', 'rollback', 'rollback'],
    ['DECLARE c CURSOR FOR SELECT 1', 'declare', 'declare'],
    ['constructor()', 'other', 'other'],
    ['123', 'other', 'other'],
  ])('of %s', (sql, kind, main) => {
    expect(splitStatements(sql)[0]).toMatchObject({ kind, main });
  });

  test.each([
    ['WITH a AS (SELECT 1) SELECT 1', true],
    ['FROM t', true],
    ['TABLE t', true],
    ['VALUES (1)', true],
    ['WITH a AS (SELECT 1) DELETE FROM t', false],
    ['EXPLAIN SELECT 1', false],
    ['INSERT INTO t SELECT 1', false],
  ])('isQuery(%s) is %s', (sql, expected) => {
    expect(isQuery(splitStatements(sql)[0]!)).toBe(expected);
  });

  test('leading words', () => {
    expect(splitStatements('Create /* x */ TABLE If Not Exists t (a int)')[0]!.words).toEqual([
      'create',
      'table',
      'if',
      'not',
      'exists',
      't',
    ]);
    expect(splitStatements('DROP TABLE "t"')[0]!.words).toEqual(['drop', 'table']);
  });
});

describe('EXPLAIN', () => {
  test.each<[string, Record<string, string | true>, string]>([
    ['EXPLAIN SELECT 1', {}, 'SELECT 1'],
    ['EXPLAIN ANALYZE VERBOSE SELECT 1', { analyze: true, verbose: true }, 'SELECT 1'],
    [
      `EXPLAIN (ANALYZE, FORMAT 'JSON', BUFFERS off) SELECT 1`,
      { analyze: true, format: 'json', buffers: 'off' },
      'SELECT 1',
    ],
    ['EXPLAIN (SELECT 1) UNION SELECT 2', {}, '(SELECT 1) UNION SELECT 2'],
    ['EXPLAIN /*+ strategy(gather) */ SELECT 1', {}, 'SELECT 1'],
  ])('%s', (sql, options, inner) => {
    const [statement] = splitStatements(sql);
    expect(statement!.explain!.options).toEqual(options);
    expect(statement!.text.slice(statement!.explain!.innerStart)).toBe(inner);
  });
});

describe('parameters and hints', () => {
  test.each([
    ['SELECT $1, $12, $2', 12],
    [`SELECT '$3', "$4", $$ $5 $$ -- $6`, 0],
    ['SELECT a$1', 0],
    ['SELECT $1::int,$2', 2],
    ['SELECT ?, ?', 2],
  ])('%s has %s', (sql, expected) => {
    expect(splitStatements(sql)[0]!.parameterCount).toBe(expected);
  });

  test('hints are collected anywhere, with their place in the whole text', () => {
    const sql = `SELECT 1; /*+ a(1) */ SELECT /*+b*/ '/*+ no */' /* +no */ FROM t /*+ c /* d */ */`;
    const [first, second] = splitStatements(sql);
    expect(first!.hints).toEqual([]);
    expect(second!.hints.map((hint) => hint.text)).toEqual([' a(1) ', 'b', ' c /* d */ ']);
    for (const hint of second!.hints) expect(sql.startsWith(hint.text, hint.start)).toBe(true);
  });

  test('each statement has its own', () => {
    const counts = splitStatements('SELECT $3; SELECT $1 /*+ x */; SELECT 1').map((statement) => [
      statement.parameterCount,
      statement.hints.length,
    ]);
    expect(counts).toEqual([
      [3, 0],
      [1, 1],
      [0, 0],
    ]);
  });
});

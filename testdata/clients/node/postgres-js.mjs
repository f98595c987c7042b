/** postgres.js: pipelines on few connections, its own look-up of types, cursors, COPY, savepoints, notifications, cancelling. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { address, endless, fails, load, ok } from './common.mjs';

const { default: postgres } = await load('postgres');
const notices = [];
const sql = postgres({ ...address, max: 3, onnotice: (notice) => notices.push(notice.message) });

async function types() {
  await sql`SELECT 1`;
  const when = new Date('2024-05-01T10:00:00.123Z');
  const [row] =
    await sql`SELECT ${true}::bool AS b, ${7}::int AS i, ${'9007199254740993'}::int8 AS l, ${1.5}::float8 AS f,
    ${'12.340'}::numeric(10,3) AS n, ${"ä'\\"}::text AS s, ${Buffer.from([0, 255])}::bytea AS y, ${when}::timestamptz AS z,
    ${sql.json({ a: [1] })}::json AS j, ${null}::text AS e, ${sql.array([1, 2, 3], 23)}::int[] AS a, ${sql.array(['x,"', 'y\\'])}::text[] AS t`;
  const expected = {
    b: true,
    i: 7,
    l: '9007199254740993',
    f: 1.5,
    n: '12.340',
    s: "ä'\\",
    z: when,
    j: { a: [1] },
    e: null,
  };
  assert.deepEqual({ ...row, y: [...row.y] }, { ...expected, y: [0, 255], a: [1, 2, 3], t: ['x,"', 'y\\'] });
  const days =
    await sql`SELECT ARRAY[DATE '2024-01-01'] AS d, ARRAY[true, false] AS b, ARRAY['{}'::json] AS j, ARRAY[1.50, 2]::numeric(5,2)[] AS n`;
  assert.deepEqual({ ...days[0] }, { d: [new Date('2024-01-01')], b: [true, false], j: [{}], n: ['1.50', '2.00'] });
  assert.deepEqual(
    days.columns.map(({ name, type }) => `${name} ${type}`),
    ['d 1182', 'b 1000', 'j 199', 'n 1231'],
  );
  ok('types, arrays by what pg_type says');
}

async function rows() {
  await sql`DROP TABLE IF EXISTS pjs_people`;
  await sql`CREATE TABLE pjs_people (id serial PRIMARY KEY, name text NOT NULL, age int, tags text[])`;
  const people = [
    { name: 'Ann', age: 30, tags: ['a', 'b'] },
    { name: 'Bob', age: null, tags: [] },
  ];
  const made = await sql`INSERT INTO pjs_people ${sql(people)} RETURNING id, name`;
  assert.deepEqual(
    made.map((row) => ({ ...row })),
    [
      { id: 1, name: 'Ann' },
      { id: 2, name: 'Bob' },
    ],
  );
  const changed = await sql`UPDATE pjs_people SET ${sql({ age: 31 }, 'age')} WHERE name = ${'Ann'} RETURNING *`;
  assert.deepEqual({ ...changed[0] }, { id: 1, name: 'Ann', age: 31, tags: ['a', 'b'] });
  const found =
    await sql`SELECT ${sql(['name', 'age'])} FROM ${sql('pjs_people')} WHERE id IN ${sql([1, 2])} ORDER BY id`;
  assert.deepEqual(
    found.map(({ age }) => age),
    [31, null],
  );
  const any = await sql`SELECT name FROM pjs_people WHERE id = ANY(${[2, 3]})`;
  assert.deepEqual([any.count, any.command, any[0].name], [1, 'SELECT', 'Bob']);
  assert.deepEqual(
    [...(await sql`SELECT id, name FROM pjs_people ORDER BY id`.values())],
    [
      [1, 'Ann'],
      [2, 'Bob'],
    ],
  );
  const [raw] = await sql`SELECT id FROM pjs_people WHERE id = 1`.raw();
  assert.equal(raw[0].toString(), '1');
  const described = await sql`SELECT name, age FROM pjs_people WHERE id = ${1}`.describe();
  ok(
    `helpers for rows; described: ${described.types} -> ${described.columns.map(({ name, type }) => `${name} ${type}`)}`,
  );
}

async function transactions() {
  await sql.begin(async (sql) => {
    await sql`UPDATE pjs_people SET age = 40 WHERE id = 1`;
    const lost = sql.savepoint(async (sql) => {
      await sql`INSERT INTO pjs_people (name) VALUES ('Dan')`;
      await sql`INSERT INTO pjs_people (id, name) VALUES (1, 'twice')`;
    });
    await fails(lost, { code: '23505', table_name: 'pjs_people', constraint_name: 'pjs_people_pkey' });
    const [{ n }] = await sql`SELECT count(*)::int AS n FROM pjs_people`;
    assert.equal(n, 2);
  });
  await fails(
    sql.begin('READ ONLY', (sql) => sql`DELETE FROM pjs_people`),
    { code: '25006' },
  );
  const several = await sql.begin((sql) => [sql`SELECT 1 AS n`, sql`SELECT 2 AS n`]);
  assert.deepEqual(
    several.map(([{ n }]) => n),
    [1, 2],
  );
  ok('transactions, savepoints, read-only, a pipeline in one');
}

async function cursors() {
  let read = 0;
  for await (const part of sql`SELECT id, color FROM events ORDER BY id`.cursor(3000)) read += part.length;
  assert.equal(read, 20000);
  for await (const [row] of sql`SELECT id FROM events ORDER BY id`.cursor()) if (row.id === '5') break;
  let seen = 0;
  await sql`SELECT id FROM events`.forEach(() => {
    seen++;
  });
  assert.equal(seen, 20000);
  ok('cursors, broken off, row by row');
}

async function copies() {
  const writable = await sql`COPY pjs_people (name, age) FROM STDIN`.writable();
  const finished = once(writable, 'finish');
  writable.end(Array.from({ length: 1000 }, (_, n) => `copied ${n}\t${n}\n`).join(''));
  await finished;
  const readable =
    await sql`COPY (SELECT name, age FROM pjs_people WHERE age < 3 AND name LIKE 'copied%' ORDER BY age) TO STDOUT`.readable();
  assert.equal(Buffer.concat(await readable.toArray()).toString(), 'copied 0\t0\ncopied 1\t1\ncopied 2\t2\n');
  ok('COPY');
}

async function errors() {
  await fails(sql`SELECT nothing FROM pjs_people`, { code: '42703', position: '8' });
  await fails(sql`SELECT * FROM pjs_peple`, { code: '42P01' });
  await fails(sql`INSERT INTO pjs_people (name) VALUES (${null})`, {
    code: '23502',
    column_name: 'name',
    table_name: 'pjs_people',
  });
  await fails(sql.unsafe('SELECT 1; SELEC 2'), { code: '42601', position: '11' });
  const query = sql.unsafe(endless);
  setTimeout(() => query.cancel(), 300);
  await fails(query, { code: '57014' });
  const many = await Promise.all(
    Array.from({ length: 200 }, (_, n) =>
      sql`SELECT ${n}::int AS n`.then(
        ([row]) => row.n,
        () => -1,
      ),
    ),
  );
  assert.deepEqual(
    many,
    Array.from({ length: 200 }, (_, n) => n),
  );
  const mixed = await Promise.allSettled([
    sql`SELECT 1 AS n`,
    sql`SELECT 1/0`,
    sql`SELECT nothing`,
    sql`SELECT 4 AS n`,
  ]);
  assert.deepEqual(
    mixed.map(({ status, reason }) => reason?.code ?? status),
    ['fulfilled', '22012', '42703', 'fulfilled'],
  );
  ok('errors, cancel, pipelines with errors in them');
}

async function sessions() {
  const heard = new Promise((resolve) => sql.listen('pjs', resolve, () => sql.notify('pjs', 'a word')));
  assert.equal(await heard, 'a word');
  const reserved = await sql.reserve();
  await reserved`SET statement_timeout = '5s'`;
  assert.equal((await reserved`SHOW statement_timeout`)[0].statement_timeout, '5s');
  reserved.release();
  const results = await sql.unsafe('SELECT 1 AS a; SELECT 2 AS b');
  assert.deepEqual(
    results.map((rows) => ({ ...rows[0] })),
    [{ a: 1 }, { b: 2 }],
  );
  ok(`notifications, a reserved connection, several statements; notices: ${notices}`);
}

for (const check of [types, rows, transactions, cursors, copies, errors, sessions]) await check();
await sql`DROP TABLE pjs_people`;
await sql.end();

/** node-postgres with its companions pg-cursor, pg-query-stream and pg-copy-streams. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { address, endless, fails, load, ok } from './common.mjs';

const { default: pg } = await load('pg');
const { default: Cursor } = await load('pg-cursor');
const { default: QueryStream } = await load('pg-query-stream');
const { default: copies } = await load('pg-copy-streams');

async function cursors(client) {
  const query = 'SELECT id, color, price FROM events WHERE id >= $1 ORDER BY id';
  const cursor = client.query(new Cursor(query, [10]));
  const first = await cursor.read(3);
  assert.deepEqual(first, [
    { id: '10', color: 'Ärger', price: first[0].price },
    { id: '11', color: 'Ärger', price: first[1].price },
    { id: '12', color: '', price: first[2].price },
  ]);
  assert.equal((await cursor.read(1000)).at(-1).id, '1012');
  await cursor.close();
  const whole = client.query(new Cursor('SELECT id FROM events', [], { rowMode: 'array' }));
  let rows = 0;
  for (let part = await whole.read(7000); part.length > 0; part = await whole.read(7000)) rows += part.length;
  assert.equal(rows, 20000);
  const wrong = client.query(new Cursor('SELECT nothing FROM events'));
  await fails(wrong.read(1), { code: '42703', position: '8' });
  assert.deepEqual((await client.query('SELECT 1 AS one')).rows, [{ one: 1 }]);
  ok('cursor: parts, closed early, to the end, with an error');
}

async function streams(client) {
  let sum = 0;
  for await (const row of client.query(new QueryStream('SELECT amount FROM events', [], { batchSize: 900 })))
    sum += row.amount ?? 0;
  const { rows } = await client.query('SELECT sum(amount)::int AS sum FROM events');
  assert.equal(sum, rows[0].sum);
  const broken = client.query(new QueryStream('SELECT id FROM events ORDER BY id', [], { highWaterMark: 10 }));
  for await (const row of broken) if (row.id === '20') break;
  assert.deepEqual((await client.query('SELECT 2 AS two')).rows, [{ two: 2 }]);
  ok('stream: whole, broken off');
}

async function copying(client) {
  await client.query('DROP TABLE IF EXISTS pg_copied');
  await client.query('CREATE TABLE pg_copied (id integer, name text, day date)');
  const lines = Array.from({ length: 5000 }, (_, n) => `${n}\tname\\t${n}\t2024-02-29\n`);
  const into = client.query(copies.from('COPY pg_copied FROM STDIN'));
  await pipeline(Readable.from(lines), into);
  assert.equal(into.rowCount, 5000);
  const out = client.query(
    copies.to('COPY (SELECT * FROM pg_copied WHERE id < 3 ORDER BY id) TO STDOUT (FORMAT csv, HEADER)'),
  );
  const text = Buffer.concat(await out.toArray()).toString();
  assert.equal(text, 'id,name,day\n0,name\t0,2024-02-29\n1,name\t1,2024-02-29\n2,name\t2,2024-02-29\n');
  const both = new pg.Client(address);
  await both.connect();
  await both.query('CREATE TEMP TABLE pg_binary (id integer, name text, day date)');
  const from = client.query(copies.to('COPY pg_copied TO STDOUT (FORMAT binary)'));
  await pipeline(from, both.query(copies.from('COPY pg_binary FROM STDIN (FORMAT binary)')));
  assert.deepEqual((await both.query('SELECT count(*), sum(id) FROM pg_binary')).rows, [
    { count: '5000', sum: '12497500' },
  ]);
  await both.end();
  const bad = client.query(copies.from('COPY pg_copied (id) FROM STDIN'));
  const error = await fails(pipeline(Readable.from(['1\n', 'x\n']), bad), { code: '22P02' });
  assert.equal(error.where, 'COPY pg_copied, line 2, column id: "x"');
  await client.query('DROP TABLE pg_copied');
  ok('COPY: text in, csv out, binary from one connection to another, an error');
}

async function types(client) {
  const casts = [
    ['bool', true],
    ['int2', -7],
    ['int8', '9007199254740993'],
    ['float8', 1.5e-7],
    ['numeric(10,3)', '12.340'],
    ['text', "ä'\\\n"],
    ['bytea', Buffer.from([0, 255, 92])],
    ['timestamptz', new Date('2024-05-01T10:00:00.123Z')],
    ['json', { a: [1, null] }],
    ['jsonb', { b: 'c' }],
    ['uuid', '00000000-0000-0000-0000-000000000005'],
    ['int[]', [1, null, 3]],
    ['text[]', ['a,"b', 'c\\', null]],
    ['float8[]', [1.5, -2]],
    ['text', null],
  ];
  const text = `SELECT ${casts.map(([type], index) => `$${index + 1}::${type} AS c${index}`)}`;
  const { rows, fields } = await client.query(
    text,
    casts.map(([, value]) => value),
  );
  assert.deepEqual(
    Object.values(rows[0]),
    casts.map(([, value]) => value),
  );
  const told = fields.filter((_, index) => casts[index][0] !== 'jsonb');
  ok(`types: ${told.map((field) => `${field.dataTypeID}/${field.dataTypeModifier}`)}`);
  const points = await client.query(
    "SELECT '1 day 02:03:04'::interval AS i, 'NaN'::float8 AS n, DATE '2024-02-29' AS d",
  );
  assert.deepEqual({ ...points.rows[0].i }, { days: 1, hours: 2, minutes: 3, seconds: 4 });
  assert.ok(Number.isNaN(points.rows[0].n));
  assert.equal(points.rows[0].d.getDate(), 29);
  ok('types that the driver parses');
}

async function sessions(client) {
  const listener = new pg.Client({ ...address, application_name: 'listening' });
  await listener.connect();
  await listener.query('LISTEN pg_heard');
  const heard = once(listener, 'notification');
  await client.query("SELECT pg_notify('pg_heard', $1)", ['a word']);
  const [{ channel, payload }] = await heard;
  assert.deepEqual([channel, payload], ['pg_heard', 'a word']);
  assert.equal((await listener.query('SHOW application_name')).rows[0].application_name, 'listening');
  const { rows } = await listener.query('SELECT pg_backend_pid() AS pid');
  const running = fails(listener.query(endless), { code: '57014' });
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.deepEqual((await client.query('SELECT pg_cancel_backend($1) AS done', [rows[0].pid])).rows, [{ done: true }]);
  await running;
  await listener.end();
  ok('notification, pg_cancel_backend');
  const limited = new pg.Client({
    ...address,
    statement_timeout: 300,
    lock_timeout: 1000,
    options: '-c search_path=public',
  });
  await limited.connect();
  await fails(limited.query(endless), { code: '57014' });
  assert.deepEqual((await limited.query('SELECT 1 AS one')).rows, [{ one: 1 }]);
  await limited.end();
  ok('statement_timeout of the connection');
  const pool = new pg.Pool({ ...address, max: 4 });
  const counted = await Promise.all(
    Array.from({ length: 12 }, (_, n) => pool.query('SELECT count(*)::int AS n FROM events WHERE user_id = $1', [n])),
  );
  const { rows: all } = await client.query('SELECT count(*)::int AS n FROM events WHERE user_id < 12');
  assert.equal(
    counted.reduce((sum, { rows: [{ n }] }) => sum + n, 0),
    all[0].n,
  );
  await pool.end();
  ok('pool');
}

async function statements(client) {
  const many = await client.query(
    'CREATE TABLE pg_m (id int); INSERT INTO pg_m VALUES (1), (2); SELECT * FROM pg_m; DROP TABLE pg_m',
  );
  assert.deepEqual(
    many.map(({ command, rowCount }) => `${command} ${rowCount}`),
    ['CREATE null', 'INSERT 2', 'SELECT 2', 'DROP null'],
  );
  const queued = await Promise.all(Array.from({ length: 30 }, (_, n) => client.query('SELECT $1::int + 1 AS n', [n])));
  assert.deepEqual(
    queued.map(({ rows }) => rows[0].n),
    Array.from({ length: 30 }, (_, n) => n + 1),
  );
  const named = { name: 'by region', text: 'SELECT count(*)::int AS n FROM events WHERE region = $1' };
  const counts = [];
  for (const region of ['EU', 'US', 'ASIA'])
    counts.push((await client.query({ ...named, values: [region] })).rows[0].n);
  assert.equal(
    counts.reduce((a, b) => a + b),
    20000,
  );
  await fails(client.query('SELECT * FROM events WHERE id = $1', ['no number']), { code: '22P02' });
  await fails(client.query("SELECT 'ä', nothing FROM events"), { code: '42703', position: '13' });
  await fails(client.query('SELECT 1; SELECT 2', [1]), { code: '42601' });
  ok('several statements, a queue of them, named ones, errors');
}

const client = new pg.Client(address);
await client.connect();
for (const check of [cursors, streams, copying, types, sessions, statements]) await check(client);
await client.end();

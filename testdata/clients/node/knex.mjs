/** Knex: schema builder, migrations, columnInfo, batches, transactions, streams. */
import assert from 'node:assert/strict';
import { address, fails, load, ok } from './common.mjs';

const { default: makeKnex } = await load('knex');
const knex = makeKnex({ client: 'pg', connection: address, pool: { min: 1, max: 3 } });

const migrations = {
  '1_people': {
    up: (knex) =>
      knex.schema.createTable('knex_people', (table) => {
        table.increments('id');
        table.string('name', 60).notNullable();
        table.string('email').unique();
        table.decimal('score', 8, 2).defaultTo(0);
        table.boolean('active').notNullable().defaultTo(true);
        table.jsonb('data');
        table.uuid('ref');
        table.timestamps(true, true);
        table.index(['name', 'active'], 'knex_people_lookup');
        table.comment('who is known');
      }),
    down: (knex) => knex.schema.dropTable('knex_people'),
  },
  '2_posts': {
    up: (knex) =>
      knex.schema
        .createTable('knex_posts', (table) => {
          table.bigIncrements('id');
          table.integer('person_id').notNullable().references('id').inTable('knex_people');
          table.text('title').comment('one line');
          table.specificType('tags', 'text[]');
        })
        .alterTable('knex_people', (table) => {
          table.integer('age');
          table.renameColumn('ref', 'reference');
        }),
    down: (knex) => knex.schema.dropTable('knex_posts'),
  },
  '3_changes': {
    up: (knex) =>
      knex.schema.alterTable('knex_posts', (table) => {
        table.string('title', 200).notNullable().alter();
        table.unique(['person_id', 'title']);
        table.dropColumn('tags');
      }),
    down: () => Promise.resolve(),
  },
};
const migrationSource = {
  getMigrations: async () => Object.keys(migrations),
  getMigrationName: (name) => name,
  getMigration: async (name) => migrations[name],
};

async function migrate() {
  const [, done] = await knex.migrate.latest({ migrationSource });
  assert.deepEqual(done, Object.keys(migrations));
  assert.equal(await knex.migrate.currentVersion({ migrationSource }), '3');
  assert.deepEqual((await knex.migrate.latest({ migrationSource }))[1], []);
  ok('migrations');
  for (const table of ['knex_people', 'knex_posts'])
    ok(`columnInfo: ${JSON.stringify(Object.entries(await knex(table).columnInfo()).sort())}`);
  assert.equal(await knex.schema.hasTable('knex_people'), true);
  assert.equal(await knex.schema.hasTable('knex_nobody'), false);
  assert.equal(await knex.schema.hasColumn('knex_people', 'reference'), true);
  ok('hasTable, hasColumn');
}

async function rows() {
  const inserted = await knex('knex_people').insert({ name: 'Ann', email: 'ann@x', data: { a: [1] } }, [
    'id',
    'score',
    'active',
  ]);
  assert.deepEqual(inserted, [{ id: 1, score: '0.00', active: true }]);
  await knex.batchInsert(
    'knex_people',
    Array.from({ length: 150 }, (_, n) => ({ name: `p${n}`, age: n })),
    40,
  );
  const again = knex('knex_people').insert({ name: 'Ann 2', email: 'ann@x' }).onConflict('email').merge(['name']);
  assert.deepEqual(await again.returning('name'), [{ name: 'Ann 2' }]);
  assert.equal((await knex('knex_people').count('* as n').first()).n, '151');
  assert.equal(await knex('knex_people').where('age', '>', 140).del(), 9);
  assert.equal(
    await knex('knex_people')
      .where({ name: 'p1' })
      .update({ age: knex.raw('age + ?', [5]) }),
    1,
  );
  assert.deepEqual(await knex('knex_people').where({ name: 'p1' }).pluck('age'), [6]);
  const grouped = await knex('events').select('region').count('* as n').groupBy('region').orderBy('region');
  assert.deepEqual(
    grouped.map(({ region }) => region),
    ['ASIA', 'EU', 'US'],
  );
  await fails(knex('knex_people').insert({ email: 'ann@x', name: 'twice' }), {
    code: '23505',
    constraint: 'knex_people_email_unique',
  });
  await fails(knex('knex_posts').insert({ person_id: 99999, title: 't' }), { code: '23503' });
  await fails(knex('knex_people').insert({ name: null }), { code: '23502', column: 'name' });
  ok('insert, batches, upsert, update, delete, errors');
}

async function transactions() {
  await fails(
    knex.transaction(async (trx) => {
      await trx('knex_posts').insert({ person_id: 1, title: 'kept?' });
      await trx.transaction(async (inner) => inner('knex_posts').insert({ person_id: 1, title: 'nested' }));
      assert.equal((await trx('knex_posts').count('* as n').first()).n, '2');
      throw new Error('enough');
    }),
    { message: 'enough' },
  );
  assert.equal((await knex('knex_posts').count('* as n').first()).n, '0');
  const isolated = await knex.transaction((trx) => trx.raw('SHOW transaction_isolation'), {
    isolationLevel: 'repeatable read',
  });
  assert.equal(isolated.rows[0].transaction_isolation, 'repeatable read');
  let seen = 0;
  await knex
    .select('id')
    .from('events')
    .stream((stream) => stream.on('data', () => seen++));
  ok(`transactions; streamed ${seen} rows`);
}

await knex.raw('DROP TABLE IF EXISTS knex_posts, knex_people, knex_migrations, knex_migrations_lock');
for (const check of [migrate, rows, transactions]) await check();
assert.deepEqual((await knex.migrate.rollback({ migrationSource }, true))[1], Object.keys(migrations).reverse());
await knex.raw('DROP TABLE knex_migrations, knex_migrations_lock');
ok('rolled back');
await knex.destroy();

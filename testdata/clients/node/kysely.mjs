/** Kysely: introspection, migrator with its lock, typed queries, streams by cursor, savepoints. */
import assert from 'node:assert/strict';
import { address, fails, load, ok } from './common.mjs';

const { Kysely, PostgresDialect, sql } = await load('kysely');
const { Migrator } = await load('kysely/migration').catch(() => load('kysely'));
const { default: pg } = await load('pg');
const { default: cursor } = await load('pg-cursor');
const db = new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool({ ...address, max: 3 }), cursor }) });

const migrations = {
  '1_make': {
    up: async (db) => {
      await db.schema
        .createTable('kys_people')
        .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
        .addColumn('name', 'varchar(80)', (column) => column.notNull())
        .addColumn('made_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
        .addColumn('note', 'jsonb')
        .addUniqueConstraint('kys_people_name_once', ['name'])
        .execute();
      await db.schema
        .createTable('kys_pets')
        .addColumn('id', 'serial', (column) => column.primaryKey())
        .addColumn('owner_id', 'integer', (column) => column.references('kys_people.id').notNull())
        .addColumn('species', 'text', (column) => column.check(sql`species in ('cat', 'dog')`))
        .execute();
      await db.schema.createIndex('kys_pets_owner').on('kys_pets').column('owner_id').execute();
    },
    down: async (db) => {
      await db.schema.dropTable('kys_pets').execute();
      await db.schema.dropTable('kys_people').execute();
    },
  },
  '2_change': {
    up: async (db) => {
      await db.schema
        .alterTable('kys_pets')
        .addColumn('name', 'text', (column) => column.notNull().defaultTo('nameless'))
        .alterColumn('species', (column) => column.setNotNull())
        .execute();
      await db.schema.alterTable('kys_pets').renameTo('kys_animals').execute();
    },
    down: async (db) => {
      await db.schema.alterTable('kys_animals').renameTo('kys_pets').execute();
    },
  },
};

async function migrate() {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error, results } = await migrator.migrateToLatest();
  if (error) throw error;
  assert.deepEqual(
    results.map(({ status }) => status),
    ['Success', 'Success'],
  );
  ok('migrated');
  return migrator;
}

async function introspect() {
  const tables = (await db.introspection.getTables()).filter(({ name }) => name.startsWith('kys_'));
  for (const table of tables) ok(`introspected: ${JSON.stringify(table)}`);
  const schemas = (await db.introspection.getSchemas()).map(({ name }) => name);
  assert.ok(schemas.includes('public'));
}

async function rows() {
  const made = await db
    .insertInto('kys_people')
    .values([{ name: 'Ann', note: JSON.stringify({ a: 1 }) }, { name: 'Bob' }])
    .returning(['id', 'name', 'note'])
    .execute();
  assert.deepEqual(made, [
    { id: 1, name: 'Ann', note: { a: 1 } },
    { id: 2, name: 'Bob', note: null },
  ]);
  await db.insertInto('kys_animals').values({ owner_id: 1, species: 'cat' }).execute();
  const joined = await db
    .selectFrom('kys_animals')
    .innerJoin('kys_people', 'kys_people.id', 'kys_animals.owner_id')
    .select(['kys_animals.name', 'kys_people.name as owner'])
    .executeTakeFirstOrThrow();
  assert.deepEqual(joined, { name: 'nameless', owner: 'Ann' });
  const { numUpdatedRows } = await db
    .updateTable('kys_people')
    .set({ name: 'Bobby' })
    .where('id', '=', 2)
    .executeTakeFirst();
  assert.equal(numUpdatedRows, 1n);
  const upsert = db
    .insertInto('kys_people')
    .values({ name: 'Bobby' })
    .onConflict((on) => on.column('name').doUpdateSet({ note: sql`'{"b":2}'::jsonb` }));
  assert.deepEqual((await upsert.returning(['id', 'note']).executeTakeFirst()).note, { b: 2 });
  await fails(db.insertInto('kys_animals').values({ owner_id: 1, species: 'fish' }).execute(), { code: '23514' });
  await fails(db.insertInto('kys_animals').values({ owner_id: 77, species: 'dog' }).execute(), { code: '23503' });
  let sum = 0;
  for await (const { id } of db.selectFrom('events').select('id').where('id', '<', '5000').stream(700))
    sum += Number(id);
  assert.equal(sum, (4999 * 5000) / 2);
  const top = await db
    .selectFrom('events')
    .select(({ fn }) => ['region', fn.count('id').as('n')])
    .groupBy('region')
    .having(({ fn }) => fn.count('id'), '>', 100)
    .orderBy('region')
    .execute();
  assert.equal(top.length, 3);
  ok('insert, join, update, upsert, stream, errors');
}

async function transactions() {
  await fails(
    db
      .transaction()
      .setIsolationLevel('serializable')
      .execute(async (trx) => {
        await trx.insertInto('kys_people').values({ name: 'gone' }).execute();
        throw new Error('enough');
      }),
    { message: 'enough' },
  );
  const trx = await db.startTransaction().execute();
  await trx.insertInto('kys_people').values({ name: 'Cid' }).execute();
  const inner = await trx.savepoint('inner').execute();
  await inner.selectFrom('kys_people').selectAll().execute();
  await inner.rollbackToSavepoint('inner').execute();
  await trx.commit().execute();
  assert.deepEqual(
    (await db.selectFrom('kys_people').select('name').orderBy('name').execute()).map(({ name }) => name),
    ['Ann', 'Bobby', 'Cid'],
  );
  ok('transactions, a savepoint');
}

await sql`DROP TABLE IF EXISTS kys_animals, kys_pets, kys_people, kysely_migration, kysely_migration_lock`.execute(db);
const migrator = await migrate();
for (const check of [introspect, rows, transactions]) await check();
const { error } = await migrator.migrateTo((await load('kysely/migration').catch(() => load('kysely'))).NO_MIGRATIONS);
if (error) throw error;
await sql`DROP TABLE kysely_migration, kysely_migration_lock`.execute(db);
ok('migrated back');
await db.destroy();

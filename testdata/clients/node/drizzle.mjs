/** Drizzle: drizzle-kit generate, migrate and pull (introspection), and queries over node-postgres and postgres.js. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fails, load, ok, packagesFolder, url } from './common.mjs';

const execute = promisify(execFile);
const core = await load('drizzle-orm/pg-core');
const { eq, sql, gt, relations } = await load('drizzle-orm');
const { drizzle: overPg } = await load('drizzle-orm/node-postgres');
const { drizzle: overPostgresJs } = await load('drizzle-orm/postgres-js');
const { migrate } = await load('drizzle-orm/node-postgres/migrator');
const { default: pg } = await load('pg');
const { default: postgres } = await load('postgres');

const schemaText = `import { boolean, index, integer, jsonb, numeric, pgTable, serial, text, timestamp, unique, varchar } from 'drizzle-orm/pg-core';
export const people = pgTable('drz_people', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  name: varchar({ length: 60 }).notNull(),
  email: text().unique(),
  score: numeric({ precision: 10, scale: 2 }).default('0'),
  active: boolean().notNull().default(true),
  data: jsonb(),
  tags: text().array(),
  made: timestamp({ withTimezone: true }).notNull().defaultNow(),
}, (table) => [index('drz_people_name').on(table.name)]);
export const pets = pgTable('drz_pets', {
  id: serial().primaryKey(),
  ownerId: integer('owner_id').notNull().references(() => people.id),
  kind: varchar({ length: 20 }).notNull(),
}, (table) => [unique('drz_pets_once').on(table.kind)]);
`;

const people = core.pgTable('drz_people', {
  id: core.integer().primaryKey().generatedAlwaysAsIdentity(),
  name: core.varchar({ length: 60 }).notNull(),
  email: core.text().unique(),
  score: core.numeric({ precision: 10, scale: 2 }).default('0'),
  active: core.boolean().notNull().default(true),
  data: core.jsonb(),
  tags: core.text().array(),
  made: core.timestamp({ withTimezone: true }).notNull().defaultNow(),
});
const pets = core.pgTable('drz_pets', {
  id: core.serial().primaryKey(),
  ownerId: core
    .integer('owner_id')
    .notNull()
    .references(() => people.id),
  kind: core.varchar({ length: 20 }).notNull(),
});
const schema = {
  people,
  pets,
  peopleRelations: relations(people, ({ many }) => ({ pets: many(pets) })),
  petsRelations: relations(pets, ({ one }) => ({
    owner: one(people, { fields: [pets.ownerId], references: [people.id] }),
  })),
};

/** drizzle-kit in a folder beside its packages, from where its files find them. */
async function kit(folder, command) {
  const bin = join(packagesFolder, 'node_modules/drizzle-kit/bin.cjs');
  await execute(process.execPath, [bin, command], { cwd: folder, timeout: 60_000 });
}

async function migrations(folder, db) {
  const config = {
    dialect: 'postgresql',
    schema: './schema.ts',
    out: './out',
    dbCredentials: { url },
    tablesFilter: ['drz_*'],
  };
  await writeFile(join(folder, 'schema.ts'), schemaText);
  await writeFile(join(folder, 'drizzle.config.json'), JSON.stringify(config));
  await kit(folder, 'generate');
  await migrate(db, {
    migrationsFolder: join(folder, 'out'),
    migrationsTable: 'drz_migrations',
    migrationsSchema: 'drz',
  });
  await migrate(db, {
    migrationsFolder: join(folder, 'out'),
    migrationsTable: 'drz_migrations',
    migrationsSchema: 'drz',
  });
  ok('generated and migrated');
  await writeFile(join(folder, 'drizzle.config.json'), JSON.stringify({ ...config, out: './pulled' }));
  await kit(folder, 'pull');
  const pulled = (await readdir(join(folder, 'pulled'))).filter(
    (name) => name === 'schema.ts' || name === 'relations.ts',
  );
  for (const name of pulled) ok(`pulled: ${JSON.stringify(await readFile(join(folder, 'pulled', name), 'utf8'))}`);
}

async function queries(db) {
  const made = await db
    .insert(people)
    .values([{ name: 'Ann', email: 'a@x', data: { a: 1 }, tags: ['x', 'y,'] }, { name: 'Bob' }])
    .returning();
  assert.deepEqual(
    made.map(({ id, score, active, tags }) => [id, score, active, tags]),
    [
      [1, '0.00', true, ['x', 'y,']],
      [2, '0.00', true, null],
    ],
  );
  await db.insert(pets).values([
    { ownerId: 1, kind: 'cat' },
    { ownerId: 1, kind: 'dog' },
  ]);
  const nested = await db.query.people.findMany({ with: { pets: { orderBy: pets.kind } }, orderBy: people.id });
  assert.deepEqual(
    nested.map(({ name, pets }) => [name, pets.map(({ kind }) => kind)]),
    [
      ['Ann', ['cat', 'dog']],
      ['Bob', []],
    ],
  );
  const joined = await db
    .select({ name: people.name, n: sql`count(*)::int` })
    .from(people)
    .innerJoin(pets, eq(pets.ownerId, people.id))
    .groupBy(people.name);
  assert.deepEqual(joined, [{ name: 'Ann', n: 2 }]);
  for (const name of ['Zed', 'Zoe'])
    await db.insert(people).values({ name, email: 'z@x' }).onConflictDoUpdate({ target: people.email, set: { name } });
  assert.equal(
    (await db.update(people).set({ active: false }).where(gt(people.id, 1)).returning({ id: people.id })).length,
    2,
  );
  const prepared = db
    .select({ id: people.id })
    .from(people)
    .where(eq(people.name, sql.placeholder('name')))
    .prepare('by_name');
  for (const name of ['Ann', 'Zoe', 'Ann']) assert.equal((await prepared.execute({ name })).length, 1);
  await fails(
    db.transaction(async (tx) => {
      await tx.delete(pets);
      await tx.transaction(async (inner) => assert.equal(await inner.$count(pets), 0));
      throw new Error('enough');
    }),
    { message: 'enough' },
  );
  assert.equal(await db.$count(pets), 2);
  const error = await fails(db.insert(pets).values({ ownerId: 1, kind: 'cat' }), {});
  ok(`queries; ${error.cause.code} ${error.cause.constraint ?? error.cause.constraint_name}`);
}

const pool = new pg.Pool({ connectionString: url, max: 2 });
const client = postgres(url, { max: 2, onnotice: () => {} });
await pool.query('DROP TABLE IF EXISTS drz_pets, drz_people; DROP SCHEMA IF EXISTS drz CASCADE');
await mkdir(join(packagesFolder, 'runs'), { recursive: true });
const folder = await mkdtemp(join(packagesFolder, 'runs/drizzle-'));
try {
  const db = overPg(pool, { schema });
  await migrations(folder, db);
  await queries(db);
  await pool.query('DELETE FROM drz_pets');
  await pool.query('DELETE FROM drz_people');
  const rest = await overPostgresJs(client, { schema })
    .insert(people)
    .values({ name: 'Cid', data: { b: 2 } })
    .returning();
  assert.deepEqual([rest[0].name, rest[0].data], ['Cid', { b: 2 }]);
  ok('the same over postgres.js');
  await pool.query('DROP TABLE drz_pets, drz_people; DROP SCHEMA drz CASCADE');
} finally {
  await rm(folder, { recursive: true });
  await pool.end();
  await client.end();
}

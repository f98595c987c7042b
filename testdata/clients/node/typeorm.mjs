/** TypeORM: synchronize twice, migrations generated from the difference, repositories, relations, transactions. */
import assert from 'node:assert/strict';
import { address, fails, load, ok } from './common.mjs';

await load('reflect-metadata');
const { default: library } = await load('typeorm');
const { DataSource, EntitySchema } = library;

const columns = {
  id: { type: 'integer', primary: true, generated: 'increment' },
  name: { type: 'varchar' },
  email: { type: 'varchar', length: 120, nullable: true, unique: true },
  score: { type: 'numeric', precision: 10, scale: 2, default: 0 },
  active: { type: 'boolean', default: true },
  data: { type: 'jsonb', nullable: true },
  tags: { type: 'text', array: true, nullable: true },
  seen: { type: 'timestamptz', createDate: true },
};
const person = (more = {}) =>
  new EntitySchema({
    name: 'Person',
    tableName: 'tym_people',
    columns: { ...columns, ...more },
    relations: { pets: { type: 'one-to-many', target: 'Pet', inverseSide: 'owner' } },
    indices: [{ columns: ['name', 'active'] }],
  });
const pet = new EntitySchema({
  name: 'Pet',
  tableName: 'tym_pets',
  columns: { id: { type: 'uuid', primary: true, generated: 'uuid' }, kind: { type: 'varchar', length: 20 } },
  relations: {
    owner: {
      type: 'many-to-one',
      target: 'Person',
      inverseSide: 'pets',
      joinColumn: true,
      nullable: false,
      onDelete: 'CASCADE',
      onUpdate: 'CASCADE',
    },
  },
});

async function open(entities, more = {}) {
  const { user: username, ...rest } = address;
  const source = new DataSource({
    type: 'postgres',
    ...rest,
    username,
    entities,
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    ...more,
  });
  return source.initialize();
}

async function pending(source) {
  const { upQueries } = await source.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => query);
}

async function schema() {
  const source = await open([person(), pet]);
  await source.query('DROP TABLE IF EXISTS tym_pets, tym_people CASCADE');
  ok(`to be made: ${JSON.stringify(await pending(source))}`);
  await source.synchronize();
  assert.deepEqual(await pending(source), []);
  ok('synchronised: no difference is left');
  await source.getRepository('Person').save([{ name: 'Ann', email: 'a@x' }, { name: 'Bob' }]);
  await source.destroy();
  const changed = await open([
    person({ age: { type: 'integer', nullable: true }, name: { type: 'varchar', length: 200 } }),
    pet,
  ]);
  ok(`difference: ${JSON.stringify(await pending(changed))}`);
  await changed.destroy();
  const added = await open([person({ age: { type: 'integer', nullable: true } }), pet]);
  await added.synchronize();
  assert.deepEqual(await pending(added), []);
  assert.equal(await added.getRepository('Person').count(), 2);
  ok('a column was added, rows are there');
  return added;
}

async function rows(source) {
  const people = source.getRepository('Person');
  const ann = await people.findOneByOrFail({ name: 'Ann' });
  assert.deepEqual([ann.id, ann.score, ann.active, ann.data], [1, '0.00', true, null]);
  ann.data = { a: [1] };
  ann.tags = ['x', 'y,"'];
  await people.save(ann);
  await source.getRepository('Pet').save({ kind: 'cat', owner: ann });
  const [found] = await people.find({ where: { id: ann.id }, relations: { pets: true } });
  assert.deepEqual([found.data, found.tags, found.pets.map(({ kind }) => kind)], [{ a: [1] }, ['x', 'y,"'], ['cat']]);
  await people.insert(Array.from({ length: 100 }, (_, n) => ({ name: `p${n}`, age: n })));
  await people.insert({ name: 'Zed', email: 'z@x' });
  await people.upsert({ email: 'z@x', name: 'Zoe' }, ['email']);
  const old = await people.createQueryBuilder('p').where('p.age > :age', { age: 90 }).orderBy('p.id').getManyAndCount();
  assert.equal(old[1], 9);
  await people.increment({ name: 'p5' }, 'age', 10);
  assert.equal((await people.findOneBy({ name: 'p5' })).age, 15);
  const { affected } = await people.createQueryBuilder().delete().where('age < 10').execute();
  assert.equal(affected, 9);
  let read = 0;
  for await (const _ of await source.createQueryBuilder().select('id').from('events', 'e').stream()) read++;
  assert.equal(read, 20000);
  const wrong = await fails(people.insert({ name: 'x', email: 'a@x' }), { code: '23505' });
  await fails(source.getRepository('Pet').insert({ kind: 'dog', owner: { id: 9999 } }), { code: '23503' });
  await people.update({ id: ann.id }, { id: 9001 });
  assert.equal((await source.getRepository('Pet').findOne({ where: {}, relations: { owner: true } })).owner.id, 9001);
  await people.delete({ id: 9001 });
  assert.equal(await source.getRepository('Pet').count(), 0);
  ok(
    `find, relations, insert, upsert, delete, stream, errors: ${wrong.driverError.constraint} ${wrong.driverError.table}`,
  );
  await fails(
    source.transaction('SERIALIZABLE', async (manager) => {
      await manager.getRepository('Person').insert({ name: 'gone' });
      throw new Error('enough');
    }),
    { message: 'enough' },
  );
  assert.equal(await people.countBy({ name: 'gone' }), 0);
  ok('transactions');
}

async function migrate() {
  const migrations = [
    class First1700000000000 {
      name = 'First1700000000000';
      up = (runner) =>
        runner.query(
          'CREATE TABLE "tym_moved" ("id" SERIAL NOT NULL, "name" character varying(50) NOT NULL, CONSTRAINT "PK_moved" PRIMARY KEY ("id"))',
        );
      down = (runner) => runner.dropTable('tym_moved');
    },
    class Second1700000000001 {
      name = 'Second1700000000001';
      async up(runner) {
        const { TableColumn, TableIndex, TableUnique } = library;
        await runner.addColumn(
          'tym_moved',
          new TableColumn({ name: 'age', type: 'int', isNullable: false, default: 3 }),
        );
        await runner.createIndex('tym_moved', new TableIndex({ name: 'tym_moved_age', columnNames: ['age'] }));
        await runner.createUniqueConstraint(
          'tym_moved',
          new TableUnique({ name: 'tym_moved_once', columnNames: ['name'] }),
        );
        await runner.renameColumn('tym_moved', 'age', 'years');
      }
      down = (runner) => runner.dropColumn('tym_moved', 'years');
    },
  ];
  const source = await open([], { migrations, migrationsTableName: 'tym_migrations' });
  assert.equal((await source.runMigrations({ transaction: 'each' })).length, 2);
  const table = await source.createQueryRunner().getTable('tym_moved');
  ok(
    `migrated: ${JSON.stringify([...table.columns].sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, type, length, isNullable, isGenerated, default: value }) => [name, type, length, isNullable, isGenerated, value]))}`,
  );
  ok(
    `keys: ${JSON.stringify([table.uniques.map(({ name }) => name), table.indices.map(({ name, columnNames }) => [name, columnNames]), table.primaryColumns.map(({ primaryKeyConstraintName }) => primaryKeyConstraintName)])}`,
  );
  await source.undoLastMigration();
  await source.undoLastMigration();
  await source.query('DROP TABLE tym_migrations');
  await source.destroy();
  ok('undone');
}

const source = await schema();
await rows(source);
await source.query('DROP TABLE tym_pets, tym_people');
await source.destroy();
await migrate();

/** Sequelize: sync with SERIAL and foreign keys, describe, bulk calls, associations, transactions. */
import assert from 'node:assert/strict';
import { fails, load, ok, url } from './common.mjs';

const { default: library } = await load('sequelize');
const { DataTypes, Op, Sequelize } = library;
const sequelize = new Sequelize(url, { logging: false, pool: { max: 3 } });

const Person = sequelize.define(
  'Person',
  {
    name: { type: DataTypes.STRING(100), allowNull: false },
    email: { type: DataTypes.STRING, unique: true },
    mood: { type: DataTypes.ENUM('sad', 'ok', 'happy'), defaultValue: 'ok' },
    data: DataTypes.JSON,
    score: DataTypes.DECIMAL(10, 2),
    tags: DataTypes.ARRAY(DataTypes.TEXT),
  },
  // DuckDB does not read how it writes times of rows in bulk: '2024-05-01 10:00:00.000 +00:00'.
  { tableName: 'seq_people', timestamps: false, indexes: [{ fields: ['name', 'score'] }] },
);
const Pet = sequelize.define('Pet', { kind: DataTypes.TEXT }, { tableName: 'seq_pets', timestamps: false });
// ON DELETE SET NULL, ON UPDATE CASCADE.
Person.hasMany(Pet, { foreignKey: 'personId' });
Pet.belongsTo(Person, { foreignKey: 'personId' });
const Toy = sequelize.define('Toy', { name: DataTypes.TEXT }, { tableName: 'seq_toys', timestamps: false });
Pet.hasMany(Toy, { foreignKey: { name: 'petId', allowNull: false }, onDelete: 'CASCADE' });
Toy.belongsTo(Pet, { foreignKey: 'petId' });

async function sync() {
  await sequelize.sync({ force: true });
  await sequelize.sync();
  const query = sequelize.getQueryInterface();
  ok(`described: ${JSON.stringify(Object.entries(await query.describeTable('seq_people')).sort())}`);
  ok(`described: ${JSON.stringify(Object.entries(await query.describeTable('seq_pets')).sort())}`);
  assert.ok((await query.showAllTables()).includes('seq_people'));
  const indexes = await query.showIndex('seq_people');
  ok(
    `indexes: ${indexes.map(({ name, primary, unique, fields }) => `${name} ${primary} ${unique} ${fields.map(({ attribute }) => attribute)}`).sort()}`,
  );
  const references = await query.getForeignKeyReferencesForTable('seq_pets');
  ok(
    `references: ${references.map(({ columnName, referencedTableName, referencedColumnName }) => `${columnName} ${referencedTableName} ${referencedColumnName}`)}`,
  );
}

async function alter() {
  const query = sequelize.getQueryInterface();
  await query.addColumn('seq_pets', 'age', { type: DataTypes.INTEGER, allowNull: false, defaultValue: 1 });
  await query.changeColumn('seq_pets', 'kind', { type: DataTypes.STRING(20) });
  await query.renameColumn('seq_pets', 'age', 'years');
  await query.addConstraint('seq_pets', { type: 'unique', fields: ['kind', 'years'], name: 'seq_pets_once' });
  ok(`altered: ${JSON.stringify(Object.entries(await query.describeTable('seq_pets')).sort())}`);
  await query.removeConstraint('seq_pets', 'seq_pets_once');
  await query.removeColumn('seq_pets', 'years');
  await sequelize.sync({ alter: true });
  ok(`synchronised: ${JSON.stringify(Object.entries(await query.describeTable('seq_pets')).sort())}`);
}

async function rows() {
  const ann = await Person.create({ name: 'Ann', email: 'a@x', data: { a: [1] }, score: '12.50', tags: ['x', 'y,'] });
  assert.equal(ann.id, 1);
  await Person.bulkCreate(Array.from({ length: 50 }, (_, n) => ({ name: `p${n}`, mood: n % 2 ? 'sad' : 'happy' })));
  await ann.createPet({ kind: 'cat' });
  const found = await Person.findOne({ where: { name: 'Ann' }, include: Pet });
  assert.deepEqual(
    [found.data, found.score, found.tags, found.mood, found.Pets[0].kind],
    [{ a: [1] }, '12.50', ['x', 'y,'], 'ok', 'cat'],
  );
  assert.equal(await Person.count({ where: { mood: { [Op.in]: ['sad', 'ok'] } } }), 26);
  assert.equal(await Person.count({ where: { name: { [Op.iLike]: 'P1%' } } }), 11);
  const [changed] = await Person.update({ score: 1 }, { where: { mood: 'sad' } });
  assert.equal(changed, 25);
  // Not findOrCreate: it makes a function in PL/pgSQL.
  await Person.create({ name: 'Bob', email: 'b@x' });
  const [upserted] = await Person.upsert({ email: 'b@x', name: 'Bobby' });
  assert.equal(upserted.name, 'Bobby');
  assert.equal(await Person.destroy({ where: { mood: 'happy' } }), 25);
  const page = await Person.findAndCountAll({ order: [['id', 'DESC']], limit: 3, offset: 2 });
  assert.deepEqual([page.count, page.rows.length], [27, 3]);
  const [counted] = await sequelize.query(
    'SELECT region, count(*)::int AS n FROM events WHERE id < $1 GROUP BY 1 ORDER BY 1',
    { bind: [100] },
  );
  assert.equal(
    counted.reduce((sum, { n }) => sum + n, 0),
    100,
  );
  ok('create, include, find, update, upsert, destroy, bind');
  const twice = await fails(Person.create({ name: 'x', email: 'a@x' }), { name: 'SequelizeUniqueConstraintError' });
  await fails(Pet.create({ kind: 'dog', personId: 4711 }), {
    name: 'SequelizeForeignKeyConstraintError',
    table: 'seq_pets',
  });
  await fails(sequelize.query('SELECT * FROM seq_nothing'), { name: 'SequelizeDatabaseError' });
  ok(`errors: ${JSON.stringify(twice.fields)}`);
}

async function related() {
  const owner = await Person.create({ name: 'Owner', email: 'owner@x' });
  const pet = await owner.createPet({ kind: 'hen' });
  await Toy.bulkCreate([
    { name: 'ball', petId: pet.id },
    { name: 'bone', petId: pet.id },
  ]);
  await Person.update({ id: 9001 }, { where: { id: owner.id } });
  await pet.reload();
  assert.equal(pet.personId, 9001);
  assert.equal(await Person.destroy({ where: { id: 9001 } }), 1);
  await pet.reload();
  assert.equal(pet.personId, null);
  await pet.destroy();
  assert.equal(await Toy.count(), 0);
  ok('foreign keys: SET NULL, CASCADE');
}

async function transactions() {
  await fails(
    sequelize.transaction(async (transaction) => {
      await Person.create({ name: 'gone' }, { transaction });
      await sequelize.transaction({ transaction }, (inner) => Person.count({ transaction: inner }));
      throw new Error('enough');
    }),
    { message: 'enough' },
  );
  assert.equal(await Person.count({ where: { name: 'gone' } }), 0);
  await sequelize.transaction({ isolationLevel: 'REPEATABLE READ' }, (transaction) => Person.count({ transaction }));
  ok('transactions');
}

for (const check of [sync, alter, rows, related, transactions]) await check();
await sequelize.drop({});
await sequelize.query('DROP TYPE IF EXISTS "enum_seq_people_mood"');
await sequelize.close();
ok('dropped');

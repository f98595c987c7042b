/** Random tables with foreign keys, and statements on them, for comparison with PostgreSQL. */
import { Draw } from './random-draw.ts';

const actions = ['', 'CASCADE', 'SET NULL', 'RESTRICT', 'SET DEFAULT', 'NO ACTION'];
const values = 6;

/** The tables of every case: rows of each are compared after each statement. */
export const keyTables: readonly string[] = ['p', 'c', 'g', 'm'];

function reference(draw: Draw, target: string): string {
  const onDelete = draw.pick(actions);
  const onUpdate = draw.pick(actions);
  const timing = draw.pick(['', '', 'DEFERRABLE', 'DEFERRABLE INITIALLY DEFERRED']);
  return [
    `REFERENCES ${target}`,
    onDelete === '' ? '' : `ON DELETE ${onDelete}`,
    onUpdate === '' ? '' : `ON UPDATE ${onUpdate}`,
    timing,
  ]
    .filter(Boolean)
    .join(' ');
}

function definitions(draw: Draw): readonly string[] {
  const up = draw.chance(0.5) ? `, up int ${reference(draw, 'p')}` : ', up int';
  return [
    `CREATE TABLE p (id int PRIMARY KEY${up})`,
    `CREATE TABLE c (id int PRIMARY KEY, p int DEFAULT 1 ${reference(draw, 'p')})`,
    `CREATE TABLE g (id int PRIMARY KEY, c int DEFAULT 2 ${reference(draw, 'c')}, p int ${reference(draw, 'p')}, UNIQUE (id, c))`,
    `CREATE TABLE m (id int PRIMARY KEY, g int, c int DEFAULT 3, FOREIGN KEY (g, c) ${reference(draw, 'g (id, c)')})`,
  ];
}

const columns: Readonly<Record<string, readonly string[]>> = {
  p: ['up'],
  c: ['p'],
  g: ['c', 'p'],
  m: ['g', 'c'],
};

function value(draw: Draw): string {
  return draw.chance(0.15) ? 'NULL' : String(draw.below(values));
}

function statement(draw: Draw): string {
  const table = draw.pick(keyTables);
  const others = columns[table]!;
  switch (draw.below(8)) {
    case 0:
    case 1:
    case 2:
      return `INSERT INTO ${table} (id, ${others.join(', ')}) VALUES (${draw.below(values)}, ${others.map(() => value(draw)).join(', ')})`;
    case 3:
      return `INSERT INTO ${table} (id, ${others.join(', ')}) SELECT i, ${others.map(() => value(draw)).join(', ')} FROM generate_series(${draw.below(3)}, ${3 + draw.below(3)}) i ON CONFLICT DO NOTHING`;
    case 4:
      return `DELETE FROM ${table} WHERE id ${draw.pick(['=', '<', '>'])} ${draw.below(values)}`;
    case 5:
      return `UPDATE ${table} SET id = ${draw.below(values)} WHERE id = ${draw.below(values)}`;
    case 6:
      return `UPDATE ${table} SET ${draw.pick(others)} = ${value(draw)} WHERE id ${draw.pick(['=', '<'])} ${draw.below(values)}`;
    default:
      return `DELETE FROM ${table} WHERE id = ${draw.below(values)} RETURNING id`;
  }
}

/** Statements in transactions and outside, with savepoints. */
export function randomKeyStatements(seed: number, count: number): readonly string[] {
  const draw = Draw.ofSeed(seed);
  const found = [...definitions(draw)];
  let open = false;
  while (found.length < count) {
    if (draw.chance(0.12)) {
      found.push(open ? draw.pick(['COMMIT', 'COMMIT', 'ROLLBACK']) : 'BEGIN');
      open = !open;
    } else if (open && draw.chance(0.15))
      found.push(
        draw.pick(['SAVEPOINT s', 'ROLLBACK TO s', 'SET CONSTRAINTS ALL IMMEDIATE', 'SET CONSTRAINTS ALL DEFERRED']),
      );
    else found.push(statement(draw));
  }
  return open ? [...found, 'COMMIT'] : found;
}

import { afterAll, beforeAll, expect, test } from 'vitest';
import { DuckdbWorld } from '../../testdata/harness/duckdb-world.ts';
import { RelTrees } from '../../testdata/harness/rel-trees.ts';
import type { Expression } from '../sql/ast.ts';
import { columnRef, integerConstant } from '../sql/build.ts';
import { printExpression } from '../sql/print.ts';
import { columnIdOf, columnsOf, freeColumns, mapRel, referencedColumns, substitute, withInputs } from './walk-rel.ts';

let world: DuckdbWorld;
let t: RelTrees;
beforeAll(async () => {
  world = await DuckdbWorld.open();
  t = new RelTrees(world);
});
afterAll(() => world.close());

test('columns of operators', async () => {
  const [a, b] = [t.scan(0, 'x', 'y'), t.scan(1, 'z')];
  expect(columnsOf(await t.join('left', a, b))).toEqual(['__c00', '__c01', '__c10']);
  expect(columnsOf(await t.join('semi', a, b))).toEqual(['__c00', '__c01']);
  expect(columnsOf(await t.window(b, { __c5: 'rank() OVER ()' }))).toEqual(['__c10', '__c5']);
  const groups = t.aggregate(a, { __c5: '__c00' }, { __c6: 'max(__c01)' }, { groupings: [{ id: '__c7', keys: [0] }] });
  expect(columnsOf(await groups)).toEqual(['__c5', '__c6', '__c7']);
});

test('only one part of the right form is an id', () => {
  expect(columnIdOf(columnRef('__c12'))).toBe('__c12');
  for (const other of [
    columnRef('__c'),
    columnRef('t', '__c1'),
    columnRef('x'),
    columnRef('__c1x'),
    integerConstant(1),
  ])
    expect(columnIdOf(other)).toBeUndefined();
});

test('what is free: named but not made, through sub-queries and lateral joins', async () => {
  const inner = t.filter(t.scan(1, 'z'), '__c10 = __c00', '__c10 < __c99');
  const query = await t.query(t.filter(t.scan(0, 'x'), 'EXISTS (SELECT * FROM __query0)'), ['__c00'], [inner]);
  expect([...freeColumns(query.queries[0]!.rel, query)].sort()).toEqual(['__c00', '__c99']);
  expect([...freeColumns(query.root, query)]).toEqual(['__c99']);
  const lateral = await t.lateral('inner', t.scan(0, 'x'), t.filter(t.scan(1, 'z'), '__c10 = __c00'));
  expect([...freeColumns(lateral, query)]).toEqual([]);
  const [exists] = await t.expressions(['EXISTS (SELECT * FROM __query0) AND __c5 > 1']);
  expect([...referencedColumns(exists!, query.queries)].sort()).toEqual(['__c00', '__c5', '__c99']);
});

test('substitute keeps names of fields and the types that columns have', async () => {
  const [expression] = await t.expressions(['struct_pack(a := __c1, b := __c2 + __c3)']);
  const values = new Map<string, Expression>([
    ['__c1', columnRef('t', 'x')],
    ['__c2', columnRef('t', 'y')],
  ]);
  const constant = new Map<string, Expression>([...values, ['__c3', integerConstant(5)]]);
  expect(await printExpression(world, substitute(expression!, constant))).toBe(
    'struct_pack(a := t.x, b := (t.y + CAST(5 AS INTEGER)))',
  );
  expect(substitute(columnRef('__c3'), constant)).toMatchObject({ class: 'CONSTANT' });
});

test('copies share what stays', async () => {
  const rel = await t.filter(t.join('inner', t.scan(0, 'x'), t.scan(1, 'z')), '__c00 = 1');
  expect(mapRel(rel, (part) => part)).toBe(rel);
  expect(withInputs(rel, [t.scan(2, 'q')])).toMatchObject({ op: 'filter', input: { op: 'scan', occurrence: 2 } });
});

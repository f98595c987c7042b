import { expect, test } from 'vitest';
import type { Rel, RelInput, SetKind } from '../algebra/rel.ts';
import { columnRef, functionCall } from '../sql/build.ts';
import { emptyWithout } from './empty-inputs.ts';

const a: RelInput = { op: 'input', relation: '__in0', columns: ['__c0'] };
const b: RelInput = { op: 'input', relation: '__in1', columns: ['__c1'] };
const rows: Rel = { op: 'scan', occurrence: 0, columns: [{ id: '__c2', name: 'x' }] };
const needs = (rel: Rel) => [...emptyWithout(rel)].sort();

test('joins need the sides without which no row comes', () => {
  const join = (kind: Extract<Rel, { op: 'join' }>['kind'], left: Rel = a, right: Rel = b): Rel => ({
    op: 'join',
    kind,
    left,
    right,
    conditions: [],
  });
  expect(needs(join('inner'))).toEqual(['__in0', '__in1']);
  expect(needs(join('semi'))).toEqual(['__in0', '__in1']);
  expect(needs(join('asof'))).toEqual(['__in0', '__in1']);
  expect(needs(join('left'))).toEqual(['__in0']);
  expect(needs(join('anti'))).toEqual(['__in0']);
  expect(needs(join('asof_left'))).toEqual(['__in0']);
  expect(needs(join('right'))).toEqual(['__in1']);
  expect(needs(join('full'))).toEqual([]);
  expect(needs(join('full', a, a))).toEqual(['__in0']);
  expect(needs(join('left', rows, b))).toEqual([]);
});

test('a group without keys is a row for no rows', () => {
  const calls = [{ id: '__c9', call: functionCall('count_star', []) }];
  const group = (keys: readonly string[], sets: readonly (readonly number[])[] | null): Rel => ({
    op: 'aggregate',
    input: a,
    keys: keys.map((id) => ({ id, expression: columnRef('__c0') })),
    sets,
    aggregates: calls,
    groupings: [],
  });
  expect(needs(group([], null))).toEqual([]);
  expect(needs(group(['__c8'], null))).toEqual(['__in0']);
  expect(needs(group(['__c8'], [[0], []]))).toEqual([]);
  expect(needs({ op: 'filter', input: group([], null), conditions: [] })).toEqual([]);
});

test('set operations', () => {
  const set = (kind: SetKind): Rel => ({
    op: 'set',
    kind,
    inputs: [a, b],
    inputColumns: [['__c0'], ['__c1']],
    columns: ['__c7'],
  });
  expect(needs(set('union_all'))).toEqual([]);
  expect(needs(set('except'))).toEqual(['__in0']);
  expect(needs(set('intersect_all'))).toEqual(['__in0', '__in1']);
});

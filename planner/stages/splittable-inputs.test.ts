import { expect, test } from 'vitest';
import type { JoinKind, Rel, RelAggregate } from '../algebra/rel.ts';
import type { SelectNode, TableRef } from '../sql/ast.ts';
import { baseTable, crossJoin, emptyTable, select, star } from '../sql/build.ts';
import { orderlessInputs, splittableInputs } from './splittable-inputs.ts';

const input = (relation: string): Rel => ({ op: 'input', relation, columns: [] });
const [a, b, c] = [input('a'), input('b'), input('c')];
const join = (kind: JoinKind, left: Rel, right: Rel): Rel => ({ op: 'join', kind, left, right, conditions: [] });
const filter = (rel: Rel): Rel => ({ op: 'filter', input: rel, conditions: [] });
const project = (rel: Rel, many = false): Rel => ({ op: 'project', input: rel, columns: [], many });
const group = (rel: Rel, partial?: true): RelAggregate => ({
  ...{ op: 'aggregate', input: rel, keys: [], sets: null, aggregates: [], groupings: [] },
  ...(partial === undefined ? {} : { partial }),
});
const distinct = (rel: Rel, partial?: true): Rel => ({
  ...{ op: 'distinct', input: rel, on: null, orders: [] },
  ...(partial === undefined ? {} : { partial }),
});
const window = (rel: Rel): Rel => ({ op: 'window', input: rel, windows: [] });
const union = (...inputs: readonly Rel[]): Rel => ({
  ...{ op: 'set', kind: 'union_all', inputs, inputColumns: [], columns: [] },
});

/** A text that names the relations. */
function naming(...names: readonly string[]): SelectNode {
  const from = names.map((name): TableRef => baseTable(name));
  return select([star()], from.length === 0 ? emptyTable() : from.reduce((left, right) => crossJoin(left, right)));
}

const splits: readonly (readonly [what: string, rel: Rel, found: readonly string[]])[] = [
  ['an input', a, ['a']],
  ['filters and projections', filter(project(a, true)), ['a']],
  ['both sides of an inner join', join('inner', a, filter(b)), ['a', 'b']],
  ['the left side of a left join', join('left', a, b), ['a']],
  ['the right side of a right join', join('right', a, b), ['b']],
  ['neither side of a full join', join('full', a, b), []],
  ['the left side of a semi join', join('semi', a, b), ['a']],
  ['the left side of an anti join', join('anti', a, b), ['a']],
  ['what is left of several', join('left', join('inner', a, b), c), ['a', 'b']],
  ['nothing below a full join', join('inner', join('full', a, b), c), ['c']],
  ['nothing below groups', group(join('inner', a, b)), []],
  ['what is below partial groups', project(group(join('inner', a, b), true)), ['a', 'b']],
  ['nothing below partial groups that are joined', join('inner', group(a, true), b), ['b']],
  ['nothing below partial groups under a filter', filter(group(a, true)), []],
  ['nothing below partial groups whose rows become several', project(group(a, true), true), []],
  ['what is below a partial DISTINCT', distinct(a, true), ['a']],
  ['nothing below a DISTINCT', distinct(a), []],
  ['nothing below a window', window(a), []],
  ['no branch of a union, whose other branch would count twice', union(a, b), []],
];

test.each(splits)('may be dealt out: %s', (_what, rel, found) => {
  expect([...splittableInputs(rel, naming('a', 'b', 'c'))].sort()).toEqual(found);
});

test('nothing that is read in two places, sub-queries among them', () => {
  expect([...splittableInputs(join('inner', a, b), naming('a', 'b', 'b'))]).toEqual(['a']);
  expect([...orderlessInputs(join('inner', a, b), naming('a', 'b', 'b'))]).toEqual(['a']);
  expect([...splittableInputs(a, naming())]).toEqual([]);
});

test.each([
  ['what is joined', join('left', a, filter(b)), ['a', 'b']],
  ['not what a task gives as it is', filter(a), []],
  ['not what is grouped before it is joined', join('inner', group(a), b), ['b']],
  ['what is joined before it is grouped', group(project(join('inner', a, b))), ['a', 'b']],
] as const)('may come in any order: %s', (_what, rel, found) => {
  expect([...orderlessInputs(rel, naming('a', 'b', 'c'))].sort()).toEqual(found);
});

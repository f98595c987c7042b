import { expect, it } from 'vitest';
import type { ExchangePolicy } from '../../planner/plan/plan.ts';
import { consumer, input, producer, stagesPlan } from '../../testdata/harness/stages-plan.ts';
import { exchangeWays } from './exchange-ways.ts';

const leaves = (id: number, bytes: number) => producer(id, [], { exchange: { hashBy: ['"k"'], partitions: 2, bytes } });

/** 0 and 1 are read as one relation, 2 as another one; 3 by every task. */
const planOf = (bytes: readonly number[], via: ExchangePolicy['via'] = 'auto') =>
  stagesPlan(
    [
      ...bytes.map((size, id) => leaves(id, size)),
      consumer(4, 2, 'x', [input('a', 0, { stages: [0, 1] }), input('b', 2), input('c', 3, { mode: 'all' })]),
    ],
    { via },
  );
const ways = (bytes: readonly number[], via?: ExchangePolicy['via'], shared = true) => [
  ...exchangeWays(planOf(bytes, via), { shared, frameBytes: 100 }).values(),
];

it('chooses by size, as often as it is sent, and alike for what is read as one', () => {
  expect(ways([100, 100, 100, 50])).toEqual(['frames', 'frames', 'frames', 'frames']);
  expect(ways([1, 1, 101, 51])).toEqual(['frames', 'frames', 'files', 'files']);
  expect(ways([1, 101, 1, 1])).toEqual(['files', 'files', 'frames', 'frames']);
});

it('sends what can not be shared, and does what was asked for', () => {
  expect(ways([999, 999, 999, 999], 'auto', false)).toEqual(['frames', 'frames', 'frames', 'frames']);
  expect(ways([999, 999, 999, 999], 'frames')).toEqual(['frames', 'frames', 'frames', 'frames']);
  expect(ways([0, 0, 0, 0], 'files')).toEqual(['files', 'files', 'files', 'files']);
});

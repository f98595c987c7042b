import { expect, test } from 'vitest';
import type { Draft, Pass, PassContext } from './pass.ts';
import { runPasses } from './run.ts';

const draft = { bound: {}, files: [] } as unknown as Draft;
const context = {} as PassContext;
const pass = (name: string, run: Pass['run']): Pass => ({ name, run });

test('runs in order, leaves out what is disabled, times, verifies what changed', async () => {
  const order: string[] = [];
  let time = 0;
  const verified: Draft[] = [];
  const keep = (name: string) =>
    pass(name, (given) => {
      order.push(name);
      time += 5;
      return given;
    });
  const change = pass('change', (given) => ({ ...given, files: [[]] }));
  const { draft: result, reports } = await runPasses(draft, [keep('a'), keep('b'), change], context, {
    disabled: ['b'],
    clock: () => time,
    verify: async (next) => void verified.push(next),
  });
  expect(order).toEqual(['a']);
  expect(result.files).toEqual([[]]);
  expect(verified).toEqual([result]);
  expect(reports).toEqual([
    { name: 'a', skipped: false, changed: false, elapsedMs: 5 },
    { name: 'b', skipped: true, changed: false, elapsedMs: null },
    { name: 'change', skipped: false, changed: true, elapsedMs: 0 },
  ]);
});

test('names the pass whose query does not bind', async () => {
  const bad = pass('bad', (given) => ({ ...given }));
  const verify = async () => {
    throw new Error('no such column');
  };
  await expect(runPasses(draft, [bad], context, { disabled: [], verify })).rejects.toThrow('planner pass bad');
});

test('stops between passes when cancelled', async () => {
  const controller = new AbortController();
  const first = pass('first', (given) => {
    controller.abort(new Error('cancelled'));
    return given;
  });
  const second = pass('second', () => {
    throw new Error('must not run');
  });
  const run = runPasses(draft, [first, second], context, { disabled: [], signal: controller.signal });
  await expect(run).rejects.toThrow('cancelled');
});

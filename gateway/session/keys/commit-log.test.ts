import { describe, expect, it } from 'vitest';
import { type CommitFacts, CommitLog, type KeySet } from './commit-log.ts';
import { maxKnownCommits } from './limits.ts';

const facts = (start: number, more: Partial<CommitFacts>): CommitFacts => ({
  ...{ start, tables: new Set<string>(), defined: new Set<string>(), keys: new Map() },
  ...more,
});
const refers = (start: number, referenced: KeySet) =>
  facts(start, { tables: new Set(['c']), keys: new Map([['k', { referenced, removed: new Set<string>() }]]) });
const removes = (start: number, removed: KeySet) =>
  facts(start, { tables: new Set(['p']), keys: new Map([['k', { referenced: new Set<string>(), removed }]]) });
const fails = (log: CommitLog, what: CommitFacts) =>
  expect(() => log.enter(what)).toThrow(expect.objectContaining({ sqlstate: '40001' }));

describe('the log of commits', () => {
  it.each<readonly [CommitFacts, CommitFacts, boolean]>([
    [refers(0, new Set(['1'])), removes(0, new Set(['1'])), true],
    [removes(0, new Set(['1'])), refers(0, new Set(['1'])), true],
    [refers(0, new Set(['1'])), removes(0, new Set(['2'])), false],
    [refers(0, null), removes(0, new Set(['2'])), true],
    [refers(0, new Set(['1'])), removes(0, null), true],
    [refers(0, null), removes(0, new Set()), false],
    [refers(0, new Set(['1'])), refers(0, new Set(['1'])), false],
    [facts(0, { defined: new Set(['c']) }), facts(0, { tables: new Set(['c']) }), true],
    [facts(0, { tables: new Set(['c']) }), facts(0, { defined: new Set(['c']) }), true],
    [facts(0, { tables: new Set(['c']) }), facts(0, { defined: new Set(['d']) }), false],
  ])('%#', (first, second, conflict) => {
    const underWay = new CommitLog();
    underWay.enter(first);
    if (conflict) fails(underWay, second);
    else underWay.enter(second);
    const done = new CommitLog();
    done.leave(done.enter(first), true);
    if (conflict) fails(done, second);
    else done.enter(second);
  });

  it('forgets what failed, and what was there before', () => {
    const log = new CommitLog();
    log.leave(log.enter(removes(0, null)), false);
    log.leave(log.enter(refers(log.now(), new Set(['1']))), true);
    fails(log, removes(0, new Set(['1'])));
    log.enter(removes(log.now(), new Set(['1'])));
  });

  it('refuses those that began before all that it knows', () => {
    const log = new CommitLog();
    for (let i = 0; i <= maxKnownCommits; i++) log.leave(log.enter(refers(log.now(), new Set([String(i)]))), true);
    fails(log, removes(0, new Set(['none'])));
    log.enter(removes(5, new Set(['none'])));
    log.enter(facts(0, { tables: new Set(['other']) }));
  });
});

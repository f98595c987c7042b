import { describe, expect, it } from 'vitest';
import type { Plan, Scan, Stage, StageInput } from '../../planner/plan/plan.ts';
import { consumer, input, producer, stagesPlan } from '../../testdata/harness/stages-plan.ts';
import { chooseReplan, type Progress, type Replan } from './choose-replan.ts';
import { stageKeys } from './stage-key.ts';
import { stagesWanted } from './stages-wanted.ts';

const scan = (path: string, mtimeMs = 1): Scan => ({
  ...{ name: '__scan0', format: 'parquet', columns: [{ name: 'a', type: 'BIGINT', hive: false }], options: {} },
  files: [{ path, bytes: 10, mtimeMs, hive: {} }],
});
const plain = { hashBy: [], partitions: 1, bytes: 1 };
const whole = (relation: string, stage: number, overrides: Partial<StageInput> = {}) =>
  input(relation, stage, { mode: 'all', orderless: true, ...overrides });
const plan = (...stages: readonly Stage[]): Plan => stagesPlan(stages, { adaptive: true });
const big = producer(0, [scan('big')]);
const small = producer(1, [scan('small')]);
const joinSql = (left: string, right: string) => `SELECT a, k FROM ${left} JOIN ${right} USING (k)`;
const hashed = plan(big, small, consumer(2, 4, joinSql('__in0', '__in1'), [input('__in0', 0), input('__in1', 1)]));
/** `small` read whole beside the scan of `big`. */
const broadcast = (overrides: Partial<StageInput> = {}) => {
  const { exchange: _, ...last } = producer(1, [scan('big')], {
    sql: joinSql('__scan0', '__in0'),
    inputs: [whole('__in0', 0, overrides)],
  });
  return plan({ ...small, id: 0, exchange: plain }, last);
};
const ended: Progress = { ended: true, totalBytes: 1000, doneBytes: 1000 };
const half: Progress = { ended: false, totalBytes: 1000, doneBytes: 500 };
const choose = (old: Plan, begun: Readonly<Record<number, Progress>>, next: Plan): Replan => {
  const progress = new Map(Object.entries(begun).map(([id, one]) => [Number(id), one]));
  return chooseReplan(old, progress, next, { slots: 3, wasteShare: 0.25, wasteBytes: 10 });
};

describe('a new plan', () => {
  it('is not taken when it is the same, in whatever order, or no plan of stages', () => {
    const again = plan(
      { ...small, id: 0 },
      { ...big, id: 1 },
      consumer(2, 4, joinSql('__in5', '__in2'), [input('__in2', 0), input('__in5', 1)]),
    );
    expect(choose(hashed, { 1: ended }, again)).toEqual({ adopt: false, reason: 'it is the same' });
    expect(choose(hashed, { 1: ended }, { ...broadcast(), strategy: 'gather' })).toMatchObject({ adopt: false });
    expect(choose(hashed, { 1: ended }, stagesPlan(broadcast().stages))).toMatchObject({ adopt: false });
  });

  it('goes on with a stage that was divided and is read whole, where order means nothing', () => {
    const choice = choose(hashed, { 1: ended }, broadcast());
    expect(choice).toMatchObject({ adopt: true, plan: { stages: [{ id: 0 }, { id: 1 }] } });
    expect(choice.adopt && [...choice.kept]).toEqual([[0, 1]]);
    const { orderless: _, ...ordered } = whole('__in0', 0);
    const other = broadcast();
    const kept = choose(
      hashed,
      { 1: half },
      { ...other, stages: [other.stages[0]!, { ...other.stages[1]!, inputs: [ordered] }] },
    );
    expect(kept).toEqual({ adopt: false, reason: 'stage 1 would be lost' });
  });

  it('is not taken when much has been done that it does not use', () => {
    expect(choose(hashed, { 0: half, 1: ended }, broadcast())).toEqual({
      adopt: false,
      reason: 'stage 0 would be lost',
    });
    const little = { ...half, doneBytes: 250 };
    expect(choose(hashed, { 0: little, 1: ended }, broadcast()).adopt).toBe(true);
    const cheap = { ended: true, totalBytes: 10, doneBytes: 10 };
    expect(choose(hashed, { 0: cheap, 1: ended }, broadcast()).adopt).toBe(true);
  });

  it('divides again what lies as it came', () => {
    const choice = choose(broadcast(), { 0: ended }, hashed);
    if (!choice.adopt) throw new Error(choice.reason);
    expect([...choice.kept]).toEqual([[3, 0]]);
    expect(choice.plan.stages[1]).toMatchObject({
      id: 1,
      sql: 'SELECT "a", "k" FROM __again',
      inputs: [{ relation: '__again', stages: [3], mode: 'share' }],
      exchange: small.exchange,
    });
    expect(choice.plan.stages[1]!.tasks).toHaveLength(3);
    expect(choice.plan.stages[3]).toMatchObject({ id: 3, sql: small.sql, exchange: plain });
    expect(choose(broadcast(), { 0: { ...half, doneBytes: 0 } }, hashed)).toMatchObject({
      adopt: true,
      kept: new Map(),
    });
  });

  it('does not go on with a stage that reads what would be lost', () => {
    const second = consumer(1, 4, 'SELECT a, k FROM __in0 WHERE a > 1', [input('__in0', 0)], { exchange: plain });
    const last = (id: number, from: number) =>
      consumer(id, 1, `SELECT a, ${id} AS k FROM __in1`, [whole('__in1', from)]);
    const old = plan(big, second, last(2, 1));
    const next = plan(big, second, last(2, 1), consumer(3, 1, 'SELECT a, k FROM __in0', [whole('__in0', 0)]));
    const running = { ...half, doneBytes: 0 };
    expect(choose(old, { 0: ended, 1: running }, next).adopt).toBe(true);
    expect(choose(old, { 1: running }, next)).toEqual({
      adopt: false,
      reason: 'stage 1 reads a stage that would be lost',
    });
  });
});

describe('the key of a stage', () => {
  const keyOf = (stage: Stage, context: unknown = null) => stageKeys(plan({ ...stage, id: 0 }), context)[0];

  it('depends on everything that its rows depend on, and on nothing else', () => {
    const key = keyOf(big);
    expect(keyOf({ ...big, exchange: plain, why: 'other', replayable: false })).toBe(key);
    expect(keyOf({ ...big, sql: 'SELECT a, a AS k FROM __scan0' })).not.toBe(key);
    expect(keyOf(producer(0, [scan('big', 2)]))).not.toBe(key);
    expect(keyOf(producer(0, [scan('other')]))).not.toBe(key);
    expect(keyOf(producer(0, [{ ...scan('big'), files: [{ ...scan('big').files[0]!, rows: [0, 5] }] }]))).not.toBe(key);
    expect(keyOf({ ...big, columns: [...big.columns].reverse() })).not.toBe(key);
    expect(keyOf(big, { timeZone: 'UTC' })).not.toBe(key);
    expect(key).toMatch(/^[0-9a-f]{64}$/);
  });

  it('does not depend on names of inputs, but on constants and names that look like them', () => {
    const read = (sql: string, relation: string, mode: StageInput['mode'] = 'all') =>
      stageKeys(plan(big, consumer(1, 4, sql, [input(relation, 0, { mode })])), null)[1];
    const key = read('SELECT a, k FROM __in0', '__in0');
    expect(read('SELECT a, k FROM __in7', '__in7')).toBe(key);
    expect(read('SELECT a, k FROM __in0', '__in0', 'partition')).not.toBe(key);
    const constant = read("SELECT a, k FROM __in0 WHERE b = '__in0'", '__in0');
    expect(read("SELECT a, k FROM __in1 WHERE b = '__in0'", '__in1')).toBe(constant);
    expect(read("SELECT a, k FROM __in0 WHERE b = '__in1'", '__in0')).not.toBe(constant);
    expect(read('SELECT a, "__in0" FROM __in0', '__in0')).not.toBe(read('SELECT a, "__in1" FROM __in1', '__in1'));
  });
});

describe('stages that are still wanted', () => {
  const leftJoin = consumer(2, 4, joinSql('__in0', '__in1'), [
    input('__in0', 0),
    input('__in1', 1, { required: false }),
  ]);

  it('are those that some reader needs', () => {
    const of = (one: Plan, ...empty: readonly number[]) => [...stagesWanted(one, (id) => empty.includes(id))].sort();
    expect(of(hashed)).toEqual([0, 1, 2]);
    expect(of(hashed, 1)).toEqual([2]);
    expect(of(plan(big, small, leftJoin), 1)).toEqual([0, 1, 2]);
    expect(of(plan(big, small, leftJoin), 0)).toEqual([2]);
    const middle = { ...hashed.stages[2]!, exchange: plain };
    const third = consumer(4, 1, joinSql('__in2', '__in3'), [whole('__in2', 2), whole('__in3', 3)]);
    const deep = plan(big, small, middle, { ...big, id: 3 }, third);
    expect(of(deep, 1)).toEqual([4]);
    expect(of(deep, 3)).toEqual([4]);
    const both = plan(
      big,
      small,
      middle,
      { ...big, id: 3 },
      { ...third, inputs: [whole('__in2', 2, { required: false }), whole('__in3', 3)] },
    );
    expect(of(both, 0)).toEqual([2, 3, 4]);
  });
});

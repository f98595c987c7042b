import { describe, expect, it } from 'vitest';
import { distributedQuery } from './random-distributed.ts';
import { Draw, simplerTapes, sizeOf, type Tape } from './random-draw.ts';

/** A sum of numbers, some of them sums in brackets. */
function sum(draw: Draw, depth = 3): string {
  const items = draw.list(1, 4, (inner) =>
    depth > 0 && inner.chance(0.3) ? `(${inner.part((deep) => sum(deep, depth - 1))})` : String(inner.below(10)),
  );
  return items.join(' + ');
}

const made = (tape: Tape) => sum(Draw.ofTape(tape));

/** The simplest tape that `differs` still says true of. */
function shrink(start: Tape, differs: (tape: Tape) => boolean): Tape {
  for (const tape of simplerTapes(start))
    if (sizeOf(tape) < sizeOf(start) && differs(tape)) return shrink(tape, differs);
  return start;
}

describe('Draw', () => {
  it('gives the same for the same seed, and for the tape of it', () => {
    for (let seed = 0; seed < 200; seed++) {
      const draw = Draw.ofSeed(seed);
      const text = sum(draw);
      expect(sum(Draw.ofSeed(seed))).toBe(text);
      expect(made(draw.tape)).toBe(text);
    }
  });

  it('gives the simplest for an empty tape', () => {
    expect(made({ values: [], children: [] })).toBe('0');
  });

  it('keeps what comes after a part that is made simpler or left out', () => {
    const draw = Draw.ofSeed(11);
    const list = (from: Draw) => from.list(3, 3, (inner) => inner.list(0, 5, (item) => item.below(100)).join(','));
    const [first, second, third] = list(draw);
    const [head, ...rest] = draw.tape.children;
    expect(list(Draw.ofTape({ ...draw.tape, children: [{ values: [], children: [] }, ...rest] }))).toEqual([
      '',
      second,
      third,
    ]);
    expect(list(Draw.ofTape({ ...draw.tape, children: [head!, ...rest.slice(1)] })).slice(0, 2)).toEqual([
      first,
      third,
    ]);
  });

  it('finds a small example', () => {
    let tried = 0;
    for (let seed = 0; seed < 60; seed++) {
      const draw = Draw.ofSeed(seed);
      if (!/7/.test(sum(draw))) continue;
      tried++;
      expect(made(shrink(draw.tape, (tape) => /7/.test(made(tape))))).toMatch(/^\(*7\)*$/);
    }
    expect(tried).toBeGreaterThan(10);
  });
});

describe('distributedQuery', () => {
  it('is the same for the same seed and from its tape, and differs from seed to seed', () => {
    const texts = new Set<string>();
    for (let seed = 0; seed < 300; seed++) {
      const query = distributedQuery(seed);
      expect(distributedQuery(query.tape)).toEqual(query);
      texts.add(query.sql);
    }
    expect(texts.size).toBeGreaterThan(290);
  });

  it('is a column of the smallest table at its simplest', () => {
    expect(distributedQuery({ values: [], children: [] }).sql).toBe('SELECT t0.id AS c0 FROM small t0');
  });
});

import { randomNumbers } from './random-numbers.ts';

/** The choices of one part of a generated thing, and those of the parts in it. A number that is missing counts as 0: the simplest choice. */
export interface Tape {
  readonly values: readonly number[];
  readonly children: readonly Tape[];
}

interface OpenTape {
  readonly values: number[];
  readonly children: OpenTape[];
}

/**
 * Where a generator takes its choices from: a seed, or a tape of choices made before. Every part draws from a tape of its own (`part`), so
 * that a part can be made simpler, or dropped from a list, without a change to what comes after it: see `simplerTapes`.
 */
export class Draw {
  /** What has been drawn so far. */
  readonly tape: OpenTape = { values: [], children: [] };
  readonly #next: (() => number) | null;
  readonly #from: Tape;

  private constructor(next: (() => number) | null, from: Tape) {
    this.#next = next;
    this.#from = from;
  }

  static ofSeed(seed: number): Draw {
    return new Draw(randomNumbers(seed), emptyTape);
  }

  static ofTape(tape: Tape): Draw {
    return new Draw(null, tape);
  }

  /** From 0 to 1, 1 not included. */
  number(): number {
    const value = this.#next?.() ?? this.#from.values[this.tape.values.length] ?? 0;
    this.tape.values.push(value);
    return value;
  }

  /** False is the simpler. */
  chance(probability: number): boolean {
    return this.number() >= 1 - probability;
  }

  below(count: number): number {
    return Math.floor(this.number() * count);
  }

  /** The first is the simplest. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** A part with a tape of its own. */
  part<T>(make: (draw: Draw) => T): T {
    const inner = new Draw(this.#next, this.#from.children[this.tape.children.length] ?? emptyTape);
    this.tape.children.push(inner.tape);
    return make(inner);
  }

  /** From `least` to `most` parts; each decides itself whether it is there, so that dropping its tape drops it alone. */
  list<T>(least: number, most: number, make: (draw: Draw, index: number) => T): T[] {
    const made: T[] = [];
    while (made.length < most) {
      const item = this.part((draw) => {
        const more = draw.chance(0.55);
        return more || made.length < least ? { made: make(draw, made.length) } : null;
      });
      if (item === null) break;
      made.push(item.made);
    }
    return made;
  }

  /** Up to `most` different ones, at least `least` when there are so many. */
  some<T>(list: readonly T[], least: number, most: number): T[] {
    const rest = [...list];
    return this.list(
      Math.min(least, rest.length),
      Math.min(most, rest.length),
      (draw) => rest.splice(draw.below(rest.length), 1)[0]!,
    );
  }
}

const emptyTape: Tape = { values: [], children: [] };

/** Tapes that are simpler by one step, the largest steps first: a part at its simplest, a part left out, a single choice at its simplest. */
export function* simplerTapes(tape: Tape): Generator<Tape> {
  const parts = [...partsOf(tape, [])].sort((a, b) => sizeOf(b.tape) - sizeOf(a.tape));
  for (const { path, tape: part } of parts) {
    if (path.length === 0) continue;
    yield changed(tape, path, () => []);
    if (sizeOf(part) > 0) yield changed(tape, path, () => [emptyTape]);
    // A part in place of what it stands in: `(SELECT ... (SELECT ...))` becomes the inner one.
    for (const child of part.children) if (sizeOf(child) > 1) yield changed(tape, path, () => [child]);
  }
  for (const { path, tape: part } of parts) {
    for (const [index, value] of part.values.entries()) {
      if (value === 0) continue;
      for (const simpler of [0, value / 2]) {
        const values = part.values.with(index, simpler);
        yield path.length === 0 ? { ...tape, values } : changed(tape, path, () => [{ ...part, values }]);
      }
    }
  }
}

/** Number of choices that are not the simplest. */
export function sizeOf(tape: Tape): number {
  return tape.children.reduce((sum, child) => sum + sizeOf(child), tape.values.filter((value) => value > 0).length);
}

type Path = readonly number[];

function* partsOf(tape: Tape, path: Path): Generator<{ path: Path; tape: Tape }> {
  yield { path, tape };
  for (const [index, child] of tape.children.entries()) yield* partsOf(child, [...path, index]);
}

function changed(tape: Tape, path: Path, change: (part: Tape) => readonly Tape[]): Tape {
  const [index, ...rest] = path;
  const child = tape.children[index!]!;
  const inner = rest.length === 0 ? change(child) : [changed(child, rest, change)];
  return { ...tape, children: tape.children.toSpliced(index!, 1, ...inner) };
}

import { errors } from '../../../planner/errors.ts';
import { maxKnownCommits, maxKnownKeys } from './limits.ts';

/** Keys as texts that are the same for equal values; null: any. */
export type KeySet = ReadonlySet<string> | null;

/** What a transaction did about one foreign key. */
export interface KeyUse {
  /** Keys that rows it wrote refer to. */
  readonly referenced: KeySet;
  /** Keys that it took from the table that is referred to. */
  readonly removed: KeySet;
}

/** What a commit does, as far as others must know it. */
export interface CommitFacts {
  /** A moment of the log before the transaction saw anything. */
  readonly start: number;
  /** Lower-case names of the tables whose rows it wrote. */
  readonly tables: ReadonlySet<string>;
  /** Lower-case names of the tables whose foreign keys, or whose place in those of others, it changed. */
  readonly defined: ReadonlySet<string>;
  /** By the foreign key's `id`. */
  readonly keys: ReadonlyMap<string, KeyUse>;
}

/** A commit that is under way, to be given back to `leave`. */
export type CommitEntry = CommitFacts & { readonly weight: number };

/** The last commits of a kind, and until when older ones are not known any more. */
class Known {
  readonly entries: { readonly time: number; readonly entry: CommitEntry }[] = [];
  #weight = 0;
  forgotten = 0;

  push(time: number, entry: CommitEntry): void {
    this.entries.push({ time, entry });
    this.#weight += entry.weight;
    while (this.entries.length > maxKnownCommits || (this.#weight > maxKnownKeys && this.entries.length > 1)) {
      const oldest = this.entries.shift()!;
      this.#weight -= oldest.entry.weight;
      this.forgotten = oldest.time;
    }
  }
}

const meet = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  for (const each of few) if (many.has(each)) return true;
  return false;
};

function keysMeet(a: KeySet, b: KeySet): boolean {
  if (a === null) return b === null || b.size > 0;
  return b === null ? a.size > 0 : meet(a, b);
}

/** Whether two transactions that did not see each other must not both commit. */
function conflict(a: CommitFacts, b: CommitFacts): boolean {
  for (const [id, use] of a.keys) {
    const other = b.keys.get(id);
    if (other === undefined) continue;
    if (keysMeet(use.referenced, other.removed) || keysMeet(use.removed, other.referenced)) return true;
  }
  return meet(a.defined, b.tables) || meet(a.tables, b.defined) || meet(a.defined, b.defined);
}

/**
 * Keeps transactions apart that would break a foreign key together. DuckDB gives each a snapshot, so that none sees a row that refers to one
 * that it deletes, when both are under way. The rule: a transaction can't commit when another one, that it did not see whole, has committed (or is
 * about to) and
 *
 * - one wrote a row that refers to a key which the other took away; or
 * - one changed foreign keys of a table whose rows the other wrote.
 *
 * `enter` compares and writes down in one step, so that of two commits the second always sees the first.
 */
export class CommitLog {
  #time = 0;
  readonly #underWay = new Set<CommitEntry>();
  /** With keys; with changes of definitions; with neither. */
  readonly #keyed = new Known();
  readonly #defining = new Known();
  readonly #plain = new Known();

  /** A moment, to be asked for before a transaction begins. */
  now(): number {
    return this.#time;
  }

  /** To be called before the commit is begun. Raises 40001; then the transaction must be rolled back. */
  enter(facts: CommitFacts): CommitEntry {
    for (const entry of this.#concurrent(facts)) if (conflict(facts, entry)) throw errors.concurrentKeys();
    let weight = 1;
    for (const { referenced, removed } of facts.keys.values()) weight += (referenced?.size ?? 0) + (removed?.size ?? 0);
    const entry = { ...facts, weight };
    this.#underWay.add(entry);
    return entry;
  }

  /** After the commit, whether it was done or not. */
  leave(entry: CommitEntry, committed: boolean): void {
    this.#underWay.delete(entry);
    if (!committed) return;
    const time = ++this.#time;
    if (entry.defined.size > 0) this.#defining.push(time, entry);
    if (entry.keys.size > 0) this.#keyed.push(time, entry);
    else if (entry.tables.size > 0) this.#plain.push(time, entry);
  }

  /** Raises 40001 where those of the time are not known any more. */
  *#concurrent({ start, tables, keys, defined }: CommitFacts): Generator<CommitEntry> {
    yield* this.#underWay;
    const asked: Known[] = [];
    if (tables.size > 0 || defined.size > 0) asked.push(this.#defining);
    if (keys.size > 0 || defined.size > 0) asked.push(this.#keyed);
    if (defined.size > 0) asked.push(this.#plain);
    for (const { entries, forgotten } of asked) {
      if (start < forgotten) throw errors.concurrentKeys();
      for (let at = entries.length - 1; at >= 0 && entries[at]!.time > start; at--) yield entries[at]!.entry;
    }
  }
}

import type { CommitClock } from '../commit-clock.ts';
import type { CommitFacts } from './commit-log.ts';
import type { ForeignKey } from './foreign-key.ts';
import { maxToldKeys } from './limits.ts';

/** A key as texts of its values; null: NULL. */
export type Key = readonly (string | null)[];

/** A check of rows that waits for the end of the transaction, or of the statement. */
export type Check =
  /** Rows of the referring table: with one of these keys, those that the transaction has added, or all. */
  | { readonly kind: 'present'; readonly key: ForeignKey; readonly keys: readonly Key[] | 'added' | 'all' }
  /** Keys that are gone from the table that is referred to; `all`: any may be. */
  | { readonly kind: 'gone'; readonly key: ForeignKey; readonly keys: readonly Key[] | 'all' };

/** What SET CONSTRAINTS has said: of all, and of single ones. */
export interface ConstraintModes {
  readonly all: boolean | undefined;
  readonly modes: ReadonlyMap<string, boolean>;
}

interface Touched {
  referenced: Set<string> | null;
  removed: Set<string> | null;
}

/** `1.50` and `1.5` are the same number; as texts they only make two keys look alike. */
function told(key: Key): string {
  return JSON.stringify(key.map((value) => value?.replace(/^(-?\d+)(?:\.0+|(\.\d*?)0+)$/, '$1$2') ?? null));
}

/**
 * What a transaction has done about foreign keys. It only grows: what ROLLBACK TO undid is checked at the end as well, where it finds
 * nothing, and told to others, who may then have to run again without need.
 */
export class TransactionKeys {
  readonly #clock: CommitClock;
  #start: number | undefined;
  #definitionsAt: number | undefined;
  #touched = new Map<string, Touched>();
  #tables = new Set<string>();
  #defined = new Set<string>();
  /** By foreign key and kind. */
  #deferred = new Map<string, Check>();
  #all: boolean | undefined;
  #modes = new Map<string, boolean>();
  #changes = 0;
  #version = 0;

  constructor(clock: CommitClock) {
    this.#clock = clock;
  }

  /** How many definitions it has changed. */
  get changes(): number {
    return this.#changes;
  }

  /** Never the same for two states of its own definitions. */
  get version(): number {
    return this.#version;
  }

  /** When it began, by the clock of definitions. */
  get definitionsAt(): number | undefined {
    return this.#definitionsAt;
  }

  /** DuckDB's transaction is about to begin; the moment of the first counts. */
  begin(): void {
    this.#start ??= this.#clock.log.now();
    this.#definitionsAt = this.#clock.definitions.now();
  }

  end(): void {
    this.#start = undefined;
    this.#definitionsAt = undefined;
    this.#touched = new Map();
    this.#tables = new Set();
    this.#defined = new Set();
    this.#deferred = new Map();
    this.#all = undefined;
    this.#modes = new Map();
    if (this.#changes > 0) this.changed(0);
  }

  /** Definitions are others now. `count`: how many statements of the transaction have changed some. */
  changed(count = this.#changes + 1): void {
    this.#changes = count;
    this.#version++;
  }

  /** Lower-case names of tables: of rows that were written, of definitions of keys that were changed. */
  wrote(tables: Iterable<string>, defined: Iterable<string> = []): void {
    for (const table of tables) this.#tables.add(table);
    for (const table of defined) this.#defined.add(table);
  }

  refersTo(key: ForeignKey, keys: readonly Key[] | null): void {
    const touched = this.#touch(key);
    touched.referenced = joined(touched.referenced, keys);
  }

  removes(key: ForeignKey, keys: readonly Key[] | null): void {
    const touched = this.#touch(key);
    touched.removed = joined(touched.removed, keys);
  }

  #touch({ id }: ForeignKey): Touched {
    const touched = this.#touched.get(id) ?? { referenced: new Set(), removed: new Set() };
    this.#touched.set(id, touched);
    return touched;
  }

  /** Undefined when it wrote nothing. */
  facts(): CommitFacts | undefined {
    if (this.#tables.size === 0 && this.#defined.size === 0) return undefined;
    const start = this.#start ?? this.#clock.log.now();
    return { start, tables: this.#tables, defined: this.#defined, keys: this.#touched };
  }

  /** SET CONSTRAINTS: all, or one of them. */
  setDeferred(key: ForeignKey | undefined, deferred: boolean): void {
    if (key !== undefined) this.#modes.set(key.id, deferred);
    else {
      this.#all = deferred;
      this.#modes = new Map();
    }
  }

  /** What SET CONSTRAINTS has said so far. */
  mark(): ConstraintModes {
    return { all: this.#all, modes: new Map(this.#modes) };
  }

  undoTo({ all, modes }: ConstraintModes): void {
    this.#all = all;
    this.#modes = new Map(modes);
  }

  isDeferred({ id, deferrable, deferred }: ForeignKey): boolean {
    return deferrable && (this.#modes.get(id) ?? this.#all ?? deferred);
  }

  /** The check, together with what waits of its kind. */
  defer(check: Check): void {
    const at = `${check.kind} ${check.key.id}`;
    const known = this.#deferred.get(at);
    this.#deferred.set(at, known === undefined ? check : together(known, check));
  }

  /** The checks that have waited: all, or those that are to wait no longer. They stay, since ROLLBACK TO may bring back what they look for. */
  deferredChecks(all: boolean): readonly Check[] {
    return [...this.#deferred.values()].filter(({ key }) => all || !this.isDeferred(key));
  }
}

function together(a: Check, b: Check): Check {
  const many = typeof a.keys === 'string' || typeof b.keys === 'string' || a.keys.length + b.keys.length > maxToldKeys;
  if (many) return { ...b, keys: 'all' };
  // One list for all: it is only ever added to.
  for (const key of b.keys) (a.keys as Key[]).push(key);
  return a;
}

function joined(known: Set<string> | null, keys: readonly Key[] | null): Set<string> | null {
  if (known === null || keys === null || known.size + keys.length > maxToldKeys) return null;
  for (const key of keys) known.add(told(key));
  return known;
}

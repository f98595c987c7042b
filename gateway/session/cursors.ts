import { errors } from '../../planner/errors.ts';
import type { Cursor } from './cursor.ts';
import { maxCursors } from './limits.ts';

/** The cursors of a session by name. Names are as PostgreSQL folds them. */
export class Cursors {
  readonly #byName = new Map<string, Cursor>();

  [Symbol.iterator](): IterableIterator<Cursor> {
    return this.#byName.values();
  }

  /** @throws SluiceError 42P03, 54000 */
  checkName(name: string): void {
    if (this.#byName.has(name)) {
      throw errors.duplicatePortal(name);
    }
    if (this.#byName.size >= maxCursors) {
      throw errors.limitExceeded(`more than ${maxCursors} cursors`, 'CLOSE those that are not needed.');
    }
  }

  add(cursor: Cursor): void {
    this.#byName.set(cursor.facts.name, cursor);
  }

  /** @throws SluiceError 34000 */
  get(name: string): Cursor {
    const cursor = this.#byName.get(name);
    if (cursor === undefined) {
      throw errors.undefinedCursor(name);
    }
    return cursor;
  }

  find(name: string): Cursor | undefined {
    return this.#byName.get(name);
  }

  /** @throws SluiceError 34000 */
  async close(name: string): Promise<void> {
    await this.#drop(this.get(name));
  }

  async closeAll(): Promise<void> {
    await this.#dropWhere(() => true);
  }

  /** Makes those WITH HOLD independent of the transaction that is about to commit. Raises the errors of their queries. */
  async beforeCommit(): Promise<void> {
    for (const cursor of this.#byName.values()) {
      if (cursor.facts.hold && !cursor.held) {
        await cursor.persist();
      }
    }
  }

  /** The transaction has ended: what it made goes with it, but for what `beforeCommit` kept. */
  async endTransaction(): Promise<void> {
    await this.#dropWhere(({ held }) => !held);
  }

  /** Work since this savepoint is undone. */
  async dropFrom(level: number): Promise<void> {
    await this.#dropWhere((cursor) => !cursor.held && cursor.level >= level);
  }

  /** The savepoint is released: what was made since belongs to the one before it. */
  release(level: number, to: number): void {
    for (const cursor of this.#byName.values()) {
      if (cursor.level >= level) {
        cursor.level = to;
      }
    }
  }

  async #dropWhere(goes: (cursor: Cursor) => boolean): Promise<void> {
    for (const cursor of [...this.#byName.values()]) {
      if (goes(cursor)) {
        await this.#drop(cursor);
      }
    }
  }

  async #drop(cursor: Cursor): Promise<void> {
    this.#byName.delete(cursor.facts.name);
    await cursor.close();
  }
}

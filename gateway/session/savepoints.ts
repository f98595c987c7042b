import { errors } from '../../planner/errors.ts';
import type { ConstraintModes } from './keys/transaction-keys.ts';
import { maxSavepoints } from './limits.ts';
import type { SettingsMark } from './settings-state.ts';

/** What a savepoint remembers. */
export interface Savepoint {
  readonly name: string;
  /** Grows with every savepoint of the session. */
  readonly level: number;
  /** How many writes came before. */
  readonly writes: number;
  readonly settings: SettingsMark;
  readonly temporary: ReadonlySet<string>;
  readonly mailbox: number;
  readonly locks: number;
  /** Changes of roles and rights that came before. */
  readonly access: number;
  readonly constraints: ConstraintModes;
  readonly readOnly: boolean;
}

/** The savepoints of a transaction; one hides an older one of its name. */
export class Savepoints {
  #stack: Savepoint[] = [];
  #lastLevel = 0;

  get any(): boolean {
    return this.#stack.length > 0;
  }

  /** Of the savepoint in force; 0: none. */
  get level(): number {
    return this.#stack.at(-1)?.level ?? 0;
  }

  /** @throws SluiceError 54000 */
  push(savepoint: Omit<Savepoint, 'level'>): Savepoint {
    if (this.#stack.length >= maxSavepoints) {
      throw errors.limitExceeded(`more than ${maxSavepoints} savepoints`, 'RELEASE those that are not needed.');
    }
    const made = { ...savepoint, level: ++this.#lastLevel };
    this.#stack.push(made);
    return made;
  }

  /** The last one of this name. @throws SluiceError 3B001 */
  get(name: string): Savepoint {
    const found = this.#stack.findLast((savepoint) => savepoint.name === name);
    if (found === undefined) {
      throw errors.undefinedSavepoint(name);
    }
    return found;
  }

  /** Takes away this one and those after it. */
  release(savepoint: Savepoint): void {
    this.#stack.length = this.#stack.indexOf(savepoint);
  }

  /** Takes away those after it. */
  backTo(savepoint: Savepoint): void {
    this.#stack.length = this.#stack.indexOf(savepoint) + 1;
  }

  clear(): void {
    this.#stack = [];
  }
}

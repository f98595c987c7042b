import type { RoleBook, RoleData } from '../../catalog/roles/role-book.ts';
import type { RoleStore } from '../../catalog/roles/role-store.ts';
import type { SettingsState } from '../settings-state.ts';
import type { Transaction } from '../transaction.ts';

/** A change of roles, owners or privileges. It must not fail: what it needs was checked, and may have changed. */
export type RoleChange = (data: RoleData) => RoleData;

/** Who a session acts for, and what changes of rights its transaction has made. */
export class SessionAccess {
  readonly #store: RoleStore | undefined;
  readonly #settings: SettingsState;
  readonly #transaction: Transaction;
  /** Who has logged in. */
  readonly loginUser: string;
  /** Who is trusted without being known as a role, and so may do everything. */
  readonly #trusted: string | undefined;
  readonly #pending: RoleChange[] = [];
  #changed: { readonly from: RoleBook; readonly count: number; readonly book: RoleBook } | undefined;

  /** Without a store nobody is known, and everybody may do everything. */
  constructor(store: RoleStore | undefined, settings: SettingsState, transaction: Transaction, user: string) {
    this.#store = store;
    this.#settings = settings;
    this.#transaction = transaction;
    this.loginUser = user;
    this.#trusted = store?.now().get(user) === undefined ? user : undefined;
  }

  /** Undefined: see the constructor. */
  get book(): RoleBook | undefined {
    const from = this.#store?.lately();
    if (from === undefined || this.#pending.length === 0) return from;
    const count = this.#pending.length;
    if (this.#changed?.from !== from || this.#changed.count !== count) {
      const data = this.#pending.reduce((before, change) => change(before), from.data);
      this.#changed = {
        from,
        count,
        book: from.with(data, `${from.version}.${this.loginUser}.${count}.${Date.now()}`),
      };
    }
    return this.#changed.book;
  }

  /** `session_user`: who has logged in, or what SET SESSION AUTHORIZATION said. */
  get sessionUser(): string {
    return this.#settings.show('session_authorization');
  }

  /** `current_user`: whose rights count. */
  get user(): string {
    const role = this.#settings.show('role');
    return role === 'none' ? this.sessionUser : role;
  }

  /** Nothing is checked for whoever is. */
  get isAdmin(): boolean {
    return this.isSuperuser(this.user);
  }

  isSuperuser(name: string): boolean {
    const { book } = this;
    if (book === undefined) return true;
    return book.get(name)?.superuser ?? name === this.#trusted;
  }

  /** Has the role's rights, or may get them with SET ROLE. */
  isMember(name: string, of: string, all: boolean): boolean {
    return this.isSuperuser(name) || this.book!.closure(name, all).has(of);
  }

  /** At once, or with the transaction's commit. Rejects as `RoleStore.change`. */
  async change(change: RoleChange): Promise<void> {
    if (this.#transaction.open) this.#pending.push(change);
    else await this.#store?.change(change);
  }

  /** How many changes the transaction has made: for a savepoint. */
  mark(): number {
    return this.#pending.length;
  }

  undoTo(mark: number): void {
    this.#pending.length = Math.min(this.#pending.length, mark);
    this.#changed = undefined;
  }

  async commit(): Promise<void> {
    const changes = this.#pending.splice(0);
    this.#changed = undefined;
    if (changes.length > 0)
      await this.#store?.change((data) => changes.reduce((before, change) => change(before), data));
  }
}

import type { TransactionStatus } from './client.ts';
import type { CommitClock } from './commit-clock.ts';
import { TransactionKeys } from './keys/transaction-keys.ts';
import { WriteLog } from './write-log.ts';

/**
 * The session's own transaction state, which the client sees. DuckDB's is begun only when a statement needs it (`begun`), since
 * most transactions of drivers only read, and DuckDB itself does not abort at every error as PostgreSQL does.
 */
export class Transaction {
  /** Of all sessions. */
  readonly commits: CommitClock;
  #status: TransactionStatus = 'I';
  #begun = false;
  /** Inside a Query of several statements, or a pipeline that has written: an error undoes all of it. */
  implicit = false;
  readOnly = false;
  /** A query has run in it: its modes are fixed. */
  queried = false;
  /** The savepoint that is in force; 0: none. Grows with each one that is made. */
  level = 0;
  /** Names of temporary objects before it made or dropped any. */
  temporaryBefore: ReadonlySet<string> | undefined;
  /** What DuckDB's transaction has done so far. */
  readonly writes: WriteLog;
  /** And about foreign keys. */
  readonly keys: TransactionKeys;
  /** Counts transaction blocks, for what lives no longer than one. */
  #serial = 0;

  constructor(commits: CommitClock) {
    this.commits = commits;
    this.writes = new WriteLog();
    this.keys = new TransactionKeys(commits);
  }

  get status(): TransactionStatus {
    return this.#status;
  }

  get serial(): number {
    return this.#serial;
  }

  get inBlock(): boolean {
    return this.#status !== 'I';
  }

  get failed(): boolean {
    return this.#status === 'E';
  }

  /** True when a statement's effects must wait for a commit. */
  get open(): boolean {
    return this.#status === 'T' || this.implicit;
  }

  /** DuckDB has a transaction open. */
  get begun(): boolean {
    return this.#begun;
  }

  set begun(begun: boolean) {
    this.#begun = begun;
    if (begun) {
      this.writes.restart(this.commits.now());
    }
  }

  /** True when DuckDB's transaction, begun anew, would see what it saw at its begin. */
  seesTheSame(): boolean {
    return this.commits.isStill(this.writes.startedAt);
  }

  begin(readOnly: boolean): void {
    this.#status = 'T';
    this.implicit = false;
    this.readOnly = readOnly;
    this.queried = false;
    this.level = 0;
  }

  fail(): void {
    if (this.#status === 'T') {
      this.#status = 'E';
    }
  }

  /** ROLLBACK TO: it goes on. */
  resume(): void {
    if (this.#status === 'E') {
      this.#status = 'T';
    }
  }

  end(): void {
    this.#status = 'I';
    this.implicit = false;
    this.begun = false;
    this.readOnly = false;
    this.queried = false;
    this.level = 0;
    this.temporaryBefore = undefined;
    this.writes.restart(undefined);
    this.keys.end();
    this.#serial++;
  }
}

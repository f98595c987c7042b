import type { TransactionStatus } from './client.ts';

/**
 * The session's own transaction state, which the client sees. DuckDB's is begun only when a statement needs it (`begun`), since
 * most transactions of drivers only read, and DuckDB itself does not abort at every error as PostgreSQL does.
 */
export class Transaction {
  #status: TransactionStatus = 'I';
  /** Inside a Query of several statements, or a pipeline that has written: an error undoes all of it. */
  implicit = false;
  /** DuckDB has a transaction open. */
  begun = false;
  readOnly = false;
  /** Counts transaction blocks, for what lives no longer than one. */
  #serial = 0;

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

  begin(readOnly: boolean): void {
    this.#status = 'T';
    this.implicit = false;
    this.readOnly = readOnly;
  }

  fail(): void {
    if (this.#status === 'T') {
      this.#status = 'E';
    }
  }

  end(): void {
    this.#status = 'I';
    this.implicit = false;
    this.begun = false;
    this.readOnly = false;
    this.#serial++;
  }
}

import type { SluiceError } from '../../planner/errors.ts';
import type { ActivityInfo } from '../pg-catalog/session-relations.ts';
import { redacted } from './redact.ts';
import type { Transaction } from './transaction.ts';

/** As PostgreSQL's track_activity_query_size, in characters. */
const maxQueryLength = 1_024;

/** Who a session is. */
export type Identity = Pick<ActivityInfo, 'pid' | 'user' | 'database' | 'clientAddress' | 'clientPort'>;

/** What one session does, for pg_stat_activity and those who want to end it. */
export class SessionActivity {
  readonly identity: Identity;
  readonly #transaction: Transaction;
  readonly #applicationName: () => string;
  readonly #cancel: (reason: SluiceError) => void;
  /** Undefined: there is no connection to end. */
  readonly #terminate: ((reason: SluiceError) => void) | undefined;
  readonly #startedAt = new Date();
  #changedAt = this.#startedAt;
  #queryAt: Date | undefined;
  #transactionAt: Date | undefined;
  #query = '';
  #active = false;

  constructor(
    identity: Identity,
    transaction: Transaction,
    applicationName: () => string,
    cancel: (reason: SluiceError) => void,
    terminate: ((reason: SluiceError) => void) | undefined,
  ) {
    this.identity = identity;
    this.#transaction = transaction;
    this.#applicationName = applicationName;
    this.#cancel = cancel;
    this.#terminate = terminate;
  }

  /** A statement begins to run. */
  begin(text: string): void {
    this.#query = redacted(text).slice(0, maxQueryLength);
    this.#queryAt = new Date();
    this.#changedAt = this.#queryAt;
    this.#transactionAt ??= this.#queryAt;
    this.#active = true;
  }

  /** The session waits for its client. */
  rest(): void {
    this.#changedAt = new Date();
    this.#active = false;
    if (!this.#transaction.inBlock) {
      this.#transactionAt = undefined;
    }
  }

  cancel(reason: SluiceError): void {
    this.#cancel(reason);
  }

  /** False when it can't be ended. */
  terminate(reason: SluiceError): boolean {
    this.#terminate?.(reason);
    return this.#terminate !== undefined;
  }

  info(): ActivityInfo {
    const { inBlock, failed } = this.#transaction;
    const waiting = failed ? 'idle in transaction (aborted)' : inBlock ? 'idle in transaction' : 'idle';
    return {
      ...this.identity,
      applicationName: this.#applicationName(),
      startedAt: this.#startedAt.toISOString(),
      transactionAt: this.#transactionAt?.toISOString() ?? null,
      queryAt: this.#queryAt?.toISOString() ?? null,
      changedAt: this.#changedAt.toISOString(),
      state: this.#active ? 'active' : waiting,
      query: this.#query,
    };
  }
}

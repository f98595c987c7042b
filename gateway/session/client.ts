/**
 * The face between wire and session: what a client may say, as plain data, and what may be said to it. The wire room decodes and
 * encodes; the session knows no bytes but parameter values and ready-made DataRows.
 */
import type { SluiceError } from '../../planner/errors.ts';
import type { Notification } from './channels.ts';

export type Target = 'statement' | 'portal';

/** A message of the client. `malformed`: a message whose body could not be decoded (08P01). */
export type FrontendMessage =
  | { readonly kind: 'query'; readonly sql: string }
  | {
      readonly kind: 'parse';
      readonly name: string;
      readonly sql: string;
      readonly parameterTypes: readonly number[];
    }
  | {
      readonly kind: 'bind';
      readonly portal: string;
      readonly statement: string;
      /** None: all text; one: for all; else one per parameter. */
      readonly parameterFormats: readonly number[];
      readonly parameters: readonly (Uint8Array | null)[];
      readonly resultFormats: readonly number[];
    }
  | { readonly kind: 'describe'; readonly target: Target; readonly name: string }
  /** `maxRows` 0: all. */
  | { readonly kind: 'execute'; readonly portal: string; readonly maxRows: number }
  | { readonly kind: 'close'; readonly target: Target; readonly name: string }
  | { readonly kind: 'flush' }
  | { readonly kind: 'sync' }
  | { readonly kind: 'function_call' }
  /** These three are ignored outside COPY, as the protocol wants. */
  | { readonly kind: 'copy_data'; readonly bytes: Buffer }
  | { readonly kind: 'copy_done' }
  | { readonly kind: 'copy_fail'; readonly reason: string }
  | { readonly kind: 'malformed'; readonly error: SluiceError; readonly extended: boolean };

/** One column of RowDescription. */
export interface Field {
  readonly name: string;
  readonly typeOid: number;
  readonly typeLength: number;
  readonly typeModifier: number;
  readonly format: 0 | 1;
}

export type TransactionStatus = 'I' | 'T' | 'E';

export interface Notice {
  readonly severity: 'WARNING' | 'NOTICE' | 'INFO' | 'LOG' | 'DEBUG';
  readonly sqlstate: string;
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
}

/** Messages while COPY FROM STDIN reads: nobody else takes any meanwhile. */
export interface CopyInput {
  /** The next message that is there; undefined: none yet. Rejects with 08P01 when the stream is broken. */
  next(): FrontendMessage | undefined;
  /** Sends what is buffered and waits until more may be there. Rejects with 08006 when the client is gone, and with the signal's reason. */
  more(signal: AbortSignal): Promise<void>;
}

/**
 * What a session says. Everything is buffered until `flush`, or until a limit is reached: then `room` gives a promise that
 * must be awaited before more rows are made, so that a slow reader costs no memory.
 */
export interface Client {
  parseComplete(): void;
  bindComplete(): void;
  closeComplete(): void;
  noData(): void;
  emptyQuery(): void;
  portalSuspended(): void;
  parameterDescription(oids: readonly number[]): void;
  rowDescription(fields: readonly Field[]): void;
  /** Complete DataRow messages. `own`: the memory of a `Sink`, which is given back when they are sent. */
  rows(messages: Buffer, own?: boolean): void;
  /** CopyInResponse and CopyOutResponse: one format for all columns. */
  copyResponse(direction: 'in' | 'out', format: 0 | 1, columns: number): void;
  /** Complete CopyData messages, and `own` as in `rows`. */
  copyData(messages: Buffer, own?: boolean): void;
  copyDone(): void;
  readonly copyInput: CopyInput;
  commandComplete(tag: string): void;
  error(error: SluiceError, severity: 'ERROR' | 'FATAL'): void;
  notice(notice: Notice): void;
  notification(notification: Notification): void;
  parameterStatus(name: string, value: string): void;
  ready(status: TransactionStatus): void;
  /** Undefined while there is room. Rejects with `connectionLost` when the client is gone. */
  room(): Promise<void> | undefined;
  /**
   * Before more rows are made, for the turn of this client among those with long answers: does somebody else wait, so that it should not take
   * long?
   */
  turn(): Promise<boolean> | boolean;
  /** Sends what is buffered. */
  flush(): void;
}

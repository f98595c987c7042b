import type { DuckDBType } from '@duckdb/node-api';
import { errors } from '../../planner/errors.ts';
import { makeRowEncoder } from '../../worker/rows/encode-rows.ts';
import { pgType } from '../../worker/rows/pg-types.ts';
import type { RowStyle } from '../../worker/rows/style.ts';
import type { Client, Field } from './client.ts';
import type { Outcome, Runnable, Shape } from './context.ts';
import { maxColumns } from './limits.ts';
import { EncodingSource, type RowSource } from './row-source.ts';
import type { LiveAnswer, SessionConnection } from './session-connection.ts';
import { Spool } from './spool.ts';

/** One format per column from Bind's list: none = text, one = for all. Raises 08P01. */
export function columnFormats(given: readonly number[], columns: number): readonly (0 | 1)[] {
  if (given.length > 1 && given.length !== columns) {
    throw errors.protocolViolation(`bind message has ${given.length} result formats but query has ${columns} columns`);
  }
  return Array.from({ length: columns }, (_, index) => (given[given.length === 1 ? 0 : index] === 1 ? 1 : 0));
}

export function fieldsOf(names: readonly string[], types: readonly DuckDBType[], formats: readonly (0 | 1)[]): Field[] {
  if (types.length > maxColumns) {
    throw errors.limitExceeded(`target lists can have at most ${maxColumns} entries`);
  }
  return types.map((type, index) => {
    const { oid, typlen, typmod } = pgType(type);
    return {
      name: names[index] ?? '',
      typeOid: oid,
      typeLength: typlen,
      typeModifier: typmod,
      format: formats[index] ?? 0,
    };
  });
}

/** Rows of an outcome on their way to the client. Those that stream from the session's connection can be put aside. */
export class Delivery implements LiveAnswer {
  readonly tag: (rows: number) => string;
  readonly #connection: SessionConnection;
  readonly #tempDirectory: string;
  #source: RowSource;

  constructor(
    outcome: Outcome & { kind: 'rows' },
    formats: readonly (0 | 1)[],
    style: RowStyle,
    connection: SessionConnection,
    tempDirectory: string,
  ) {
    this.tag = outcome.tag;
    this.#connection = connection;
    this.#tempDirectory = tempDirectory;
    this.#source = new EncodingSource(outcome.reader, makeRowEncoder(outcome.types, formats, style));
    if (outcome.live) {
      connection.attachLive(this);
    }
  }

  async detach(): Promise<void> {
    try {
      this.#source = await Spool.of(this.#source, this.#tempDirectory);
    } catch (error) {
      // It is this answer's error, not that of the statement that needs the connection.
      this.#source = { next: () => Promise.reject(error), close: async () => undefined };
    }
  }

  /**
   * Sends up to `maxRows` rows (0: all). `ended` is false when the limit was reached first, as PostgreSQL sees it: also when no row is left.
   */
  async send(client: Client, maxRows: number): Promise<{ readonly rows: number; readonly ended: boolean }> {
    const limit = maxRows === 0 ? Infinity : maxRows;
    const turn = () => client.turn();
    let sent = 0;
    while (sent < limit) {
      const piece = await this.#source.next(limit - sent, turn);
      if (piece === null) {
        await this.close();
        return { rows: sent, ended: true };
      }
      client.rows(piece.bytes, piece.own);
      sent += piece.rows;
      const room = piece.more ? undefined : client.room();
      if (room !== undefined) {
        await room;
      }
    }
    return { rows: sent, ended: false };
  }

  async close(): Promise<void> {
    this.#connection.dropLive(this);
    await this.#source.close();
  }
}

export type PortalState =
  | { readonly kind: 'new' }
  | { readonly kind: 'rows'; readonly delivery: Delivery }
  /** Has nothing more: Execute again gives no rows and `tag`; undefined: it can't be run again. */
  | { readonly kind: 'ended'; readonly tag: string | undefined };

/** A bound statement. */
export interface Portal {
  readonly name: string;
  /** Undefined: the empty query. */
  readonly runnable: Runnable | undefined;
  readonly resultFormats: readonly number[];
  /** As its statement had it when it was parsed. */
  shape: Shape;
  /** The savepoint in whose time it was made; 0: none. */
  level: number;
  /** Cancels it in whichever Execute it is. */
  readonly abort: AbortController;
  state: PortalState;
}

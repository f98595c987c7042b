import type { DuckDBAppender } from '@duckdb/node-api';
import { SluiceError } from '../../../planner/errors.ts';
import { toSluiceError } from '../../../worker/engine/duckdb-error.ts';
import { quoteIdentifier } from '../../../worker/engine/quote.ts';
import { appendBatch } from '../../../worker/exchange/append-batch.ts';
import type { ColumnBatch } from '../../../worker/rows/column-batch.ts';
import type { SessionContext } from '../context.ts';
import { stagedBytes, stagedRows } from './limits.ts';

/** Takes batches and puts their rows where they belong. */
export interface BatchWriter {
  /** Raises what the table's constraints and casts raise. The batch may be changed afterwards. */
  write(batch: ColumnBatch, bytes: number): Promise<void>;
  /** Gives the number of rows that were taken. */
  finish(): Promise<number>;
  /** After an error: nothing more is written, whatever is still held. */
  abandon(): void;
}

/** A table of DuckDB, by its full name. */
export interface TablePath {
  readonly database: string;
  readonly schema: string;
  readonly name: string;
}

/**
 * An error of the appender. The bindings tell it without its class (`Failed to append: ...`).
 */
function appendError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof SluiceError) {
    return error;
  }
  const text = error.message.replace(/^Failed to append: /, '');
  if (/^(?:[A-Z][A-Za-z ]* Error: |\{)/.test(text)) {
    return toSluiceError(new Error(text));
  }
  const memory = /out of memory|could not allocate|failed to (?:allocate|pin)/i.test(text);
  const broken = /database has been invalidated/.test(text);
  return toSluiceError(new Error(`${broken ? 'FATAL' : memory ? 'Out of Memory' : 'Constraint'} Error: ${text}`));
}

/** Rows go into DuckDB's vectors as they are and are appended: for tables whose columns all have batches of their own type. */
export class Appended implements BatchWriter {
  readonly #appender: DuckDBAppender;
  #rows = 0;

  private constructor(appender: DuckDBAppender) {
    this.#appender = appender;
  }

  /** On the session's connection, in its transaction. */
  static async open({ connection }: SessionContext, { database, schema, name }: TablePath): Promise<Appended> {
    try {
      return new Appended(await connection.during(() => connection.duckdb.createAppender(name, schema, database)));
    } catch (error) {
      throw appendError(error);
    }
  }

  async write(batch: ColumnBatch): Promise<void> {
    try {
      appendBatch(this.#appender, batch);
      this.#appender.flushSync();
    } catch (error) {
      throw appendError(error);
    }
    this.#rows += batch.rowCount;
  }

  async finish(): Promise<number> {
    try {
      this.#appender.closeSync();
    } catch (error) {
      throw appendError(error);
    }
    return this.#rows;
  }

  abandon(): void {
    // Rows that it still holds would be written when it is closed, or collected.
    this.#appender.clear();
    this.#appender.closeSync();
  }
}

/** What moves rows that were put aside; gives their number. */
export type MoveRows = (from: string) => Promise<number>;

const stagedTable = 'temp.main.__sluice_copy';

function stagedColumn(index: number): string {
  return `c${index}`;
}

/**
 * Rows are put aside in a temporary table, many at a time, from where a statement takes them: where DuckDB has to cast values, defaults have to
 * be computed, or a condition chooses among them.
 */
export class Staged implements BatchWriter {
  readonly #context: SessionContext;
  readonly #types: readonly string[];
  readonly #move: MoveRows;
  readonly #limits: { readonly rows: number; readonly bytes: number };
  #table: Appended | undefined;
  #held = { rows: 0, bytes: 0 };
  #moved = 0;

  /** `types`: of the batches' columns. Without `limits` all rows are kept to the end. */
  constructor(
    context: SessionContext,
    types: readonly string[],
    move: MoveRows,
    limits = { rows: stagedRows, bytes: stagedBytes },
  ) {
    this.#context = context;
    this.#types = types;
    this.#move = move;
    this.#limits = limits;
  }

  async write(batch: ColumnBatch, bytes: number): Promise<void> {
    this.#table ??= await this.#open();
    await this.#table.write(batch);
    this.#held = { rows: this.#held.rows + batch.rowCount, bytes: this.#held.bytes + bytes };
    if (this.#held.rows >= this.#limits.rows || this.#held.bytes >= this.#limits.bytes) {
      await this.#empty();
    }
  }

  async #open(): Promise<Appended> {
    const columns = this.#types.map((type, index) => `${stagedColumn(index)} ${type}`);
    await this.#context.connection.run(`CREATE OR REPLACE TEMPORARY TABLE __sluice_copy (${columns.join(', ')})`);
    return Appended.open(this.#context, { database: 'temp', schema: 'main', name: '__sluice_copy' });
  }

  async #empty(): Promise<void> {
    if (this.#table === undefined) {
      return;
    }
    const table = this.#table;
    this.#table = undefined;
    await table.finish();
    this.#moved += await this.#move(stagedTable);
    await this.#context.connection.run(`DROP TABLE ${stagedTable}`);
    this.#held = { rows: 0, bytes: 0 };
  }

  async finish(): Promise<number> {
    await this.#empty();
    return this.#moved;
  }

  abandon(): void {
    this.#table?.abandon();
  }
}

export interface StagedColumn {
  readonly name: string;
  readonly type: string;
}

/** INSERT of rows that were put aside. `condition`: over the listed columns, by their names. */
export function insertStaged(
  path: readonly string[],
  columns: readonly StagedColumn[],
  condition: string | null,
  from: string,
): string {
  const names = columns.map((column) => quoteIdentifier(column.name));
  const casts = columns.map(({ type }, index) => `CAST(${stagedColumn(index)} AS ${type}) AS ${names[index]}`);
  const rows = `SELECT ${casts.join(', ')} FROM ${from}`;
  const chosen =
    condition === null ? rows : `SELECT * FROM (${rows}) AS ${quoteIdentifier(path.at(-1)!)} WHERE ${condition}`;
  return `INSERT INTO ${path.map(quoteIdentifier).join('.')} (${names.join(', ')}) ${chosen}`;
}

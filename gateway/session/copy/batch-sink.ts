import { errors } from '../../../planner/errors.ts';
import type { ColumnBatch } from '../../../worker/rows/column-batch.ts';
import { Sink } from '../../../worker/rows/sink.ts';
import { type RowStyle, resolveStyle } from '../../../worker/rows/style.ts';
import { textBinder } from '../../../worker/rows/text-values.ts';
import { isValid } from '../../../worker/rows/validity.ts';
import type { ColumnBuilder } from './column-builders.ts';
import { batchBytes, batchRows } from './limits.ts';
import type { RowSink } from './row-reader.ts';

export interface SinkColumn {
  readonly name: string;
  readonly builder: ColumnBuilder;
  readonly notNull: boolean;
  /** Place among the fields of a row; null: it is not one of them and always NULL. */
  readonly field: number | null;
}

export interface BatchSinkOptions {
  readonly relation: string;
  /** Of the batch, in its order. */
  readonly columns: readonly SinkColumn[];
  /** A column that is not in the batch and may not be NULL, without a default. */
  readonly missing: string | undefined;
  readonly binary: boolean;
  readonly style: RowStyle;
  /** The batch has all columns of the table, in its order, so that a row can be shown. */
  readonly whole: boolean;
}

/** The bytes are added up every 64 rows. */
const rowsPerLook = 63;
/** PostgreSQL cuts values in the detail of an error. */
const shownCharacters = 64;

/** Collects rows to batches. Raises 23502 where a value is missing. */
export class BatchSink implements RowSink {
  readonly #options: BatchSinkOptions;
  readonly #builders: readonly ColumnBuilder[];
  readonly #byField: readonly number[];
  readonly #alwaysNull: readonly number[];
  readonly #strict: boolean;
  #rows = 0;
  /** A column that may not be NULL and is, in this row. */
  #isNull = false;
  readonly #nulls: boolean[];

  constructor(options: BatchSinkOptions) {
    const { columns } = options;
    this.#options = options;
    this.#builders = columns.map(({ builder }) => builder);
    const byField: number[] = [];
    for (const [index, { field }] of columns.entries()) {
      if (field !== null) {
        byField[field] = index;
      }
    }
    this.#byField = byField;
    this.#alwaysNull = columns.flatMap(({ field }, index) => (field === null ? [index] : []));
    this.#strict = columns.some(({ notNull }) => notNull);
    this.#nulls = columns.map(() => false);
  }

  get full(): boolean {
    return this.#rows >= batchRows || ((this.#rows & rowsPerLook) === rowsPerLook && this.bytes >= batchBytes);
  }

  get rows(): number {
    return this.#rows;
  }

  get bytes(): number {
    return this.#builders.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  field(field: number, bytes: Buffer, from: number, to: number): void {
    const builder = this.#builders[this.#byField[field]!]!;
    if (this.#options.binary) {
      builder.binary(bytes, from, to);
    } else {
      builder.text(bytes, from, to);
    }
  }

  nullField(field: number): void {
    const column = this.#byField[field]!;
    this.#builders[column]!.nullValue();
    if (this.#strict) {
      this.#nulls[column] = true;
      this.#isNull = true;
    }
  }

  endRow(): void {
    for (const column of this.#alwaysNull) {
      this.#builders[column]!.nullValue();
    }
    this.#rows++;
    if (this.#options.missing !== undefined || (this.#strict && (this.#isNull || this.#alwaysNull.length > 0))) {
      this.#checkNulls();
    }
  }

  #checkNulls(): void {
    const { columns, missing, relation } = this.#options;
    const found = columns.find(({ notNull, field }, index) => notNull && (field === null || this.#nulls[index]));
    const name = found?.name ?? missing;
    if (name !== undefined) {
      throw errors.notNullViolation(name, relation, this.#lastRow());
    }
    this.#isNull = false;
    this.#nulls.fill(false);
  }

  /** As PostgreSQL shows a row that a constraint refuses. */
  #lastRow(): string | undefined {
    if (!this.#options.whole) {
      return undefined;
    }
    const style = resolveStyle(this.#options.style);
    const row = this.#rows - 1;
    const values = this.take().columns.map((column) => {
      if (!isValid(column.validity, row)) {
        return 'null';
      }
      const out = new Sink(shownCharacters);
      textBinder(column.type, style)(column)(out, row);
      const text = [...out.bytes.toString('utf8', 0, out.at)];
      return text.length <= shownCharacters ? text.join('') : `${text.slice(0, shownCharacters).join('')}...`;
    });
    return `Failing row contains (${values.join(', ')}).`;
  }

  /** The rows so far. Their memory is used again by those that follow. */
  take(): ColumnBatch {
    const rowCount = this.#rows;
    this.#rows = 0;
    return { rowCount, columns: this.#builders.map((builder) => builder.take()) };
  }
}

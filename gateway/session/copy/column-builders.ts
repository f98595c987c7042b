/** Columns that grow value by value out of COPY's bytes and become part of a `ColumnBatch`. */

import { isUtf8 } from 'node:buffer';
import { type DuckDBType, DuckDBTypeId, VARCHAR } from '@duckdb/node-api';
import { errors } from '../../../planner/errors.ts';
import type { ColumnData, Validity } from '../../../worker/rows/column-batch.ts';
import { layoutOf } from '../../../worker/rows/layout.ts';
import { type ArrayItem, binaryArray, textArray } from '../../../worker/rows/parameter-arrays.ts';
import { binaryText } from '../../../worker/rows/parameter-binary.ts';
import { canonicalText } from '../../../worker/rows/parameter-text.ts';
import { elementOid, isList, pgType, pgTypes } from '../../../worker/rows/pg-types.ts';
import { type FixedReader, fixedReader, type ZoneOffset } from './fixed-values.ts';
import { invalidByte, invalidBytesError } from './row-reader.ts';
import { Slots } from './slots.ts';

export interface ColumnBuilder {
  /** Of the column that it gives. */
  readonly type: DuckDBType;
  /** Bytes that it holds, about. */
  readonly bytes: number;
  /** A value in text form. Raises what the type's input raises in PostgreSQL. */
  text(bytes: Buffer, from: number, to: number): void;
  /** A value in binary form. Raises 22P03 and the like. */
  binary(bytes: Buffer, from: number, to: number): void;
  /** A value that was read and checked: the text that `canonicalText` and `binaryText` give. */
  canonical(text: string): void;
  nullValue(): void;
  /** What it holds; it is empty then. */
  take(): ColumnData;
}

const initialRows = 2_048;

/** One bit per row, 1: not null. */
class Mask {
  #bits = new Uint8Array(initialRows / 8);
  #nulls = 0;
  count = 0;

  add(valid: boolean): void {
    const at = this.count >> 3;
    if (at >= this.#bits.length) {
      const grown = new Uint8Array(this.#bits.length * 2);
      grown.set(this.#bits);
      this.#bits = grown;
    }
    if (valid) {
      this.#bits[at]! |= 1 << (this.count & 7);
    } else {
      this.#nulls++;
    }
    this.count++;
  }

  /** Null: none of the rows is. */
  take(): Validity {
    const bits = this.#nulls === 0 ? null : this.#bits.slice(0, (this.count + 7) >> 3);
    this.#bits.fill(0);
    this.#nulls = 0;
    this.count = 0;
    return bits;
  }
}

class FixedColumn implements ColumnBuilder {
  readonly type: DuckDBType;
  readonly #oid: number;
  readonly #reader: FixedReader;
  readonly #slots: Slots;
  readonly #mask = new Mask();

  constructor(type: DuckDBType, width: number, reader: FixedReader) {
    this.type = type;
    this.#oid = pgType(type).oid;
    this.#reader = reader;
    this.#slots = new Slots(width, initialRows);
  }

  get bytes(): number {
    return this.#mask.count * this.#slots.width;
  }

  text(bytes: Buffer, from: number, to: number): void {
    const row = this.#mask.count;
    this.#slots.reserve(row);
    if (this.#reader.text?.(this.#slots, row, bytes, from, to) !== true) {
      this.#reader.canonical(this.#slots, row, canonicalText(this.#oid, bytes.toString('utf8', from, to)));
    }
    this.#mask.add(true);
  }

  binary(bytes: Buffer, from: number, to: number): void {
    const row = this.#mask.count;
    this.#slots.reserve(row);
    const own = this.#reader.binary?.(this.#slots, row, bytes, from, to - from);
    if (own === false) {
      throw to - from < this.#slots.width
        ? errors.protocolViolation('insufficient data left in message')
        : errors.incorrectBinary();
    }
    if (own === undefined) {
      this.#reader.canonical(this.#slots, row, binaryText(this.#oid, bytes.subarray(from, to)));
    }
    this.#mask.add(true);
  }

  canonical(text: string): void {
    this.#slots.reserve(this.#mask.count);
    this.#reader.canonical(this.#slots, this.#mask.count, text);
    this.#mask.add(true);
  }

  nullValue(): void {
    this.#slots.reserve(this.#mask.count);
    this.#mask.add(false);
  }

  take(): ColumnData {
    const { width, bytes } = this.#slots;
    const data = bytes.subarray(0, this.#mask.count * width);
    return { kind: 'fixed', type: this.type, validity: this.#mask.take(), width, data };
  }
}

/** Bytes of every value one after the other. */
class ByteValues {
  #data: Buffer = Buffer.allocUnsafeSlow(initialRows * 16);
  #offsets = new Int32Array(initialRows + 1);
  readonly mask = new Mask();
  size = 0;

  reserve(count: number): void {
    if (this.size + count > this.#data.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(this.#data.length * 2, this.size + count));
      this.#data.copy(grown, 0, 0, this.size);
      this.#data = grown;
    }
  }

  add(bytes: Uint8Array, from: number, to: number): void {
    this.reserve(to - from);
    const data = this.#data;
    if (to - from < 32) {
      for (let i = from, at = this.size; i < to; i++) {
        data[at++] = bytes[i]!;
      }
    } else {
      data.set(bytes.subarray(from, to), this.size);
    }
    this.size += to - from;
    this.end(true);
  }

  addText(text: string): void {
    this.reserve(text.length * 3);
    this.size += this.#data.write(text, this.size);
    this.end(true);
  }

  end(valid: boolean): void {
    this.mask.add(valid);
    const { count } = this.mask;
    if (count >= this.#offsets.length) {
      const grown = new Int32Array(this.#offsets.length * 2);
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
    this.#offsets[count] = this.size;
  }

  take(type: DuckDBType): ColumnData {
    const offsets = this.#offsets.subarray(0, this.mask.count + 1);
    const data = this.#data.subarray(0, this.size);
    this.size = 0;
    return { kind: 'bytes', type, validity: this.mask.take(), offsets, data };
  }
}

/** VARCHAR and JSON; and, in text that DuckDB casts later, what has no reader here. */
class TextColumn implements ColumnBuilder {
  readonly type: DuckDBType;
  readonly #oid: number;
  readonly #values = new ByteValues();

  /** `oid`: whose input rules count; text: none. */
  constructor(type: DuckDBType, oid: number) {
    this.type = type;
    this.#oid = oid;
  }

  get bytes(): number {
    return this.#values.size;
  }

  text(bytes: Buffer, from: number, to: number): void {
    if (this.#oid === pgTypes.text.oid) {
      this.#values.add(bytes, from, to);
    } else {
      this.#values.addText(canonicalText(this.#oid, bytes.toString('utf8', from, to)));
    }
  }

  binary(bytes: Buffer, from: number, to: number): void {
    if (this.#oid !== pgTypes.text.oid) {
      this.#values.addText(binaryText(this.#oid, bytes.subarray(from, to)));
      return;
    }
    const value = bytes.subarray(from, to);
    if (!isUtf8(value) || value.includes(0)) {
      throw invalidBytesError(value, invalidByte(value));
    }
    this.#values.add(bytes, from, to);
  }

  canonical(text: string): void {
    this.#values.addText(text);
  }

  nullValue(): void {
    this.#values.end(false);
  }

  take(): ColumnData {
    return this.#values.take(this.type);
  }
}

const backslash = 92;
const letterX = 120;

/** @throws SluiceError 22023 for what is no text of whole bytes; blanks may stand in it */
function checkHex(digits: string): void {
  const plain = digits.replaceAll(/\s/g, '');
  const wrong = /[^0-9a-fA-F]/.exec(plain)?.[0];
  if (wrong !== undefined) {
    throw errors.invalidArgument(`invalid hexadecimal digit: "${wrong}"`);
  }
  if (plain.length % 2 === 1) {
    throw errors.invalidArgument('invalid hexadecimal data: odd number of digits');
  }
}

/** BLOB. */
class BlobColumn implements ColumnBuilder {
  readonly type: DuckDBType;
  readonly #values = new ByteValues();

  constructor(type: DuckDBType) {
    this.type = type;
  }

  get bytes(): number {
    return this.#values.size;
  }

  text(bytes: Buffer, from: number, to: number): void {
    if (bytes[from] === backslash && bytes[from + 1] === letterX) {
      const digits = bytes.toString('latin1', from + 2, to);
      const value = Buffer.from(digits, 'hex');
      if (value.length * 2 === digits.length) {
        this.#values.add(value, 0, value.length);
        return;
      }
      checkHex(digits);
    }
    this.canonical(canonicalText(pgTypes.bytea.oid, bytes.toString('utf8', from, to)));
  }

  binary(bytes: Buffer, from: number, to: number): void {
    this.#values.add(bytes, from, to);
  }

  canonical(text: string): void {
    const value = Buffer.from(text.replaceAll('\\x', ''), 'hex');
    this.#values.add(value, 0, value.length);
  }

  nullValue(): void {
    this.#values.end(false);
  }

  take(): ColumnData {
    return this.#values.take(this.type);
  }
}

/** A list of values of one dimension. */
class ListColumn implements ColumnBuilder {
  readonly type: DuckDBType;
  readonly #oid: number;
  readonly #child: ColumnBuilder;
  readonly #mask = new Mask();
  #offsets = new Int32Array(initialRows + 1);
  #childCount = 0;

  constructor(type: DuckDBType, child: ColumnBuilder) {
    this.type = type;
    this.#oid = pgType(type).oid;
    this.#child = child;
  }

  get bytes(): number {
    return this.#child.bytes;
  }

  text(bytes: Buffer, from: number, to: number): void {
    this.#items(textArray(bytes.toString('utf8', from, to), this.#oid).items);
  }

  binary(bytes: Buffer, from: number, to: number): void {
    this.#items(binaryArray(bytes.subarray(from, to), this.#oid).items);
  }

  canonical(text: string): void {
    this.#items(textArray(text, this.#oid).items);
  }

  #items(items: readonly ArrayItem[]): void {
    for (const item of items) {
      if (item === null) {
        this.#child.nullValue();
      } else if (typeof item === 'string') {
        this.#child.canonical(item);
      } else {
        throw errors.featureNotSupported(
          'an array of several dimensions in COPY',
          'Declare the column as a list of lists.',
        );
      }
    }
    this.#childCount += items.length;
    this.#end(true);
  }

  nullValue(): void {
    this.#end(false);
  }

  #end(valid: boolean): void {
    this.#mask.add(valid);
    const { count } = this.#mask;
    if (count >= this.#offsets.length) {
      const grown = new Int32Array(this.#offsets.length * 2);
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
    this.#offsets[count] = this.#childCount;
  }

  take(): ColumnData {
    const offsets = this.#offsets.subarray(0, this.#mask.count + 1);
    const childCount = this.#childCount;
    this.#childCount = 0;
    return {
      kind: 'list',
      type: this.type,
      validity: this.#mask.take(),
      offsets,
      child: this.#child.take(),
      childCount,
    };
  }
}

type Zones = (name: string | null) => ZoneOffset;

/** A builder that gives the column's own type; undefined where only DuckDB can read the text. */
function ownBuilder(type: DuckDBType, zones: Zones): ColumnBuilder | undefined {
  if (type.typeId === DuckDBTypeId.VARCHAR) {
    return new TextColumn(type, pgType(type).oid);
  }
  if (type.typeId === DuckDBTypeId.BLOB) {
    return new BlobColumn(type);
  }
  if (type.typeId === DuckDBTypeId.LIST && !isList(type.valueType)) {
    const child = elementOid(pgType(type).oid) === undefined ? undefined : ownBuilder(type.valueType, zones);
    return child && new ListColumn(type, child);
  }
  const reader = fixedReader(type, zones);
  const layout = layoutOf(type);
  return reader === undefined || layout.kind !== 'fixed' ? undefined : new FixedColumn(type, layout.width, reader);
}

/** Types whose text is checked before DuckDB casts it. */
const checkedTypes: ReadonlySet<DuckDBTypeId> = new Set([DuckDBTypeId.TIME_TZ, DuckDBTypeId.BIT, DuckDBTypeId.TIME_NS]);

/** A builder for values of the type: of the type itself, or VARCHAR, which DuckDB has to cast (STRUCT, MAP, BIT, ...). `zones`: see `fixedReader`. */
export function columnBuilder(type: DuckDBType, zones: Zones): ColumnBuilder {
  const own = ownBuilder(type, zones);
  return own ?? new TextColumn(VARCHAR, checkedTypes.has(type.typeId) ? pgType(type).oid : pgTypes.text.oid);
}

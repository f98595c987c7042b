/**
 * Structs of Thrift's compact protocol, taken apart one level at a time: what nobody asks for stays the bytes that it is, so that nothing is lost of
 * fields that this code does not know. Source: thrift-compact-protocol.md of Apache Thrift.
 */

/** What does not follow the protocol. */
export class BadThrift extends Error {}

/** A field of a struct. Of booleans the type is the value and `bytes` are none. */
export interface ThriftField {
  readonly id: number;
  /** Of the compact protocol, see `compactTypes`. */
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** A list or set. */
export interface ThriftList {
  readonly type: number;
  readonly items: readonly Uint8Array[];
}

export const compactTypes = {
  true: 1,
  false: 2,
  i8: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
} as const;

/** Structs within structs, deeper than any that is known. */
const mostDepth = 64;
/** A field header tells ids that are up to so much higher than the one before; a list header so many items. */
const shortDelta = 15;
const shortCount = 15;

/** Reads from a place in bytes on; whatever would be beyond their end is a `BadThrift`. */
class Cursor {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.at === this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new BadThrift('it ends too early');
    return byte;
  }

  /** Up to 2^53. */
  varint(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 49; factor *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80 && value <= Number.MAX_SAFE_INTEGER) return value;
    }
    throw new BadThrift('a number is too large');
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  take(length: number): Uint8Array {
    const from = this.at;
    this.skip(length);
    return this.#bytes.subarray(from, this.at);
  }

  skip(length: number): void {
    this.at += length;
    if (this.at > this.#bytes.length) throw new BadThrift('it ends too early');
  }

  /** Null: the end of the struct. */
  fieldHeader(before: number): { readonly id: number; readonly type: number } | null {
    const header = this.byte();
    if (header === 0) return null;
    const delta = header >> 4;
    return { id: delta === 0 ? this.zigzag() : before + delta, type: header & 0x0f };
  }

  listHeader(): { readonly type: number; readonly count: number } {
    const header = this.byte();
    const count = header >> 4;
    return { type: header & 0x0f, count: count === shortCount ? this.varint() : count };
  }

  /** `inList`: a boolean has a byte of its own. */
  skipValue(type: number, inList: boolean, depth = 0): void {
    if (depth > mostDepth) throw new BadThrift('it is too deep');
    const { true: yes, false: no, i8, i16, i32, i64, double, binary, list, set, map, struct } = compactTypes;
    if (type === yes || type === no) this.skip(inList ? 1 : 0);
    else if (type === i8) this.skip(1);
    else if (type === i16 || type === i32 || type === i64) this.#skipVarint();
    else if (type === double) this.skip(8);
    else if (type === binary) this.skip(this.varint());
    else if (type === list || type === set) {
      const { type: of, count } = this.listHeader();
      for (let i = 0; i < count; i++) this.skipValue(of, true, depth + 1);
    } else if (type === map) this.#skipMap(depth);
    else if (type === struct) {
      let id = 0;
      for (let field = this.fieldHeader(id); field !== null; field = this.fieldHeader(id)) {
        id = field.id;
        this.skipValue(field.type, false, depth + 1);
      }
    } else throw new BadThrift(`there is no type ${type}`);
  }

  #skipVarint(): void {
    for (let bytes = 0; bytes < 10; bytes++) if (this.byte() < 0x80) return;
    throw new BadThrift('a number has no end');
  }

  #skipMap(depth: number): void {
    const count = this.varint();
    if (count === 0) return;
    const types = this.byte();
    for (let i = 0; i < count; i++) {
      this.skipValue(types >> 4, true, depth + 1);
      this.skipValue(types & 0x0f, true, depth + 1);
    }
  }
}

/** The fields of a struct that is all of `bytes`. Raises `BadThrift`. */
export function readStruct(bytes: Uint8Array): readonly ThriftField[] {
  const cursor = new Cursor(bytes);
  const fields: ThriftField[] = [];
  let before = 0;
  for (let field = cursor.fieldHeader(before); field !== null; field = cursor.fieldHeader(before)) {
    const from = cursor.at;
    cursor.skipValue(field.type, false);
    fields.push({ ...field, bytes: bytes.subarray(from, cursor.at) });
    before = field.id;
  }
  if (!cursor.atEnd) throw new BadThrift('something follows it');
  return fields;
}

/** A list that is all of `bytes`. Raises `BadThrift`. */
export function readList(bytes: Uint8Array): ThriftList {
  const cursor = new Cursor(bytes);
  const { type, count } = cursor.listHeader();
  const items: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const from = cursor.at;
    cursor.skipValue(type, true);
    items.push(bytes.subarray(from, cursor.at));
  }
  if (!cursor.atEnd) throw new BadThrift('something follows it');
  return { type, items };
}

/** An i16, i32 or i64 that is all of `bytes`. Raises `BadThrift`, also for those beyond 2^53. */
export function readInteger(bytes: Uint8Array): number {
  const cursor = new Cursor(bytes);
  const value = cursor.zigzag();
  if (!cursor.atEnd) throw new BadThrift('something follows it');
  return value;
}

/** `readStruct` backwards. Ids may be in any order. */
export function writeStruct(fields: readonly ThriftField[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let before = 0;
  for (const { id, type, bytes } of fields) {
    const delta = id - before;
    if (delta > 0 && delta <= shortDelta) parts.push(Uint8Array.of((delta << 4) | type));
    else parts.push(Uint8Array.of(type), writeInteger(id));
    parts.push(bytes);
    before = id;
  }
  return Buffer.concat([...parts, Uint8Array.of(0)]);
}

/** `readList` backwards. */
export function writeList({ type, items }: ThriftList): Uint8Array {
  const short = items.length < shortCount;
  const header = Uint8Array.of(((short ? items.length : shortCount) << 4) | type);
  return Buffer.concat([header, ...(short ? [] : [writeVarint(items.length)]), ...items]);
}

/** `readInteger` backwards. */
export function writeInteger(value: number): Uint8Array {
  return writeVarint(value < 0 ? -2 * value - 1 : 2 * value);
}

function writeVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.of(...bytes, rest);
    bytes.push((rest % 128) | 0x80);
  }
}

import { describe, expect, it } from 'vitest';
import {
  BadThrift,
  compactTypes,
  readInteger,
  readList,
  readStruct,
  type ThriftField,
  writeInteger,
  writeList,
  writeStruct,
} from './compact-thrift.ts';

const bytes = (...numbers: number[]) => Uint8Array.of(...numbers);
const plain = (fields: readonly ThriftField[]) => fields.map((field) => ({ ...field, bytes: [...field.bytes] }));

describe('integers', () => {
  it.each([0, 1, -1, 63, 64, -64, -65, 300, 2 ** 31, -(2 ** 31), 2 ** 40 + 5, 2 ** 51, -(2 ** 51)])('%d', (value) => {
    expect(readInteger(writeInteger(value))).toBe(value);
  });

  it('are zigzag varints', () => {
    expect([...writeInteger(-1)]).toEqual([1]);
    expect([...writeInteger(150)]).toEqual([0xac, 0x02]);
  });

  it.each([
    ['cut off', bytes(0x80)],
    ['nothing', bytes()],
    ['too large', bytes(...Array.from({ length: 9 }, () => 0xff), 1)],
    ['followed by something', bytes(2, 0)],
  ])('%s are refused', (_, given) => {
    expect(() => readInteger(given)).toThrow(BadThrift);
  });
});

describe('structs', () => {
  // All types, a far id, one that is lower than the one before, and what is nested.
  const inner = writeStruct([{ id: 1, type: compactTypes.true, bytes: bytes() }]);
  const fields: readonly ThriftField[] = [
    { id: 1, type: compactTypes.true, bytes: bytes() },
    { id: 2, type: compactTypes.false, bytes: bytes() },
    { id: 3, type: compactTypes.i8, bytes: bytes(0x80) },
    { id: 4, type: compactTypes.i64, bytes: writeInteger(2 ** 50) },
    { id: 5, type: compactTypes.i64, bytes: bytes(...Array.from({ length: 9 }, () => 0xff), 1) },
    { id: 200, type: compactTypes.double, bytes: bytes(1, 2, 3, 4, 5, 6, 7, 8) },
    { id: 201, type: compactTypes.binary, bytes: bytes(3, 0, 0, 0) },
    { id: 7, type: compactTypes.struct, bytes: inner },
    { id: 8, type: compactTypes.map, bytes: bytes(1, 0x8c, 1, 65, ...inner) },
    { id: 9, type: compactTypes.map, bytes: bytes(0) },
    { id: 10, type: compactTypes.set, bytes: bytes(0x21, 1, 2) },
    { id: 11, type: compactTypes.list, bytes: writeList({ type: compactTypes.struct, items: [inner, inner] }) },
  ];

  it('are what they were after being taken apart and put together', () => {
    const written = writeStruct(fields);
    expect(plain(readStruct(written))).toEqual(plain(fields));
    expect(writeStruct(readStruct(written))).toEqual(written);
    expect(readStruct(bytes(0))).toEqual([]);
  });

  it('that are cut off anywhere are refused, or not what they were', () => {
    const written = writeStruct(fields);
    for (let length = 0; length < written.length; length++)
      expect(() => readStruct(written.subarray(0, length)), String(length)).toThrow(BadThrift);
    expect(() => readStruct(Buffer.concat([written, bytes(0)]))).toThrow(BadThrift);
  });

  it('of types that are none, or too deep, are refused', () => {
    expect(() => readStruct(bytes(0x1d, 0))).toThrow('there is no type 13');
    expect(() => readStruct(new Uint8Array(1000).fill(0x1c))).toThrow('it is too deep');
    expect(() => readStruct(bytes(0x18, 0xff, 0xff, 0xff, 0x0f, 0))).toThrow('it ends too early');
  });
});

describe('lists', () => {
  it.each([0, 1, 14, 15, 16, 300])('of %d items', (count) => {
    const items = Array.from({ length: count }, (_, i) => writeInteger(i * 1000));
    const read = readList(writeList({ type: compactTypes.i32, items }));
    expect(read.type).toBe(compactTypes.i32);
    expect(read.items.map(readInteger)).toEqual(items.map(readInteger));
  });

  it('whose items are missing or too many are refused', () => {
    expect(() => readList(bytes(0x25, 2))).toThrow(BadThrift);
    expect(() => readList(bytes(0x15, 2, 4))).toThrow(BadThrift);
    expect(() => readList(bytes(0xf5, 0xff, 0xff, 0xff, 0xff, 0x0f))).toThrow(BadThrift);
  });
});

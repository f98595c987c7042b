/** Footers of Parquet files, as far as files are put together without looking at their rows. Source: parquet.thrift of Apache Parquet. */
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

/** What a file begins and ends with. */
export const magic = Buffer.from('PAR1');
/** Behind the footer: its length and `magic`. */
export const trailerBytes = 8;

/** Fields of FileMetaData. */
const fileFields = { numRows: 3, rowGroups: 4 };
/** Of RowGroup: its number, which is left out where it changes. */
const ordinal = 7;
/** FileMetaData has no higher field unless it is encrypted. */
const lastPlainField = 7;

/** Of a struct: which of its fields are places in the file, are structs or lists with such fields, or are left out. */
interface Shape {
  readonly [id: number]: 'place' | 'left out' | Shape | readonly [Shape];
}

const columnMetaData: Shape = { 9: 'place', 10: 'place', 11: 'place', 14: 'place' };
/** Page indexes (4 to 7) are places of pages, and stand elsewhere: readers do without them. */
const columnChunk: Shape = {
  2: 'place',
  3: columnMetaData,
  4: 'left out',
  5: 'left out',
  6: 'left out',
  7: 'left out',
};
const rowGroup: Shape = { 1: [columnChunk], 5: 'place', [ordinal]: 'left out' };

/** What a footer says of its file. */
export interface Footer {
  readonly rows: number;
  /** Each a RowGroup. */
  readonly rowGroups: readonly Uint8Array[];
  /** Everything else, in the order of the fields. */
  readonly rest: readonly ThriftField[];
}

/** Raises `BadThrift` for what is no footer, and for that of an encrypted file. */
export function readFooter(bytes: Uint8Array): Footer {
  const fields = readStruct(bytes);
  const of = (id: number, type: number) => {
    const field = fields.find((each) => each.id === id && each.type === type);
    if (field === undefined) throw new BadThrift(`it has no field ${id}`);
    return field.bytes;
  };
  if (fields.some(({ id }) => id > lastPlainField)) throw new BadThrift('it is encrypted, or of a version to come');
  const groups = readList(of(fileFields.rowGroups, compactTypes.list));
  if (groups.type !== compactTypes.struct) throw new BadThrift('its row groups are none');
  return {
    rows: readInteger(of(fileFields.numRows, compactTypes.i64)),
    rowGroups: groups.items,
    rest: fields.filter(({ id }) => id !== fileFields.numRows && id !== fileFields.rowGroups),
  };
}

/** True when rows of both may be in one file: same columns, stored alike, with the same facts about the whole. */
export function isAlike(a: Footer, b: Footer): boolean {
  return Buffer.compare(writeStruct(a.rest), writeStruct(b.rest)) === 0;
}

/** The row groups of a file whose bytes stand `by` further back than they did. */
export function movedRowGroups({ rowGroups }: Footer, by: number): readonly Uint8Array[] {
  return rowGroups.map((group) => moved(group, rowGroup, by));
}

/** The footer of a file that has these row groups and is else like the files of `footer`. */
export function writeFooter({ rest }: Footer, rows: number, rowGroups: readonly Uint8Array[]): Uint8Array {
  const fields = [
    ...rest,
    { id: fileFields.numRows, type: compactTypes.i64, bytes: writeInteger(rows) },
    {
      id: fileFields.rowGroups,
      type: compactTypes.list,
      bytes: writeList({ type: compactTypes.struct, items: rowGroups }),
    },
  ];
  return writeStruct(fields.sort((a, b) => a.id - b.id));
}

function moved(struct: Uint8Array, shape: Shape, by: number): Uint8Array {
  const fields = readStruct(struct).flatMap((field): readonly ThriftField[] => {
    const change = shape[field.id];
    if (change === undefined) return [field];
    if (change === 'left out') return [];
    return [
      { ...field, bytes: change === 'place' ? movedPlace(field.bytes, by) : movedWithin(field.bytes, change, by) },
    ];
  });
  return writeStruct(fields);
}

function movedWithin(bytes: Uint8Array, shape: Shape | readonly [Shape], by: number): Uint8Array {
  if (!isList(shape)) return moved(bytes, shape, by);
  const { type, items } = readList(bytes);
  return writeList({ type, items: items.map((item) => moved(item, shape[0], by)) });
}

function isList(shape: Shape | readonly [Shape]): shape is readonly [Shape] {
  return Array.isArray(shape);
}

/** Nothing stands at 0 but `magic`: there it means that there is none. */
function movedPlace(bytes: Uint8Array, by: number): Uint8Array {
  const place = readInteger(bytes);
  return place === 0 ? bytes : writeInteger(place + by);
}

/** How DuckDB lays out values of each type in a vector. The same layout is used by batches and frames. */
import {
  BLOB,
  type DuckDBArrayType,
  type DuckDBListType,
  type DuckDBMapType,
  type DuckDBStructType,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBUnionType,
  DuckDBListType as ListType,
  DuckDBStructType as StructType,
  UINTEGER,
  UTINYINT,
  VARCHAR,
} from '@duckdb/node-api';
import { errors } from '../../planner/errors.ts';

export type Layout =
  | { readonly kind: 'fixed'; readonly width: number }
  | { readonly kind: 'bytes' }
  | { readonly kind: 'list'; readonly child: DuckDBType }
  | { readonly kind: 'array'; readonly child: DuckDBType; readonly length: number }
  | { readonly kind: 'struct'; readonly names: readonly string[]; readonly children: readonly DuckDBType[] };

const bytes: Layout = { kind: 'bytes' };
const fixed = (width: number): Layout => ({ kind: 'fixed', width });

const plainLayouts: ReadonlyMap<DuckDBTypeId, Layout> = new Map([
  [DuckDBTypeId.BOOLEAN, fixed(1)],
  [DuckDBTypeId.TINYINT, fixed(1)],
  [DuckDBTypeId.UTINYINT, fixed(1)],
  [DuckDBTypeId.SMALLINT, fixed(2)],
  [DuckDBTypeId.USMALLINT, fixed(2)],
  [DuckDBTypeId.INTEGER, fixed(4)],
  [DuckDBTypeId.UINTEGER, fixed(4)],
  [DuckDBTypeId.FLOAT, fixed(4)],
  [DuckDBTypeId.DATE, fixed(4)],
  [DuckDBTypeId.SQLNULL, fixed(4)],
  [DuckDBTypeId.BIGINT, fixed(8)],
  [DuckDBTypeId.UBIGINT, fixed(8)],
  [DuckDBTypeId.DOUBLE, fixed(8)],
  [DuckDBTypeId.TIME, fixed(8)],
  [DuckDBTypeId.TIME_NS, fixed(8)],
  [DuckDBTypeId.TIME_TZ, fixed(8)],
  [DuckDBTypeId.TIMESTAMP, fixed(8)],
  [DuckDBTypeId.TIMESTAMP_S, fixed(8)],
  [DuckDBTypeId.TIMESTAMP_MS, fixed(8)],
  [DuckDBTypeId.TIMESTAMP_NS, fixed(8)],
  [DuckDBTypeId.TIMESTAMP_TZ, fixed(8)],
  [DuckDBTypeId.HUGEINT, fixed(16)],
  [DuckDBTypeId.UHUGEINT, fixed(16)],
  [DuckDBTypeId.UUID, fixed(16)],
  [DuckDBTypeId.INTERVAL, fixed(16)],
  [DuckDBTypeId.VARCHAR, bytes],
  [DuckDBTypeId.BLOB, bytes],
  [DuckDBTypeId.BIT, bytes],
  [DuckDBTypeId.BIGNUM, bytes],
  [DuckDBTypeId.GEOMETRY, bytes],
]);

/** DuckDB stores a VARIANT as this struct. */
const variantLayout: Layout = {
  kind: 'struct',
  names: ['keys', 'children', 'values', 'data'],
  children: [
    new ListType(VARCHAR),
    new ListType(new StructType(['keys_index', 'values_index'], [UINTEGER, UINTEGER])),
    new ListType(new StructType(['type_id', 'byte_offset'], [UTINYINT, UINTEGER])),
    BLOB,
  ],
};

/** The layout of a type. Throws 0A000 for types that can't be in an answer (ANY, literals). */
export function layoutOf(type: DuckDBType): Layout {
  switch (type.typeId) {
    case DuckDBTypeId.DECIMAL:
      return fixed(decimalWidth(type.width));
    case DuckDBTypeId.ENUM:
      return fixed(enumWidth(type.values.length));
    case DuckDBTypeId.LIST:
      return { kind: 'list', child: (type as DuckDBListType).valueType };
    case DuckDBTypeId.MAP:
      return { kind: 'list', child: mapEntry(type as DuckDBMapType) };
    case DuckDBTypeId.ARRAY:
      return {
        kind: 'array',
        child: (type as DuckDBArrayType).valueType,
        length: (type as DuckDBArrayType).length,
      };
    case DuckDBTypeId.STRUCT: {
      const struct = type as DuckDBStructType;
      return { kind: 'struct', names: struct.entryNames, children: struct.entryTypes };
    }
    case DuckDBTypeId.UNION: {
      const union = type as DuckDBUnionType;
      return { kind: 'struct', names: ['', ...union.memberTags], children: [UTINYINT, ...union.memberTypes] };
    }
    case DuckDBTypeId.VARIANT:
      return variantLayout;
    default: {
      const layout = plainLayouts.get(type.typeId);
      if (layout === undefined) {
        throw errors.featureNotSupported(`type ${type}`);
      }
      return layout;
    }
  }
}

const mapEntries = new WeakMap<DuckDBMapType, DuckDBType>();

function mapEntry(type: DuckDBMapType): DuckDBType {
  let entry = mapEntries.get(type);
  if (entry === undefined) {
    entry = new StructType(['key', 'value'], [type.keyType, type.valueType]);
    mapEntries.set(type, entry);
  }
  return entry;
}

/** Bytes of a DECIMAL's integer, by its number of digits. */
export function decimalWidth(digits: number): number {
  return digits <= 4 ? 2 : digits <= 9 ? 4 : digits <= 18 ? 8 : 16;
}

function enumWidth(values: number): number {
  return values <= 0xff ? 1 : values <= 0xffff ? 2 : 4;
}

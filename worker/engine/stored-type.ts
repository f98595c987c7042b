/**
 * How values lie in the files of an exchange. Parquet has no place for some of DuckDB's types (1.5.5: HUGEINT becomes DOUBLE, negative INTERVALs are
 * refused, zones of TIMETZ are lost, ENUM, BIT, BIGNUM, TIME_NS become text, arrays become lists): those are stored as something that is exact,
 * also within lists, structs, maps and unions, and made anew when they are read.
 */
import { DuckDBStructType, type DuckDBType, DuckDBTypeId, DuckDBUnionType, LIST, MAP } from '@duckdb/node-api';
import { errors } from '../../planner/errors.ts';
import { typeText } from '../rows/types.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';

/** A way to store values of one type. Both functions map SQL to SQL, and NULL to NULL. */
export interface StoredType {
  /** The type in the file, as text. */
  readonly type: string;
  readonly encode: (value: string) => string;
  readonly decode: (value: string) => string;
}

const cast = (value: string, type: string) => `CAST(${value} AS ${type})`;

/** Through a type that DuckDB casts to and back without loss. */
function castThrough(type: DuckDBType, stored: string): StoredType {
  return { type: stored, encode: (value) => cast(value, stored), decode: (value) => cast(value, typeText(type)) };
}

/** 128 bits as two halves: five times as fast as text, ten times as fast as DECIMAL(38,0), which does not hold all of them. */
function halves(type: 'HUGEINT' | 'UHUGEINT'): StoredType {
  const high = type === 'HUGEINT' ? 'BIGINT' : 'UBIGINT';
  /** Twice 2^63: DuckDB takes -2^127 for an overflow when it is a product. */
  const shifted = (value: string) => {
    const half = `${cast(field(value, 'hi'), type)} * ${cast('9223372036854775808', type)}`;
    return `${half} + ${half}`;
  };
  const low = (value: string) => cast(`${value} & ${cast('18446744073709551615', type)}`, 'UBIGINT');
  return {
    type: `STRUCT(hi ${high}, lo UBIGINT)`,
    encode: (value) => `struct_pack(hi := ${cast(`${value} >> 64`, high)}, lo := ${low(value)})`,
    decode: (value) => `(${shifted(value)} + ${cast(field(value, 'lo'), type)})`,
  };
}

const field = (value: string, name: string) => `struct_extract(${value}, ${quoteLiteral(name)})`;

/** Text of an INTERVAL can't be read back where it is long. */
const interval: StoredType = {
  type: 'STRUCT(months INTEGER, days INTEGER, micros BIGINT)',
  encode: (value) => {
    const part = (name: string) => `datepart('${name}', ${value})`;
    const months = cast(`${part('year')} * 12 + ${part('month')}`, 'INTEGER');
    const micros = `${part('hour')} * 3600000000 + ${part('minute')} * 60000000 + ${part('microsecond')}`;
    return `struct_pack(months := ${months}, days := ${cast(part('day'), 'INTEGER')}, micros := ${micros})`;
  },
  decode: (value) =>
    `(to_months(${field(value, 'months')}) + to_days(${field(value, 'days')}) + to_microseconds(${field(value, 'micros')}))`,
};

/** Stored as they are: Parquet gives them back to the bit. */
const plain: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.BOOLEAN,
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.FLOAT,
  DuckDBTypeId.DOUBLE,
  DuckDBTypeId.DECIMAL,
  DuckDBTypeId.DATE,
  DuckDBTypeId.TIME,
  DuckDBTypeId.TIMESTAMP,
  DuckDBTypeId.TIMESTAMP_NS,
  DuckDBTypeId.TIMESTAMP_TZ,
  DuckDBTypeId.VARCHAR,
  DuckDBTypeId.BLOB,
  DuckDBTypeId.UUID,
]);

/**
 * How to store values of `type`; null: as they are. Raises `internal` for types that can't be stored exactly (planner/stages/exchangeable.ts knows
 * them: no plan should have them there).
 *
 * Arrays are lists until the very end: DuckDB's CASE does not do arrays (1.5.5).
 */
export function storedType(type: DuckDBType): StoredType | null {
  const stored = storedAsLists(type, 0);
  if (stored === null || !hasArray(type)) return stored;
  return { ...stored, decode: (value) => cast(stored.decode(value), typeText(type)) };
}

/** As `storedType`, but `decode` gives the type `withLists(type)`. `depth`: how many lists are around it. */
function storedAsLists(type: DuckDBType, depth: number): StoredType | null {
  if (plain.has(type.typeId)) return null;
  switch (type.typeId) {
    case DuckDBTypeId.HUGEINT:
      return halves('HUGEINT');
    case DuckDBTypeId.UHUGEINT:
      return halves('UHUGEINT');
    case DuckDBTypeId.INTERVAL:
      return interval;
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
      return castThrough(type, 'TIMESTAMP');
    case DuckDBTypeId.TIME_NS:
    case DuckDBTypeId.TIME_TZ:
    case DuckDBTypeId.BIT:
    case DuckDBTypeId.BIGNUM:
    case DuckDBTypeId.ENUM:
      return castThrough(type, 'VARCHAR');
    case DuckDBTypeId.GEOMETRY:
      return {
        type: 'BLOB',
        encode: (value) => `ST_AsWKB(${value})`,
        decode: (value) => cast(`ST_GeomFromWKB(${value})`, typeText(type)),
      };
    case DuckDBTypeId.SQLNULL:
      return { type: 'INTEGER', encode: (value) => value, decode: () => 'NULL' };
    case DuckDBTypeId.LIST:
      return list(storedAsLists(type.valueType, depth + 1), depth);
    case DuckDBTypeId.ARRAY:
      return array(type, depth);
    case DuckDBTypeId.MAP:
      return map(type, depth);
    case DuckDBTypeId.STRUCT:
      return struct(type.entryNames, type.entryTypes, depth);
    case DuckDBTypeId.UNION:
      return union(type, depth);
    default:
      throw unmovable(type);
  }
}

type Nested<Id extends DuckDBTypeId> = Extract<DuckDBType, { readonly typeId: Id }>;

function unmovable(type: DuckDBType) {
  return errors.internal(`values of type ${typeText(type)} can't travel between stages`);
}

function each(list: string, depth: number, change: (element: string) => string): string {
  const element = `element_${depth}`;
  return `list_transform(${list}, lambda ${element}: ${change(element)})`;
}

function list(child: StoredType | null, depth: number): StoredType | null {
  if (child === null) return null;
  return {
    type: `${child.type}[]`,
    encode: (value) => each(value, depth, child.encode),
    decode: (value) => each(value, depth, child.decode),
  };
}

function array(type: Nested<DuckDBTypeId.ARRAY>, depth: number): StoredType {
  const asList = `${typeText(type.valueType)}[]`;
  const elements = list(storedAsLists(type.valueType, depth + 1), depth);
  return {
    type: elements?.type ?? asList,
    encode: (value) => elements?.encode(cast(value, asList)) ?? cast(value, asList),
    decode: (value) => elements?.decode(value) ?? value,
  };
}

function hasArray(type: DuckDBType): boolean {
  return typeText(withLists(type)) !== typeText(type);
}

/** The type with lists in place of arrays, however deep. */
function withLists(type: DuckDBType): DuckDBType {
  switch (type.typeId) {
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY:
      return LIST(withLists(type.valueType));
    case DuckDBTypeId.MAP:
      return MAP(withLists(type.keyType), withLists(type.valueType));
    case DuckDBTypeId.STRUCT:
      return new DuckDBStructType(type.entryNames, type.entryTypes.map(withLists));
    case DuckDBTypeId.UNION:
      return new DuckDBUnionType(type.memberTags, type.memberTypes.map(withLists));
    default:
      return type;
  }
}

function map(type: Nested<DuckDBTypeId.MAP>, depth: number): StoredType | null {
  const [key, value] = [storedAsLists(type.keyType, depth + 1), storedAsLists(type.valueType, depth + 1)];
  if (key === null && value === null) return null;
  const entries = list(struct(['key', 'value'], [type.keyType, type.valueType], depth + 1), depth);
  if (entries === null) throw errors.internal('a map with nothing to change');
  return {
    type: entries.type,
    encode: (map) => entries.encode(`map_entries(${map})`),
    decode: (map) => `map_from_entries(${entries.decode(map)})`,
  };
}

/** `whole(value, made)`: NULL where the value is NULL, where a struct of NULLs would not be the same. */
const whole = (value: string, made: string) => `CASE WHEN ${value} IS NULL THEN NULL ELSE ${made} END`;

function struct(names: readonly string[], types: readonly DuckDBType[], depth: number): StoredType | null {
  if (names.some((name) => name === '')) throw errors.internal("structs without names can't travel between stages");
  const children = types.map((type) => storedAsLists(type, depth));
  if (children.every((child) => child === null)) return null;
  const change = (value: string, how: 'encode' | 'decode') => {
    const items = names.map((name, i) => {
      const item = field(value, name);
      return `${quoteIdentifier(name)} := ${children[i]?.[how](item) ?? item}`;
    });
    return whole(value, `struct_pack(${items.join(', ')})`);
  };
  const fields = names.map((name, i) => `${quoteIdentifier(name)} ${children[i]?.type ?? typeText(types[i]!)}`);
  return {
    type: `STRUCT(${fields.join(', ')})`,
    encode: (value) => change(value, 'encode'),
    decode: (value) => change(value, 'decode'),
  };
}

/** The tag, and each member in a field of its own: a member that is NULL is not a union that is NULL. */
function union(type: Nested<DuckDBTypeId.UNION>, depth: number): StoredType {
  const { memberTags: tags, memberTypes: types } = type;
  const asLists = typeText(withLists(type));
  const children = types.map((member) => storedAsLists(member, depth));
  const fields = types.map((member, i) => `m${i} ${children[i]?.type ?? typeText(member)}`);
  return {
    type: `STRUCT(tag VARCHAR, ${fields.join(', ')})`,
    encode: (value) => {
      const members = tags.map((tag, i) => {
        const member = `union_extract(${value}, ${quoteLiteral(tag)})`;
        return `m${i} := ${children[i]?.encode(member) ?? member}`;
      });
      return whole(value, `struct_pack(tag := ${cast(`union_tag(${value})`, 'VARCHAR')}, ${members.join(', ')})`);
    },
    decode: (value) => {
      const cases = tags.map((tag, i) => {
        const member = field(value, `m${i}`);
        const made = `union_value(${quoteIdentifier(tag)} := ${children[i]?.decode(member) ?? member})`;
        return `WHEN ${quoteLiteral(tag)} THEN ${cast(made, asLists)}`;
      });
      return `CASE ${field(value, 'tag')} ${cases.join(' ')} END`;
    },
  };
}

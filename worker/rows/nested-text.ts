/** Nested values as text: lists as PostgreSQL arrays of one dimension; lists of lists, STRUCT, MAP, UNION and VARIANT as JSON. */
import { type DuckDBArrayType, type DuckDBListType, type DuckDBType, DuckDBTypeId } from '@duckdb/node-api';
import type { ArrayData, ColumnData, ListData, StructData } from './column-batch.ts';
import { layoutOf } from './layout.ts';
import { isVector } from './pg-types.ts';
import type { Sink } from './sink.ts';
import { jsonStyle, type ResolvedStyle } from './style.ts';
import { type CellWriter, type ColumnBinder, textBinder } from './text-values.ts';
import { isValid } from './validity.ts';
import { bindVariantJson } from './variant-json.ts';

/** Rows of a list's elements: from and to. */
type Span = (row: number) => readonly [from: number, to: number];

function spanOf(column: ListData | ArrayData): Span {
  if (column.kind === 'list') {
    const { offsets } = column;
    return (row) => [offsets[row]!, offsets[row + 1]!];
  }
  const { length } = column;
  return (row) => [row * length, row * length + length];
}

/** Types whose text never needs quotes inside an array. */
const bareTypes: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.BOOLEAN,
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UHUGEINT,
  DuckDBTypeId.BIGNUM,
  DuckDBTypeId.FLOAT,
  DuckDBTypeId.DOUBLE,
  DuckDBTypeId.DECIMAL,
  DuckDBTypeId.UUID,
  DuckDBTypeId.TIME,
]);

/** `{1,NULL,"a b"}`, with PostgreSQL's quoting; vectors as `1 2`. */
export function bindArrayText(type: DuckDBListType | DuckDBArrayType, style: ResolvedStyle): ColumnBinder {
  const bindElement = textBinder(type.valueType, style);
  const bare = bareTypes.has(type.valueType.typeId);
  const vector = isVector(type);
  return (column) => {
    const list = column as ListData | ArrayData;
    const span = spanOf(list);
    const { validity } = list.child;
    const write = bindElement(list.child);
    return (out, row) => {
      const [from, to] = span(row);
      if (!vector) out.byte(123);
      for (let i = from; i < to; i++) {
        if (i > from) {
          out.byte(vector ? 32 : 44);
        }
        if (!isValid(validity, i)) {
          out.ascii('NULL');
        } else if (bare) {
          write(out, i);
        } else {
          const start = out.at;
          write(out, i);
          quoteElement(out, start);
        }
      }
      if (!vector) out.byte(125);
    };
  };
}

const nullWord = /^null$/i;

/** Puts what was written since `start` in quotes if an array element needs them. */
function quoteElement(out: Sink, start: number): void {
  const { bytes, at } = out;
  let quote = at === start || (at - start === 4 && nullWord.test(bytes.toString('latin1', start, at)));
  let escapes = 0;
  for (let i = start; i < at; i++) {
    const byte = bytes[i]!;
    if (byte === 34 || byte === 92) {
      escapes++;
      quote = true;
    } else if (byte === 123 || byte === 125 || byte === 44 || byte === 32 || (byte >= 9 && byte <= 13)) {
      quote = true;
    }
  }
  if (!quote) {
    return;
  }
  out.reserve(escapes + 2);
  out.at = at + escapes + 2;
  let to = out.at;
  out.bytes[--to] = 34;
  for (let i = at - 1; i >= start; i--) {
    const byte = out.bytes[i]!;
    out.bytes[--to] = byte;
    if (byte === 34 || byte === 92) {
      out.bytes[--to] = 92;
    }
  }
  out.bytes[start] = 34;
}

/** Types whose text is a JSON number, or `NaN` and its like, which JSON has only as strings. */
const numberTypes: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UHUGEINT,
  DuckDBTypeId.BIGNUM,
  DuckDBTypeId.DECIMAL,
  DuckDBTypeId.FLOAT,
  DuckDBTypeId.DOUBLE,
]);

/** Compact JSON of a value of any type. */
export function bindJson(type: DuckDBType, style: ResolvedStyle): ColumnBinder {
  return jsonBinder(type, jsonStyle(style));
}

function jsonBinder(type: DuckDBType, style: ResolvedStyle): ColumnBinder {
  switch (type.typeId) {
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY:
      return jsonArray(type.valueType, style);
    case DuckDBTypeId.STRUCT:
      return jsonObject(type.entryNames, type.entryTypes, style);
    case DuckDBTypeId.MAP:
      return jsonMap(type.keyType, type.valueType, style);
    case DuckDBTypeId.UNION:
      return jsonUnion(type.memberTags, type.memberTypes, style);
    case DuckDBTypeId.VARIANT:
      return (column) => bindVariantJson(column, (scalar) => jsonBinder(scalar, style));
    case DuckDBTypeId.BOOLEAN:
      return (column) => {
        const data = column.kind === 'fixed' ? column.data : new Uint8Array();
        return (out, row) => out.ascii(data[row] === 0 ? 'false' : 'true');
      };
    default:
      return jsonScalar(type, style);
  }
}

function jsonScalar(type: DuckDBType, style: ResolvedStyle): ColumnBinder {
  const bind = textBinder(type, style);
  if (type.alias === 'JSON') {
    return bind;
  }
  const number = numberTypes.has(type.typeId);
  return (column) => {
    const write = bind(column);
    return (out, row) => {
      const start = out.at;
      write(out, row);
      if (!number || !isJsonNumber(out, start)) {
        quoteJson(out, start);
      }
    };
  };
}

/** Numbers end with a digit; NaN and Infinity do not. */
function isJsonNumber(out: Sink, start: number): boolean {
  const last = out.bytes[out.at - 1]!;
  return out.at > start && last >= 48 && last <= 57;
}

/** Makes what was written since `start` a JSON string. */
export function quoteJson(out: Sink, start: number): void {
  let plain = true;
  for (let i = start; i < out.at; i++) {
    const byte = out.bytes[i]!;
    plain &&= byte >= 32 && byte !== 34 && byte !== 92;
  }
  if (plain) {
    out.reserve(2);
    out.bytes.copyWithin(start + 1, start, out.at);
    out.bytes[start] = 34;
    out.bytes[out.at + 1] = 34;
    out.at += 2;
    return;
  }
  const text = JSON.stringify(out.bytes.toString('utf8', start, out.at));
  out.at = start;
  out.utf8(text);
}

function orNull(write: CellWriter, column: ColumnData): CellWriter {
  const { validity } = column;
  return (out, row) => (isValid(validity, row) ? write(out, row) : out.ascii('null'));
}

function jsonArray(element: DuckDBType, style: ResolvedStyle): ColumnBinder {
  const bind = jsonBinder(element, style);
  return (column) => {
    const list = column as ListData | ArrayData;
    const span = spanOf(list);
    const write = orNull(bind(list.child), list.child);
    return (out, row) => {
      const [from, to] = span(row);
      out.byte(91);
      for (let i = from; i < to; i++) {
        if (i > from) {
          out.byte(44);
        }
        write(out, i);
      }
      out.byte(93);
    };
  };
}

/** Fields without names are called f1, f2, ... as PostgreSQL calls those of a row. */
function jsonObject(names: readonly string[], types: readonly DuckDBType[], style: ResolvedStyle): ColumnBinder {
  const binders = types.map((type) => jsonBinder(type, style));
  const keys = names.map((name, i) => `${i === 0 ? '{' : ','}${JSON.stringify(name === '' ? `f${i + 1}` : name)}:`);
  return (column) => {
    const { children } = column as StructData;
    const writers = children.map((child, i) => orNull(binders[i]!(child), child));
    return (out, row) => {
      for (let i = 0; i < writers.length; i++) {
        out.utf8(keys[i]!);
        writers[i]!(out, row);
      }
      out.ascii(writers.length === 0 ? '{}' : '}');
    };
  };
}

/** Keys become strings: their text as it would be in a JSON string. */
function jsonMap(keyType: DuckDBType, valueType: DuckDBType, style: ResolvedStyle): ColumnBinder {
  const bindKey = layoutOf(keyType).kind === 'fixed' ? textBinder(keyType, style) : jsonBinder(keyType, style);
  const bindValue = jsonBinder(valueType, style);
  return (column) => {
    const list = column as ListData;
    const [keys, values] = (list.child as StructData).children as readonly [ColumnData, ColumnData];
    const writeKey = bindKey(keys);
    const writeValue = orNull(bindValue(values), values);
    const isString = keyType.typeId === DuckDBTypeId.VARCHAR && keyType.alias === undefined;
    return (out, row) => {
      out.byte(123);
      for (let i = list.offsets[row]!; i < list.offsets[row + 1]!; i++) {
        if (i > list.offsets[row]!) {
          out.byte(44);
        }
        const start = out.at;
        writeKey(out, i);
        if (!isString) {
          quoteJson(out, start);
        }
        out.byte(58);
        writeValue(out, i);
      }
      out.byte(125);
    };
  };
}

/** A union is an object with one field: the member's tag and its value. */
function jsonUnion(tags: readonly string[], types: readonly DuckDBType[], style: ResolvedStyle): ColumnBinder {
  const binders = types.map((type) => jsonBinder(type, style));
  return (column) => {
    const [tagColumn, ...members] = (column as StructData).children;
    const indexes = tagColumn!.kind === 'fixed' ? tagColumn!.data : new Uint8Array();
    const writers = members.map((member, i) => orNull(binders[i]!(member), member));
    return (out, row) => {
      const member = indexes[row]!;
      out.utf8(`{${JSON.stringify(tags[member])}:`);
      writers[member]!(out, row);
      out.byte(125);
    };
  };
}

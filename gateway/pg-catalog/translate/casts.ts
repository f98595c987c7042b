import { stringsOf, type TypeName } from '../../../planner/sql/postgres.ts';
import { canonicalType, elementOf, isArray, isText, namedOids, storedType, vectors } from '../pg-type-names.ts';
import { macroCall, quotedText, type Translation, type Typed } from './context.ts';

/** PostgreSQL's name of the type that a cast names. */
export function typeNameOf(name: TypeName | undefined): string {
  const base = canonicalType(stringsOf(name?.names).at(-1) ?? 'text');
  return (name?.arrayBounds?.length ?? 0) > 0 ? `_${base}` : base;
}

/** Elements of an array written as text, `{a,"b c",NULL}`; undefined when it is not one of one dimension. */
export function arrayElements(text: string): readonly (string | null)[] | undefined {
  const body = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (body === undefined || /^\s*\{/.test(body)) return undefined;
  if (body.trim() === '') return [];
  const parts = body.match(/("(?:[^"\\]|\\.)*"|[^",]*)(?:,|$)/gs) ?? [];
  const last = body.endsWith(',') ? parts : parts.slice(0, -1);
  return (last.join('') === body ? last : parts).map((part) => {
    const item = part.replace(/,$/, '').trim();
    if (item.startsWith('"')) return item.slice(1, -1).replace(/\\(.)/gs, '$1');
    return /^null$/i.test(item) ? null : item;
  });
}

/** `value` as text, the way PostgreSQL prints its type. */
export function toText(t: Translation, value: Typed): Typed {
  const { type, sql } = value;
  if (isText(type)) return value;
  if (type !== undefined && namedOids.has(type)) return macroCall(t, `${type}_out`, [sql], 'text');
  if (type !== undefined && vectors.has(type)) return { sql: `array_to_string(${sql}, ' ')`, type: 'text' };
  const element = type === undefined ? undefined : elementOf(type);
  if (element !== undefined && namedOids.has(element)) {
    const named = macroCall(t, `${element}_out`, ['named.item']).sql;
    const names = `(SELECT list(${named}) FROM (SELECT unnest(${sql}) AS item) named)`;
    return macroCall(t, 'array_out', [names], 'text');
  }
  if (element !== undefined) {
    return macroCall(t, 'array_out', [`CAST(${sql} AS VARCHAR[])`], 'text');
  }
  return { sql: `CAST(${sql} AS VARCHAR)`, type: 'text' };
}

function arrayLiteral(t: Translation, text: string, element: string): string | undefined {
  const items = vectors.has(element) ? undefined : arrayElements(text);
  return items
    ?.map((item) =>
      item === null ? 'NULL' : castTo(t, { sql: quotedText(item), type: 'unknown', literal: item }, element).sql,
    )
    .join(', ');
}

function toArray(t: Translation, value: Typed, type: string): Typed {
  const element = elementOf(type)!;
  const target = storedType(type);
  if (value.literal !== undefined) {
    const items = vectors.has(type)
      ? value.literal.trim().split(/\s+/).filter(Boolean).join(', ')
      : arrayLiteral(t, value.literal, element);
    if (items !== undefined) return { sql: `CAST([${items}] AS ${target})`, type };
  }
  if (isText(value.type)) {
    return { sql: `CAST(${macroCall(t, 'array_in', [value.sql]).sql} AS ${target})`, type };
  }
  // Keeps its first subscript.
  const kept = value.type !== undefined && vectors.has(value.type) ? value.type : type;
  return { sql: `CAST(${value.sql} AS ${target})`, type: kept };
}

/** The macro that reads names of such a type. */
function inputOf(type: string, literal: string | undefined): string {
  const builtIn = literal?.toLowerCase().startsWith('pg_catalog.') ?? false;
  return type === 'regproc' && !builtIn ? 'any_regproc_in' : `${type}_in`;
}

/** The OID of a catalog by its name, as `'pg_class'::regclass` asks for it; pg_catalog comes first in every search path. */
function catalogOid(t: Translation, name: string): number | undefined {
  return t.shape.relations.get(name.toLowerCase().replace(/^pg_catalog\./, ''))?.oid;
}

/** `CAST(value AS type)`. */
export function castTo(t: Translation, value: Typed, type: string, size?: number): Typed {
  if (type === value.type && size === undefined) return { sql: value.sql, type };
  if (namedOids.has(type)) {
    if (value.sql === 'NULL') return { sql: 'CAST(NULL AS INTEGER)', type };
    const fixed = value.literal === undefined || type !== 'regclass' ? undefined : catalogOid(t, value.literal);
    if (fixed !== undefined) return { sql: String(fixed), type };
    if (isText(value.type)) return macroCall(t, inputOf(type, value.literal), [value.sql], type);
    // A column of a user's table: a number is read from its text too.
    if (value.type === undefined && !/^\d+$/.test(value.sql))
      return macroCall(t, `${type}_in`, [`CAST(${value.sql} AS VARCHAR)`], type);
    return { sql: `CAST(${value.sql} AS INTEGER)`, type };
  }
  if (isArray(type)) return toArray(t, value, type);
  if (storedType(type) === 'VARCHAR') {
    const text = toText(t, value).sql;
    const length = type === 'char' ? 1 : size;
    return { sql: length === undefined ? `CAST(${text} AS VARCHAR)` : `left(${text}, ${length})`, type };
  }
  if (type === 'numeric' && size === undefined) return { sql: `CAST(${value.sql} AS ${storedType(type)})`, type };
  return { sql: `CAST(${value.sql} AS ${storedType(type)})`, type };
}

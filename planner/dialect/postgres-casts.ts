/** Casts that mean something else in PostgreSQL, or that DuckDB has not. */

import { writtenType } from '../bind/figure-name.ts';
import type { Cast, Expression, LogicalType } from '../sql/ast.ts';
import { cast, decimalType, textConstant } from '../sql/build.ts';
import { canonicalJson } from './canonical-json.ts';
import { type Site, textOf } from './postgres-functions.ts';
import { isInteger, staticType } from './static-type.ts';
import { listOfTexts, readArray } from './text-arrays.ts';
import { unzonedForm, zonedForm } from './zoned-text.ts';

/**
 * What a numeric without precision becomes when nothing tells how many digits it has. Sent without the zeros at its end, and as a
 * numeric without precision (worker/rows).
 */
export const openNumeric = { width: 38, scale: 11 } as const;

/** Text constants in forms that DuckDB does not read. */
function constantCast(node: Cast): Expression | undefined {
  const text = node.child.class === 'CONSTANT' ? textOf(node.child) : undefined;
  if (text === undefined) return undefined;
  const jsonb = node.cast_type.id === 'UNBOUND' && nameOfType(node.cast_type) === 'jsonb';
  const readAs = jsonb ? canonicalJson(text) : constantForms[node.cast_type.id]?.(text);
  if (readAs === undefined || readAs === text) return undefined;
  const child = { ...textConstant(readAs), query_location: node.child.query_location };
  return { ...node, child, cast_type: renamed(node.cast_type) };
}

/** A text constant beside an operand of type `type`, as DuckDB reads it; undefined: as it is. */
export function comparedConstant(node: Expression, type: string | null): Expression | undefined {
  const text = node.class === 'CONSTANT' && !node.value.is_null ? textOf(node) : undefined;
  if (text === undefined || (type !== 'TIMESTAMP WITH TIME ZONE' && type !== 'TIMESTAMP')) return undefined;
  const read = type === 'TIMESTAMP' ? unzonedForm(text) : zonedForm(text);
  return read === text ? undefined : { ...textConstant(read), query_location: node.query_location };
}

/** Of a type that DuckDB's parser does not know. */
function nameOfType({ type_info }: LogicalType): string {
  return typeof type_info?.name === 'string' ? type_info.name.toLowerCase() : '';
}

const constantForms: Readonly<Record<string, (text: string) => string | undefined>> = {
  BOOLEAN: (text) =>
    /^\s*(?:on|y|yes)\s*$/i.test(text) ? 't' : /^\s*(?:of|off|n|no)\s*$/i.test(text) ? 'f' : undefined,
  DATE: dateForm,
  TIMESTAMP: (text) => unzonedForm(dateForm(text)),
  'TIMESTAMP WITH TIME ZONE': (text) => zonedForm(dateForm(text)),
  BLOB: (text) => {
    const hex = /^\\x((?:[0-9a-f]{2}|\s)*)$/i.exec(text);
    if (hex !== null) return hex[1]!.replace(/\s/g, '').replace(/../g, (byte) => `\\x${byte.toUpperCase()}`);
    return text.replace(/\\(\\|[0-3][0-7]{2})/g, (_whole, code: string) => {
      const byte = code === '\\' ? 0x5c : Number.parseInt(code, 8);
      return `\\x${byte.toString(16).padStart(2, '0').toUpperCase()}`;
    });
  },
};

/** `20240105` and years BC. */
function dateForm(text: string): string {
  return text.replace(/^\s*(\d{4})(\d\d)(\d\d)(?=\s|$|T)/, '$1-$2-$3').replace(/\s+BC\s*$/i, ' (BC)');
}

/** Types by another name here. */
const typeNames: Readonly<Record<string, LogicalType>> = {
  jsonb: { id: 'UNBOUND', type_info: { type: 'UNBOUND_TYPE_INFO', alias: '', name: 'json', catalog: '', schema: '' } },
  name: { id: 'VARCHAR', type_info: null },
};

export function rewriteCast(node: Cast, site: Site): Expression | undefined {
  const constant = constantCast(node);
  if (constant !== undefined) return constant;
  if (node.cast_type.id === 'FLOAT' && writtenType(node, site.source) === 'float')
    return { ...node, cast_type: { ...node.cast_type, id: 'DOUBLE' } };
  if (node.cast_type.id === 'TIME' && staticType(node.child, site.columns) === 'TIMESTAMP WITH TIME ZONE')
    return { ...node, child: cast(node.child, 'TIMESTAMP') };
  const type = renamed(node.cast_type);
  const { child } = node;
  const literal = type.id === 'LIST' ? textOf(child) : undefined;
  const elements = literal?.trimStart().startsWith('{') ? readArray(literal) : undefined;
  if (elements !== undefined) {
    const nested = elements.some((element) => Array.isArray(element));
    return { ...node, child: listOfTexts(elements), cast_type: nested ? listOf(type) : type };
  }
  const ofText = child.class === 'COLUMN_REF' ? columnCast({ ...node, cast_type: type }, site) : undefined;
  if (ofText !== undefined) return ofText;
  if (isBareNumeric(type, site.source)) return bareNumeric(node, site);
  if (type.id === 'VARCHAR' && type.type_info === null) {
    const template = textTemplates[staticType(child, site.columns) ?? ''];
    if (template !== undefined) return site.fill(template, [child]);
  }
  return type === node.cast_type ? undefined : { ...node, cast_type: type };
}

function renamed(type: LogicalType): LogicalType {
  const info = type.type_info;
  if (type.id === 'UNBOUND' && typeof info?.name === 'string') {
    const known = typeNames[info.name.toLowerCase()];
    if (known === undefined) return type;
    return known.type_info === null ? known : { ...known, type_info: { ...info, ...known.type_info } };
  }
  if (type.id === 'LIST' && info !== null && typeof info.child_type === 'object') {
    const child = info.child_type as LogicalType;
    const inner = renamed(child);
    return inner === child ? type : { ...type, type_info: { ...info, child_type: inner } };
  }
  return type;
}

function listOf(type: LogicalType): LogicalType {
  return { ...type, type_info: { ...type.type_info!, child_type: type } };
}

const columnText = 'CAST($1 AS VARCHAR)';
/** Text of a column in a form that DuckDB does not read: $1 the column, $2 the value of that form, $3 DuckDB's cast. */
const columnCasts = {
  BLOB: `CASE WHEN typeof($1) = 'VARCHAR' AND ${columnText} LIKE '\\x%' THEN $2 ELSE $3 END`,
  LIST: `CASE WHEN typeof($1) = 'VARCHAR' AND ltrim(${columnText}) LIKE '{%' THEN $2 ELSE $3 END`,
};
const hexValue = `unhex(substr(${columnText}, 3))`;
const arrayElements = String.raw`list_transform(
  regexp_extract_all(substr(trim(${columnText}), 2, length(trim(${columnText})) - 2), '(?s)"(?:[^"\\]|\\.)*"|[^,{}"]+'),
  lambda __e: CASE WHEN __e LIKE '"%' THEN regexp_replace(substr(__e, 2, length(__e) - 2), '(?s)\\(.)', '\1', 'g')
    WHEN lower(trim(__e)) = 'null' THEN NULL ELSE trim(__e) END)`;

/** What a column holds is asked when it is not known: only of text the form may differ. */
function columnCast(node: Cast, site: Site): Expression | undefined {
  const type = staticType(node.child, site.columns);
  const { id, type_info } = node.cast_type;
  if ((id !== 'BLOB' && id !== 'LIST') || (type !== null && type !== 'VARCHAR')) return undefined;
  if ((type_info?.child_type as LogicalType | undefined)?.id === 'LIST') return undefined;
  const value = site.fill(id === 'BLOB' ? hexValue : arrayElements, [node.child]);
  if (value === undefined) return undefined;
  return site.fill(columnCasts[id], [node.child, id === 'BLOB' ? value : { ...node, child: value }, node]);
}

/** DuckDB's parser makes DECIMAL(18,3) of a numeric without precision. */
function isBareNumeric({ id, type_info }: LogicalType, source: string): boolean {
  if (id !== 'DECIMAL') return false;
  return (
    type_info === null || (type_info.width === 18 && type_info.scale === 3 && !/\(\s*18\s*,\s*3\s*\)/.test(source))
  );
}

function bareNumeric(node: Cast, { columns }: Site): Expression {
  const { child } = node;
  const type = staticType(child, columns);
  // It has a scale already.
  if (type === 'DECIMAL') return { ...child, alias: node.alias };
  const text = textOf(child)?.trim();
  if (text !== undefined && /^[+-]?\d{1,37}(?:\.\d*)?$/.test(text)) {
    const scale = text.split('.')[1]?.length ?? 0;
    if (scale < 38) return { ...node, cast_type: decimalType(38, scale) };
  }
  if (isInteger(type)) return { ...node, cast_type: decimalType(38, 0) };
  return { ...cast(child, decimalType(openNumeric.width, openNumeric.scale)), alias: node.alias };
}

const element = 'CAST(__e AS VARCHAR)';
const floatText = `CASE WHEN isnan($1) THEN 'NaN' WHEN isinf($1) THEN CASE WHEN $1 > 0 THEN 'Infinity' ELSE '-Infinity' END
  ELSE regexp_replace(CAST($1 AS VARCHAR), '\\.0($|e)', '\\1') END`;

/** By type of what is cast to text, as far as that is known. */
const textTemplates: Readonly<Record<string, string>> = {
  LIST: `'{' || array_to_string(list_transform($1, lambda __e: CASE WHEN __e IS NULL THEN 'NULL'
    WHEN ${element} = '' OR lower(${element}) = 'null' OR regexp_matches(${element}, '[{}",\\\\\\s]')
    THEN '"' || replace(replace(${element}, '\\', '\\\\'), '"', '\\"') || '"' ELSE ${element} END), ',') || '}'`,
  DOUBLE: floatText,
  FLOAT: floatText,
  INTERVAL: `replace(CAST($1 AS VARCHAR), 'month', 'mon')`,
};

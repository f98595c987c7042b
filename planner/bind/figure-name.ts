import type { Cast, Expression, FunctionCall, SelectNode, Statement, SubqueryExpression } from '../sql/ast.ts';
import { indexOfByte } from '../sql/positions.ts';
import { Scanner } from '../sql/scanner.ts';

/**
 * A name and how much it is worth, as Postgres weighs them (FigureColname in its parse_target.c): 0 none, 1 a make-shift that gives way
 * to a better one (a type, `case`), 2 a real one.
 */
interface Figured {
  readonly name: string;
  readonly strength: 0 | 1 | 2;
}

const none: Figured = { name: '?column?', strength: 0 };
const strong = (name: string): Figured => ({ name, strength: 2 });
const weak = (name: string): Figured => ({ name, strength: 1 });

/** The name that Postgres gives an output column that has no alias. */
export function figureName(item: Expression, source: string): string {
  return figure(item, source).name;
}

function figure(node: Expression, source: string): Figured {
  switch (node.class) {
    case 'COLUMN_REF':
      return strong(node.column_names.at(-1)!);
    case 'FUNCTION':
      return ofFunction(node, source);
    case 'WINDOW':
      return strong(plainNames[node.function_name] ?? node.function_name);
    case 'CAST':
      return ofCast(node, source);
    case 'COLLATE':
      return figure(node.child, source);
    case 'CASE': {
      const otherwise = figure(node.else_expr, source);
      return otherwise.strength > 1 ? otherwise : weak('case');
    }
    case 'OPERATOR':
      return ofOperator(node.type, node.children, source);
    case 'SUBQUERY':
      return ofSubquery(node, source);
    default:
      return none;
  }
}

const operatorNames: Readonly<Record<string, string>> = {
  OPERATOR_COALESCE: 'coalesce',
  OPERATOR_NULLIF: 'nullif',
  GROUPING_FUNCTION: 'grouping',
  ARRAY_CONSTRUCTOR: 'array',
  OPERATOR_TRY: 'try',
};

function ofOperator(type: string, children: readonly Expression[], source: string): Figured {
  const name = operatorNames[type];
  if (name !== undefined) return strong(name);
  if (type === 'STRUCT_EXTRACT') {
    const field = children[1];
    return field?.class === 'CONSTANT' && typeof field.value.value === 'string' ? strong(field.value.value) : none;
  }
  if (type === 'ARRAY_EXTRACT' || type === 'ARRAY_SLICE') return figure(children[0]!, source);
  // `NOT EXISTS (…)` and NOT IN are operators in Postgres too.
  return none;
}

/** What DuckDB's parser calls otherwise, whoever wrote it. */
const plainNames: Readonly<Record<string, string>> = { count_star: 'count', list_value: 'array', row: 'row' };

/** Functions that DuckDB's parser puts in place of syntax (it qualifies them with `main`). */
const syntaxNames: Readonly<Record<string, string>> = {
  date_part: 'extract',
  trim: 'btrim',
  struct_pack: 'row',
  map: 'map',
  timezone: 'timezone',
};

const intervalFunctions =
  /^to_(?:microseconds|milliseconds|seconds|minutes|hours|days|weeks|months|quarters|years|decades|centuries|millennia)$/;
/** Syntax without a name in Postgres. */
const nameless = new Set([
  'like_escape',
  'not_like_escape',
  'ilike_escape',
  'not_ilike_escape',
  'list_concat',
  'array_contains',
]);

function ofFunction(node: FunctionCall, source: string): Figured {
  const name = node.function_name;
  if (node.is_operator || !/^[a-z_]/i.test(name)) return none;
  const text = wordAt(node, source);
  const written = text.startsWith(name.toLowerCase());
  if (intervalFunctions.test(name) && !written) return weak('interval');
  if (/^quantile_(?:cont|disc)$/.test(name) && text.startsWith('percentile_')) return strong(text);
  if (name === 'regexp_full_match' && !written) return none;
  if (node.schema === 'main' && !written && nameless.has(name)) return none;
  if (node.schema === 'main' && text !== name && Object.hasOwn(syntaxNames, name)) return strong(syntaxNames[name]!);
  if (name === 'trim') return strong(node.schema === 'main' ? 'btrim' : name);
  return strong(plainNames[name] ?? name);
}

/** The word of the source where a node stands, in lower case. */
function wordAt({ query_location }: Expression, source: string): string {
  if (query_location < 0) return '';
  const scanner = new Scanner(source, indexOfByte(source, query_location));
  return scanner.next() && scanner.kind === 'word' ? scanner.value.toLowerCase() : '';
}

function ofSubquery({ subquery_type, subquery }: SubqueryExpression, source: string): Figured {
  if (subquery_type === 'EXISTS') return strong('exists');
  if (subquery_type !== 'SCALAR') return none;
  const item = firstItem(subquery);
  if (item === undefined) return none;
  // DuckDB's parser writes ARRAY(SELECT …) as a CASE of its own making.
  if (item.class === 'CASE' && item.query_location < 0) return strong('array');
  return item.alias !== '' ? strong(item.alias) : figure(item, source);
}

function firstItem({ node }: Statement): Expression | undefined {
  let current = node;
  while (current.type === 'SET_OPERATION_NODE') current = current.left;
  return current.type === 'SELECT_NODE' ? (current as SelectNode).select_list[0] : undefined;
}

/** Postgres' names of DuckDB's types. VARCHAR is `text` or `varchar`, as it was written. */
const typeNames: Readonly<Record<string, string>> = {
  BOOLEAN: 'bool',
  TINYINT: 'int2',
  SMALLINT: 'int2',
  INTEGER: 'int4',
  BIGINT: 'int8',
  HUGEINT: 'numeric',
  FLOAT: 'float4',
  DOUBLE: 'float8',
  DECIMAL: 'numeric',
  DATE: 'date',
  TIME: 'time',
  'TIME WITH TIME ZONE': 'timetz',
  TIMESTAMP: 'timestamp',
  'TIMESTAMP WITH TIME ZONE': 'timestamptz',
  INTERVAL: 'interval',
  UUID: 'uuid',
  BLOB: 'bytea',
  BIT: 'bit',
};

function textAt({ query_location }: Expression, source: string): string {
  return query_location < 0
    ? ''
    : source.slice(indexOfByte(source, query_location), indexOfByte(source, query_location) + 1);
}

function ofCast(node: Cast, source: string): Figured {
  // TRUE and FALSE: constants in Postgres, casts of 't' and 'f' without a place in DuckDB's AST.
  if (node.cast_type.id === 'BOOLEAN' && node.query_location < 0 && node.child.class === 'CONSTANT') return none;
  // `1e3`: a constant that the parser made a cast of.
  if (node.cast_type.id === 'DOUBLE' && /^[.\d]/.test(textAt(node, source))) return none;
  const child = figure(node.child, source);
  if (child.strength > 1) return child;
  return weak(typeName(node, source));
}

function typeName({ cast_type, query_location }: Cast, source: string): string {
  const { id, type_info } = cast_type;
  if (id === 'LIST' || id === 'ARRAY') {
    const element = (type_info as { readonly child_type?: Cast['cast_type'] } | null)?.child_type;
    if (element !== undefined) return typeName({ cast_type: element, query_location } as Cast, source);
  }
  if (id === 'VARCHAR') return textType(query_location, source);
  if (id === 'FLOAT') return writtenWord(query_location, source) === 'float' ? 'float8' : 'float4';
  if (id === 'UNBOUND' && typeof type_info?.name === 'string') return type_info.name.toLowerCase();
  return typeNames[id] ?? id.toLowerCase();
}

/** The type's first word after `::`, or after AS in CAST(… AS …), in lower case. */
export function writtenType({ query_location }: Expression, source: string): string {
  return writtenWord(query_location, source);
}

function writtenWord(location: number, source: string): string {
  if (location < 0) return 'text';
  const scanner = new Scanner(source, indexOfByte(source, location));
  scanner.next();
  if (scanner.kind === 'operator' && scanner.value === '::') scanner.next();
  else if (scanner.kind === 'word') toTypeOfCast(scanner);
  return scanner.kind === 'word' ? scanner.value.toLowerCase() : 'text';
}

function textType(location: number, source: string): string {
  const word = writtenWord(location, source);
  if (word === 'character' || word === 'char' || word === 'bpchar') return word === 'character' ? 'varchar' : 'bpchar';
  return word === 'varchar' || word === 'text' || word === 'name' ? word : 'text';
}

/** Moves to the token after the AS of this CAST. */
function toTypeOfCast(scanner: Scanner): void {
  let depth = 0;
  while (scanner.next()) {
    if (scanner.kind === 'punctuation') {
      if (scanner.value === '(') depth++;
      else if (scanner.value === ')' && --depth === 0) return;
    } else if (depth === 1 && scanner.kind === 'word' && scanner.value.toLowerCase() === 'as') {
      scanner.next();
      return;
    }
  }
}

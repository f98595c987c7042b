/** Expressions as DuckDB 1.5.5 prints them, for the kinds that queries are mostly made of. */
import { keywords } from '../keywords.ts';
import type {
  Expression,
  FunctionCall,
  LogicalType,
  Operator,
  OrderByNode,
  Statement,
  Value,
  WindowCall,
} from './ast.ts';
import { isRawNumber, numberText } from './json.ts';

/** A part of an AST that only DuckDB itself knows how to print. */
export class NotKnown extends Error {}

/** How sub-queries are printed: given by print-known.ts, which prints them by way of this file. */
export type PrintStatement = (statement: Statement) => string;

/** A name, in quotes where DuckDB puts them. */
export function identifier(name: string): string {
  if (/^[a-z_][a-z0-9_]*$/i.test(name) && !keywords.has(name.toLowerCase())) return name;
  return `"${name.replaceAll('"', '""')}"`;
}

export function identifiers(names: readonly string[]): string {
  return names.map(identifier).join(', ');
}

const comparisons: Readonly<Record<string, string>> = {
  COMPARE_EQUAL: '=',
  COMPARE_NOTEQUAL: '!=',
  COMPARE_LESSTHAN: '<',
  COMPARE_GREATERTHAN: '>',
  COMPARE_LESSTHANOREQUALTO: '<=',
  COMPARE_GREATERTHANOREQUALTO: '>=',
  COMPARE_DISTINCT_FROM: 'IS DISTINCT FROM',
  COMPARE_NOT_DISTINCT_FROM: 'IS NOT DISTINCT FROM',
};

const numberTypes: ReadonlySet<string> = new Set(
  'TINYINT SMALLINT INTEGER BIGINT UTINYINT USMALLINT UINTEGER UBIGINT'.split(' '),
);
const plainTypes: ReadonlySet<string> = new Set([
  ...numberTypes,
  ...'BOOLEAN HUGEINT UHUGEINT FLOAT DOUBLE DATE TIME TIMESTAMP VARCHAR BLOB'.split(' '),
]);

/** The text of an expression, without its alias. Raises NotKnown. */
export function expressionText(node: Expression, statement: PrintStatement): string {
  const text = (part: Expression) => expressionText(part, statement);
  switch (node.class) {
    case 'COLUMN_REF':
      return node.column_names.map(identifier).join('.');
    case 'CONSTANT':
      return constantText(node.value);
    case 'COMPARISON':
      return `(${text(node.left)} ${known(comparisons[node.type])} ${text(node.right)})`;
    case 'CONJUNCTION':
      return `(${node.children.map(text).join(node.type === 'CONJUNCTION_AND' ? ' AND ' : ' OR ')})`;
    case 'BETWEEN':
      return `(${text(node.input)} BETWEEN ${text(node.lower)} AND ${text(node.upper)})`;
    case 'CAST':
      return `${node.try_cast ? 'TRY_CAST' : 'CAST'}(${text(node.child)} AS ${typeText(node.cast_type)})`;
    case 'FUNCTION':
      return functionText(node, text);
    case 'OPERATOR':
      return operatorText(node, text);
    case 'CASE': {
      const checks = node.case_checks.map(
        ({ when_expr, then_expr }) => ` WHEN (${text(when_expr)}) THEN (${text(then_expr)})`,
      );
      return `CASE ${checks.join('')} ELSE ${text(node.else_expr)} END`;
    }
    case 'SUBQUERY':
      return subqueryText(node, text, statement);
    case 'WINDOW':
      return windowText(node, text);
    case 'STAR':
      return starText(node);
    case 'COLLATE':
      return `${text(node.child)} COLLATE ${identifier(node.collation)}`;
    case 'LAMBDA':
      return `(${text(node.lhs)} -> ${text(node.expr)})`;
    default:
      throw new NotKnown();
  }
}

/** `a DESC NULLS LAST`. */
export function orderText({ type, null_order, expression }: OrderByNode, text: (part: Expression) => string): string {
  const direction = { ORDER_DEFAULT: '', ASCENDING: ' ASC', DESCENDING: ' DESC' }[type];
  const nulls = { ORDER_DEFAULT: '', 'NULLS FIRST': ' NULLS FIRST', 'NULLS LAST': ' NULLS LAST' }[null_order];
  return `${text(expression)}${known(direction)}${known(nulls)}`;
}

export function known<T>(value: T | undefined): T {
  if (value === undefined) throw new NotKnown();
  return value;
}

/** Raises NotKnown unless every condition holds. */
export function mustBe(...conditions: readonly boolean[]): void {
  if (conditions.includes(false)) throw new NotKnown();
}

function typeText({ id, type_info }: LogicalType): string {
  if (type_info === null) return known(plainTypes.has(id) ? id : undefined);
  const { width, scale, alias, extension_info } = type_info;
  mustBe(id === 'DECIMAL', alias === '', extension_info === null);
  return `DECIMAL(${width},${scale})`;
}

function constantText({ type, is_null, value }: Value): string {
  if (is_null) return 'NULL';
  if (type.id === 'VARCHAR' && type.type_info === null && typeof value === 'string') {
    // Characters below the space: DuckDB has its own way with some of them.
    mustBe([...value].every((character) => character >= ' '));
    return `'${value.replaceAll("'", "''")}'`;
  }
  if (typeof value !== 'number' && !isRawNumber(value)) throw new NotKnown();
  const digits = numberText(value);
  mustBe(/^-?\d+$/.test(digits));
  if (numberTypes.has(type.id) && type.type_info === null) return digits;
  const info = type.id === 'DECIMAL' ? type.type_info : null;
  const [width, scale] = [info?.width, info?.scale];
  if (typeof scale !== 'number') throw new NotKnown();
  if (scale === 0) return digits;
  const sign = digits.startsWith('-') ? '-' : '';
  // Without digits before the point the type is another one: `.5` is a DECIMAL(1,1), `0.5` a DECIMAL(2,1).
  const padded = digits.slice(sign.length).padStart(width === scale ? scale : scale + 1, '0');
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

function functionText(node: FunctionCall, text: (part: Expression) => string): string {
  const {
    function_name: name,
    schema,
    catalog,
    children,
    filter,
    order_bys,
    distinct,
    is_operator,
    export_state,
  } = node;
  mustBe(
    catalog === '',
    order_bys.type === 'ORDER_MODIFIER',
    children.every(({ alias }) => alias === ''),
  );
  if (is_operator) {
    mustBe(schema === '', !distinct, filter === null, order_bys.orders.length === 0, !export_state);
    mustBe(children.length === 1 || children.length === 2, !name.includes('__postfix'));
    if (children.length === 1) return `${name}(${text(children[0]!)})`;
    return `(${text(children[0]!)} ${name} ${text(children[1]!)})`;
  }
  const prefix = schema === '' ? '' : `${identifier(schema)}.`;
  mustBe(order_bys.orders.length === 0 || children.length > 0);
  const orders = order_bys.orders.map((order) => orderText(order, text));
  const order = orders.length === 0 ? '' : ` ORDER BY ${orders.join(', ')}`;
  const list = children.map(text).join(', ');
  const where = filter === null ? '' : ` FILTER (WHERE ${text(filter)})`;
  return `${prefix}${identifier(name)}(${distinct ? 'DISTINCT ' : ''}${list}${order})${where}${export_state ? ' EXPORT_STATE' : ''}`;
}

function operatorText({ type, children }: Operator, text: (part: Expression) => string): string {
  const [first, ...others] = children.map(text);
  const one = known(first);
  switch (type) {
    case 'COMPARE_IN':
      return `(${one} IN (${others.join(', ')}))`;
    case 'COMPARE_NOT_IN':
      return `(${one} NOT IN (${others.join(', ')}))`;
    case 'OPERATOR_NOT':
      return `(NOT ${one})`;
    case 'OPERATOR_IS_NULL':
      return `(${one} IS NULL)`;
    case 'OPERATOR_IS_NOT_NULL':
      return `(${one} IS NOT NULL)`;
    case 'OPERATOR_COALESCE':
      return `COALESCE(${[one, ...others].join(', ')})`;
    case 'GROUPING_FUNCTION':
      return `GROUPING(${[one, ...others].join(', ')})`;
    default:
      throw new NotKnown();
  }
}

function subqueryText(
  { subquery_type, subquery, child, comparison_type }: Extract<Expression, { class: 'SUBQUERY' }>,
  text: (part: Expression) => string,
  statement: PrintStatement,
): string {
  switch (subquery_type) {
    case 'SCALAR':
      return `(${statement(subquery)})`;
    case 'EXISTS':
      return `EXISTS(${statement(subquery)})`;
    case 'NOT_EXISTS':
      return `NOT EXISTS(${statement(subquery)})`;
    case 'ANY':
      if (child === null) throw new NotKnown();
      return `(${text(child)} ${known(comparisons[comparison_type])} ANY(${statement(subquery)}))`;
    default:
      throw new NotKnown();
  }
}

/** Aggregates and others with the frame that stands where none is written. */
function windowText(node: WindowCall, text: (part: Expression) => string): string {
  mustBe(node.start === 'UNBOUNDED_PRECEDING', node.end === 'CURRENT_ROW_RANGE', node.exclude_clause === 'NO_OTHER');
  mustBe(node.catalog === '', node.schema === '', !node.ignore_nulls, !node.distinct, node.arg_orders.length === 0);
  mustBe(
    [node.start_expr, node.end_expr, node.offset_expr, node.default_expr, node.filter_expr].every((e) => e === null),
  );
  const parts: string[] = [];
  if (node.partitions.length > 0) parts.push(`PARTITION BY ${node.partitions.map(text).join(', ')}`);
  if (node.orders.length > 0) parts.push(`ORDER BY ${node.orders.map((order) => orderText(order, text)).join(', ')}`);
  return `${identifier(node.function_name)}(${node.children.map(text).join(', ')}) OVER (${parts.join(' ')})`;
}

function starText(node: Extract<Expression, { class: 'STAR' }>): string {
  const { exclude_list, replace_list, rename_list, qualified_exclude_list, columns, expr, relation_name } = node;
  mustBe([exclude_list, replace_list, rename_list, qualified_exclude_list].every((list) => list.length === 0));
  mustBe(!columns, expr === null);
  return relation_name === '' ? '*' : `${identifier(relation_name)}.*`;
}

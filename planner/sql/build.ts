import type {
  BaseTable,
  Cast,
  ColumnRef,
  Comparison,
  Constant,
  EmptyRef,
  Expression,
  FunctionCall,
  JoinRef,
  LimitModifier,
  LogicalType,
  Operator,
  OrderByNode,
  OrderModifier,
  QueryNode,
  SelectNode,
  Star,
  Statement,
  SubqueryRef,
  TableRef,
} from './ast.ts';

/** Constructors of AST nodes. Positions are unknown (-1), aliases empty; see `withAlias`. */
const bare = { alias: '', query_location: -1 } as const;

/** A column by its parts: `columnRef('t', 'a')` is `t.a`. */
export function columnRef(...parts: readonly string[]): ColumnRef {
  return { class: 'COLUMN_REF', type: 'COLUMN_REF', ...bare, column_names: parts };
}

export function star(relation = ''): Star {
  return {
    class: 'STAR',
    type: 'STAR',
    ...bare,
    relation_name: relation,
    exclude_list: [],
    replace_list: [],
    columns: false,
    expr: null,
    qualified_exclude_list: [],
    rename_list: [],
  };
}

export function logicalType(id: string): LogicalType {
  return { id, type_info: null };
}

export function decimalType(width: number, scale: number): LogicalType {
  return { id: 'DECIMAL', type_info: { type: 'DECIMAL_TYPE_INFO', alias: '', extension_info: null, width, scale } };
}

function constant(type: string, value: string | number): Constant {
  return {
    class: 'CONSTANT',
    type: 'VALUE_CONSTANT',
    ...bare,
    value: { type: logicalType(type), is_null: false, value },
  };
}

/** A VARCHAR constant. */
export function textConstant(value: string): Constant {
  return constant('VARCHAR', value);
}

/** An INTEGER or, beyond 32 bits, a BIGINT constant, as DuckDB's parser would make it. */
export function integerConstant(value: number | bigint): Constant {
  const number = BigInt(value);
  const small = number >= -2147483648n && number <= 2147483647n;
  const node = constant(small ? 'INTEGER' : 'BIGINT', Number(number));
  return small ? node : { ...node, value: { ...node.value, value: { rawNumber: String(number) } } };
}

export function nullConstant(): Constant {
  const value = { type: logicalType('NULL'), is_null: true };
  return { class: 'CONSTANT', type: 'VALUE_CONSTANT', ...bare, value };
}

/** `true` and `false` as DuckDB's parser writes them. */
export function booleanConstant(value: boolean): Cast {
  return cast(textConstant(value ? 't' : 'f'), 'BOOLEAN');
}

/** CAST to a type that has no parameters (`'BIGINT'`), or to a LogicalType. */
export function cast(child: Expression, type: string | LogicalType): Cast {
  const cast_type = typeof type === 'string' ? logicalType(type) : type;
  return { class: 'CAST', type: 'OPERATOR_CAST', ...bare, child, cast_type, try_cast: false };
}

/** What a function call may have beside its arguments. */
export type FunctionExtras = Partial<
  Pick<FunctionCall, 'distinct' | 'filter' | 'order_bys' | 'is_operator' | 'schema'>
>;

export function functionCall(name: string, children: readonly Expression[], extras: FunctionExtras = {}): FunctionCall {
  return {
    class: 'FUNCTION',
    type: 'FUNCTION',
    ...bare,
    function_name: name,
    schema: '',
    children,
    filter: null,
    order_bys: orderBy([]),
    distinct: false,
    is_operator: false,
    export_state: false,
    catalog: '',
    ...extras,
  };
}

/** `left op right` for an operator that DuckDB has as a function (`+`, `||`, `%` …). */
export function binaryOperator(operator: string, left: Expression, right: Expression): FunctionCall {
  return functionCall(operator, [left, right], { is_operator: true });
}

/** e.g. `comparison('COMPARE_EQUAL', a, b)`. */
export function comparison(type: string, left: Expression, right: Expression): Comparison {
  return { class: 'COMPARISON', type, ...bare, left, right };
}

/** e.g. `operator('OPERATOR_NOT', [a])`, `operator('OPERATOR_COALESCE', [a, b])`, `operator('COMPARE_IN', [x, 1, 2])`. */
export function operator(type: string, children: readonly Expression[]): Operator {
  return { class: 'OPERATOR', type, ...bare, children };
}

export function not(child: Expression): Operator {
  return operator('OPERATOR_NOT', [child]);
}

/** AND of all; null for none, the expression itself for one. */
export function conjunction(children: readonly Expression[]): Expression | null {
  if (children.length < 2) return children[0] ?? null;
  return { class: 'CONJUNCTION', type: 'CONJUNCTION_AND', ...bare, children };
}

export function disjunction(children: readonly Expression[]): Expression | null {
  if (children.length < 2) return children[0] ?? null;
  return { class: 'CONJUNCTION', type: 'CONJUNCTION_OR', ...bare, children };
}

/** The same expression under another output name ('' for none). */
export function withAlias<T extends Expression>(expression: T, alias: string): T {
  return expression.alias === alias ? expression : { ...expression, alias };
}

export function orderByNode(
  expression: Expression,
  type: OrderByNode['type'] = 'ORDER_DEFAULT',
  nulls: OrderByNode['null_order'] = 'ORDER_DEFAULT',
): OrderByNode {
  return { type, null_order: nulls, expression };
}

export function orderBy(orders: readonly OrderByNode[]): OrderModifier {
  return { type: 'ORDER_MODIFIER', orders };
}

export function limit(count: Expression | null, offset: Expression | null = null): LimitModifier {
  return { type: 'LIMIT_MODIFIER', limit: count, offset };
}

export function baseTable(name: string, alias = '', columnAliases: readonly string[] = []): BaseTable {
  return {
    type: 'BASE_TABLE',
    ...bare,
    alias,
    sample: null,
    schema_name: '',
    table_name: name,
    column_name_alias: columnAliases,
    catalog_name: '',
    at_clause: null,
  };
}

/** FROM nothing. */
export function emptyTable(): EmptyRef {
  return { type: 'EMPTY', ...bare, sample: null };
}

/** `left, right`. */
export function crossJoin(left: TableRef, right: TableRef): JoinRef {
  return {
    type: 'JOIN',
    ...bare,
    sample: null,
    left,
    right,
    condition: null,
    join_type: 'INNER',
    ref_type: 'CROSS',
    using_columns: [],
    delim_flipped: false,
    duplicate_eliminated_columns: [],
  };
}

/** `(query) AS alias(columns)`. */
export function subquery(node: QueryNode, alias: string, columnAliases: readonly string[] = []): SubqueryRef {
  return {
    type: 'SUBQUERY',
    ...bare,
    alias,
    sample: null,
    subquery: statement(node),
    column_name_alias: columnAliases,
  };
}

/** `SELECT list FROM from`; everything else by `parts`. GROUP BY without `group_sets` gets its one set. */
export function select(list: readonly Expression[], from: TableRef, parts: Partial<SelectNode> = {}): SelectNode {
  const keys = parts.group_expressions ?? [];
  return {
    type: 'SELECT_NODE',
    modifiers: [],
    cte_map: { map: [] },
    select_list: list,
    from_table: from,
    where_clause: null,
    group_expressions: keys,
    group_sets: keys.length === 0 ? [] : [keys.map((_, index) => index)],
    aggregate_handling: 'STANDARD_HANDLING',
    having: null,
    sample: null,
    qualify: null,
    ...parts,
  };
}

export function statement(node: QueryNode): Statement {
  return { node, named_param_map: [] };
}

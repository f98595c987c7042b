/**
 * DuckDB's parsed AST, as `json_serialize_sql` of DuckDB 1.5.5 writes it (golden tests pin the shape). Read with `readJson`
 * (json.ts), which keeps every number exact. All nodes are immutable: a rewrite makes new nodes and shares what stays.
 *
 * Only what distribution needs is interpreted. The AST is open: DuckDB may write kinds that are not listed here. They stand
 * under `OtherExpression`, `OtherTableRef`, `OtherQueryNode` and `OtherModifier`; at run time their tag is any other string,
 * so every switch needs a `default`.
 */

/** A number that a JavaScript number can't hold exactly (or a DOUBLE such as `1000.0`): its JSON text. */
export interface RawNumber {
  readonly rawNumber: string;
}
export type JsonNumber = number | RawNumber;

/** Whatever else JSON may hold. */
export type JsonValue =
  | null
  | boolean
  | string
  | JsonNumber
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** Byte offset in the UTF-8 of the text that was parsed; -1 when DuckDB does not know it. */
export type QueryLocation = number;

/** A type as the AST has it, e.g. `{id: 'DECIMAL', type_info: {type: 'DECIMAL_TYPE_INFO', width: 5, scale: 2, …}}`. */
export interface LogicalType {
  readonly id: string;
  readonly type_info: { readonly type: string; readonly alias: string; readonly [key: string]: unknown } | null;
}

/** A constant. `value` is absent when `is_null`; HUGEINT is `{upper, lower}`; a DECIMAL is its unscaled integer. */
export interface Value {
  readonly type: LogicalType;
  readonly is_null: boolean;
  readonly value?: JsonValue;
}

interface ExpressionBase {
  /** Subtype, e.g. `COMPARE_EQUAL`. */
  readonly type: string;
  /** '' when there is none. In arguments of struct_pack and friends: the field's name. */
  readonly alias: string;
  readonly query_location: QueryLocation;
}

export interface ColumnRef extends ExpressionBase {
  readonly class: 'COLUMN_REF';
  readonly type: 'COLUMN_REF';
  /** `a`, `t.a`, `s.t.a`, `a.field` …: 1 or more parts. `current_date` and kin come as column references too. */
  readonly column_names: readonly string[];
}

export interface Constant extends ExpressionBase {
  readonly class: 'CONSTANT';
  readonly type: 'VALUE_CONSTANT';
  readonly value: Value;
}

export interface Cast extends ExpressionBase {
  readonly class: 'CAST';
  readonly type: 'OPERATOR_CAST';
  readonly child: Expression;
  readonly cast_type: LogicalType;
  readonly try_cast: boolean;
}

/** Functions, operators (`is_operator`) and plain aggregates alike. `count(*)` is `count_star`. */
export interface FunctionCall extends ExpressionBase {
  readonly class: 'FUNCTION';
  readonly type: 'FUNCTION';
  readonly function_name: string;
  readonly schema: string;
  readonly catalog: string;
  readonly children: readonly Expression[];
  readonly filter: Expression | null;
  readonly order_bys: OrderModifier;
  readonly distinct: boolean;
  readonly is_operator: boolean;
  readonly export_state: boolean;
}

export interface WindowCall extends ExpressionBase {
  readonly class: 'WINDOW';
  readonly function_name: string;
  readonly schema: string;
  readonly catalog: string;
  readonly children: readonly Expression[];
  readonly partitions: readonly Expression[];
  readonly orders: readonly OrderByNode[];
  /** Frame bounds, e.g. `UNBOUNDED_PRECEDING`, `CURRENT_ROW_RANGE`, `EXPR_PRECEDING_ROWS`. */
  readonly start: string;
  readonly end: string;
  readonly start_expr: Expression | null;
  readonly end_expr: Expression | null;
  readonly offset_expr: Expression | null;
  readonly default_expr: Expression | null;
  readonly ignore_nulls: boolean;
  readonly filter_expr: Expression | null;
  readonly exclude_clause: string;
  readonly distinct: boolean;
  readonly arg_orders: readonly OrderByNode[];
}

export interface Comparison extends ExpressionBase {
  readonly class: 'COMPARISON';
  /** `COMPARE_EQUAL`, `COMPARE_NOTEQUAL`, `COMPARE_LESSTHAN`, `COMPARE_DISTINCT_FROM`, … */
  readonly left: Expression;
  readonly right: Expression;
}

export interface Between extends ExpressionBase {
  readonly class: 'BETWEEN';
  readonly type: 'COMPARE_BETWEEN';
  readonly input: Expression;
  readonly lower: Expression;
  readonly upper: Expression;
}

export interface Conjunction extends ExpressionBase {
  readonly class: 'CONJUNCTION';
  readonly type: 'CONJUNCTION_AND' | 'CONJUNCTION_OR';
  readonly children: readonly Expression[];
}

/** `COMPARE_IN`, `OPERATOR_NOT`, `OPERATOR_IS_NULL`, `OPERATOR_COALESCE`, `ARRAY_EXTRACT`, `STRUCT_EXTRACT`, … */
export interface Operator extends ExpressionBase {
  readonly class: 'OPERATOR';
  readonly children: readonly Expression[];
}

export interface CaseExpression extends ExpressionBase {
  readonly class: 'CASE';
  readonly type: 'CASE_EXPR';
  readonly case_checks: readonly { readonly when_expr: Expression; readonly then_expr: Expression }[];
  readonly else_expr: Expression;
}

export interface SubqueryExpression extends ExpressionBase {
  readonly class: 'SUBQUERY';
  readonly type: 'SUBQUERY';
  readonly subquery_type: 'SCALAR' | 'EXISTS' | 'NOT_EXISTS' | 'ANY';
  readonly subquery: Statement;
  /** The left operand of IN / ANY. */
  readonly child: Expression | null;
  readonly comparison_type: string;
}

/** `$1`, `$name`; `?` is numbered. */
export interface Parameter extends ExpressionBase {
  readonly class: 'PARAMETER';
  readonly type: 'VALUE_PARAMETER';
  readonly identifier: string;
}

/** `*`, `t.*`, `COLUMNS(…)`; in ORDER BY ALL too. */
export interface Star extends ExpressionBase {
  readonly class: 'STAR';
  readonly type: 'STAR';
  readonly relation_name: string;
  readonly exclude_list: readonly string[];
  readonly replace_list: readonly { readonly key: string; readonly value: Expression }[];
  readonly rename_list: readonly unknown[];
  readonly qualified_exclude_list: readonly unknown[];
  /** True for `COLUMNS(…)` (`expr` is its argument) and for ORDER BY ALL. */
  readonly columns: boolean;
  readonly expr: Expression | null;
}

export interface Lambda extends ExpressionBase {
  readonly class: 'LAMBDA';
  readonly type: 'LAMBDA';
  /** A column reference, or a call of `row` with several. Also `a -> b` of JSON. */
  readonly lhs: Expression;
  readonly expr: Expression;
}

export interface Collate extends ExpressionBase {
  readonly class: 'COLLATE';
  readonly type: 'COLLATE';
  readonly child: Expression;
  readonly collation: string;
}

/** Any class that is not listed (DEFAULT, POSITIONAL_REFERENCE `#1`, …). */
export interface OtherExpression extends ExpressionBase {
  readonly class: 'OTHER';
}

export type Expression =
  | ColumnRef
  | Constant
  | Cast
  | FunctionCall
  | WindowCall
  | Comparison
  | Between
  | Conjunction
  | Operator
  | CaseExpression
  | SubqueryExpression
  | Parameter
  | Star
  | Lambda
  | Collate
  | OtherExpression;

export interface OrderByNode {
  readonly type: 'ORDER_DEFAULT' | 'ASCENDING' | 'DESCENDING';
  readonly null_order: 'ORDER_DEFAULT' | 'NULLS FIRST' | 'NULLS LAST';
  readonly expression: Expression;
}

export interface OrderModifier {
  readonly type: 'ORDER_MODIFIER';
  readonly orders: readonly OrderByNode[];
}
export interface LimitModifier {
  readonly type: 'LIMIT_MODIFIER' | 'LIMIT_PERCENT_MODIFIER';
  readonly limit: Expression | null;
  readonly offset: Expression | null;
}
export interface DistinctModifier {
  readonly type: 'DISTINCT_MODIFIER';
  /** Empty for plain DISTINCT; the expressions of DISTINCT ON. */
  readonly distinct_on_targets: readonly Expression[];
}
export interface OtherModifier {
  readonly type: 'OTHER';
}
export type Modifier = OrderModifier | LimitModifier | DistinctModifier | OtherModifier;

interface TableRefBase {
  /** '' when there is none. */
  readonly alias: string;
  readonly sample: Sample | null;
  readonly query_location: QueryLocation;
}

export interface Sample {
  readonly sample_size: Value;
  readonly is_percentage: boolean;
  readonly method: string;
  readonly seed: JsonNumber | null;
}

export interface BaseTable extends TableRefBase {
  readonly type: 'BASE_TABLE';
  readonly catalog_name: string;
  readonly schema_name: string;
  readonly table_name: string;
  readonly column_name_alias: readonly string[];
  readonly at_clause: unknown;
}
export interface SubqueryRef extends TableRefBase {
  readonly type: 'SUBQUERY';
  readonly subquery: Statement;
  readonly column_name_alias: readonly string[];
}
export interface JoinRef extends TableRefBase {
  readonly type: 'JOIN';
  readonly left: TableRef;
  readonly right: TableRef;
  readonly condition: Expression | null;
  readonly join_type: 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'SEMI' | 'ANTI' | 'MARK' | 'SINGLE' | 'INVALID';
  readonly ref_type: 'REGULAR' | 'NATURAL' | 'CROSS' | 'POSITIONAL' | 'ASOF' | 'DEPENDENT';
  readonly using_columns: readonly string[];
  readonly delim_flipped: boolean;
  readonly duplicate_eliminated_columns: readonly unknown[];
}
export interface TableFunctionRef extends TableRefBase {
  readonly type: 'TABLE_FUNCTION';
  readonly function: FunctionCall;
  readonly column_name_alias: readonly string[];
  readonly with_ordinality: string;
}
/** VALUES lists. */
export interface ExpressionListRef extends TableRefBase {
  readonly type: 'EXPRESSION_LIST';
  readonly expected_names: readonly string[];
  readonly expected_types: readonly LogicalType[];
  readonly values: readonly (readonly Expression[])[];
}
/** No FROM clause. */
export interface EmptyRef extends TableRefBase {
  readonly type: 'EMPTY';
}
export interface PivotRef extends TableRefBase {
  readonly type: 'PIVOT';
  readonly source: TableRef;
  readonly aggregates: readonly Expression[];
}
/** DESCRIBE, SUMMARIZE, SHOW. */
export interface ShowRef extends TableRefBase {
  readonly type: 'SHOW_REF';
  readonly table_name: string;
  readonly query: QueryNode | null;
  readonly show_type: string;
}
/** Any type that is not listed (COLUMN_DATA, CTE, DELIM_GET, …). */
export interface OtherTableRef extends TableRefBase {
  readonly type: 'OTHER';
}
export type TableRef =
  | BaseTable
  | SubqueryRef
  | JoinRef
  | TableFunctionRef
  | ExpressionListRef
  | EmptyRef
  | PivotRef
  | ShowRef
  | OtherTableRef;

export interface CteEntry {
  readonly aliases: readonly string[];
  readonly query: Statement;
  readonly materialized: string;
  readonly key_targets: readonly Expression[];
}
/** `cte_map.map` keeps the order of WITH. */
export interface CteMap {
  readonly map: readonly { readonly key: string; readonly value: CteEntry }[];
}

interface QueryNodeBase {
  /** DISTINCT, ORDER BY, LIMIT, in the order in which they apply. */
  readonly modifiers: readonly Modifier[];
  readonly cte_map: CteMap;
}

export interface SelectNode extends QueryNodeBase {
  readonly type: 'SELECT_NODE';
  readonly select_list: readonly Expression[];
  readonly from_table: TableRef;
  readonly where_clause: Expression | null;
  readonly group_expressions: readonly Expression[];
  /** Each set holds indexes into `group_expressions`. Plain GROUP BY has one set of all. */
  readonly group_sets: readonly (readonly number[])[];
  /** `FORCE_AGGREGATES` is GROUP BY ALL. */
  readonly aggregate_handling: 'STANDARD_HANDLING' | 'NO_AGGREGATES_ALLOWED' | 'FORCE_AGGREGATES';
  readonly having: Expression | null;
  readonly sample: Sample | null;
  readonly qualify: Expression | null;
}
export interface SetOperationNode extends QueryNodeBase {
  readonly type: 'SET_OPERATION_NODE';
  readonly setop_type: 'UNION' | 'EXCEPT' | 'INTERSECT' | 'UNION_BY_NAME';
  readonly left: QueryNode;
  readonly right: QueryNode;
  readonly setop_all: boolean;
}
export interface RecursiveCteNode extends QueryNodeBase {
  readonly type: 'RECURSIVE_CTE_NODE';
  readonly cte_name: string;
  readonly union_all: boolean;
  readonly left: QueryNode;
  readonly right: QueryNode;
  readonly aliases: readonly string[];
  readonly key_targets: readonly Expression[];
}
export interface OtherQueryNode extends QueryNodeBase {
  readonly type: 'OTHER';
}
export type QueryNode = SelectNode | SetOperationNode | RecursiveCteNode | OtherQueryNode;

/** One SELECT statement; also what sub-queries and CTEs hold. */
export interface Statement {
  readonly node: QueryNode;
  readonly named_param_map: readonly { readonly key: string; readonly value: number }[];
}

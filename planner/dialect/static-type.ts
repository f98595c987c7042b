/**
 * The type of an expression as far as its text tells: casts, constants, functions of a fixed type, columns of data sets. Null when it is not
 * known; a rewrite that needs a type then leaves the expression as it is.
 */
import type { Expression, LogicalType } from '../sql/ast.ts';

/** DuckDB's type id of a column (as in the AST: `TIMESTAMP WITH TIME ZONE`), or null when it is not known. */
export type ColumnTypes = (names: readonly string[]) => string | null;

const functionTypes: Readonly<Record<string, string>> = {
  now: 'TIMESTAMP WITH TIME ZONE',
  transaction_timestamp: 'TIMESTAMP WITH TIME ZONE',
  to_timestamp: 'TIMESTAMP WITH TIME ZONE',
  current_date: 'DATE',
  current_timestamp: 'TIMESTAMP WITH TIME ZONE',
  localtimestamp: 'TIMESTAMP',
  make_date: 'DATE',
  make_timestamp: 'TIMESTAMP',
  make_interval: 'INTERVAL',
  age: 'INTERVAL',
  count: 'BIGINT',
  count_star: 'BIGINT',
  row_number: 'BIGINT',
  rank: 'BIGINT',
  dense_rank: 'BIGINT',
  to_json: 'JSON',
  avg: 'DOUBLE',
  sqrt: 'DOUBLE',
  random: 'DOUBLE',
  array_agg: 'LIST',
  list_value: 'LIST',
  upper: 'VARCHAR',
  lower: 'VARCHAR',
  concat: 'VARCHAR',
};

/** From narrow to wide. */
const integers = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'];

export function isInteger(type: string | null): boolean {
  return type !== null && integers.includes(type);
}

/** Integers that PostgreSQL sums as a bigint. */
export function isSmallInteger(type: string | null): boolean {
  return isInteger(type) && type !== 'BIGINT';
}

export function staticType(node: Expression, columns: ColumnTypes): string | null {
  switch (node.class) {
    case 'CONSTANT':
      // A string may still become anything.
      return node.value.is_null || node.value.type.id === 'VARCHAR' ? null : node.value.type.id;
    case 'CAST':
      return castType(node.cast_type);
    case 'COLUMN_REF':
      return (
        bareTypes[node.column_names.length === 1 ? node.column_names[0]!.toLowerCase() : ''] ??
        columns(node.column_names)
      );
    case 'FUNCTION':
      return node.is_operator
        ? ofOperator(
            node.function_name,
            node.children.map((child) => staticType(child, columns)),
          )
        : ofFunction(
            node.function_name,
            node.children.map((child) => staticType(child, columns)),
          );
    case 'COMPARISON':
    case 'BETWEEN':
    case 'CONJUNCTION':
      return 'BOOLEAN';
    case 'OPERATOR':
      if (node.type === 'ARRAY_CONSTRUCTOR') return 'LIST';
      return node.type === 'OPERATOR_COALESCE' ? common(node.children, columns) : null;
    case 'CASE':
      return common([...node.case_checks.map(({ then_expr }) => then_expr), node.else_expr], columns);
    default:
      return null;
  }
}

const bareTypes: Readonly<Record<string, string>> = {
  current_date: 'DATE',
  current_timestamp: 'TIMESTAMP WITH TIME ZONE',
  localtimestamp: 'TIMESTAMP',
};

function castType({ id, type_info }: LogicalType): string {
  if (id === 'UNBOUND' && typeof type_info?.name === 'string') return type_info.name.toUpperCase();
  return type_info?.alias === 'JSON' ? 'JSON' : id;
}

function ofFunction(name: string, args: readonly (string | null)[]): string | null {
  if (name === 'date_trunc') return args[1] === 'DATE' ? null : (args[1] ?? null);
  if (name === 'min' || name === 'max') return args[0] ?? null;
  if (name === 'sum') return isInteger(args[0] ?? null) ? 'HUGEINT' : (args[0] ?? null);
  return functionTypes[name] ?? null;
}

function ofOperator(name: string, [left = null, right = null]: readonly (string | null)[]): string | null {
  if (name === '->') return 'JSON';
  if (left === 'DATE' && isInteger(right) && (name === '+' || name === '-')) return 'DATE';
  if (name === '-' && left === 'DATE' && right === 'DATE') return 'INTEGER';
  if (!isInteger(left) || !isInteger(right) || !/^[-+*/%]$/.test(name)) return null;
  return integers[Math.max(integers.indexOf(left!), integers.indexOf(right!))]!;
}

/** The type of all that have one (NULL has none), when it is the same. */
function common(nodes: readonly Expression[], columns: ColumnTypes): string | null {
  const typed = nodes.filter((node) => node.class !== 'CONSTANT' || !node.value.is_null);
  const [first = null, ...others] = typed.map((node) => staticType(node, columns));
  return others.every((type) => type === first) ? first : null;
}

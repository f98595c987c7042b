import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteIdentifier } from '../../worker/engine/quote.ts';
import { typeText } from '../../worker/rows/types.ts';
import type { CatalogState } from './catalog-state.ts';
import type { Uses } from './catalog-text.ts';

/** A connection of the private DuckDB, and what was made there. */
interface Source {
  readonly connection: DuckDBConnection;
  readonly state: CatalogState;
}

/**
 * Copies the relations and macros of a query into an empty database of another DuckDB, so that it can be joined with the tables there.
 * Gives the text that runs there.
 */
export async function copyCatalog(
  query: Uses & { readonly sql: string },
  { connection, state }: Source,
  to: { readonly connection: DuckDBConnection; readonly name: string },
): Promise<string> {
  const { relations, functions } = state.closure(query);
  for (const relation of relations) await copyRelation(connection, state.nameOf(relation), to, relation);
  // A macro is looked at when it is called: they may stand in any order.
  for (const name of functions) {
    const text = state.macro(name);
    if (text !== undefined)
      await to.connection.run(
        `CREATE MACRO ${quoteIdentifier(to.name)}.main.${quoteIdentifier(name)}${state.fillFor(to.name, text)}`,
      );
  }
  return state.fillFor(to.name, query.sql);
}

async function copyRelation(
  from: DuckDBConnection,
  source: string,
  { connection, name }: { readonly connection: DuckDBConnection; readonly name: string },
  relation: string,
): Promise<void> {
  const result = await from.stream(`SELECT * FROM ${source}`);
  const columns = result
    .columnNames()
    .map((column, index) => `${quoteIdentifier(column)} ${typeText(result.columnType(index))}`);
  await connection.run(
    `CREATE TABLE ${quoteIdentifier(name)}.main.${quoteIdentifier(relation)} (${columns.join(', ')})`,
  );
  const appender = await connection.createAppender(relation, 'main', name);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) break;
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

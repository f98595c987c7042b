import type { DuckDBPreparedStatement } from '@duckdb/node-api';
import type { Column } from '../../planner/catalog.ts';
import { SluiceError } from '../../planner/errors.ts';
import { quoteIdentifier } from '../../worker/engine/quote.ts';
import { typeText } from '../../worker/rows/types.ts';

interface Preparer {
  prepare(sql: string): Promise<DuckDBPreparedStatement>;
}

/** Columns of a table or view that the session's connection sees; undefined when there is none. `schema` is '' for the search path. */
export async function columnsOfLocal(
  connection: Preparer,
  schema: string,
  name: string,
): Promise<readonly Column[] | undefined> {
  const relation = schema === '' ? quoteIdentifier(name) : `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
  let prepared: DuckDBPreparedStatement;
  try {
    prepared = await connection.prepare(`SELECT * FROM ${relation}`);
  } catch (error) {
    // The query itself will tell what is wrong with the table.
    if (error instanceof SluiceError && error.errorClass === 'user') return undefined;
    throw error;
  }
  try {
    return Array.from({ length: prepared.columnCount }, (_, index) => ({
      name: prepared.columnName(index),
      type: typeText(prepared.columnType(index)),
      hive: false,
    }));
  } finally {
    prepared.destroySync();
  }
}

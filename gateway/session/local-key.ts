import type { LocalKey } from '../../planner/dialect/group-by-key.ts';
import { SluiceError } from '../../planner/errors.ts';
import { quoteIdentifier, quoteLiteral } from '../../worker/engine/quote.ts';
import type { SessionConnection } from './session-connection.ts';

/** Asks a session's connection for the primary key of a table that it sees. */
export function localKeyOf(connection: SessionConnection): LocalKey {
  return async (schema, name) => {
    const relation = schema === '' ? quoteIdentifier(name) : `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
    try {
      const read = await connection.run(`SELECT name, pk FROM pragma_table_info(${quoteLiteral(relation)})`);
      const rows = await read.getRows();
      const primaryKey = rows.filter(([, pk]) => pk === true).map(([column]) => String(column));
      return primaryKey.length === 0 ? undefined : { columns: rows.map(([column]) => String(column)), primaryKey };
    } catch (error) {
      // The query itself will tell what is wrong with the table.
      if (error instanceof SluiceError && error.errorClass === 'user') return undefined;
      throw error;
    }
  };
}

import type { DuckDBConnection } from '@duckdb/node-api';
import { toSluiceError } from '../../../worker/engine/duckdb-error.ts';
import { quoteIdentifier } from '../../../worker/engine/quote.ts';
import type { Log } from '../../observe/log.ts';
import type { SessionDatabase } from '../context.ts';
import { rebuildStatements, unchangedModel } from './rebuild.ts';
import { readTable, type TableState } from './table-state.ts';
import { meantName } from './tokens.ts';

/**
 * Turns foreign keys that DuckDB itself keeps (older versions of the gateway left them to it) into those that are kept in the comments of tables: the tables
 * that have them are made anew, once. To be called before any session is there. A file where that fails goes on as it is, with DuckDB's rules.
 */
export async function adoptForeignKeys(
  database: Pick<SessionDatabase, 'connect' | 'release'>,
  log: Pick<Log, 'info' | 'warn'>,
): Promise<void> {
  const connection = await database.connect({ busy: () => false });
  try {
    const names = await tablesWithKeys(connection);
    if (names.length === 0) return;
    try {
      await adopt(connection, names);
      log.info({ tables: names.length }, 'foreign keys are kept by the gateway now');
    } catch (error) {
      log.warn({ err: toSluiceError(error) }, 'foreign keys of local tables are left to DuckDB');
    }
  } finally {
    database.release(connection);
  }
}

async function tablesWithKeys(connection: DuckDBConnection): Promise<readonly (readonly [string, string])[]> {
  const found = await connection.run(
    `SELECT DISTINCT schema_name, table_name FROM duckdb_constraints()
     WHERE constraint_type = 'FOREIGN KEY' AND database_name = 'local'`,
  );
  return (await found.getRows()).map(([schema, name]) => [String(schema), String(name)] as const);
}

async function adopt(connection: DuckDBConnection, names: readonly (readonly [string, string])[]): Promise<void> {
  await connection.run('BEGIN TRANSACTION');
  try {
    const states: TableState[] = [];
    for (const name of names) {
      const state = await readTable({ connection }, name.map(quoteIdentifier));
      if (state !== undefined) states.push(state);
    }
    await connection.run(rebuildStatements(parentsFirst(states).map(unchangedModel)).join(';\n'));
    await connection.run('COMMIT');
  } catch (error) {
    await connection.run('ROLLBACK');
    throw error;
  }
}

/** Tables that others refer to come before these. DuckDB lets no ring be made. */
function parentsFirst(states: readonly TableState[]): readonly TableState[] {
  const ordered = new Set<TableState>();
  const visit = (state: TableState) => {
    if (ordered.has(state)) return;
    for (const other of states) if (other !== state && refersTo(state, other)) visit(other);
    ordered.add(state);
  };
  for (const state of states) visit(state);
  return [...ordered];
}

function refersTo(child: TableState, parent: TableState): boolean {
  return child.text.elements.some((element) => {
    const constraints = element.kind === 'column' ? element.constraints : [element.constraint];
    return constraints.some(
      (constraint) =>
        constraint.kind === 'foreign' && meantName(constraint.reference.table.split('.').at(-1)!) === parent.name,
    );
  });
}

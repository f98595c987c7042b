/** The foreign keys that a session sees: read from the comments of tables, remembered until somebody changes a definition. */

import type { TableName } from '../../../planner/sql/statement-tokens.ts';
import { quoteLiteral } from '../../../worker/engine/quote.ts';
import { splitTableComment } from '../../pg-catalog/state/declared.ts';
import type { SessionContext } from '../context.ts';
import { ForeignKeys, type KeyColumn, keysOfTable, placeKey, type TablePlace } from './foreign-key.ts';

/** Keys as of a moment of the clock of definitions (see `CommitClock`), for sessions that have nothing of their own. */
export interface KnownKeys {
  readonly at: number;
  readonly keys: ForeignKeys;
}

type RowsOf = (sql: string) => Promise<readonly (readonly unknown[])[]>;

const none = new ForeignKeys([], []);

/** What a session of its own has read; `version` tells when it no longer holds. */
const ownKeys = new WeakMap<SessionContext, { readonly version: string; readonly keys: ForeignKeys }>();

export async function foreignKeys(context: SessionContext): Promise<ForeignKeys> {
  const { transaction, temporary, options, connection } = context;
  const { hub } = options;
  const { definitions } = hub.commits;
  const { changes, definitionsAt } = transaction.keys;
  // A transaction sees the definitions of its begin, and its own.
  const own = transaction.begun && (changes > 0 || !definitions.isStill(definitionsAt));
  if (!own && temporary.size === 0 && hub.keys !== undefined && definitions.isStill(hub.keys.at)) return hub.keys.keys;
  const at = definitions.now();
  const version = `${at ?? '?'}.${definitionsAt ?? '?'}.${transaction.serial}.${transaction.keys.version}`;
  const known = ownKeys.get(context);
  if (at !== undefined && known?.version === version) return known.keys;
  await connection.ready(context.sessionSettings(), true);
  const keys = await readKeys(async (sql) => (await connection.run(sql)).getRows());
  ownKeys.set(context, { version, keys });
  if (!own && temporary.size === 0) hub.keys = at !== undefined && definitions.isStill(at) ? { at, keys } : undefined;
  return keys;
}

async function readKeys(rowsOf: RowsOf): Promise<ForeignKeys> {
  const tables = await rowsOf(
    `SELECT database_name, schema_name, table_name, comment FROM duckdb_tables()
     WHERE database_name IN ('local', 'temp') AND contains(comment, '"references":') ORDER BY database_oid, table_oid`,
  );
  if (tables.length === 0) return none;
  const children = tables.map(([database, schema, name, comment]) => ({
    child: { database: String(database), schema: String(schema), name: String(name) },
    declared: splitTableComment(String(comment)).declared,
  }));
  const names = children.flatMap(({ child, declared }) => [
    child.name,
    ...declared.constraints.flatMap(({ references }) => references?.table ?? []),
  ]);
  const columns = await columnsByTable(rowsOf, names);
  const columnsOf = (place: TablePlace) => columns.get(placeKey(place))?.columns;
  const all = children.flatMap(({ child, declared }) => keysOfTable(child, declared, columnsOf));
  return new ForeignKeys(
    all,
    [...columns.values()].map(({ place }) => place),
  );
}

/** Of all tables with one of these names. */
async function columnsByTable(
  rowsOf: RowsOf,
  names: readonly string[],
): Promise<ReadonlyMap<string, { readonly place: TablePlace; readonly columns: readonly KeyColumn[] }>> {
  const wanted = [...new Set(names.map((name) => quoteLiteral(name.toLowerCase())))].join(', ');
  const rows = await rowsOf(
    `SELECT database_name, schema_name, table_name, column_name, data_type FROM duckdb_columns()
     WHERE database_name IN ('local', 'temp') AND lower(table_name) IN (${wanted}) ORDER BY column_index`,
  );
  const found = new Map<string, { place: TablePlace; columns: KeyColumn[] }>();
  for (const [database, schema, table, name, type] of rows) {
    const place = { database: String(database), schema: String(schema), name: String(table) };
    const entry = found.get(placeKey(place)) ?? { place, columns: [] };
    found.set(placeKey(place), entry);
    entry.columns.push({ name: String(name), type: String(type) });
  }
  return found;
}

/** The table that a name of a statement means, when it has to do with a key: temporary ones first, then by the search path. */
export function placeOf(context: SessionContext, keys: ForeignKeys, target: TableName): TablePlace | undefined {
  const { database, schema, name } = target;
  if (!keys.concern(name)) return undefined;
  const outer = (database ?? schema)?.toLowerCase();
  if (outer === 'temp' || outer === 'pg_temp') return keys.table('temp', undefined, name);
  if (schema !== undefined && schema.toLowerCase() !== 'local') return keys.table('local', schema, name);
  const found = keys.table('temp', undefined, name);
  if (found !== undefined) return found;
  for (const each of context.searchPath.schemas) {
    const place = keys.table('local', each, name);
    if (place !== undefined) return place;
  }
  return undefined;
}

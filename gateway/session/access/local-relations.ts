import type { SessionContext } from '../context.ts';

/** A table, view or sequence of the database of local tables, or a temporary one. */
export interface LocalRelation {
  readonly database: 'local' | 'temp';
  readonly schema: string;
  readonly name: string;
  readonly kind: 'table' | 'view' | 'sequence';
  /** Of views: their CREATE VIEW. */
  readonly sql: string | null;
}

/** A function that a user made: each of its definitions. */
export interface LocalMacro {
  readonly definition: string;
  readonly table: boolean;
}

/** What users have made. */
export interface LocalObjects {
  /** By name in lower case. */
  readonly relations: ReadonlyMap<string, readonly LocalRelation[]>;
  /** Asked once, when it is first needed: DuckDB takes long to list functions. */
  readonly macros: (asker: SessionContext) => Promise<ReadonlyMap<string, readonly LocalMacro[]>>;
}

/** As of a moment (see `CommitClock`), for sessions that have nothing of their own. */
export interface KnownObjects {
  readonly at: number;
  readonly objects: LocalObjects;
}

const own = "database_name IN ('local', 'temp')";
const relationsSql = `SELECT database_name, schema_name, table_name, 'table', NULL FROM duckdb_tables() WHERE ${own} AND NOT internal
  UNION ALL SELECT database_name, schema_name, view_name, 'view', sql FROM duckdb_views() WHERE ${own} AND NOT internal
  UNION ALL SELECT database_name, schema_name, sequence_name, 'sequence', NULL FROM duckdb_sequences() WHERE ${own}`;
const macrosSql = `SELECT function_name, macro_definition, function_type = 'table_macro' FROM duckdb_functions() WHERE ${own} AND NOT internal`;

/** Read anew after commits, and in sessions that may see what others do not. */
export async function localObjects(context: SessionContext): Promise<LocalObjects> {
  const { transaction, temporary, options } = context;
  const { hub } = options;
  if (transaction.begun || temporary.size > 0) return read(context);
  const known = hub.objects;
  if (known !== undefined && hub.commits.isStill(known.at)) return known.objects;
  const at = hub.commits.now();
  const objects = await read(context);
  hub.objects = at !== undefined && hub.commits.isStill(at) ? { at, objects } : undefined;
  return objects;
}

async function read(context: SessionContext): Promise<LocalObjects> {
  const { connection, sessionSettings } = context;
  await connection.ready(sessionSettings(), false);
  const relations = await (await connection.run(relationsSql)).getRows();
  let macros: Promise<ReadonlyMap<string, readonly LocalMacro[]>> | undefined;
  return {
    relations: grouped(relations, 2, ([database, schema, name, kind, sql]) => ({
      ...{ database: database as LocalRelation['database'], schema: String(schema), name: String(name) },
      ...{ kind: kind as LocalRelation['kind'], sql: sql === null ? null : String(sql) },
    })),
    macros: (asker) => {
      macros ??= readMacros(asker);
      // The next one who needs it tries again.
      macros.catch(() => {
        macros = undefined;
      });
      return macros;
    },
  };
}

async function readMacros({ connection, sessionSettings }: SessionContext) {
  await connection.ready(sessionSettings(), false);
  const rows = await (await connection.run(macrosSql)).getRows();
  return grouped(rows, 0, ([, definition, table]) => ({ definition: String(definition), table: table === true }));
}

function grouped<T>(
  rows: readonly (readonly unknown[])[],
  name: number,
  make: (row: readonly unknown[]) => T,
): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const row of rows) {
    const key = String(row[name]).toLowerCase();
    found.set(key, [...(found.get(key) ?? []), make(row)]);
  }
  return found;
}

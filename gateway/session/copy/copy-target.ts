import type { DuckDBType } from '@duckdb/node-api';
import type { DatasetTable } from '../../../planner/catalog.ts';
import { errors } from '../../../planner/errors.ts';
import { nearestName } from '../../../planner/nearest-name.ts';
import type { TableName } from '../../../planner/sql/statement-tokens.ts';
import { quoteIdentifier, quoteLiteral } from '../../../worker/engine/quote.ts';
import { parseType } from '../../../worker/rows/types.ts';
import { localDatabase } from '../../coordinator/database.ts';
import type { SessionContext } from '../context.ts';

/** A column of a table that COPY reads or writes. */
export interface TargetColumn {
  readonly name: string;
  readonly type: DuckDBType;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  readonly generated: boolean;
}

export interface LocalTarget {
  readonly kind: 'table' | 'view';
  readonly database: string;
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly TargetColumn[];
}

/** What the name of a COPY means. */
export type CopyTarget = LocalTarget | { readonly kind: 'dataset'; readonly table: DatasetTable };

const temporary = 'temp';

/** Names are looked up where the session's statements do: temporary objects, local ones, data sets. Raises 42P01. */
export async function findTarget(context: SessionContext, name: TableName): Promise<CopyTarget> {
  await context.connection.ready(context.sessionSettings(), true);
  const local = await findLocal(context, name);
  if (local !== undefined) {
    return local;
  }
  const catalog = await context.snapshot();
  const table = catalog.lookup(name.schema, name.name);
  if (table === undefined) {
    const near = nearestName(name.name, catalog.names());
    throw errors.undefinedTable(name.schema === undefined ? name.name : `${name.schema}.${name.name}`, near);
  }
  return { kind: 'dataset', table };
}

async function findLocal(context: SessionContext, { schema, name }: TableName): Promise<LocalTarget | undefined> {
  const wanted = schema?.toLowerCase();
  const isTemporary = wanted === temporary || wanted === 'pg_temp';
  const place = isTemporary
    ? `c.database_name = '${temporary}'`
    : wanted === undefined
      ? `(c.database_name = '${temporary}' OR (c.database_name = '${localDatabase}' AND c.schema_name IN ('public', 'main')))`
      : `c.database_name = '${localDatabase}' AND lower(c.schema_name) = ${quoteLiteral(wanted)}`;
  const found = await context.connection.run(
    `SELECT c.database_name, c.schema_name, c.table_name, c.column_name, c.data_type, c.is_nullable, c.column_default, t.sql
     FROM duckdb_columns() c LEFT JOIN duckdb_tables() t
       ON t.database_name = c.database_name AND t.schema_name = c.schema_name AND t.table_name = c.table_name
     WHERE NOT c.internal AND lower(c.table_name) = ${quoteLiteral(name.toLowerCase())} AND ${place}
     ORDER BY c.database_name = '${temporary}' DESC, c.schema_name = 'public' DESC, c.column_index`,
  );
  const rows = (await found.getRows()) as readonly (readonly (string | boolean | null)[])[];
  const first = rows[0];
  if (first === undefined) {
    return undefined;
  }
  const [database, schemaName, tableName] = first as readonly string[];
  const own = rows.filter((row) => row[0] === database && row[1] === schemaName);
  return {
    kind: first[7] === null ? 'view' : 'table',
    database: database!,
    schema: schemaName!,
    name: tableName!,
    columns: own.map(([, , , column, type, nullable, value, sql]) => ({
      name: String(column),
      type: parseType(String(type)),
      notNull: nullable === false,
      hasDefault: value !== null,
      generated: value !== null && isGenerated(String(sql), String(column), String(type)),
    })),
  };
}

/** DuckDB tells of it only in the text of the definition. */
function isGenerated(definition: string, column: string, type: string): boolean {
  return [column, quoteIdentifier(column)].some((name) => definition.includes(`${name} ${type} GENERATED ALWAYS AS(`));
}

/** The columns of a COPY, in its order; without a list all but generated ones. Raises 42703, 42701, 42P10. */
export function listedColumns<T extends { readonly name: string; readonly generated?: boolean }>(
  relation: string,
  all: readonly T[],
  wanted: readonly string[] | null,
): readonly T[] {
  if (wanted === null) {
    return all.filter(({ generated }) => generated !== true);
  }
  const seen = new Set<T>();
  for (const name of wanted) {
    const column = all.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (column === undefined) {
      const names = all.map((one) => one.name);
      throw errors.undefinedColumnOf(name, relation, nearestName(name, names));
    }
    if (column.generated === true) {
      const detail = 'Generated columns cannot be used in COPY.';
      throw errors.invalidColumnReference(`column "${column.name}" is a generated column`, detail);
    }
    if (seen.has(column)) {
      throw errors.duplicateColumn(column.name);
    }
    seen.add(column);
  }
  return [...seen];
}

import { type DuckDBConnection, DuckDBInstance, type DuckDBPreparedStatement } from '@duckdb/node-api';
import type {
  CatalogSnapshot,
  ColumnStatistics,
  DataFile,
  DatasetTable,
  FileStatistics,
  RowGroup,
} from '../../planner/catalog.ts';
import { errors, SluiceError } from '../../planner/errors.ts';
import type { OutputColumn } from '../../planner/plan/plan.ts';
import type { Description, PlannerWorld, ShadowRelation } from '../../planner/world.ts';
import { wholePartitionSql } from '../../worker/engine/session-settings.ts';

/** DuckDB's type id of a parameter it can't tell. */
const unknownTypeIds = new Set([0, 34]);

/**
 * A PlannerWorld over an in-memory DuckDB, for tests of the planner that need no gateway. `setup` is SQL that makes what a
 * session would have beside data sets (local tables, macros).
 */
export class DuckdbWorld implements PlannerWorld {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  #queue: Promise<unknown> = Promise.resolve();
  /** By path, size and time: the same files are planned over again and again. */
  readonly #footers = new Map<string, FileStatistics>();

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(setup = ''): Promise<DuckdbWorld> {
    const instance = await DuckDBInstance.create(':memory:', {
      threads: '1',
      autoload_known_extensions: 'false',
      asof_loop_join_threshold: '0',
    });
    const connection = await instance.connect();
    await connection.run(wholePartitionSql('memory.main'));
    if (setup !== '') await connection.run(setup);
    return new DuckdbWorld(instance, connection);
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }

  async serialize(sql: string): Promise<string> {
    const [row] = await this.rows('SELECT json_serialize_sql($1::VARCHAR)', [sql]);
    const json = String(row![0]);
    if (json.startsWith('{"error":true')) throw serializeError(JSON.parse(json));
    return json;
  }

  async deserialize(json: string): Promise<string> {
    const [row] = await this.rows('SELECT json_deserialize_sql($1::JSON)', [json]);
    return String(row![0]);
  }

  /** Relations become temporary tables of a connection that lives for this call. */
  async describe(sql: string, relations: readonly ShadowRelation[]): Promise<Description> {
    const connection = await this.#instance.connect();
    try {
      for (const relation of relations) {
        const columns = relation.columns.map((column) => `${quote(column.name)} ${column.type}`).join(', ');
        await connection.run(`CREATE TEMP TABLE ${quote(relation.name)} (${columns})`);
      }
      const statement = await connection.prepare(sql);
      try {
        return { columns: outputColumns(statement), parameters: parameterTypes(statement) };
      } finally {
        statement.destroySync();
      }
    } catch (error) {
      throw asUserError(error);
    } finally {
      connection.closeSync();
    }
  }

  async statistics(files: readonly DataFile[]): Promise<readonly FileStatistics[]> {
    const all: FileStatistics[] = [];
    for (const { path, bytes, mtimeMs } of files) {
      const key = JSON.stringify([path, bytes, mtimeMs]);
      const footer = this.#footers.get(key) ?? (await this.#readFooter(path));
      this.#footers.set(key, footer);
      all.push(footer);
    }
    return all;
  }

  async #readFooter(path: string): Promise<FileStatistics> {
    const rows = await this.rows(
      `SELECT row_group_id, row_group_num_rows, row_group_bytes, path_in_schema, stats_min_value, stats_max_value,
              coalesce(min_is_exact, true) AND coalesce(max_is_exact, true), stats_null_count
       FROM parquet_metadata($1::VARCHAR) ORDER BY row_group_id, column_id`,
      [path],
    );
    const groups = new Map<string, RowGroup & { columns: Record<string, ColumnStatistics> }>();
    for (const [id, rowCount, bytes, column, min, max, exact, nullCount] of rows) {
      const group = groups.get(String(id)) ?? { rowCount: Number(rowCount), bytes: Number(bytes), columns: {} };
      groups.set(String(id), group);
      group.columns[String(column)] = {
        min: text(min),
        max: text(max),
        exact: Boolean(exact),
        nullCount: nullCount === null ? null : Number(nullCount),
      };
    }
    const rowGroups = [...groups.values()];
    return { rowCount: rowGroups.reduce((sum, group) => sum + group.rowCount, 0), rowGroups };
  }

  /** Knows `read_parquet`, `parquet_scan`, `read_csv`, `read_csv_auto`, `read_json` and `read_json_auto` with one constant path, without options. */
  async tableFunction(
    name: string,
    args: readonly string[],
    named: Readonly<Record<string, string>>,
  ): Promise<DatasetTable | null> {
    const formats = { parquet: 'parquet', csv: 'csv', json: 'json' } as const;
    const format = formats[(/(parquet|csv|json)/.exec(name)?.[1] ?? '') as keyof typeof formats];
    if (format === undefined || args.length !== 1 || !args[0]!.startsWith("'") || Object.keys(named).length > 0)
      return null;
    const files = await this.rows(`SELECT file FROM glob(${args[0]}) ORDER BY file`, []);
    const columns = await this.rows(`DESCRIBE SELECT * FROM ${name}(${args[0]})`, []);
    return {
      schema: '',
      name,
      format,
      columns: columns.map(([column, type]) => ({ name: String(column), type: String(type), hive: false })),
      options: {},
      files: files.map(([path]) => ({ path: String(path), bytes: 1, mtimeMs: 0, hive: {} })),
    };
  }

  /** Runs SQL with text parameters and gives its rows; calls are queued. */
  rows(sql: string, parameters: readonly string[]): Promise<readonly (readonly unknown[])[]> {
    const run = this.#queue.then(async () => {
      try {
        return (await this.#connection.runAndReadAll(sql, [...parameters])).getRows();
      } catch (error) {
        throw asUserError(error);
      }
    });
    this.#queue = run.catch(() => undefined);
    return run;
  }
}

function text(value: unknown): string | null {
  return value === null ? null : String(value);
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function serializeError(json: { error_type: string; error_message: string; position?: string }): SluiceError {
  if (json.error_type !== 'parser')
    return errors.featureNotSupported(`serializing this statement (${json.error_message})`);
  return errors.syntax(json.error_message, json.position === undefined ? undefined : Number(json.position) + 1);
}

function asUserError(error: unknown): SluiceError {
  const message = error instanceof Error ? error.message : String(error);
  return new SluiceError('user', message.startsWith('Parser') ? '42601' : 'XX000', message, { cause: error });
}

function outputColumns(statement: DuckDBPreparedStatement): OutputColumn[] {
  return Array.from({ length: statement.columnCount }, (_, index) => ({
    name: statement.columnName(index),
    type: String(statement.columnType(index)),
  }));
}

function parameterTypes(statement: DuckDBPreparedStatement): (string | null)[] {
  return Array.from({ length: statement.parameterCount }, (_, index) =>
    unknownTypeIds.has(statement.parameterTypeId(index + 1)) ? null : String(statement.parameterType(index + 1)),
  );
}

/** A data set of `count` Parquet files that need not exist; `columns` is `{name: type}`. */
export function fakeTable(
  name: string,
  columns: Readonly<Record<string, string>>,
  count = 2,
  hive: readonly string[] = [],
): DatasetTable {
  return {
    schema: 'public',
    name,
    format: 'parquet',
    columns: Object.entries(columns).map(([column, type]) => ({ name: column, type, hive: hive.includes(column) })),
    options: {},
    files: Array.from({ length: count }, (_, index) => ({
      path: `/data/${name}/part-${index}.parquet`,
      bytes: 1_000_000,
      mtimeMs: 0,
      hive: Object.fromEntries(hive.map((key) => [key, String(index)])),
    })),
  };
}

/** A catalog of the given tables; `public` (or no schema) finds them, whatever the case. */
export function catalogOf(...tables: readonly DatasetTable[]): CatalogSnapshot {
  const key = (schema: string, name: string) => `${schema}.${name}`.toLowerCase();
  const known = new Map(tables.map((table) => [key(table.schema, table.name), table]));
  return {
    version: tables.map((table) => table.name).join(),
    lookup: (schema, name) => known.get(key(schema ?? 'public', name)),
    names: () => tables.map((table) => table.name),
  };
}

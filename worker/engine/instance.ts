import { DuckDBInstance } from '@duckdb/node-api';
import { quoteLiteral } from './quote.ts';

/** How one DuckDB instance is limited. All of these are fixed for the life of the instance: another limit needs another instance. */
export interface InstanceOptions {
  /** `:memory:` or the path of a database file (its folder needs no entry in `allowedDirectories`). */
  readonly path: string;
  readonly threads: number;
  readonly memoryBytes: number;
  /** Where DuckDB spills; made on demand. Of this instance alone: closing one removes what another has there. */
  readonly tempDirectory: string;
  readonly maxTempBytes: number;
  /** Absolute folders whose files SQL may read and write. Symbolic links that lead out of them are refused. */
  readonly allowedDirectories: readonly string[];
}

/**
 * Opens a DuckDB instance that can reach no file outside `allowedDirectories`, no network and no extension, and whose
 * configuration SQL can't open up again. Files outside are refused by every way in (table functions, replacement scans, glob(), COPY,
 * ATTACH, EXPORT, IMPORT; `..` and symbolic links are resolved first) with a Permission error, 42501 by `toSluiceError`.
 *
 * Scopes in DuckDB 1.5.5, whatever `duckdb_settings()` says:
 * - per connection (`SET SESSION`; plain `SET` changes every connection of the instance): TimeZone, Calendar, default_null_order,
 *   default_order, integer_division, default_collation, preserve_insertion_order, errors_as_json, ieee_floating_point_ops,
 *   max_expression_depth, old_implicit_casting, order_by_non_integer_literal, scalar_subquery_error_on_multiple_rows,
 *   parquet_metadata_cache, late_materialization_max_rows, streaming_buffer_size, enable_progress_bar, search_path;
 * - per instance: threads, memory_limit, temp_directory, max_temp_directory_size, disabled_optimizers, enable_external_access,
 *   allowed_directories, enable_external_file_cache, autoload_known_extensions.
 *
 * Errors come as JSON (errors_as_json), which is where their position and subtype are; `toSluiceError` reads it.
 *
 * ASOF joins never run as loops (asof_loop_join_threshold), as DuckDB 1.5.5 has it for few rows on the left: those see NULL times in another
 * way than its other plan, lose rows when the right side is filtered, and end the process when planned over a join without optimizer. The
 * rows of a task must not depend on how few they are. `instance.test.ts` tells when this can go.
 *
 * The first rows of a window are cut by the window, not by an aggregate in its place (top_n_window_elimination): DuckDB 1.5.5 gives a row of
 * NULLs then where there are no rows, and can't plan some that stand over an anti join. `instance.test.ts` tells when this can go.
 */
export async function openInstance(options: InstanceOptions): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(options.path, {
    threads: String(options.threads),
    memory_limit: `${options.memoryBytes}B`,
    temp_directory: options.tempDirectory,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    errors_as_json: 'true',
    asof_loop_join_threshold: '0',
    disabled_optimizers: 'top_n_window_elimination',
  });
  try {
    await lockDown(instance, options);
  } catch (error) {
    instance.closeSync();
    throw error;
  }
  return instance;
}

/**
 * What can't be given at the opening: max_temp_directory_size is shown but not obeyed then (DuckDB 1.5.5). Order matters: the list of
 * folders can't be changed once external access is off.
 */
async function lockDown(instance: DuckDBInstance, options: InstanceOptions): Promise<void> {
  const connection = await instance.connect();
  try {
    const list = options.allowedDirectories.map((folder) => quoteLiteral(folder)).join(', ');
    await connection.run(`SET GLOBAL max_temp_directory_size = '${options.maxTempBytes}B'`);
    await connection.run(`SET GLOBAL allowed_directories = [${list}]`);
    await connection.run('SET GLOBAL enable_external_access = false');
  } finally {
    connection.closeSync();
  }
}

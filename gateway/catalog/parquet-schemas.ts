import { quoteLiteral } from '../../worker/engine/quote.ts';
import { type FileSchema, fileError, type SchemaPool } from './file-schema.ts';
import { type MetadataEngine, textOf } from './metadata-engine.ts';

/** Files whose footers one query reads. */
const batchSize = 500;

/** Everything in a footer's schema that a column's type can depend on. */
const fingerprint =
  "md5(string_agg(concat_ws('|', name, type, type_length, repetition_type, num_children, converted_type, scale, precision, logical_type, duckdb_type), '\n' ORDER BY column_id))";

/**
 * The columns of Parquet files, in DuckDB's types. Footers are compared by a fingerprint in batches, and only one file of each
 * kind is asked for its types. Rejects with 58030 that names the first file that can't be read.
 */
export class ParquetSchemas {
  readonly #engine: MetadataEngine;
  readonly #pool: SchemaPool;
  readonly #byFingerprint = new Map<string, FileSchema>();

  constructor(engine: MetadataEngine, pool: SchemaPool) {
    this.#engine = engine;
    this.#pool = pool;
  }

  async read(paths: readonly string[]): Promise<ReadonlyMap<string, FileSchema>> {
    const schemas = new Map<string, FileSchema>();
    for (let from = 0; from < paths.length; from += batchSize) {
      const batch = paths.slice(from, from + batchSize);
      for (const [path, print] of await this.#fingerprints(batch)) schemas.set(path, await this.#schemaOf(path, print));
    }
    return schemas;
  }

  async #fingerprints(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
    try {
      return await this.#query(paths);
    } catch {
      // One of them is unreadable, and DuckDB does not always say which: asked one by one, the error has a name.
      const prints = new Map<string, string>();
      for (const path of paths) {
        try {
          for (const [name, print] of await this.#query([path])) prints.set(name, print);
        } catch (error) {
          throw fileError(path, error);
        }
      }
      return prints;
    }
  }

  async #query(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const list = paths.map(quoteLiteral).join(', ');
    const rows = await this.#engine.rows(
      `SELECT file_name, ${fingerprint} AS print FROM parquet_schema([${list}]) GROUP BY file_name`,
    );
    return new Map(rows.map((row) => [textOf(row, 'file_name'), textOf(row, 'print')]));
  }

  async #schemaOf(path: string, print: string): Promise<FileSchema> {
    const known = this.#byFingerprint.get(print);
    if (known !== undefined) return known;
    try {
      const rows = await this.#engine.rows(
        `DESCRIBE FROM read_parquet(${quoteLiteral(path)}, hive_partitioning = false)`,
      );
      const columns = rows.map((row) => ({ name: textOf(row, 'column_name'), type: textOf(row, 'column_type') }));
      const schema = this.#pool.share(columns);
      this.#byFingerprint.set(print, schema);
      return schema;
    } catch (error) {
      throw fileError(path, error);
    }
  }
}

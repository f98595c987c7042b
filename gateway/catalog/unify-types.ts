import type { FileFormat } from '../../planner/catalog.ts';
import { errors } from '../../planner/errors.ts';
import { type FileColumn, type FileSchema, unknownType } from './file-schema.ts';
import { type MetadataEngine, textOf } from './metadata-engine.ts';
import { canUnify } from './type-kinds.ts';

/** A schema and a file that has it, for error messages. */
export interface SeenSchema {
  readonly schema: FileSchema;
  readonly path: string;
}

/**
 * Brings the columns of files together by name (case-insensitively, in order of first appearance, the first spelling wins).
 * For Parquet with DuckDB's own widening (union_by_name): integers widen, integer and decimal give a decimal that holds
 * both, anything numeric with DOUBLE is DOUBLE, DATE with TIMESTAMP is TIMESTAMP, anything scalar with VARCHAR is VARCHAR. Text
 * in CSV files of which one can't be read as the other's type is VARCHAR. Rejects with 42804 that names the table, the column
 * and two files.
 */
export class TypeUnifier {
  readonly #engine: MetadataEngine;
  readonly #known = new Map<string, string>();

  constructor(engine: MetadataEngine) {
    this.#engine = engine;
  }

  async unify(table: string, format: FileFormat, seen: readonly SeenSchema[]): Promise<readonly FileColumn[]> {
    const columns = new Map<string, FileColumn & { readonly path: string }>();
    for (const { schema, path } of seen) {
      for (const { name, type } of schema.columns) {
        const known = columns.get(name.toLowerCase());
        if (known === undefined) columns.set(name.toLowerCase(), { name, type, path });
        else if (known.type !== type) {
          if (format === 'parquet' && !canUnify(known.type, type)) {
            throw errors.clashingColumn(table, known.name, `${known.type} in "${known.path}", ${type} in "${path}".`);
          }
          const both = format === 'csv' ? await this.#csvType(known.type, type) : await this.widen(known.type, type);
          columns.set(name.toLowerCase(), { ...known, type: both });
        }
      }
    }
    return [...columns.values()].map(({ name, type }) => ({ name, type }));
  }

  /** DuckDB's type for values of both types. */
  async widen(left: string, right: string): Promise<string> {
    if (left === right) return left;
    const key = JSON.stringify([left, right]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const sql = `DESCRIBE SELECT CAST(NULL AS ${left}) AS x UNION ALL SELECT CAST(NULL AS ${right})`;
    const [row] = await this.#engine.rows(sql);
    const type = row === undefined ? 'VARCHAR' : textOf(row, 'column_type');
    this.#known.set(key, type);
    return type;
  }

  async #csvType(left: string, right: string): Promise<string> {
    if (left === unknownType || right === unknownType) return left === unknownType ? right : left;
    const numbers = /^(?:U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL.*)$/;
    if (numbers.test(left) && numbers.test(right)) return await this.widen(left, right);
    const moments = /^(?:DATE|TIMESTAMP.*)$/;
    return moments.test(left) && moments.test(right) ? await this.widen(left, right) : 'VARCHAR';
  }
}

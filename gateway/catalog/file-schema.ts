import { errors, type SluiceError } from '../../planner/errors.ts';
import { toSluiceError } from '../../worker/engine/duckdb-error.ts';

/** A column as one file has it. */
export interface FileColumn {
  readonly name: string;
  readonly type: string;
}

/** Type of a column of which no row is known; every other type wins over it. */
export const unknownType = 'NULL';

/** What one file holds. Files with equal columns share one object. */
export interface FileSchema {
  readonly columns: readonly FileColumn[];
}

/** The error of a file that DuckDB can't read, whatever DuckDB's words: names the file (58030). */
export function fileError(path: string, error: unknown): SluiceError {
  const told = toSluiceError(error);
  if (told.errorClass !== 'user' && told.errorClass !== 'infra') return told;
  const reason = told.detail === undefined ? told.message : `${told.message}\n${told.detail}`;
  return errors.unreadableFile(path, told.sqlstate === '58030' ? (told.detail ?? told.message) : reason);
}

/** Makes equal schemas one object, so that files are compared by reference. */
export class SchemaPool {
  readonly #schemas = new Map<string, FileSchema>();

  share(columns: readonly FileColumn[]): FileSchema {
    const key = JSON.stringify(columns);
    const known = this.#schemas.get(key);
    if (known !== undefined) return known;
    const schema = { columns };
    this.#schemas.set(key, schema);
    return schema;
  }
}

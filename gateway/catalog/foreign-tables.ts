import { basename } from 'node:path';
import type { FileFormat } from '../../planner/catalog.ts';
import { errors } from '../../planner/errors.ts';
import { toSluiceError } from '../../worker/engine/duckdb-error.ts';
import { defaultSchema } from './catalog-snapshot.ts';
import type { Definition } from './definition-store.ts';
import { dataFileName } from './file-formats.ts';
import type { FileColumn } from './file-schema.ts';
import { hasGlob } from './glob.ts';
import { type MetadataEngine, textOf } from './metadata-engine.ts';
import { parseReaderOptions } from './reader-options.ts';
import type { Roots } from './roots.ts';
import { assignNames, tableName } from './table-name.ts';

/** CREATE FOREIGN TABLE ... SERVER files OPTIONS (location '...', format '...', ...). */
export interface ForeignTable {
  /** Undefined: `public`. */
  readonly schema: string | undefined;
  readonly name: string;
  /** Types as written (Postgres' or DuckDB's names); null: those of the files. */
  readonly columns: readonly FileColumn[] | null;
  /** A folder, a file or a glob in the declared folders. */
  readonly location: string;
  /** Undefined: told by the extensions. */
  readonly format: FileFormat | undefined;
  /** The other options: reader options as written, in DuckDB's or file_fdw's names. */
  readonly options: Readonly<Record<string, string>>;
  readonly ifNotExists: boolean;
}

/** IMPORT FOREIGN SCHEMA "directory" [LIMIT TO (...) | EXCEPT (...)] FROM SERVER files INTO schema. */
export interface ImportRequest {
  readonly directory: string;
  readonly schema: string;
  readonly limitTo: readonly string[] | undefined;
  readonly except: readonly string[] | undefined;
}

/**
 * Checks a foreign table and makes what is stored of it. Rejects with 42501 outside the roots, HV00D and HV024 for bad options, 42704 for an
 * unknown type, 42701 for a column named twice.
 */
export async function makeDefinition(table: ForeignTable, roots: Roots, engine: MetadataEngine): Promise<Definition> {
  const location = roots.resolveOrRefuse(table.location);
  const format = table.format ?? null;
  const told = format ?? (hasGlob(location) ? null : (dataFileName(basename(location))?.format ?? null));
  if (told === null && Object.keys(table.options).length > 0) {
    throw errors.invalidTableOption(Object.keys(table.options)[0] ?? '', 'Name the format with the option "format".');
  }
  const options = told === null ? {} : parseReaderOptions(told, table.options);
  const columns = await canonicalColumns(table.columns ?? [], engine);
  return { schema: table.schema ?? defaultSchema, name: table.name, location, format, options, columns };
}

async function canonicalColumns(
  columns: readonly FileColumn[],
  engine: MetadataEngine,
): Promise<readonly FileColumn[] | null> {
  if (columns.length === 0) return null;
  const names = new Set<string>();
  const canonical: FileColumn[] = [];
  for (const { name, type } of columns) {
    if (names.has(name.toLowerCase())) throw errors.duplicateColumn(name);
    names.add(name.toLowerCase());
    canonical.push({ name, type: await canonicalType(type, engine) });
  }
  return canonical;
}

/** DuckDB's text of a type that a client wrote, e.g. `int4` -> `INTEGER`, `varchar(20)` -> `VARCHAR`. */
async function canonicalType(type: string, engine: MetadataEngine): Promise<string> {
  if (!/^[\p{L}\p{N}_ ,()[\]"']+$/u.test(type)) throw errors.undefinedType(type);
  try {
    const [row] = await engine.rows(`DESCRIBE SELECT CAST(NULL AS ${type}) AS x`);
    return row === undefined ? type : textOf(row, 'column_type');
  } catch (error) {
    const told = toSluiceError(error);
    throw told.errorClass === 'user' ? errors.undefinedType(type) : told;
  }
}

/** What IMPORT FOREIGN SCHEMA makes of the folders and files found. Raises 42P01 for a name in LIMIT TO that is not there. */
export function importClaims(
  found: readonly { readonly path: string; readonly format: FileFormat | null }[],
  request: ImportRequest,
): readonly Definition[] {
  const claims = found.map(({ path, format }) => {
    const name = tableName(format === null ? basename(path) : (dataFileName(basename(path))?.stem ?? ''));
    return { wishes: format === null ? [name] : [name, `${name}_${format}`], item: path };
  });
  const only = request.limitTo?.map((name) => name.toLowerCase());
  const except = new Set(request.except?.map((name) => name.toLowerCase()));
  const named = [...assignNames(claims)];
  const missing = only?.find((name) => !named.some(([own]) => own === name));
  if (missing !== undefined) throw errors.undefinedTable(missing);
  return named
    .filter(([name]) => (only === undefined || only.includes(name)) && !except.has(name))
    .map(([name, location]) => ({
      schema: request.schema,
      name,
      location,
      format: null,
      options: {},
      columns: null,
    }));
}

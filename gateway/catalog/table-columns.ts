import type { Column, DataFile, FileFormat } from '../../planner/catalog.ts';
import { errors } from '../../planner/errors.ts';
import type { FileSchema } from './file-schema.ts';
import type { ListedFile } from './list-files.ts';

/** Keys found in paths: by lower-case name, and the values by path. */
export interface HiveColumns {
  readonly types: ReadonlyMap<string, { readonly name: string; readonly type: string }>;
  readonly values: ReadonlyMap<string, ReadonlyMap<string, string | null>>;
}

interface TableShape {
  readonly name: string;
  readonly format: FileFormat;
  readonly columns: readonly Column[];
  readonly options: Readonly<Record<string, unknown>>;
}

type Differences = Pick<DataFile, 'differs' | 'fields'>;

/**
 * The files as the planner sees them: with the values of their keys, and with what differs from the table. Raises 58030 for a CSV
 * file that can't be matched with declared columns.
 */
export function describeFiles(
  table: TableShape,
  declared: boolean,
  files: Iterable<{ readonly file: ListedFile; readonly schema: FileSchema }>,
  hive: ReadonlyMap<string, ReadonlyMap<string, string | null>>,
): readonly DataFile[] {
  const spelling = new Map(table.columns.filter((column) => column.hive).map(({ name }) => [name.toLowerCase(), name]));
  const bySchema = new Map<FileSchema, Differences>();
  const described: DataFile[] = [];
  for (const { file, schema } of files) {
    const differences = bySchema.get(schema) ?? differencesOf(table, declared, schema, file.path);
    bySchema.set(schema, differences);
    described.push({
      path: file.path,
      bytes: file.bytes,
      mtimeMs: file.mtimeMs,
      hive: hiveRecord(hive.get(file.path), spelling),
      ...differences,
    });
  }
  return described;
}

const noHive: DataFile['hive'] = {};

function hiveRecord(
  values: ReadonlyMap<string, string | null> | undefined,
  spelling: ReadonlyMap<string, string>,
): DataFile['hive'] {
  if (values === undefined || values.size === 0) return noHive;
  const entries = [...values].map(([name, value]) => [spelling.get(name.toLowerCase()), value] as const);
  return Object.fromEntries(entries.filter(([name]) => name !== undefined));
}

function differencesOf(table: TableShape, declared: boolean, schema: FileSchema, path: string): Differences {
  if (table.format === 'json') return {};
  const columns = table.columns.filter(({ hive }) => !hive);
  if (table.format === 'csv') return csvDifferences(table, declared, columns, schema, path);
  const types = new Map(schema.columns.map(({ name, type }) => [name.toLowerCase(), type]));
  const differs: Record<string, string | null> = {};
  for (const { name, type } of columns) {
    const own = types.get(name.toLowerCase());
    if (own !== type) differs[name] = own ?? null;
  }
  return Object.keys(differs).length === 0 ? {} : { differs };
}

/** CSV values are read in the table's types at once, so only missing columns differ. */
function csvDifferences(
  table: TableShape,
  declared: boolean,
  columns: readonly Column[],
  schema: FileSchema,
  path: string,
): Differences {
  const fields = csvFields(table, declared, columns, schema, path);
  const present = new Set(fields);
  const missing = columns.filter(({ name }) => !present.has(name)).map(({ name }) => [name, null] as const);
  const inOrder = fields.length === columns.length && fields.every((name, index) => name === columns[index]?.name);
  return {
    ...(missing.length === 0 ? {} : { differs: Object.fromEntries(missing) }),
    ...(inOrder ? {} : { fields }),
  };
}

/**
 * The file's columns under the table's names. Declared columns are matched by header when it has one of their names, else by place
 * (as Postgres does).
 */
function csvFields(
  table: TableShape,
  declared: boolean,
  columns: readonly Column[],
  schema: FileSchema,
  path: string,
): readonly string[] {
  const spelling = new Map(table.columns.map(({ name }) => [name.toLowerCase(), name]));
  const own = schema.columns.map(({ name }) => spelling.get(name.toLowerCase()) ?? name);
  const byName = table.options.header === true && own.some((name) => columns.some((column) => column.name === name));
  if (!declared || byName) return own;
  if (own.length !== columns.length) {
    throw errors.unreadableFile(
      path,
      `It has ${own.length} columns (${own.join(', ')}), table "${table.name}" ${columns.length}.`,
    );
  }
  return columns.map(({ name }) => name);
}

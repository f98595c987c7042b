import { relative, sep } from 'node:path';
import type { DatasetTable, FileLayout } from '../../planner/catalog.ts';
import { duckdbVersion } from '../../worker/engine/duckdb-version.ts';
import type { Manifest, ManifestFile } from './manifest.ts';

/**
 * The table with what its manifest says about how rows lie in its files, where that is sure: every file is one of the manifest and as large as it says, its
 * columns have the types with which they were written, and it is Parquet, which gives back the values that were written. A hash is that of one version of
 * DuckDB.
 */
export function withLayout(table: DatasetTable, folder: string, manifest: Manifest | undefined): DatasetTable {
  const layout = manifest?.layout ?? null;
  if (manifest === undefined || layout === null || table.format !== 'parquet') return table;
  const written = new Map(manifest.files.map((file) => [file.path, file]));
  const found = table.files.map(({ path, bytes }) => {
    const file = written.get(relative(folder, path).split(sep).join('/'));
    return file?.bytes === bytes ? file : undefined;
  });
  if (!found.every((file): file is ManifestFile & { bucket: number } => typeof file?.bucket === 'number')) return table;
  const told = layout.kind === 'hash' ? hashed(table, layout) : ranged(table, layout);
  if (told === undefined) return table;
  if (told.kind === 'range') {
    const inOrder = found.every(({ bucket }, i) => i === 0 || found[i - 1]!.bucket <= bucket);
    return inOrder ? { ...table, layout: told } : table;
  }
  return { ...table, layout: told, files: table.files.map((file, i) => ({ ...file, bucket: found[i]!.bucket })) };
}

type Written<Kind> = Extract<NonNullable<Manifest['layout']>, { kind: Kind }>;

function hashed(table: DatasetTable, { by, types, buckets, engine }: Written<'hash'>): FileLayout | undefined {
  if (engine !== duckdbVersion()) return undefined;
  const keys = by.map((column, i) => ({ column, type: types[i]! }));
  return keys.every(({ column, type }) => isAsWritten(table, column, type))
    ? { kind: 'hash', by: keys, buckets }
    : undefined;
}

function ranged(table: DatasetTable, { keys }: Written<'range'>): FileLayout | undefined {
  const known = keys?.every(({ column }) => isAsWritten(table, column));
  return keys !== undefined && known === true ? { kind: 'range', by: keys } : undefined;
}

function isAsWritten({ columns, files }: DatasetTable, name: string, type?: string): boolean {
  const column = columns.find((own) => own.name === name);
  if (column === undefined || column.hive || (type !== undefined && column.type !== type)) return false;
  return files.every(({ differs }) => differs?.[name] === undefined);
}

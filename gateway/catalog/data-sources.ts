import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { FileFormat } from '../../planner/catalog.ts';
import { errors, SluiceError } from '../../planner/errors.ts';
import type { DataSetSpec } from './data-set.ts';
import { dataFileName, isHidden } from './file-formats.ts';
import { type FileView, fileSystem, statOf } from './file-system.ts';
import { hasGlob, staticPrefix } from './glob.ts';
import { isHiveFolder, listFiles } from './list-files.ts';
import type { Look } from './look.ts';
import type { Roots } from './roots.ts';
import { assignNames, type NameClaim, tableName } from './table-name.ts';

/** Most tables found in all data folders together. */
const maxTables = 10_000;

/**
 * One `--data`: `name=PATH` is one table; a folder's sub-folders and files are tables (the folder itself is one when it
 * holds `key=value` folders); of a glob, each match is.
 */
export interface DataSource {
  /** As written, for messages. */
  readonly text: string;
  readonly name: string | null;
  /** Absolute: a folder, a file or a glob. */
  readonly path: string;
}

/** Reads the argument of `--data`. Raises F0000 for an empty one. */
export function parseDataSource(text: string): DataSource {
  const named = /^([\p{L}_][\p{L}\p{N}_]*)=(.+)$/su.exec(text);
  const isNamed = named !== null && !existsSync(text);
  const path = isNamed ? named[2] : text;
  if (path === undefined || path === '') throw errors.flagValue('--data', 'needs a folder, a glob or name=GLOB');
  return { text, name: isNamed ? (named[1] ?? null) : null, path: resolve(path) };
}

/** The folder that the source lies in: what SQL may read because of it. */
export function rootOf(source: DataSource): string {
  if (hasGlob(source.path)) return staticPrefix(source.path);
  return statOf(source.path)?.isFile() ? dirname(source.path) : source.path;
}

/** Where the files of a table are that lives at `path`. */
export function placeOf(
  path: string,
  format: FileFormat | null,
  files: FileView = fileSystem,
): Pick<DataSetSpec, 'locations' | 'hiveBase' | 'format'> {
  const isFolder = !hasGlob(path) && files.stat(path)?.isFile() !== true;
  const hiveBase = hasGlob(path) ? staticPrefix(path) : isFolder ? path : false;
  return { locations: [{ path, format, hidden: false }], hiveBase, format };
}

interface Found {
  readonly path: string;
  /** Told by the extension; null for folders and what is named. */
  readonly format: FileFormat | null;
}

/** A folder's name is its own; of files with one name Parquet takes it, then CSV, then JSON; the others add their format. */
const precedence: Readonly<Record<FileFormat | 'named' | 'folder', number>> = {
  named: 0,
  folder: 2,
  parquet: 4,
  csv: 6,
  json: 8,
};
/** Added when the name had to be changed to be a table's. */
const afterPlainNames = 1;

/**
 * The tables of all sources, under names of their own: named ones first, then folders, then files, each in order of path. `taken`:
 * lower-case names that are not to be had.
 */
export async function discover(
  sources: readonly DataSource[],
  taken: ReadonlySet<string>,
  roots: Roots,
  look: Look,
): Promise<readonly DataSetSpec[]> {
  const claims: (NameClaim<Found> & { readonly order: number })[] = [];
  for (const source of sources) {
    if (source.name !== null) {
      const wishes = [source.name.toLowerCase()];
      claims.push({ wishes, order: precedence.named, item: { path: source.path, format: null } });
      continue;
    }
    for (const found of await tablesIn(source, roots, look)) claims.push(claimOf(found));
  }
  if (claims.length > maxTables) throw errors.limitExceeded(`the data folders hold more than ${maxTables} tables`);
  claims.sort((left, right) => left.order - right.order || (left.item.path < right.item.path ? -1 : 1));
  const reserved: readonly NameClaim<Found | null>[] = [...taken].map((name) => ({ wishes: [name], item: null }));
  const specs: DataSetSpec[] = [];
  for (const [name, found] of assignNames<Found | null>([...reserved, ...claims])) {
    if (found === null) continue;
    specs.push({ schema: 'public', name, options: {}, columns: null, ...placeOf(found.path, null, look) });
  }
  return specs;
}

/** A source that can't be read is one table of its name, which gives the error to those who ask for it. */
async function tablesIn(source: DataSource, roots: Roots, look: Look): Promise<readonly Found[]> {
  try {
    return await tablesOf(source, roots, look);
  } catch (error) {
    if (error instanceof SluiceError && error.errorClass === 'user') return [{ path: source.path, format: null }];
    throw error;
  }
}

function claimOf(found: Found): NameClaim<Found> & { readonly order: number } {
  const name = basename(found.path);
  const stem = found.format === null ? name : (dataFileName(name)?.stem ?? name);
  const plain = tableName(stem);
  const order = precedence[found.format ?? 'folder'] + (plain === stem ? 0 : afterPlainNames);
  return { wishes: found.format === null ? [plain] : [plain, `${plain}_${found.format}`], order, item: found };
}

/** The tables in one source: folders and data files that are not hidden and do not lead out of the roots. */
export async function tablesOf(source: DataSource, roots: Roots, look: Look): Promise<readonly Found[]> {
  if (hasGlob(source.path)) return await matchesOf(source, roots, look);
  if (look.stat(source.path)?.isFile()) return foundAt(source.path, basename(source.path), true);
  const entries = look.entries(source.path).filter(({ name }) => !isHidden(name));
  if (entries.some((entry) => entry.isDirectory() && isHiveFolder(entry.name))) {
    return [{ path: source.path, format: null }];
  }
  const found: Found[] = [];
  for (const entry of entries) {
    if (look.isOver) await look.pause();
    const path = join(source.path, entry.name);
    const linked = entry.isSymbolicLink() ? look.stat(path) : undefined;
    if (entry.isSymbolicLink() && !roots.contains(path)) continue;
    const isFolder = entry.isDirectory() || linked?.isDirectory() === true;
    if (isFolder) found.push({ path, format: null });
    else found.push(...foundAt(path, entry.name, entry.isFile() || entry.isSymbolicLink()));
  }
  return found;
}

function foundAt(path: string, name: string, isFile: boolean): readonly Found[] {
  const known = isFile ? dataFileName(name) : null;
  return known === null ? [] : [{ path, format: known.format }];
}

/** Files that a glob matches, and, where its last part is `*`, the folders too. */
async function matchesOf(source: DataSource, roots: Roots, look: Look): Promise<readonly Found[]> {
  if (source.path.endsWith('/*') && !hasGlob(dirname(source.path))) {
    return await tablesOf({ ...source, path: dirname(source.path) }, roots, look);
  }
  const files = await listFiles({ path: source.path, format: null, hidden: false }, roots, look);
  return files.flatMap(({ path }) => foundAt(path, basename(path), true));
}

import { type Dirent, readdirSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { FileFormat } from '../../planner/catalog.ts';
import { errors } from '../../planner/errors.ts';
import { dataFileName, isHidden } from './file-formats.ts';
import { globPart, globParts, hasGlob, sortBytes, staticPrefix } from './glob.ts';
import type { Roots } from './roots.ts';
import type { TimeSlice } from './time-slice.ts';

/** Most files of one data set. */
export const maxFiles = 1_000_000;
/** Deepest folder below the folder of a data set. */
const maxDepth = 64;

/**
 * A file as it is on disk. `inode` and `ctimeMs` tell a file that was renamed over another, or written and dated back, from it even where
 * size and time are the same.
 */
export interface ListedFile {
  readonly path: string;
  readonly bytes: number;
  readonly mtimeMs: number;
  readonly inode: number;
  readonly ctimeMs: number;
}

/** Where the files of a data set are: one file, a folder with all below it, or a glob. Absolute. */
export interface Location {
  readonly path: string;
  /** Null: told by the extension of each file. A glob with a format reads whatever it matches. */
  readonly format: FileFormat | null;
  /** True: hidden files too, as DuckDB's own functions do. */
  readonly hidden: boolean;
}

interface Walk {
  readonly location: Location;
  readonly roots: Roots;
  readonly slice: TimeSlice;
  /** By folder. */
  readonly found: Map<string, Map<string, ListedFile>>;
  count: number;
}

/**
 * The files of a location in DuckDB's glob order (by folder, then name, bytewise); what is gone in the meantime is left out. Symbolic
 * links to files are followed when they stay in the roots; links to folders are not followed below the location (as DuckDB's `**`).
 * Raises 58030 when a folder can't be read, 54000 beyond `maxFiles`.
 */
export async function listFiles(location: Location, roots: Roots, slice: TimeSlice): Promise<readonly ListedFile[]> {
  const walk: Walk = { location, roots, slice, found: new Map(), count: 0 };
  const { path } = location;
  if (hasGlob(path)) await walkGlob(walk, staticPrefix(path), globParts(path), 0);
  else {
    const stats = statOf(path);
    if (stats?.isDirectory()) await walkFolder(walk, path, 0);
    else if (stats?.isFile()) addFile(walk, dirname(path), basename(path), stats);
  }
  return inOrder(walk.found);
}

/** Sorted per folder: sorting whole paths costs ten times as much. */
function inOrder(found: Walk['found']): readonly ListedFile[] {
  const files: ListedFile[] = [];
  for (const folder of sortBytes([...found.keys()])) {
    const own = found.get(folder);
    if (own === undefined) continue;
    for (const name of sortBytes([...own.keys()])) {
      const file = own.get(name);
      if (file !== undefined) files.push(file);
    }
  }
  return files;
}

async function walkFolder(walk: Walk, folder: string, depth: number): Promise<void> {
  if (depth > maxDepth) throw errors.limitExceeded(`folder "${folder}" is nested deeper than ${maxDepth} levels`);
  if (walk.slice.isOver) await walk.slice.pause();
  const folders: string[] = [];
  for (const entry of entriesOf(folder)) {
    if (!walk.location.hidden && isHidden(entry.name)) continue;
    if (entry.isDirectory()) folders.push(join(folder, entry.name));
    else if (isWanted(walk.location, entry.name)) addEntry(walk, folder, entry);
    if (walk.slice.isOver) await walk.slice.pause();
  }
  for (const path of folders) await walkFolder(walk, path, depth + 1);
}

/** In a folder: files of the format, or, where none was given, of any format that the extension tells. */
function isWanted({ path, format }: Location, name: string): boolean {
  if (hasGlob(path) && format !== null) return true;
  const known = dataFileName(name);
  return known !== null && (format === null || known.format === format);
}

async function walkGlob(walk: Walk, folder: string, parts: readonly string[], depth: number): Promise<void> {
  const [part, ...rest] = parts;
  if (part === undefined) return;
  if (depth > maxDepth) throw errors.limitExceeded(`folder "${folder}" is nested deeper than ${maxDepth} levels`);
  if (walk.slice.isOver) await walk.slice.pause();
  const deep = part === '**';
  if (deep && rest.length > 0) await walkGlob(walk, folder, rest, depth);
  const matches = globPart(deep ? '*' : part);
  for (const entry of entriesOf(folder)) {
    if (!walk.location.hidden && isHidden(entry.name)) continue;
    if (!matches(entry.name)) continue;
    const path = join(folder, entry.name);
    const isFolder = entry.isDirectory() || (!deep && rest.length > 0 && isLinkedFolder(walk, path, entry));
    if (isFolder) await walkGlob(walk, path, deep ? parts : rest, depth + 1);
    else if (rest.length === 0 && isWanted(walk.location, entry.name)) addEntry(walk, folder, entry);
    if (walk.slice.isOver) await walk.slice.pause();
  }
}

function isLinkedFolder(walk: Walk, path: string, entry: Dirent): boolean {
  return entry.isSymbolicLink() && statOf(path)?.isDirectory() === true && walk.roots.contains(path);
}

function addEntry(walk: Walk, folder: string, entry: Dirent): void {
  const path = join(folder, entry.name);
  if (entry.isSymbolicLink() && !walk.roots.contains(path)) return;
  const stats = statOf(path);
  if (stats?.isFile()) addFile(walk, folder, entry.name, stats);
}

function addFile(walk: Walk, folder: string, name: string, stats: Stats): void {
  if (++walk.count > maxFiles) {
    throw errors.limitExceeded(
      `"${walk.location.path}" has more than ${maxFiles} files`,
      'Split it into several tables.',
    );
  }
  const own = walk.found.get(folder) ?? new Map<string, ListedFile>();
  walk.found.set(folder, own);
  own.set(name, {
    path: join(folder, name),
    bytes: stats.size,
    mtimeMs: stats.mtimeMs,
    inode: stats.ino,
    ctimeMs: stats.ctimeMs,
  });
}

/** What is in a folder; nothing when there is no such folder. Raises 58030 when it can't be read. */
export function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (isGone(error)) return [];
    throw errors.unreadableFile(folder, (error as Error).message);
  }
}

/** Raises 58030 when the system refuses. Undefined when there is nothing at the path. */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (isGone(error)) return undefined;
    throw errors.unreadableFile(path, (error as Error).message);
  }
}

function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** True for `key=value`, the name of a hive partition's folder. */
export function isHiveFolder(name: string): boolean {
  return /^[^=]+=[^=]*$/.test(basename(name));
}

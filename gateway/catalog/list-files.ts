import type { Dirent, Stats } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import type { FileFormat } from '../../planner/catalog.ts';
import { errors } from '../../planner/errors.ts';
import { dataFileName, isHidden } from './file-formats.ts';
import { globPart, globParts, hasGlob, sortBytes, staticPrefix } from './glob.ts';
import type { Look } from './look.ts';
import { type Manifest, manifestFolder, newestManifest } from './manifest.ts';
import type { Roots } from './roots.ts';

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
  readonly look: Look;
  /** By folder. */
  readonly found: Map<string, Map<string, ListedFile>>;
  count: number;
}

/** Absolute paths of the files of a data set that has a manifest; undefined: every file counts. */
type Committed = ReadonlySet<string> | undefined;

/**
 * The files of a location in DuckDB's glob order (by folder, then name, bytewise); what is gone in the meantime is left out. Of a data set
 * with manifests (see manifest.ts) only the files of the newest are seen, in a folder, below it or through a glob. Symbolic links to files are followed when they stay in the roots; links to folders are not followed below the location (as DuckDB's `**`).
 * Raises 58030 when a folder can't be read or a file that a manifest names is not there, 54000 beyond `maxFiles`.
 */
export async function listFiles(location: Location, roots: Roots, look: Look): Promise<readonly ListedFile[]> {
  const walk: Walk = { location, roots, look, found: new Map(), count: 0 };
  const { path } = location;
  if (hasGlob(path)) {
    const prefix = staticPrefix(path);
    await walkGlob(walk, prefix, globParts(path), 0, enclosing(walk, prefix));
  } else {
    const stats = look.stat(path);
    if (stats?.isDirectory()) await walkFolder(walk, path, 0, enclosing(walk, path));
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

async function walkFolder(walk: Walk, folder: string, depth: number, committed: Committed): Promise<void> {
  if (depth > maxDepth) throw errors.limitExceeded(`folder "${folder}" is nested deeper than ${maxDepth} levels`);
  if (walk.look.isOver) await walk.look.pause();
  const folders: string[] = [];
  const entries = walk.look.entries(folder);
  if (hasManifests(entries) && (await addCommitted(walk, folder))) return;
  for (const entry of entries) {
    if (!walk.location.hidden && isHidden(entry.name)) continue;
    if (entry.isDirectory()) folders.push(join(folder, entry.name));
    else if (isWanted(walk.location, entry.name)) addEntry(walk, folder, entry, committed);
    if (walk.look.isOver) await walk.look.pause();
  }
  for (const path of folders) await walkFolder(walk, path, depth + 1, committed);
}

/** In a folder: files of the format, or, where none was given, of any format that the extension tells. */
function isWanted({ path, format }: Location, name: string): boolean {
  if (hasGlob(path) && format !== null) return true;
  const known = dataFileName(name);
  return known !== null && (format === null || known.format === format);
}

async function walkGlob(
  walk: Walk,
  folder: string,
  parts: readonly string[],
  depth: number,
  outer: Committed,
): Promise<void> {
  const [part, ...rest] = parts;
  if (part === undefined) return;
  if (depth > maxDepth) throw errors.limitExceeded(`folder "${folder}" is nested deeper than ${maxDepth} levels`);
  if (walk.look.isOver) await walk.look.pause();
  const deep = part === '**';
  if (deep && rest.length > 0) await walkGlob(walk, folder, rest, depth, outer);
  const matches = globPart(deep ? '*' : part);
  const entries = walk.look.entries(folder);
  const committed = hasManifests(entries) ? committedIn(walk, folder) : outer;
  for (const entry of entries) {
    if (!walk.location.hidden && isHidden(entry.name)) continue;
    if (!matches(entry.name)) continue;
    const path = join(folder, entry.name);
    const isFolder = entry.isDirectory() || (!deep && rest.length > 0 && isLinkedFolder(walk, path, entry));
    if (isFolder) await walkGlob(walk, path, deep ? parts : rest, depth + 1, committed);
    else if (rest.length === 0 && isWanted(walk.location, entry.name)) addEntry(walk, folder, entry, committed);
    if (walk.look.isOver) await walk.look.pause();
  }
}

function hasManifests(entries: readonly Dirent[]): boolean {
  return entries.some((entry) => entry.name === manifestFolder && entry.isDirectory());
}

function committedIn({ look }: Walk, folder: string): Committed {
  const manifest = newestManifest(folder, look);
  return manifest && new Set(manifest.files.map(({ path }) => join(folder, path)));
}

/** What counts of the folder because it lies in a data set with manifests. */
function enclosing(walk: Walk, folder: string): Committed {
  const { look, roots } = walk;
  for (let above = dirname(folder); above !== dirname(above) && roots.contains(above); above = dirname(above))
    if (look.stat(join(above, manifestFolder))?.isDirectory()) return committedIn(walk, above);
  return undefined;
}

/** The files of the newest manifest; false when there is none. A file that is gone means that there is a newer one, or that data is lost. */
async function addCommitted(walk: Walk, folder: string): Promise<boolean> {
  for (;;) {
    const manifest = newestManifest(folder, walk.look);
    if (manifest === undefined) return false;
    const missing = await addListed(walk, folder, manifest);
    if (missing === undefined) return true;
    if (newestManifest(folder, walk.look)?.sequence === manifest.sequence)
      throw errors.unreadableFile(missing, 'It is not there, and a manifest says that it is part of the data set.');
    for (const own of [...walk.found.keys()])
      if (own === folder || own.startsWith(folder + sep)) {
        walk.count -= walk.found.get(own)!.size;
        walk.found.delete(own);
      }
  }
}

/** The first file that is not there. */
async function addListed(walk: Walk, folder: string, { files, format }: Manifest): Promise<string | undefined> {
  const { format: wanted } = walk.location;
  if (wanted !== null && wanted !== format) return undefined;
  for (const { path } of files) {
    const whole = join(folder, path);
    const stats = walk.look.stat(whole);
    if (stats?.isFile() !== true) return whole;
    addFile(walk, dirname(whole), basename(whole), stats);
    if (walk.look.isOver) await walk.look.pause();
  }
  return undefined;
}

function isLinkedFolder(walk: Walk, path: string, entry: Dirent): boolean {
  return entry.isSymbolicLink() && walk.look.stat(path)?.isDirectory() === true && walk.roots.contains(path);
}

function addEntry(walk: Walk, folder: string, entry: Dirent, committed: Committed): void {
  const path = join(folder, entry.name);
  if (committed?.has(path) === false) return;
  const stats = walk.look.stat(path);
  if (entry.isSymbolicLink() && !walk.roots.contains(path)) return;
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

/** True for `key=value`, the name of a hive partition's folder. */
export function isHiveFolder(name: string): boolean {
  return /^[^=]+=[^=]*$/.test(basename(name));
}

/**
 * A data set that was written here has a folder `_sluice` with manifests: `manifest-00000001.json`, and so on. The newest names all files
 * of the data set; what else lies in the folder is not (yet, or any more) part of it. A manifest is never changed: the next version is the
 * next file, made under another name and linked to its own, so that of two writers one fails.
 */
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { errors } from '../../planner/errors.ts';
import { type FileView, fileSystem, isGone } from './file-system.ts';

/** Where manifests lie. */
export const manifestFolder = '_sluice';

/** Versions that a manifest tells the writers of. */
export const keptJobs = 64;
/** How many manifests are kept in memory. */
const cachedManifests = 512;
/** Between the listing and the reading of a manifest others may write: so often newer ones are looked for. */
const readAttempts = 5;
const digits = 8;

const count = z.number().int().nonnegative();
const columnNames = z.array(z.string().min(1));
const fileSchema = z.object({
  /** Relative to the data set's folder. */
  path: z.string().min(1),
  bytes: count,
  /** Null: not known. */
  rows: count.nullable(),
  /** Of the layout; null: none. */
  bucket: count.nullable(),
});
const layoutSchema = z.discriminatedUnion('kind', [
  /** Rows are in the bucket `(hash(by...) >> 32) % buckets`, by the hash function of this version of DuckDB. */
  z.object({
    kind: z.literal('hash'),
    by: columnNames,
    types: columnNames,
    buckets: count,
    engine: z.string().min(1),
  }),
  /**
   * Every row of a bucket comes before those of the next, in this order (DuckDB's SQL); equal rows are in one. `keys`: the same, where it is made of
   * columns.
   */
  z.object({
    kind: z.literal('range'),
    by: z.string().min(1),
    buckets: count,
    keys: z.array(z.object({ column: z.string().min(1), descending: z.boolean(), nullsFirst: z.boolean() })).optional(),
  }),
]);
const optionSchema = z.union([z.string(), z.number(), z.boolean()]);
const manifestSchema = z.object({
  version: z.literal(1),
  /** Its number. */
  sequence: count,
  /** The last writers, newest first. */
  jobs: z.array(z.string().min(1)),
  format: z.enum(['parquet', 'csv', 'json']),
  /** As they were written, those of `partitionBy` included; null: those of the files. */
  columns: z.array(z.object({ name: z.string().min(1), type: z.string().min(1) })).nullable(),
  partitionBy: columnNames,
  /** Null: no promise. */
  layout: layoutSchema.nullable(),
  /** Order of the rows in each file, as SQL; null: none. */
  orderBy: z.string().min(1).nullable(),
  /** Of COPY, for those who append. */
  options: z.record(z.string(), optionSchema),
  files: z.array(fileSchema),
});

export type Manifest = Readonly<z.infer<typeof manifestSchema>>;
export type ManifestFile = Manifest['files'][number];
export type Layout = z.infer<typeof layoutSchema>;

/** By path; manifests never change. */
const cache = new Map<string, { readonly inode: number; readonly mtimeMs: number; readonly manifest: Manifest }>();

const fileName = (sequence: number) => `manifest-${String(sequence).padStart(digits, '0')}.json`;

/** The path of a version. */
export function manifestPath(folder: string, sequence: number): string {
  return join(folder, manifestFolder, fileName(sequence));
}

/** The name under which a job makes its manifest. */
export function temporaryManifest(folder: string, job: string): string {
  return join(folder, manifestFolder, `.${job}.tmp`);
}

/** Numbers of the manifests that are there, ascending. */
export function manifestSequences(folder: string, files: FileView = fileSystem): readonly number[] {
  const sequences = files.entries(join(folder, manifestFolder)).flatMap(({ name }) => {
    const match = /^manifest-(\d{8,15})\.json$/.exec(name);
    return match === null ? [] : [Number(match[1])];
  });
  return sequences.sort((a, b) => a - b);
}

/** The newest version of a data set; undefined for a folder that has none. Raises 58030 for one that can't be read. */
export function newestManifest(folder: string, files: FileView = fileSystem): Manifest | undefined {
  for (let attempt = 0; attempt < readAttempts; attempt++) {
    const sequence = manifestSequences(folder, files).at(-1);
    if (sequence === undefined) return undefined;
    const manifest = readManifest(manifestPath(folder, sequence), sequence, files);
    if (manifest !== undefined) return manifest;
  }
  throw errors.unreadableFile(join(folder, manifestFolder), 'Its manifests change too often.');
}

/** Undefined when it is not there any more. */
function readManifest(path: string, sequence: number, files: FileView): Manifest | undefined {
  const stats = files.stat(path);
  if (stats === undefined) return undefined;
  const known = cache.get(path);
  if (known?.inode === stats.ino && known.mtimeMs === stats.mtimeMs) return known.manifest;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isGone(error)) return undefined;
    throw errors.unreadableFile(path, (error as Error).message);
  }
  const manifest = parseManifest(path, text, sequence);
  cache.delete(path);
  cache.set(path, { inode: stats.ino, mtimeMs: stats.mtimeMs, manifest });
  for (const [oldest] of cache) {
    if (cache.size <= cachedManifests) break;
    cache.delete(oldest);
  }
  return manifest;
}

function parseManifest(path: string, text: string, sequence: number): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw errors.unreadableFile(path, (error as Error).message);
  }
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw errors.unreadableFile(path, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not understood'}`);
  }
  const outside = parsed.data.files.find((file) => file.path.startsWith('/') || file.path.split('/').includes('..'));
  if (outside !== undefined) throw errors.unreadableFile(path, `It names "${outside.path}", outside of its folder.`);
  if (parsed.data.sequence !== sequence) throw errors.unreadableFile(path, `It says it is ${parsed.data.sequence}.`);
  return parsed.data;
}

/**
 * Makes a manifest the newest: all of it is on the disk, or nothing. False when there is one of its number already. Raises what the file
 * system says. `job` names the temporary file.
 */
export function commitManifest(folder: string, manifest: Manifest, job: string): boolean {
  const own = join(folder, manifestFolder);
  const temporary = temporaryManifest(folder, job);
  const file = openSync(temporary, 'w');
  try {
    writeSync(file, `${JSON.stringify(manifest)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    linkSync(temporary, manifestPath(folder, manifest.sequence));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  syncFolder(own);
  return true;
}

/** What was renamed in a folder is on the disk. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

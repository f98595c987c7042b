import { mkdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FileFormat } from '../../planner/catalog.ts';
import { errors } from '../../planner/errors.ts';
import { isHidden } from './file-formats.ts';
import { entriesOf } from './file-system.ts';
import { isHiveFolder } from './list-files.ts';
import { type ManifestFile, syncFolder } from './manifest.ts';

/** A file that a task has written. */
export interface StagedFile {
  /** Absolute. */
  readonly path: string;
  /** `key=value` folders that it goes to, '' for none. */
  readonly folder: string;
  readonly rows: number | null;
  readonly bytes: number;
  /** Comes first in its name, so that files lie in this order. */
  readonly place: number;
  readonly bucket: number | null;
}

/** Deepest `key=value` folder that is looked into. */
const maxDepth = 64;
const placeDigits = 5;

/**
 * Moves files to where they belong, under names that no other job has: `part-00003-JOB.parquet`. Nobody takes them for a part of the data set
 * before a manifest names them. Rejects with 58030 for one that is not there or not as large as was told, and with what the system says.
 */
export function placeFiles(
  folder: string,
  job: string,
  extension: string,
  files: readonly StagedFile[],
): readonly ManifestFile[] {
  const stemOf = (file: StagedFile) =>
    join(file.folder, `part-${String(file.place).padStart(placeDigits, '0')}-${job}`);
  const several = new Map<string, number>();
  for (const file of files) several.set(stemOf(file), (several.get(stemOf(file)) ?? 0) + 1);
  const used = new Map<string, number>();
  const touched = new Set<string>([folder]);
  const placed = files.map((file) => {
    const size = statSync(file.path, { throwIfNoEntry: false })?.size;
    if (size !== file.bytes)
      throw errors.unreadableFile(file.path, `It was written with ${file.bytes} bytes and has ${size ?? 'gone'}.`);
    const stem = stemOf(file);
    const times = used.get(stem) ?? 0;
    used.set(stem, times + 1);
    const suffix = several.get(stem) === 1 ? '' : `-${String(times).padStart(placeDigits, '0')}`;
    const path = `${stem}${suffix}.${extension}`;
    const target = join(folder, path);
    if (file.folder !== '') {
      mkdirSync(dirname(target), { recursive: true });
      for (let above = dirname(target); above !== folder; above = dirname(above)) touched.add(above);
    }
    renameSync(file.path, target);
    return { path, bytes: file.bytes, rows: file.rows, bucket: file.bucket };
  });
  for (const path of touched) syncFolder(path);
  return placed;
}

/** What stands behind the point of a file's name. */
export function extensionOf(format: FileFormat, compression: unknown): string {
  const plain = typeof compression === 'string' ? compression.toLowerCase() : '';
  const suffix = format === 'parquet' ? '' : plain === 'gzip' ? '.gz' : plain === 'zstd' ? '.zst' : '';
  return format + suffix;
}

/** Removes the files of a job that are not in `kept` (paths within the folder), and `key=value` folders that are empty then. */
export function removePlaced(folder: string, job: string, kept: ReadonlySet<string>): void {
  const own = new RegExp(`^part-\\d+-${job}(?:-\\d+)?\\.`);
  const visit = (below: string, depth: number): void => {
    for (const entry of entriesOf(join(folder, below))) {
      const path = join(below, entry.name);
      if (isHidden(entry.name)) continue;
      if (entry.isDirectory()) {
        if (depth >= maxDepth || !isHiveFolder(entry.name)) continue;
        visit(path, depth + 1);
        removeEmpty(join(folder, path));
      } else if (own.test(entry.name) && !kept.has(path)) rmSync(join(folder, path), { force: true });
    }
  };
  visit('', 0);
}

/** Removes a folder if nothing is in it. */
export function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR'].includes(code)) throw error;
  }
}

import { stat } from 'node:fs/promises';
import { errors } from '../../planner/errors.ts';
import type { FileSlice, Scan } from '../../planner/plan/plan.ts';

/** `stat` calls at a time: each holds a thread of libuv's pool. */
const statsAtOnce = 8;
/** Times are listed with microseconds; a double of milliseconds holds no more. */
const mtimeToleranceMs = 0.002;

/**
 * Checks that every file of the scans is still the one that was listed (size and modification time). Called before and after reading.
 * Raises `inputChanged` for one that was replaced or removed, `unreadableFile` for one that can't be looked at.
 */
export async function checkFiles(scans: readonly Scan[]): Promise<void> {
  const files = [...new Map(scans.flatMap(({ files }) => files).map((file) => [file.path, file])).values()];
  let next = 0;
  const worker = async () => {
    for (let file = files[next++]; file !== undefined; file = files[next++]) await checkFile(file);
  };
  await Promise.all(Array.from({ length: Math.min(statsAtOnce, files.length) }, worker));
}

async function checkFile(file: FileSlice): Promise<void> {
  let now: { readonly size: number; readonly mtimeMs: number };
  try {
    now = await stat(file.path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw errors.inputChanged(file.path);
    throw errors.unreadableFile(file.path, message);
  }
  if (now.size !== file.bytes || Math.abs(now.mtimeMs - file.mtimeMs) > mtimeToleranceMs)
    throw errors.inputChanged(file.path);
}

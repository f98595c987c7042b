import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { manifestFolder, manifestPath, manifestSequences, newestManifest, temporaryManifest } from './manifest.ts';
import { removeEmpty, removePlaced } from './place-files.ts';
import type { WriteRecord } from './write-journal.ts';

/** Where the tasks of a job write: hidden from whoever reads the folder. */
export function stagingFolder(folder: string, job: string): string {
  return join(folder, `.staging-${job}`);
}

/** The name among a manifest's writers of a job that has only made the first manifest of a folder, before its own. */
export function preparation(job: string): string {
  return `prepare-${job}`;
}

/** True when the data set has what the job wrote (or had it, before others wrote again). */
export function isCommitted({ folder, job }: Pick<WriteRecord, 'folder' | 'job'>): boolean {
  return newestManifest(folder)?.jobs.includes(job) === true;
}

/**
 * Removes what a job has left, whether it was committed or not; more than once does no harm. Throws what the file system says: then it is
 * to be tried again.
 */
export function sweepWrite(record: WriteRecord): void {
  const { folder, job, made, obsolete } = record;
  rmSync(stagingFolder(folder, job), { recursive: true, force: true });
  rmSync(temporaryManifest(folder, job), { force: true });
  const newest = newestManifest(folder);
  const named = new Set(newest?.files.map(({ path }) => path));
  if (newest?.jobs.includes(job) === true) {
    for (const path of obsolete) if (!named.has(path)) removeFile(folder, path);
  } else {
    removePlaced(folder, job, named);
    if (newest?.jobs[0] === preparation(job)) rmSync(manifestPath(folder, newest.sequence), { force: true });
  }
  removeOld(folder);
  for (const path of [...made].reverse()) removeEmpty(path);
}

function removeFile(folder: string, path: string): void {
  rmSync(join(folder, path), { force: true });
  for (let above = dirname(path); above !== '.'; above = dirname(above)) removeEmpty(join(folder, above));
}

/** Only the newest manifest counts. Who reads an older one just then looks again. */
function removeOld(folder: string): void {
  for (const sequence of manifestSequences(folder).slice(0, -1))
    rmSync(manifestPath(folder, sequence), { force: true });
  removeEmpty(join(folder, manifestFolder));
}

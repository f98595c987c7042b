import { type Dirent, readdirSync, type Stats, statSync } from 'node:fs';
import { errors } from '../../planner/errors.ts';

/** Ways to look at files: directly, or by one that remembers (look.ts). Both raise 58030 when the system refuses. */
export interface FileView {
  readonly stat: (path: string) => Stats | undefined;
  readonly entries: (folder: string) => readonly Dirent[];
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

/** True for the error of a path that leads nowhere. */
export function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** The files as they are, with no memory. */
export const fileSystem: FileView = { stat: statOf, entries: entriesOf };

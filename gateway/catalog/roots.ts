import { realpathSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { errors } from '../../planner/errors.ts';
import { hasGlob, staticPrefix } from './glob.ts';

/**
 * The declared folders: what SQL may reach. Paths are compared after symbolic links and `..` are resolved, so that neither leads
 * out of them.
 */
export class Roots {
  readonly folders: readonly string[];

  constructor(folders: readonly string[]) {
    this.folders = [...new Set(folders.map((folder) => resolve(folder)))];
  }

  /** True when the file or folder, symbolic links followed, lies in a root. What does not exist yet is judged by its nearest ancestor. */
  contains(path: string): boolean {
    const real = realPath(resolve(path));
    return this.folders.some((folder) => isWithin(real, realPath(folder)));
  }

  /** The absolute form of a path or glob that a client named. Raises 42501 when it lies outside the roots. */
  resolveOrRefuse(location: string): string {
    const path = resolve(location);
    if (!this.contains(hasGlob(path) ? staticPrefix(path) : path)) {
      throw errors.accessDenied(
        `"${location}" lies outside the declared folders`,
        `Declare its folder with --data or --allow. Declared: ${this.folders.join(', ') || 'none'}.`,
      );
    }
    return path;
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const parent = dirname(path);
    if ((code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'EACCES') || parent === path) return path;
    return resolve(realPath(parent), path.slice(parent.length).replace(/^[\\/]+/, ''));
  }
}

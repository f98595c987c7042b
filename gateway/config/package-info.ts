import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json: two levels above the sources, three above the compiled files. */
function findRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (true) {
    try {
      if (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name === 'sluice') return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    const parent = dirname(folder);
    if (parent === folder) throw new Error('the package.json of sluice is missing');
    folder = parent;
  }
}

/** Absolute path of the package: `testdata/demo`, `testdata/bench` and `dist` are in it. */
export const packageRoot = findRoot();

/** The version in package.json. */
export const packageVersion: string = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')).version;

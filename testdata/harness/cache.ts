import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The folder of package.json, also when this file runs compiled. */
export const repositoryRoot = findRoot(import.meta.dirname);

function findRoot(from: string): string {
  if (existsSync(join(from, 'package.json'))) return from;
  if (dirname(from) === from) throw new Error('no package.json above the harness');
  return findRoot(dirname(from));
}

/** Where test data that is made once is kept; safe to delete at any time. */
export const cacheDirectory = join(repositoryRoot, '.cache');

/**
 * Makes a folder once: `make` fills a temporary folder, which is then renamed to `.cache/<name>`, so that two processes that
 * make the same thing at the same time both end with a whole one. Returns its path. Errors of `make` are passed on.
 */
export async function makeOnce(name: string, make: (directory: string) => Promise<void>): Promise<string> {
  const target = join(cacheDirectory, name);
  if (existsSync(target)) return target;
  await mkdir(cacheDirectory, { recursive: true });
  const temporary = await mkdtemp(join(cacheDirectory, `.making-${name.replaceAll('/', '-')}-`));
  try {
    await make(temporary);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}

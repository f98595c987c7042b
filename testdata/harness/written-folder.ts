import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const sweptWithinMs = 20_000;

interface ManifestJson {
  readonly sequence: number;
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly bucket: number | null }[];
}

/** The newest manifest of a data set's folder; undefined when there is none. */
export function manifestIn(folder: string): ManifestJson | undefined {
  const own = join(folder, '_sluice');
  if (!existsSync(own)) return undefined;
  const newest = readdirSync(own)
    .filter((name) => name.startsWith('manifest-'))
    .sort()
    .at(-1);
  return newest === undefined ? undefined : (JSON.parse(readFileSync(join(own, newest), 'utf8')) as ManifestJson);
}

/** Everything in a folder that is no part of the data set: files that no manifest names, staging folders, old manifests, temporary files. */
export function leftOversIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const manifest = manifestIn(folder);
  const named = new Set(manifest?.files.map(({ path }) => path));
  const all = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) =>
    relative(folder, join(entry.parentPath, entry.name)),
  );
  const newest = `_sluice/manifest-${String(manifest?.sequence ?? 0).padStart(8, '0')}.json`;
  return all.filter((path) => {
    if (path === '_sluice' || path === newest || named.has(path)) return false;
    return !(/^[^.][^/]*=[^/]*$/.test(path) && statSync(join(folder, path)).isDirectory());
  });
}

/** Waits until a folder has no left-overs, and the journal no writes. Throws with what is still there. */
export async function swept(folder: string, state: string): Promise<void> {
  let left: readonly string[] = [];
  const journal = join(state, 'writes');
  for (const until = Date.now() + sweptWithinMs; Date.now() < until; await delay(50)) {
    left = [...leftOversIn(folder), ...(existsSync(journal) ? readdirSync(journal) : [])];
    if (left.length === 0) return;
  }
  throw new Error(`left over: ${left.join(', ')}`);
}

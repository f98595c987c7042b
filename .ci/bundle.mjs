// Puts the modules of each program into a few files, in place of the entry points that the compiler wrote: a process that reads 650 files,
// and asks each package for its names, starts in twice the time. The compiler's watch mode writes the plain entry points again.
import { rmSync } from 'node:fs';
import { join } from 'node:path';

const entries = ['gateway/cli/main', 'worker/main'];
const ours = /^(\.|\/|\0|node:|[A-Za-z]:)/;
const prefix = '\0package:';

/** Packages stay where they are installed. They are required: to import what is CommonJS, Node.js has to read it twice. */
const requirePackages = {
  name: 'require-packages',
  resolveId(id, importer) {
    if (importer === undefined || ours.test(id)) return null;
    return importer.startsWith(prefix) ? { id, external: true } : `${prefix}${id}`;
  },
  load(id) {
    if (!id.startsWith(prefix)) return null;
    return { code: `module.exports = require(${JSON.stringify(id.slice(prefix.length))});`, moduleType: 'js' };
  },
};

export async function bundle(root) {
  const { rolldown } = await import('rolldown');
  const chunks = join(root, 'dist/chunks');
  rmSync(chunks, { recursive: true, force: true });
  const input = Object.fromEntries(entries.map((entry) => [entry, join(root, `${entry}.ts`)]));
  const build = await rolldown({ cwd: root, input, platform: 'node', plugins: [requirePackages] });
  await build.write({
    dir: join(root, 'dist'),
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name].js',
    sourcemap: true,
    sourcemapExcludeSources: true,
  });
  await build.close();
}

// Compiles the package into dist/ and bundles its programs. With --where-possible (npm's `prepare`) an install without development packages
// is left alone when dist/ is there.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { bundle } from './bundle.mjs';

const root = resolve(import.meta.dirname, '..');
const bin = join(root, 'dist/gateway/cli/bin.cjs');

function findCompiler() {
  try {
    const manifest = createRequire(join(root, 'package.json')).resolve('typescript/package.json');
    return join(dirname(manifest), 'bin/tsc');
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return null;
    throw error;
  }
}

const compiler = findCompiler();
if (compiler === null) {
  if (process.argv.includes('--where-possible') && existsSync(bin)) process.exit(0);
  process.stderr.write('sluice: dist/ is missing and the TypeScript compiler is not installed; run `npm install`\n');
  process.exit(1);
}
const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (existsSync(bin)) chmodSync(bin, 0o755);
if (status === 0) await bundle(root);
process.exit(status ?? 1);

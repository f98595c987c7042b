import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DuckDBConnection } from '@duckdb/node-api';
import { makeOnce } from './cache.ts';

const run = promisify(execFile);
const duckdbVersion = '1.5.5';

/**
 * Loads DuckDB's `tpch` or `tpcds` extension (their generators and query texts are used at test time, never copied). It comes
 * from the Python package registry as a wheel, which works where extension downloads are blocked; else by `INSTALL`.
 */
export async function loadExtension(connection: DuckDBConnection, name: 'tpch' | 'tpcds'): Promise<void> {
  let file: string;
  try {
    file = await extensionFile(name);
  } catch (wheelError) {
    try {
      await connection.run(`INSTALL ${name}; LOAD ${name}`);
      return;
    } catch (installError) {
      throw new AggregateError(
        [wheelError, installError],
        `extension ${name} can be had neither as a wheel nor by INSTALL`,
      );
    }
  }
  await connection.run(`LOAD '${file}'`);
}

async function extensionFile(name: string): Promise<string> {
  const folder = await makeOnce(`extension-${name}-${duckdbVersion}`, async (directory) => {
    const wheel = `duckdb-extension-${name}==${duckdbVersion}`;
    await run('python3', ['-m', 'pip', 'download', '--no-deps', '--quiet', '--dest', directory, wheel]);
    const file = (await readdir(directory)).find((entry) => entry.endsWith('.whl'));
    if (file === undefined) throw new Error(`pip downloaded no wheel for ${wheel}`);
    await run('python3', ['-m', 'zipfile', '-e', join(directory, file), directory]);
  });
  const package_ = join(folder, `duckdb_extension_${name}`, 'extensions', `v${duckdbVersion}`);
  return join(package_, `${name}.duckdb_extension`);
}

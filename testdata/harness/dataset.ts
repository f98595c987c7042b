import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { makeOnce, repositoryRoot } from './cache.ts';

const folder = resolve(repositoryRoot, 'testdata/datasets');

/** The data folder that `testdata/datasets/<name>.sql` describes, made once per content of that file. */
export async function makeDataset(name: string): Promise<string> {
  const sql = await readFile(resolve(folder, `${name}.sql`), 'utf8');
  const digest = createHash('sha256').update(sql).digest('hex').slice(0, 12);
  return makeOnce(`dataset-${name}-${digest}`, async (directory) => {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const connection = await instance.connect();
    try {
      const text = sql.replaceAll('$DIR', directory);
      for (const [, file] of text.matchAll(/'([^']+\.(?:parquet|csv|ndjson))'/g))
        await mkdir(dirname(file!), { recursive: true });
      await connection.run(text);
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  });
}

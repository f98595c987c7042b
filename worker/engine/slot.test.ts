import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isEngineFailure, SluiceError } from '../../planner/errors.ts';
import { makeDataset } from '../../testdata/harness/dataset.ts';
import type { Run } from '../protocol/messages.ts';
import { Slot } from './slot.ts';

let folder: string;
let data: string;
let slot: Slot;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-slot-'));
  data = await makeDataset('random');
  slot = new Slot({ id: 0, tempDirectory: folder, maxTempBytes: 1024 ** 3, allowedDirectories: [data] });
});
afterAll(async () => {
  await slot.close();
  await rm(folder, { recursive: true });
});

function task(sql: string, columns: Run['columns']): Run {
  const settings = {
    timeZone: 'UTC',
    nullOrder: 'nulls_last',
    integerDivision: false,
    statementTimeMicros: '0',
  } as const;
  const limits = { skipRows: 0, threads: 4, memoryBytes: 512 * 1024 ** 2, creditBytes: 1024 ** 2 };
  return { kind: 'run', attempt: 'q.0.0.1', sql, columns, scans: [], settings, ...limits };
}

async function run(sql: string, ...types: string[]): Promise<number> {
  const columns = types.map((type, index) => ({ name: `c${index}`, type }));
  return (await slot.run(task(sql, columns), async () => 0, new AbortController().signal)).rows;
}

// DuckDB 1.5.5: about once in a hundred runs.
const mostRuns = 5_000;

it('goes on with a fresh instance after a fatal error of DuckDB, which is not the fault of the query', async () => {
  const table = (name: string) => `read_parquet('${data}/${name}/**/*.parquet', union_by_name = true)`;
  const deadly = `SELECT t0.ts AS c0, count(t0.kd) OVER () AS c1 FROM ${table('facts')} t0
    SEMI JOIN ${table('sparse')} t1 ON t0.k = TRY_CAST(t1.kt AS INTEGER)
    WHERE t0.s NOT BETWEEN '3' AND 'x y' ORDER BY c1, c0 DESC NULLS LAST LIMIT 10`;
  let failure: unknown;
  for (let n = 0; n < mostRuns && failure === undefined; n++) {
    await run(deadly, 'TIMESTAMP', 'BIGINT').catch((error: unknown) => {
      failure = error;
    });
  }
  expect(failure).toBeInstanceOf(SluiceError);
  expect(failure).toMatchObject({ errorClass: 'infra', sqlstate: 'XX000' });
  expect(isEngineFailure(SluiceError.fromJSON((failure as SluiceError).toJSON()))).toBe(true);
  expect(await run('SELECT 1 AS c0', 'INTEGER')).toBe(1);
  expect(await run('FROM range(5000) t(c0)', 'BIGINT')).toBe(5000);
}, 120_000);

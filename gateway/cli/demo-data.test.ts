import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openInstance } from '../../worker/engine/instance.ts';
import { demoShape, ensureDemoData } from './demo-data.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-demo-'));
afterAll(() => rmSync(folder, { recursive: true }));
const shape = { months: 3, filesPerMonth: 2, rowsPerFile: 2_000 };

function fingerprint(data: string): readonly string[] {
  return readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => `${path.slice(data.length)} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`);
}

async function rowsOf(sql: string): Promise<unknown> {
  const instance = await openInstance({
    path: ':memory:',
    threads: 1,
    memoryBytes: 256 * 1024 ** 2,
    tempDirectory: join(folder, 'tmp'),
    maxTempBytes: 1024 ** 2,
    allowedDirectories: [folder],
  });
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(sql);
  instance.closeSync();
  return reader.getRowsJson();
}

it('makes the same bytes every time, and only once', async () => {
  const [one, two] = [join(folder, 'one'), join(folder, 'two')];
  expect(await ensureDemoData(one, shape)).toBe(true);
  const made = statSync(one).ino;
  expect(await ensureDemoData(one, shape)).toBe(false);
  expect(statSync(one).ino).toBe(made);
  await ensureDemoData(two, shape);
  expect(fingerprint(two)).toEqual(fingerprint(one));
  expect(fingerprint(one)).toHaveLength(2 + 3 * 2 + 2 * 2);
  expect(readdirSync(folder).sort()).toEqual(['one', 'one.version', 'two', 'two.version']);
});

it('makes the data anew when its shape changed or a start was cut off', async () => {
  const data = join(folder, 'three');
  await ensureDemoData(data, { ...shape, months: 1 });
  expect(await ensureDemoData(data, shape)).toBe(true);
  expect(fingerprint(data)).toEqual(fingerprint(join(folder, 'one')));
  rmSync(`${data}.version`);
  writeFileSync(join(data, 'tickers.parquet'), 'cut off');
  expect(await ensureDemoData(data, shape)).toBe(true);
  expect(fingerprint(data)).toEqual(fingerprint(join(folder, 'one')));
  expect(existsSync(`${data}.old`)).toBe(false);
});

it('has trades that fit the tickers and exchanges, in order of their number', async () => {
  const trades = `read_parquet('${join(folder, 'one')}/trades/*/*.parquet', hive_partitioning = true)`;
  const tickers = `read_parquet('${join(folder, 'one')}/tickers.parquet')`;
  expect(
    await rowsOf(`SELECT count(*), count(DISTINCT trade_id), count(t.ticker), count(DISTINCT ticker), min(month), max(month),
      bool_and(price > 0), bool_and(quantity > 0), bool_and(strftime(traded_at, '%Y-%m') = month), count(*) FILTER (exchange = home_exchange) // 1000
      FROM ${trades} LEFT JOIN ${tickers} t USING (ticker)`),
  ).toEqual([
    ['12000', '12000', '12000', expect.stringMatching(/^(2[5-9]\d|300)$/), '2024-01', '2024-03', true, true, true, '9'],
  ]);
});

it('is by default too much for the gateway alone', () => {
  const rows = demoShape.months * demoShape.filesPerMonth * demoShape.rowsPerFile;
  // Bytes a row, measured and rounded down.
  expect(rows * 17).toBeGreaterThan(1.5 * 64 * 1024 ** 2);
});

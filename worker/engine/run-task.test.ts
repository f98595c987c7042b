import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { errors, type SluiceError } from '../../planner/errors.ts';
import type { FileSlice, Scan } from '../../planner/plan/plan.ts';
import type { Run } from '../protocol/messages.ts';
import type { ColumnBatch } from '../rows/column-batch.ts';
import { openInstance } from './instance.ts';
import { Slot } from './slot.ts';

const root = mkdtempSync(join(tmpdir(), 'task-'));
const data = join(root, 'data.parquet');
const slot = new Slot({ id: 0, tempDirectory: join(root, 'temp'), maxTempBytes: 1e9, allowedDirectories: [root] });

async function writeData(path: string, sql: string): Promise<void> {
  const instance = await openInstance({
    path: ':memory:',
    threads: 2,
    memoryBytes: 1e9,
    tempDirectory: join(root, 'writer'),
    maxTempBytes: 1e9,
    allowedDirectories: [root],
  });
  const connection = await instance.connect();
  await connection.run(`COPY (${sql}) TO '${path}' (FORMAT parquet)`);
  instance.closeSync();
}

beforeAll(() => writeData(data, 'SELECT i, i % 10 AS k FROM range(500000) r(i)'));
afterAll(async () => {
  await slot.close();
  rmSync(root, { recursive: true });
});

function fileOf(path: string): FileSlice {
  const { size, mtimeMs } = statSync(path);
  return { path, bytes: size, mtimeMs, hive: {} };
}

function scanOf(files: readonly FileSlice[]): Scan {
  const columns = [
    { name: 'i', type: 'BIGINT', hive: false },
    { name: 'k', type: 'BIGINT', hive: false },
  ];
  return { name: 't', format: 'parquet', columns, options: {}, files };
}

const task = (sql: string, columnCount: number, more: Partial<Run> = {}): Run => ({
  kind: 'run',
  attempt: 'q.0.0.0',
  sql,
  columns: Array.from({ length: columnCount }, (_, n) => ({ name: `c${n}`, type: 'BIGINT' })),
  scans: [scanOf([fileOf(data)])],
  settings: { timeZone: 'UTC', nullOrder: 'nulls_last', integerDivision: false, statementTimeMicros: '0' },
  skipRows: 0,
  threads: 1,
  memoryBytes: 256 * 1024 * 1024,
  creditBytes: 1,
  ...more,
});

const batches: ColumnBatch[] = [];
afterEach(() => void batches.splice(0));
const collect = async (batch: ColumnBatch) => {
  batches.push(batch);
  return 10;
};
const never = new AbortController().signal;
const numbers = () =>
  batches.flatMap(({ rowCount, columns }) => {
    const column = columns[0]!;
    if (column.kind !== 'fixed') throw new Error('not a fixed column');
    const view = new DataView(column.data.buffer, column.data.byteOffset);
    return Array.from({ length: rowCount }, (_, row) => Number(view.getBigInt64(row * column.width, true)));
  });
const failure = (run: Run, signal = never, sink = collect) =>
  slot.run(run, sink, signal).then(
    () => {
      throw new Error('it ran');
    },
    (error: unknown) => error as SluiceError,
  );

describe('Slot and runTask', () => {
  it('runs a fragment over its scans and reports', async () => {
    const report = await slot.run(task('SELECT sum(i)::BIGINT s FROM t WHERE k = 3', 1), collect, never);
    expect(numbers()).toEqual([12_499_900_000]);
    expect(report).toMatchObject({ rows: 1, bytes: 10 });
  });

  it('keeps the order of the file and skips what was delivered before', async () => {
    await slot.run(task('SELECT i FROM t', 1, { skipRows: 5000 }), collect, never);
    expect(numbers()).toEqual(Array.from({ length: 495_000 }, (_, n) => n + 5000));
  });

  it('finds a retry that gives fewer rows than were delivered', async () => {
    expect(await failure(task('SELECT i FROM t LIMIT 10', 1, { skipRows: 11 }))).toMatchObject({
      errorClass: 'internal',
    });
  });

  it('applies the settings of the task and nothing of the task before', async () => {
    const settings = task('', 1).settings;
    const sql =
      "SELECT (7 / 2)::BIGINT + epoch_us(now()) + ((TIMESTAMPTZ '2020-01-01 00:00:00+00')::DATE - DATE '2019-01-01')";
    await slot.run(
      task(sql, 1, {
        scans: [],
        settings: { ...settings, integerDivision: true, timeZone: 'America/New_York', statementTimeMicros: '1000000' },
      }),
      collect,
      never,
    );
    await slot.run(task(sql, 1, { scans: [], settings }), collect, never);
    expect(numbers()).toEqual([1_000_003 + 364, 4 + 365]);
  });

  it('has a fresh connection where the settings are those of the task before', async () => {
    const { settings } = task('', 1);
    for (const statementTimeMicros of ['1000000', '2000000', '3000000'])
      await slot.run(
        task('SELECT epoch_us(now())', 1, { settings: { ...settings, statementTimeMicros } }),
        collect,
        never,
      );
    expect(numbers()).toEqual([1_000_000, 2_000_000, 3_000_000]);
    await expect(slot.run(task('SELECT * FROM t', 1, { scans: [] }), collect, never)).rejects.toMatchObject({
      sqlstate: '42P01',
    });
  });

  it('takes the limits of the task', async () => {
    const sql = "SELECT current_setting('threads')::BIGINT";
    for (const threads of [2, 2, 1]) await slot.run(task(sql, 1, { threads }), collect, never);
    expect(numbers()).toEqual([2, 2, 1]);
  });

  it('tells an error that comes in the middle of the stream, with the rows before it sent', async () => {
    const error = await failure(task("SELECT CASE WHEN i > 400000 THEN error('late') ELSE i END FROM t", 1));
    expect(error).toMatchObject({ errorClass: 'user', sqlstate: '22023', message: 'late', position: undefined });
    expect(batches.length).toBeGreaterThan(0);
  });

  it('tells a user error at once, without a position of the fragment', async () => {
    const error = await failure(task('SELECT nope FROM t', 1));
    expect(error).toMatchObject({ errorClass: 'user', sqlstate: '42703', position: undefined });
  });

  it('tells out of memory as such and goes on', async () => {
    const sql = 'SELECT len(list(md5(i::VARCHAR)))::BIGINT FROM range(20000000) r(i)';
    expect(await failure(task(sql, 1, { memoryBytes: 64 * 1024 * 1024 }))).toMatchObject({ errorClass: 'oom' });
    await slot.run(task('SELECT count(*) FROM t', 1), collect, never);
    expect(numbers()).toEqual([500_000]);
  });

  it('finds a fragment with other columns than the plan says', async () => {
    expect(await failure(task('SELECT i, k FROM t', 1))).toMatchObject({ errorClass: 'internal' });
  });

  it('can not read outside the allowed folders', async () => {
    expect(await failure(task("SELECT * FROM read_text('/etc/hostname')", 1))).toMatchObject({ sqlstate: '42501' });
  });
});

describe('input files', () => {
  it('are checked before reading', async () => {
    const file = fileOf(data);
    for (const changed of [
      { ...file, bytes: file.bytes + 1 },
      { ...file, mtimeMs: file.mtimeMs - 1 },
      missingFile('gone'),
    ]) {
      const error = await failure(task('SELECT i FROM t', 1, { scans: [scanOf([changed])] }));
      expect(error).toMatchObject({ errorClass: 'input_changed', sqlstate: '40001' });
    }
    expect(batches).toEqual([]);
  });

  it('are checked after reading, and blamed for what went wrong in between', async () => {
    const path = join(root, 'changing.parquet');
    for (const replace of [() => writeFileSync(path, 'x'.repeat(100)), () => rmSync(path)]) {
      await writeData(path, 'SELECT i, i % 10 AS k FROM range(2000000) r(i)');
      const run = task('SELECT i, k FROM t', 2, { scans: [scanOf([fileOf(path)])] });
      let first = true;
      const error = await failure(run, never, async () => {
        if (first) replace();
        first = false;
        return 0;
      });
      expect(error).toMatchObject({ errorClass: 'input_changed', message: `file "${path}" changed while it was read` });
    }
  });

  it.each([
    ['the first page', (bytes: Buffer) => bytes.fill(0xa5, 4, 30)],
    ['a page in the middle', (bytes: Buffer) => bytes.fill(0xa5, 200_000, 400_000)],
    ['the footer', (bytes: Buffer) => bytes.fill(0xa5, bytes.length - 100, bytes.length - 20)],
    ['the length of the footer', (bytes: Buffer) => bytes.fill(0x7f, bytes.length - 8, bytes.length - 4)],
    ['the end', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
  ])('are named when they are corrupt in %s', async (_where, damage) => {
    const path = join(root, 'corrupt.parquet');
    await writeData(path, 'SELECT (hash(i) >> 2)::BIGINT AS i, md5(i::VARCHAR) AS k FROM range(100000) r(i)');
    writeFileSync(path, damage(readFileSync(path)));
    const scans = [scanOf([fileOf(data), fileOf(path), fileOf(data)])];
    expect(await failure(task('SELECT sum(i), min(k) FROM t', 2, { scans }))).toMatchObject({
      errorClass: 'user',
      sqlstate: '58030',
      message: `could not read file "${path}"`,
    });
  });
});

describe('cancel', () => {
  const long = 'SELECT count(*) FROM range(1000000000) a, range(1000) b';
  const cancelled = { errorClass: 'cancelled', sqlstate: '57014' };

  it('stops a query within 100 ms, whatever it is doing', async () => {
    for (const sql of [
      long,
      'SELECT a.i FROM range(100000000) a(i), range(100) b',
      'SELECT i FROM range(100000000) r(i) ORDER BY md5(i::VARCHAR)',
    ]) {
      const stop = new AbortController();
      let asked = 0;
      setTimeout(() => {
        asked = performance.now();
        stop.abort(errors.cancelled());
      }, 150);
      expect(await failure(task(sql, 1, { scans: [] }), stop.signal, async () => 0)).toMatchObject(cancelled);
      expect(performance.now() - asked).toBeLessThan(100);
    }
  });

  it('stops before the first statement and between two', async () => {
    for (const waitMs of [0, 1, 2, 4]) {
      const stop = new AbortController();
      const ended = failure(task(long, 1), stop.signal);
      if (waitMs > 0) await delay(waitMs);
      const asked = performance.now();
      stop.abort(errors.cancelled());
      expect(await ended).toMatchObject(cancelled);
      expect(performance.now() - asked).toBeLessThan(100);
    }
  });

  it('gives the reason of the signal, and the slot goes on', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(errors.shuttingDown()), 30);
    expect(await failure(task(long, 1), stop.signal)).toMatchObject({ sqlstate: '57P01' });
    await slot.run(task('SELECT count(*) FROM t', 1), collect, never);
    expect(numbers()).toEqual([500_000]);
  });
});

function missingFile(name: string): FileSlice {
  return { path: join(root, name), bytes: 1, mtimeMs: 1, hive: {} };
}

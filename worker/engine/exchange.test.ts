/** Rows on their way from task to task: what `write-exchange.ts` leaves, `read-inputs.ts` must give back to the bit. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { errors, type SluiceError } from '../../planner/errors.ts';
import type { OutputColumn } from '../../planner/plan/plan.ts';
import { exchangeable } from '../../planner/stages/exchangeable.ts';
import { typeColumns } from '../../testdata/rows/type-columns.ts';
import { encodeFrame } from '../exchange/arrow-frames.ts';
import type { Run, RunExchange, RunInput } from '../protocol/messages.ts';
import type { ColumnBatch } from '../rows/column-batch.ts';
import { parseType } from '../rows/types.ts';
import { openInstance } from './instance.ts';
import { Slot } from './slot.ts';
import { storedType } from './stored-type.ts';

const root = mkdtempSync(join(tmpdir(), 'exchange-'));
const slotOf = (id: number) =>
  new Slot({ id, tempDirectory: join(root, 'temp'), maxTempBytes: 1e9, allowedDirectories: [root] });
/** Two workers. */
const [slot, other] = [slotOf(0), slotOf(1)];
const helper = await openInstance({
  path: ':memory:',
  threads: 1,
  memoryBytes: 1e9,
  tempDirectory: join(root, 'helper'),
  maxTempBytes: 1e9,
  allowedDirectories: [root],
});
const connection = await helper.connect();
afterAll(() => {
  connection.closeSync();
  helper.closeSync();
  slot.close();
  other.close();
  rmSync(root, { recursive: true });
});
const leftOvers = () => readdirSync(root).filter((name) => name.endsWith('.tmp'));
afterEach(() => expect(leftOvers()).toEqual([]));

const never = new AbortController().signal;
const readRows = async (sql: string) => (await connection.runAndReadAll(sql)).getRows();
async function columnsOf(sql: string): Promise<readonly OutputColumn[]> {
  return (await readRows(`DESCRIBE ${sql}`)).map(([name, type]) => ({ name: String(name), type: String(type) }));
}

function taskOf(sql: string, more: Partial<Run> = {}): Run {
  return {
    kind: 'run',
    attempt: 'q.0.0.0',
    sql,
    columns: [{ name: 'x', type: 'BIGINT' }],
    scans: [],
    settings: { timeZone: 'UTC', nullOrder: 'nulls_last', integerDivision: false, statementTimeMicros: '0' },
    skipRows: 0,
    threads: 2,
    memoryBytes: 512 * 1024 * 1024,
    creditBytes: 1,
    ...more,
  };
}

interface Left {
  readonly input: (more?: Partial<RunInput>) => RunInput;
  readonly frames: readonly Uint8Array[];
  readonly partitionRows: readonly number[];
  readonly rows: number;
  readonly path: string;
}

let files = 0;
/** Runs a task that leaves its rows, in a file or in frames. */
async function leave(
  sql: string,
  exchange: Partial<RunExchange> & { readonly via?: 'files' | 'frames' } = {},
  on = slot,
): Promise<Left> {
  const { via = 'files', hashBy = [], partitions = 1 } = exchange;
  const path = join(root, `rows [${files++}].parquet`);
  const columns = await columnsOf(sql);
  const run = taskOf(sql, {
    columns,
    exchange: { hashBy, partitions, path: via === 'files' ? path : null },
  });
  const batches: ColumnBatch[] = [];
  const report = await on.run(run, async (batch) => batches.push(batch), never);
  const written = existsSync(path);
  expect(written).toBe(via === 'files' && report.rows > 0);
  expect(report.exchange?.fileBytes).toBe(written ? statSync(path).size : 0);
  const without = (batch: ColumnBatch) => ({ ...batch, columns: batch.columns.slice(0, -1) });
  const frames = batches.map((batch) => encodeFrame(without(batch)));
  const found = written ? [{ path, bytes: statSync(path).size }] : [];
  return {
    input: (more) => ({
      relation: '__in0',
      columns,
      files: found,
      partitions: null,
      frames: frames.length,
      ...more,
    }),
    frames,
    partitionRows: report.exchange?.partitionRows ?? [],
    rows: report.rows,
    path,
  };
}

/** First column, a BIGINT, of a task over inputs. */
async function ask(
  sql: string,
  inputs: readonly RunInput[],
  frames: readonly Uint8Array[] = [],
  on = other,
): Promise<readonly number[]> {
  const answer: number[] = [];
  const run = taskOf(sql, { inputs });
  const take = async ({ rowCount, columns: [column] }: ColumnBatch) => {
    if (column?.kind !== 'fixed' || column.width !== 8) throw new Error('not a BIGINT');
    const view = new DataView(column.data.buffer, column.data.byteOffset);
    for (let row = 0; row < rowCount; row++) answer.push(Number(view.getBigInt64(row * 8, true)));
    return 0;
  };
  await on.run(run, take, never, frames);
  return answer;
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('it ran');
    },
    (error: unknown) => error as SluiceError,
  );

/** Values that Parquet, or a way around it, could change. */
const traps: Readonly<Record<string, string>> = {
  ...typeColumns,
  negative_zero: "CASE i % 3 WHEN 0 THEN -(0.0::DOUBLE) WHEN 1 THEN 0.0::DOUBLE ELSE -('NaN'::DOUBLE) END",
  negative_zero_float: "[CASE i % 3 WHEN 0 THEN -(0.0::FLOAT) WHEN 1 THEN 0.0::FLOAT ELSE 'NaN'::FLOAT END]",
  infinite_s: "CASE i % 3 WHEN 0 THEN 'infinity'::TIMESTAMP_S WHEN 1 THEN '-infinity' ELSE '1999-01-02 03:04:05' END",
  infinite_ms:
    "CASE i % 3 WHEN 0 THEN 'infinity'::TIMESTAMP_MS WHEN 1 THEN '-infinity' ELSE '1999-01-02 03:04:05.6' END",
  infinite_ns: "CASE i % 2 WHEN 0 THEN 'infinity'::TIMESTAMP_NS WHEN 1 THEN '-infinity' END",
  real_s: "'1970-01-01'::TIMESTAMP_S",
  widest_interval:
    'CASE i % 3 WHEN 0 THEN to_months(-2147483648) + to_days(-2147483648) + to_microseconds(-9223372036854775808) WHEN 1 THEN to_months(2147483647) + to_days(2147483647) + to_microseconds(9223372036854775807) END',
  list_hugeint: 'CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN [] ELSE [i::HUGEINT, NULL, -i] END',
  list_list_uhugeint: '[[i::UHUGEINT], NULL, []]',
  struct_of_encoded:
    "CASE WHEN i % 3 = 0 THEN NULL ELSE {'A b': INTERVAL '-1 month', 'h': NULL::HUGEINT, 'in': {'e': 'x'::ENUM('x', 'y')}} END",
  map_of_encoded: 'CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN MAP {} ELSE MAP {i::HUGEINT: [to_months(1)]} END',
  array_of_encoded: '(CASE WHEN i % 3 = 0 THEN NULL ELSE [i, NULL] END)::HUGEINT[2]',
  struct_with_array:
    "CASE WHEN i % 3 = 0 THEN NULL ELSE {'a': [i, NULL], 'h': i::HUGEINT} END::STRUCT(a HUGEINT[2], h HUGEINT)",
  list_of_struct_with_array: "[NULL, {'a': [[i, NULL]], 'h': i::HUGEINT}]::STRUCT(a INTEGER[2][1], h HUGEINT)[]",
  union_with_array:
    'CASE i % 3 WHEN 0 THEN union_value(a := [[i, NULL], []])::UNION(a INTEGER[][], b HUGEINT) WHEN 1 THEN union_value(b := i::HUGEINT)::UNION(a INTEGER[][], b HUGEINT) END',
  union_of_array: 'union_value(a := [i, NULL]::INTEGER[2])::UNION(a INTEGER[2], b HUGEINT)',
  map_of_array: "MAP {'k': CASE WHEN i % 2 = 0 THEN [i] END}::MAP(VARCHAR, BIGINT[1])",
  array_of_enum: "[('x')::ENUM('x', 'y')]::ENUM('x', 'y')[1]",
  list_of_map_of_struct: "[MAP {'k': {'t': '10:11:12+02'::TIMETZ, 'u': i::UHUGEINT}}]",
  union_of_encoded:
    'CASE i % 3 WHEN 0 THEN union_value(big := i::HUGEINT)::UNION(big HUGEINT, "a b" VARCHAR[]) WHEN 1 THEN union_value("a b" := [\'x\'])::UNION(big HUGEINT, "a b" VARCHAR[]) END',
  list_of_union:
    "[union_value(a := i::INTEGER)::UNION(a INTEGER, b BIT), NULL, union_value(b := '101'::BIT)::UNION(a INTEGER, b BIT)]",
  time_edges: "CASE i % 2 WHEN 0 THEN TIME '24:00:00' ELSE TIME '00:00:00' END",
  timetz_edges: "CASE i % 2 WHEN 0 THEN '24:00:00+15:59:59'::TIMETZ ELSE '00:00:00-15:59:59'::TIMETZ END",
  date_edges: "CASE i % 2 WHEN 0 THEN '-infinity'::DATE ELSE '5881580-07-10'::DATE END",
  text_with_zeros: "chr(0) || 'a' || chr(0)",
  geometry_empty:
    "CASE i % 2 WHEN 0 THEN 'POINT EMPTY'::GEOMETRY ELSE 'LINESTRING ZM (1 2 3 4, 5 6 7 8)'::GEOMETRY END",
  geometry_crs: "'POINT(1 2)'::GEOMETRY('OGC:CRS84')",
  list_nothing: '[]',
  nothing: 'NULL',
};
const movable = Object.entries(traps).filter(([name]) => name !== 'variant');

/** Rows that are not the same in both relations, as numbers, text, bits and types. */
const differences = (source: string, type: string) => {
  const bits = /^(FLOAT|DOUBLE)$/.test(type) ? ' OR s.v::BIT IS DISTINCT FROM t.v::BIT' : '';
  return `SELECT count(*) FILTER (s.v IS DISTINCT FROM t.v OR s.v::VARCHAR IS DISTINCT FROM t.v::VARCHAR OR typeof(s.v) <> typeof(t.v)${bits}) * 1000000 + count(*)
    FROM (SELECT i, CAST(v AS ${type}) AS v FROM (${source})) s JOIN __in0 t USING (i)`;
};

describe('types', () => {
  it.each(movable)('%s is the same after files and frames', async (_name, expression) => {
    const sql = `SELECT i, ${expression} AS v FROM range(2100) r(i)`;
    const type = (await columnsOf(sql))[1]!.type;
    expect(exchangeable(type)).toBe(true);
    for (const via of ['files', 'frames'] as const) {
      const left = await leave(sql, { via, hashBy: ['v'], partitions: 3 });
      expect(await ask(differences(sql, type), [left.input()], left.frames)).toEqual([2100]);
    }
    const empty = await leave(`${sql} WHERE i < 0`, { hashBy: ['v'], partitions: 3 });
    const typed = `SELECT (count(*) = 0 AND (SELECT typeof(v) FROM (SELECT v FROM __in0 UNION ALL SELECT NULL) LIMIT 1) = '${type.replaceAll("'", "''")}')::BIGINT FROM __in0`;
    expect(await ask(typed, [empty.input()])).toEqual([1]);
  });

  it.each(['VARIANT', 'VARIANT[]', 'STRUCT(a INTEGER, b VARIANT)', 'STRUCT(INTEGER, INTEGER)', 'STRUCT(VARCHAR)[]'])(
    '%s is refused',
    (type) => {
      expect(exchangeable(type)).toBe(false);
      expect(() => storedType(parseType(type))).toThrow(/can't travel between stages/);
    },
  );

  it('that can not be stored fail the task as a bug of ours', async () => {
    expect(await failure(leave("SELECT {'a': 1}::VARIANT AS v"))).toMatchObject({ errorClass: 'internal' });
    expect(await failure(leave('SELECT row(1, 2) AS v'))).toMatchObject({ errorClass: 'internal' });
  });

  it('that are not the plan’s fail the task as a bug of ours', async () => {
    for (const path of [join(root, 'wrong.parquet'), null]) {
      const exchange = { hashBy: [], partitions: 1, path };
      for (const sql of ['SELECT 1::INTEGER AS x', 'SELECT 1::BIGINT AS y', 'SELECT 1::BIGINT AS x, 2 AS y']) {
        const run = slot.run(taskOf(sql, { exchange }), async () => 0, never);
        const { errorClass, message } = await failure(run);
        expect(errorClass).toBe('internal');
        if (path !== null) expect(message).toContain('the plan says columns (x BIGINT)');
      }
    }
  });
});

describe('partitions', () => {
  const sql =
    "SELECT i, CASE WHEN i % 10 = 0 THEN NULL ELSE i % 1000 END AS k, 'text ' || i % 7 AS s FROM range(50000) r(i)";

  it.each([1, 2, 7, 16].flatMap((count) => (['files', 'frames'] as const).map((via) => [count, via] as const)))(
    'are %i, by %s: no row is lost, equal rows are together, NULL keys too',
    async (partitions, via) => {
      const left = await leave(sql, { via, hashBy: ['k', 's'], partitions });
      expect(left.rows).toBe(50_000);
      expect(left.partitionRows).toHaveLength(partitions);
      expect(left.partitionRows.reduce((a, b) => a + b)).toBe(50_000);
      expect(left.partitionRows.filter((rows) => rows > 0).length).toBe(partitions);
      if (via === 'frames') return;
      const seen = new Map<number, number>();
      for (let number = 0; number < partitions; number++) {
        const input = left.input({ partitions: [number] });
        expect(await ask('SELECT count(*) FROM __in0', [input])).toEqual([left.partitionRows[number]]);
        for (const key of await ask('SELECT DISTINCT coalesce(k, -1) * 10 + right(s, 1)::BIGINT FROM __in0', [input])) {
          expect(seen.get(key)).toBeUndefined();
          seen.set(key, number);
        }
      }
      expect(seen.size).toBeGreaterThan(5000);
    },
  );

  it('are the same in every worker and however rows travel', async () => {
    const exchange = { hashBy: ['k'], partitions: 5 };
    const all = [
      await leave(sql, exchange, slot),
      await leave(sql, exchange, other),
      await leave(sql, { ...exchange, via: 'frames' }, other),
    ];
    expect(all[1]!.partitionRows).toEqual(all[0]!.partitionRows);
    expect(all[2]!.partitionRows).toEqual(all[0]!.partitionRows);
  });

  it('are read several at a time, in any order, with gaps', async () => {
    const { input, partitionRows } = await leave(sql, { hashBy: ['i'], partitions: 7 });
    for (const partitions of [[2, 3, 4], [6, 0], [5, 1, 1], []]) {
      const rows = [...new Set(partitions)].reduce((sum, number) => sum + partitionRows[number]!, 0);
      expect(await ask('SELECT count(*) FROM __in0', [input({ partitions })])).toEqual([rows]);
    }
  });

  it('are skipped by the reader when others are asked for', async () => {
    const { path, partitionRows } = await leave(`${sql}, range(20)`, { hashBy: ['i'], partitions: 16 });
    const literal = `'${path.replace('[', '[[]')}'`;
    const groups = await readRows(
      `SELECT DISTINCT row_group_num_rows FROM parquet_metadata(${literal}) WHERE path_in_schema = '__partition' AND stats_min::INTEGER <= 3 AND stats_max::INTEGER >= 3`,
    );
    const rows = groups.reduce((sum, [count]) => sum + Number(count), 0);
    expect(rows).toBeLessThan(partitionRows[3]! + 2 * 61_440);
    expect(rows).toBeLessThan(300_000);
  });

  it('are read in pieces, which have each row once, beside files that are read whole', async () => {
    const { input, partitionRows } = await leave(`${sql}, range(5)`, { hashBy: ['i'], partitions: 4 });
    const [file] = input().files;
    const before = partitionRows[0]! + partitionRows[1]!;
    const middle = before + 1000;
    const count = 'SELECT count(*) FROM __in0';
    const piece = (rows: readonly [number, number]) => input({ partitions: [2], files: [{ ...file!, rows }] });
    expect(await ask(count, [piece([0, middle])])).toEqual([1000]);
    expect(await ask(count, [piece([middle, 250_000])])).toEqual([partitionRows[2]! - 1000]);
    expect(await ask(count, [piece([0, before])])).toEqual([0]);
    const rows = [middle, 250_000] as const;
    const mixed = input({ partitions: [2], files: [file!, { ...file!, rows }, { ...file!, rows }, file!, file!] });
    expect(await ask(count, [mixed])).toEqual([5 * partitionRows[2]! - 2000]);
    const whole = input({ partitions: null, files: [{ ...file!, rows: [10, 17] }] });
    expect(await ask(count, [whole])).toEqual([7]);
  });

  it('leave no file when there are no rows', async () => {
    for (const partitions of [1, 4]) {
      const left = await leave('SELECT i AS k FROM range(10) r(i) WHERE i > 10', { hashBy: ['k'], partitions });
      expect(left.partitionRows).toEqual(new Array(partitions).fill(0));
      expect(await ask('SELECT count(*) FROM __in0', [left.input()])).toEqual([0]);
    }
  });

  it('keep the order of the rows when there is one', async () => {
    const ordered = 'SELECT i FROM range(300000) r(i) ORDER BY hash(i)';
    const expected = (await readRows(ordered)).map(([i]) => Number(i));
    for (const via of ['files', 'frames'] as const) {
      const left = await leave(ordered, { via });
      expect(await ask('SELECT i FROM __in0', [left.input()], left.frames)).toEqual(expected);
    }
  });
});

describe('inputs', () => {
  it('are files in their order, then frames', async () => {
    const [first, second] = [await leave('SELECT 1 + i AS i FROM range(3) r(i)'), await leave('SELECT 7::BIGINT AS i')];
    const third = await leave('SELECT 100 + i AS i FROM range(5000) r(i)', { via: 'frames' });
    const found = [second, first].flatMap(({ input }) => input().files);
    const input = third.input({ files: found });
    const answer = await ask('SELECT i FROM __in0', [input], third.frames);
    expect(answer.slice(0, 5)).toEqual([7, 1, 2, 3, 100]);
    expect(answer).toHaveLength(5004);
    const another = { ...first.input(), relation: 'Odd "name"' };
    const both = 'SELECT (SELECT count(*) FROM __in0) * 10 + (SELECT count(*) FROM "Odd ""name""")';
    expect(await ask(both, [another, input], third.frames)).toEqual([50_043]);
    expect(await ask(both, [input, another], third.frames)).toEqual([50_043]);
  });

  it('that got lost are told as such', async () => {
    const left = await leave('SELECT i, md5(i::VARCHAR) AS s FROM range(100000) r(i)');
    const input = left.input();
    const lost = { errorClass: 'infra', sqlstate: '58P01' };
    const sum = 'SELECT count(DISTINCT s) FROM __in0';
    writeFileSync(left.path, Buffer.alloc(200_000, 7), { flag: 'r+' });
    expect(await failure(ask(sum, [input]))).toMatchObject(lost);
    truncateSync(left.path, 1000);
    expect(await failure(ask(sum, [input]))).toMatchObject({ ...lost, detail: expect.stringContaining(left.path) });
    rmSync(left.path);
    expect(await failure(ask(sum, [input]))).toMatchObject(lost);
  });

  it('are refused when frames are too few or of other columns', async () => {
    const { input, frames } = await leave('SELECT i FROM range(3) r(i)', { via: 'frames' });
    const bad = { errorClass: 'infra', sqlstate: '08P01' };
    expect(await failure(ask('SELECT i FROM __in0', [input()], []))).toMatchObject(bad);
    const columns = [{ name: 'i', type: 'INTEGER' }];
    expect(await failure(ask('SELECT i FROM __in0', [input({ columns })], frames))).toMatchObject(bad);
    const damaged = [Buffer.from(frames[0]!).fill(0, 10, 20)];
    expect(await failure(ask('SELECT i FROM __in0', [input()], damaged))).toMatchObject(bad);
  });
});

describe('a task that fails', () => {
  const path = join(root, 'failed.parquet');
  const exchange: RunExchange = { hashBy: ['x'], partitions: 4, path };
  const nothingLeft = () => readdirSync(root).filter((name) => name.startsWith('failed'));

  it('leaves nothing when it is cancelled while it writes', async () => {
    for (const waitMs of [0, 20, 200, 300]) {
      const stop = new AbortController();
      // More rows than could be written in that time.
      const run = taskOf('SELECT i AS x FROM range(100000000000) r(i)', {
        exchange: { ...exchange, partitions: waitMs % 3 === 0 ? 1 : 4 },
      });
      const ended = failure(slot.run(run, async () => 0, stop.signal));
      setTimeout(() => stop.abort(errors.cancelled()), waitMs);
      expect(await ended).toMatchObject({ errorClass: 'cancelled' });
      expect(nothingLeft()).toEqual([]);
    }
  });

  it('leaves nothing when its SQL fails late', async () => {
    const sql = "SELECT CASE WHEN i > 900000 THEN error('late') ELSE i END AS x FROM range(1000000) r(i)";
    const run = slot.run(taskOf(sql, { exchange }), async () => 0, never);
    expect(await failure(run)).toMatchObject({ errorClass: 'user', message: 'late' });
    expect(nothingLeft()).toEqual([]);
  });

  it('leaves nothing when the disk is full, which is no fault of the query', async () => {
    const script = join(root, 'full.mjs');
    const options = { id: 0, tempDirectory: join(root, 'full'), maxTempBytes: 1e9, allowedDirectories: [root] };
    const task = taskOf('SELECT (hash(i) >> 1)::BIGINT AS x FROM range(2000000) r(i)', { exchange });
    writeFileSync(
      script,
      `import { Slot } from '${pathToFileURL(resolve('dist/worker/engine/slot.js'))}';
      process.on('SIGXFSZ', () => undefined);
      const slot = new Slot(${JSON.stringify(options)});
      const told = await slot.run(${JSON.stringify(task)}, async () => 0, new AbortController().signal).catch((error) => error);
      console.log(JSON.stringify(told));`,
    );
    // the largest file that the process may write, in blocks of 512 or 1024 bytes
    const said = execFileSync('bash', ['-c', `ulimit -f 4000; exec '${process.execPath}' '${script}'`], {
      encoding: 'utf8',
    });
    expect(JSON.parse(said)).toMatchObject({ errorClass: 'infra', sqlstate: '53100' });
    expect(nothingLeft()).toEqual([]);
  });

  it('tells a folder that is not there as no fault of the query', async () => {
    const gone = { ...exchange, path: join(root, 'gone', 'x.parquet') };
    const run = slot.run(taskOf('SELECT 1::BIGINT AS x', { exchange: gone }), async () => 0, never);
    expect(await failure(run)).toMatchObject({ errorClass: 'infra', sqlstate: '58030' });
  });
});

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { leftOversIn, manifestIn } from '../../testdata/harness/written-folder.ts';
import type { Catalog } from './catalog.ts';
import { commitManifest, newestManifest } from './manifest.ts';
import type { StagedFile } from './place-files.ts';
import { TestCatalog } from './test-catalog.ts';
import type { WriteJob, WrittenContent } from './write-job.ts';

let test: TestCatalog;
let catalog: Catalog;
let number = 0;
let folder = '';

beforeAll(async () => {
  test = await TestCatalog.make();
  catalog = await test.open();
});
afterAll(() => test.close());
beforeEach(() => {
  folder = join(test.data, `t${++number}`);
});

const table = () => `t${number}`;
const code = (sqlstate: string) => expect.objectContaining({ sqlstate });
const begin = (mode: 'create' | 'overwrite' | 'append', from = catalog) =>
  from.beginWrite({ folder, mode, definition: null });

/** Files as a task leaves them, `a` counting from `first`. */
async function staged(job: WriteJob, values: readonly number[], hive = ''): Promise<StagedFile[]> {
  const files: StagedFile[] = [];
  for (const [place, value] of values.entries()) {
    const path = join(job.staging, `attempt-${place}.parquet`);
    await test.rows(`COPY (SELECT ${value} AS a) TO '${path}'`);
    files.push({ path, folder: hive, rows: 1, bytes: readFileSync(path).length, place, bucket: null });
  }
  return files;
}

const content = (files: readonly StagedFile[]): WrittenContent => ({
  format: 'parquet',
  columns: [{ name: 'a', type: 'INTEGER' }],
  partitionBy: [],
  layout: null,
  orderBy: null,
  options: {},
  files,
});

/** The names of the files that the table has, and how many there are. */
async function filesOf(name: string, from = catalog): Promise<number | undefined> {
  return (await from.snapshot()).lookup(undefined, name)?.files.length;
}

describe('a write', () => {
  it('is seen when it is committed, whole, and leaves nothing else', async () => {
    const job = await begin('create');
    const files = await staged(job, [1, 2, 3], 'k=1');
    expect(await filesOf(table())).toBeUndefined();
    await job.commit(content(files));
    expect(await filesOf(table())).toBe(3);
    expect(leftOversIn(folder)).toEqual([]);
    expect(manifestIn(folder)?.files.map(({ path }) => path.replace(/-[a-z0-9]+\./, '-JOB.'))).toEqual([
      'k=1/part-00000-JOB.parquet',
      'k=1/part-00001-JOB.parquet',
      'k=1/part-00002-JOB.parquet',
    ]);
  });

  it('that is given up leaves the folder as it was, or none', async () => {
    const job = await begin('create');
    await staged(job, [1]);
    job.abandon();
    expect(existsSync(folder)).toBe(false);
    mkdirSync(folder);
    (await begin('create')).abandon();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that can not be committed leaves the folder as it was', async () => {
    const job = await begin('create');
    const files = await staged(job, [1, 2]);
    rmSync(files[1]!.path);
    await expect(job.commit(content(files))).rejects.toThrow(code('58030'));
    expect(existsSync(folder)).toBe(false);
  });

  it('appends to files of others, which then are named by a manifest too', async () => {
    await test.copy(`${table()}/mine.parquet`, 'SELECT 7 AS a');
    const given = await begin('append');
    given.abandon();
    expect(readdirSync(folder)).toEqual(['mine.parquet']);
    const job = await begin('append');
    await job.commit(content(await staged(job, [1])));
    expect(await filesOf(table())).toBe(2);
    await test.copy(`${table()}/later.parquet`, 'SELECT 8 AS a');
    expect(await filesOf(table())).toBe(2);
    const pattern = { schema: undefined, columns: null, format: undefined, options: {}, ifNotExists: false };
    await catalog.createForeignTable({ ...pattern, name: 'by_pattern', location: `${folder}/*.parquet` });
    await catalog
      .createForeignTable({ ...pattern, name: 'by_deep_pattern', location: `${test.data}/**/later.parquet` })
      .then(
        () => expect.unreachable('a file that no manifest names'),
        (error: { sqlstate: string }) => expect(error.sqlstate).toBe('58P01'),
      );
    expect(await filesOf('by_pattern')).toBe(2);
    await catalog.dropForeignTable(undefined, 'by_pattern', false);
  });

  it('overwrites: the old files stay for a while, and no longer than the gateway', async () => {
    const first = await begin('create');
    await first.commit(content(await staged(first, [1, 2])));
    const other = await test.open();
    const second = await begin('overwrite', other);
    await second.commit(content(await staged(second, [3])));
    expect(await filesOf(table())).toBe(1);
    expect(leftOversIn(folder)).toHaveLength(2);
    await other.close();
    expect(leftOversIn(folder)).toEqual([]);
    expect(await filesOf(table())).toBe(1);
  });

  it('is not alone: appends go together, and what creates or overwrites does not', async () => {
    const first = await begin('create');
    await expect(begin('append')).rejects.toThrow(code('55006'));
    await first.commit(content(await staged(first, [1])));
    const [one, two] = [await begin('append'), await begin('append')];
    await expect(begin('overwrite')).rejects.toThrow(code('55006'));
    await two.commit(content(await staged(two, [2])));
    await one.commit(content(await staged(one, [3, 4])));
    expect(await filesOf(table())).toBe(4);
    expect(newestManifest(folder)?.sequence).toBe(4);
  });

  it('is refused where it would hide or destroy something', async () => {
    const first = await begin('create');
    await first.commit(content(await staged(first, [1])));
    await expect(begin('create')).rejects.toThrow(code('55000'));
    const at = (path: string) => catalog.beginWrite({ folder: path, mode: 'overwrite', definition: null });
    await expect(at(join(folder, 'below'))).rejects.toThrow(code('55000'));
    await expect(at(test.data)).rejects.toThrow(code('42501'));
    await expect(at(join(test.data, '..'))).rejects.toThrow(code('42501'));
    await expect(at(join(test.data, '../elsewhere'))).rejects.toThrow(code('42501'));
    folder = join(test.data, `t${++number}`);
    writeFileSync(folder, 'a file');
    await expect(begin('create')).rejects.toThrow(code('55000'));
  });

  it('two manifests of one number: one fails', async () => {
    const job = await begin('create');
    await job.commit(content(await staged(job, [1])));
    const manifest = { ...newestManifest(folder)!, sequence: 3 };
    expect(commitManifest(folder, manifest, 'a')).toBe(true);
    expect(commitManifest(folder, manifest, 'b')).toBe(false);
    expect(readdirSync(join(folder, '_sluice')).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('a file that is gone is an error, not fewer rows', async () => {
    const job = await begin('create');
    await job.commit(content(await staged(job, [1, 2])));
    const [path] = manifestIn(folder)!.files.map((file) => file.path);
    rmSync(join(folder, path!));
    await expect(filesOf(table())).rejects.toThrow(code('58030'));
  });

  it('a damaged manifest is an error', async () => {
    const job = await begin('create');
    await job.commit(content(await staged(job, [1])));
    for (const text of ['{', '{"version":2}', JSON.stringify({ ...manifestIn(folder), sequence: 9 })]) {
      writeFileSync(join(folder, '_sluice/manifest-00000003.json'), text);
      await expect(filesOf(table())).rejects.toThrow(code('58030'));
    }
    const outside = { ...manifestIn(folder), sequence: 4, files: [{ path: '../x', bytes: 1, rows: 1, bucket: null }] };
    writeFileSync(join(folder, '_sluice/manifest-00000004.json'), JSON.stringify(outside));
    await expect(filesOf(table())).rejects.toThrow(code('58030'));
  });
});

describe('a table that is made with its data set', () => {
  const definition = (name: string) => ({
    schema: 'public',
    name,
    location: folder,
    format: 'parquet' as const,
    options: {},
    columns: null,
  });

  it('is stored, and has its name once', async () => {
    const job = await catalog.beginWrite({ folder, mode: 'create', definition: definition('made') });
    const twice = { folder: `${folder}b`, mode: 'create' as const, definition: definition('MADE') };
    await expect(catalog.beginWrite(twice)).rejects.toThrow(code('42P07'));
    await job.commit(content(await staged(job, [1])));
    await expect(catalog.beginWrite(twice)).rejects.toThrow(code('42P07'));
    expect(await filesOf('made')).toBe(1);
    expect(await filesOf(table())).toBeUndefined();
  });
});

/** What a process leaves that is killed: copies of folder and journal, taken in the middle. */
describe('a process that was killed', () => {
  const journal = () => join(test.state, 'writes');

  it('before the commit: nothing is left', async () => {
    const job = await begin('create');
    await staged(job, [1, 2]);
    const [record] = readdirSync(journal());
    const text = readFileSync(join(journal(), record!), 'utf8');
    writeFileSync(join(folder, `part-00000-${record!.replace('.json', '')}.parquet`), 'half');
    const state = copyOf(text, record!);
    writeFileSync(join(state, 'writes/other.json.tmp'), '{');
    const again = await test.open({ stateFolder: state });
    expect(readdirSync(join(state, 'writes'))).toEqual([]);
    expect(await filesOf(table(), again)).toBeUndefined();
    expect(existsSync(folder)).toBe(false);
    job.abandon();
  });

  it('after the commit: the table comes to be, and nothing else is left', async () => {
    const definition = { schema: 'public', name: 'late', location: folder, format: null, options: {}, columns: null };
    const job = await catalog.beginWrite({ folder, mode: 'create', definition });
    const files = await staged(job, [1, 2]);
    const [record] = readdirSync(journal());
    const text = readFileSync(join(journal(), record!), 'utf8');
    await job.commit(content(files));
    mkdirSync(job.staging);
    writeFileSync(join(job.staging, 'rest'), '');
    const state = copyOf(text, record!);
    const again = await test.open({ stateFolder: state });
    expect(await filesOf('late', again)).toBe(2);
    expect(leftOversIn(folder)).toEqual([]);
    expect(readdirSync(join(state, 'writes'))).toEqual([]);
  });

  it('with a journal that can not be read the gateway does not start', async () => {
    await expect(test.open({ stateFolder: copyOf('{', 'x.json') })).rejects.toThrow(code('58030'));
  });

  /** A state folder with this journal. */
  function copyOf(text: string, name: string): string {
    const state = join(test.folder, `state-${++number}`);
    mkdirSync(join(state, 'writes'), { recursive: true });
    writeFileSync(join(state, 'writes', name), text);
    return state;
  }
});

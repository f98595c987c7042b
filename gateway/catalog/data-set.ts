import type { Column, DatasetTable, FileFormat, ReaderOptions } from '../../planner/catalog.ts';
import { errors, isEngineFailure, type SluiceError } from '../../planner/errors.ts';
import { toSluiceError } from '../../worker/engine/duckdb-error.ts';
import { dataFileName } from './file-formats.ts';
import { withLayout } from './file-layout.ts';
import type { FileColumn, FileSchema } from './file-schema.ts';
import { statOf } from './file-system.ts';
import { hasGlob } from './glob.ts';
import { hiveType, hiveValues } from './hive.ts';
import { type ListedFile, type Location, listFiles } from './list-files.ts';
import type { Look } from './look.ts';
import { type Manifest, newestManifest } from './manifest.ts';
import type { SchemaReader } from './read-schemas.ts';
import { readerOption } from './reader-options.ts';
import type { Roots } from './roots.ts';
import { describeFiles, type HiveColumns } from './table-columns.ts';
import type { SeenSchema } from './unify-types.ts';

/** What a data set is meant to be; its files and columns are found by looking. */
export interface DataSetSpec {
  readonly schema: string;
  readonly name: string;
  readonly locations: readonly Location[];
  /** Folders below this one are looked at for `key=value`; null: the whole path, `false`: none. */
  readonly hiveBase: string | null | false;
  /** Null: told by the extensions of the files. */
  readonly format: FileFormat | null;
  /** As given by the client; the rest is sniffed. */
  readonly options: ReaderOptions;
  /** Declared columns, in DuckDB's type texts; null: those of the files. */
  readonly columns: readonly FileColumn[] | null;
}

/** What a data set turned out to be. `absent`: there are no files and no declared columns. */
export type DataSetState =
  | { readonly kind: 'table'; readonly table: DatasetTable }
  | { readonly kind: 'broken'; readonly error: SluiceError }
  | { readonly kind: 'absent' };

/** Files may come and go while they are read; after so many attempts the error is given. */
const maxReadAttempts = 3;
/** Files that could not be read are tried again after this long even if they look the same (a disk may be back). */
const brokenRetryMs = 2_000;

interface KnownFile {
  readonly file: ListedFile;
  readonly schema: FileSchema;
}

/** One data set over time: lists its files anew when asked, reads only what is new or changed. */
export class DataSet {
  readonly spec: DataSetSpec;
  readonly #reader: SchemaReader;
  readonly #roots: Roots;
  #state: DataSetState = { kind: 'absent' };
  #listed: readonly ListedFile[] | null = null;
  /** Of the folder, as of the last listing. */
  #manifest: Manifest | undefined;
  /** That of the state. */
  #builtFrom: number | undefined;
  #brokenAt = 0;
  #known: ReadonlyMap<string, KnownFile> = new Map();
  #layout: ReaderOptions | null = null;
  /** The listing that is being read. */
  #reading: readonly ListedFile[] | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(spec: DataSetSpec, reader: SchemaReader, roots: Roots) {
    this.spec = spec;
    this.#reader = reader;
    this.#roots = roots;
  }

  get state(): DataSetState {
    return this.#state;
  }

  /** Looks at the disk, one call after the other. Afterwards `state` is the same object if, and only if, nothing changed. */
  refresh(look: Look): Promise<DataSetState> {
    const result = this.#last.then(() => this.#refresh(look));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #refresh(look: Look): Promise<DataSetState> {
    for (let attempt = 1; ; attempt++) {
      this.#reading = null;
      try {
        const files = await this.#list(look);
        if (this.#isUnchanged(files)) return this.#state;
        this.#listed = null;
        this.#reading = files;
        const manifest = this.#manifest;
        this.#state = await this.#build(files, manifest);
        this.#listed = files;
        this.#builtFrom = manifest?.sequence;
        return this.#state;
      } catch (thrown) {
        const error = toSluiceError(thrown);
        if (error.errorClass === 'internal' || isEngineFailure(error)) throw error;
        if (attempt < maxReadAttempts && (await this.#hasMoved(look))) continue;
        this.#listed = this.#reading;
        this.#brokenAt = performance.now();
        if (this.#state.kind === 'broken' && sameError(this.#state.error, error)) return this.#state;
        this.#state = { kind: 'broken', error };
        return this.#state;
      }
    }
  }

  async #list(look: Look): Promise<readonly ListedFile[]> {
    this.#manifest = manifestOf(this.spec, look);
    const lists: (readonly ListedFile[])[] = [];
    for (const location of this.spec.locations) lists.push(await listFiles(location, this.#roots, look));
    return lists.length === 1 ? (lists[0] ?? []) : lists.flat();
  }

  #isUnchanged(files: readonly ListedFile[]): boolean {
    if (this.#listed === null || !sameFiles(this.#listed, files)) return false;
    if (this.#builtFrom !== this.#manifest?.sequence && this.#state.kind !== 'broken') return false;
    return this.#state.kind !== 'broken' || performance.now() - this.#brokenAt < brokenRetryMs;
  }

  /** True when a file that was to be read has changed in the meantime: then its error means nothing. */
  async #hasMoved(look: Look): Promise<boolean> {
    const before = this.#reading;
    if (before === null) return false;
    if (look.isOver) await look.pause();
    return before.some((file) => {
      const stats = statOf(file.path);
      return stats === undefined || stats.size !== file.bytes || stats.mtimeMs !== file.mtimeMs;
    });
  }

  async #build(files: readonly ListedFile[], manifest: Manifest | undefined): Promise<DataSetState> {
    const unspeakable = files.find(({ path }) => hasGlob(path));
    if (unspeakable !== undefined) {
      throw errors.featureNotSupported(`a file name with "*", "?" or "[" (${unspeakable.path})`, 'Rename the file.');
    }
    const format = this.spec.format ?? manifest?.format ?? formatOf(this.spec.name, files);
    // A text file without a byte has no rows and no columns; a Parquet file without a byte is corrupt.
    const read = format === 'parquet' ? files : files.filter(({ bytes }) => bytes > 0);
    const declared = this.spec.columns ?? writtenColumns(manifest, format, read.length === 0);
    if (read.length === 0 && declared === null) return { kind: 'absent' };
    const given = { ...writtenOptions(manifest, format), ...this.spec.options };
    const known = await this.#readSchemas(format, read, given);
    const hive = hiveOf(this.spec, read);
    const seen = distinctSchemas(known.values());
    const found = declared ?? (await this.#reader.of(format).unify(this.spec.name, seen, given));
    const columns = inOrder(withHive(found, hive), manifest?.columns ?? []);
    const options = readerOptions(format, given, this.#layout);
    const table = { schema: this.spec.schema, name: this.spec.name, format, columns, options };
    const described = describeFiles(table, declared !== null, known.values(), hive.values);
    const folder = this.spec.locations[0]?.path ?? '';
    return { kind: 'table', table: withLayout({ ...table, files: described }, folder, manifest) };
  }

  async #readSchemas(
    format: FileFormat,
    files: readonly ListedFile[],
    options: ReaderOptions,
  ): Promise<ReadonlyMap<string, KnownFile>> {
    const kept = new Map<string, KnownFile>();
    for (const file of files) {
      const known = this.#known.get(file.path);
      if (known !== undefined && sameFile(known.file, file)) kept.set(file.path, known);
    }
    if (kept.size === 0) this.#layout = null;
    const unread = files.filter(({ path }) => !kept.has(path));
    const reading = await this.#reader.of(format).read(unread, options, this.#layout);
    this.#layout = reading.layout ?? this.#layout;
    const all = new Map<string, KnownFile>();
    for (const file of files) {
      const schema = reading.schemas.get(file.path) ?? kept.get(file.path)?.schema;
      if (schema === undefined) throw errors.unreadableFile(file.path, 'DuckDB told nothing about it.');
      all.set(file.path, { file, schema });
    }
    this.#known = all;
    return all;
  }
}

/** Of a folder that was written here. */
function manifestOf({ locations }: DataSetSpec, look: Look): Manifest | undefined {
  const [location] = locations;
  const folder = locations.length === 1 && location !== undefined && !hasGlob(location.path);
  return folder && look.stat(location.path)?.isDirectory() ? newestManifest(location.path, look) : undefined;
}

/** Text files do not tell their types, and no files tell nothing. */
function writtenColumns(
  manifest: Manifest | undefined,
  format: FileFormat,
  isEmpty: boolean,
): readonly FileColumn[] | null {
  return manifest !== undefined && (isEmpty || format !== 'parquet') ? manifest.columns : null;
}

function writtenOptions(manifest: Manifest | undefined, format: FileFormat): ReaderOptions {
  const known = Object.entries(manifest?.options ?? {}).filter(([name]) => readerOption(format, name) === name);
  return Object.fromEntries(known);
}

function formatOf(table: string, files: readonly ListedFile[]): FileFormat {
  const byFormat = new Map<FileFormat, string>();
  for (const { path } of files) {
    const format = dataFileName(path.slice(path.lastIndexOf('/') + 1))?.format;
    if (format !== undefined && !byFormat.has(format)) byFormat.set(format, path);
  }
  if (byFormat.size > 1) {
    throw errors.mixedFormats(table, [...byFormat].map(([format, path]) => `${format}: "${path}"`).join(', '));
  }
  return byFormat.keys().next().value ?? 'parquet';
}

/** Options that the scan is printed with. */
function readerOptions(format: FileFormat, given: ReaderOptions, layout: ReaderOptions | null): ReaderOptions {
  const frozen = { ...layout, ...given };
  return format === 'json' ? { format: 'auto', ...frozen } : frozen;
}

function hiveOf(spec: DataSetSpec, files: readonly ListedFile[]): HiveColumns {
  const values = new Map<string, ReadonlyMap<string, string | null>>();
  const byKey = new Map<string, { readonly name: string; readonly values: Set<string | null> }>();
  if (spec.hiveBase !== false) {
    for (const { path } of files) {
      const own = hiveValues(path, spec.hiveBase);
      values.set(path, own);
      for (const [name, value] of own) {
        const key = byKey.get(name.toLowerCase()) ?? { name, values: new Set() };
        key.values.add(value);
        byKey.set(name.toLowerCase(), key);
      }
    }
  }
  const types = new Map([...byKey].map(([lower, key]) => [lower, { name: key.name, type: hiveType(key.values) }]));
  return { types, values };
}

/**
 * A key that is also a column of the files takes that column's place, with the value of the path; the others follow in the order of their
 * names, wherever they stand in the path (as DuckDB does).
 */
function withHive(columns: readonly FileColumn[], hive: HiveColumns): readonly Column[] {
  const names = new Set(columns.map(({ name }) => name.toLowerCase()));
  const own = columns.map(({ name, type }) => {
    const key = hive.types.get(name.toLowerCase());
    return { name: key?.name ?? name, type: key?.type ?? type, hive: key !== undefined };
  });
  const keys = [...hive.types].filter(([lower]) => !names.has(lower)).map(([, key]) => key);
  keys.sort((a, b) => (a.name < b.name ? -1 : 1));
  return [...own, ...keys.map(({ name, type }) => ({ name, type, hive: true }))];
}

/** Columns as they were written, although those of folders are read last. */
function inOrder(columns: readonly Column[], written: readonly FileColumn[]): readonly Column[] {
  if (written.length === 0) return columns;
  const places = new Map(written.map(({ name }, place) => [name.toLowerCase(), place]));
  const place = ({ name }: Column) => places.get(name.toLowerCase()) ?? written.length;
  return [...columns].sort((a, b) => place(a) - place(b));
}

function distinctSchemas(known: Iterable<KnownFile>): readonly SeenSchema[] {
  const seen = new Map<FileSchema, SeenSchema>();
  for (const { file, schema } of known) if (!seen.has(schema)) seen.set(schema, { schema, path: file.path });
  return [...seen.values()];
}

function sameFile(left: ListedFile, right: ListedFile): boolean {
  return (
    left.bytes === right.bytes &&
    left.mtimeMs === right.mtimeMs &&
    left.inode === right.inode &&
    left.ctimeMs === right.ctimeMs
  );
}

function sameFiles(left: readonly ListedFile[], right: readonly ListedFile[]): boolean {
  return (
    left.length === right.length &&
    left.every((file, index) => {
      const other = right[index];
      return other !== undefined && file.path === other.path && sameFile(file, other);
    })
  );
}

function sameError(left: SluiceError, right: SluiceError): boolean {
  return left.sqlstate === right.sqlstate && left.message === right.message && left.detail === right.detail;
}

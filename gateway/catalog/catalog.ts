import { join } from 'node:path';
import type { DataFile, DatasetTable, DeclaredKey, FileStatistics } from '../../planner/catalog.ts';
import { errors } from '../../planner/errors.ts';
import { defaultSchema, type Entry, Snapshot, tableKey } from './catalog-snapshot.ts';
import { DataSet, type DataSetSpec } from './data-set.ts';
import { DataSetWrites, type WriteRequest } from './data-set-writes.ts';
import { type DataSource, discover, parseDataSource, placeOf, rootOf, tablesOf } from './data-sources.ts';
import { changedKeys, DeclaredKeys, type KeyChange } from './declared-keys.ts';
import { type Definition, DefinitionStore } from './definition-store.ts';
import { type Counts, DistinctCounts } from './distinct-counts.ts';
import { ParquetStatistics } from './file-statistics.ts';
import { statOf } from './file-system.ts';
import { type ForeignTable, type ImportRequest, importClaims, makeDefinition } from './foreign-tables.ts';
import { hasGlob } from './glob.ts';
import { Look } from './look.ts';
import { type Manifest, manifestFolder, newestManifest } from './manifest.ts';
import { MetadataEngine } from './metadata-engine.ts';
import { SchemaReader } from './read-schemas.ts';
import { Roots } from './roots.ts';
import { TableFunctions } from './table-function.ts';
import type { WriteJob } from './write-job.ts';

/** How a catalog is opened. */
export interface CatalogOptions {
  /** Arguments of `--data`. */
  readonly data: readonly string[];
  /** Folders that SQL may read and write beside the data folders (`--allow`). */
  readonly allow: readonly string[];
  /** Where foreign tables are kept; null: nowhere. The caller holds the lock of the folder. */
  readonly stateFolder: string | null;
  readonly tempDirectory: string;
  /** Limits of the private DuckDB that reads footers. */
  readonly threads: number;
  readonly memoryBytes: number;
}

/** Where files are appended to a data set. */
export interface AppendTarget {
  readonly folder: string;
  /** Undefined: files of others, whose layout nobody promised. */
  readonly manifest: Manifest | undefined;
}

/** What a catalog keeps in the state folder. */
interface State {
  readonly store: DefinitionStore;
  readonly distinct: DistinctCounts;
  readonly keys: DeclaredKeys;
}

/**
 * The tables made of files: found in the data folders, or defined by CREATE FOREIGN TABLE. Files are listed anew for every
 * snapshot; only footers of new and changed files are read.
 */
export class Catalog {
  readonly #sources: readonly DataSource[];
  readonly #roots: Roots;
  readonly #store: DefinitionStore;
  readonly #distinct: DistinctCounts;
  readonly #keys: DeclaredKeys;
  readonly #engine: MetadataEngine;
  readonly #reader: SchemaReader;
  readonly #statistics: ParquetStatistics;
  readonly #functions: TableFunctions;
  readonly #writes: DataSetWrites;
  readonly #run = Date.now().toString(36);
  #changes = 0;
  #dataSets: ReadonlyMap<string, DataSet> = new Map();
  #current: { readonly snapshot: Snapshot; readonly states: ReadonlyMap<string, unknown> } | null = null;
  /** What the current snapshot was made from. */
  #seen: {
    readonly look: Look;
    readonly definitions: unknown;
    readonly distinct: unknown;
    readonly keys: unknown;
  } | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #waiting: Promise<Snapshot> | null = null;

  private constructor(
    sources: readonly DataSource[],
    roots: Roots,
    state: State,
    engine: MetadataEngine,
    writes: DataSetWrites,
  ) {
    this.#sources = sources;
    this.#roots = roots;
    this.#store = state.store;
    this.#distinct = state.distinct;
    this.#keys = state.keys;
    this.#engine = engine;
    this.#reader = new SchemaReader(engine);
    this.#statistics = new ParquetStatistics(engine);
    this.#functions = new TableFunctions({ engine, reader: this.#reader, roots });
    this.#writes = writes;
  }

  /**
   * Raises 58030 when the stored definitions can't be read, F0000 for a `--data` that is not there or
   * that holds the state folder.
   */
  static async open(options: CatalogOptions): Promise<Catalog> {
    const sources = options.data.map(parseDataSource);
    for (const { path, text } of sources) {
      if (!hasGlob(path) && statOf(path) === undefined) {
        throw errors.flagValue('--data', `names "${text}", which is not there`);
      }
    }
    const roots = new Roots([...sources.map(rootOf), ...options.allow]);
    const state = options.stateFolder;
    if (state !== null && roots.contains(state)) {
      throw errors.configConflict(
        `the state folder "${state}" lies in a folder that SQL may read: ${roots.folders.join(', ')}`,
        'Choose another folder with --state: it holds secrets.',
      );
    }
    const stored = {
      store: DefinitionStore.open(state),
      distinct: DistinctCounts.open(state),
      keys: DeclaredKeys.open(state),
    };
    const define = (definition: Definition) => defineTable(stored.store, definition);
    const writes = DataSetWrites.open({ roots, stateFolder: state, define });
    const engine = await MetadataEngine.open({ ...options, allowedDirectories: roots.folders });
    return new Catalog(sources, roots, stored, engine, writes);
  }

  /** Absolute folders that SQL may reach: for `allowedDirectories` of every other DuckDB. */
  get roots(): readonly string[] {
    return this.#roots.folders;
  }

  /**
   * The tables as they are now. The files are listed after the call; statements that come while others wait share one listing.
   * The same object when nothing changed. Data sets that can't be read throw from `lookup`.
   */
  snapshot(): Promise<Snapshot> {
    this.#waiting ??= this.#serial(() => {
      this.#waiting = null;
      return this.#look();
    });
    return this.#waiting;
  }

  /**
   * CREATE FOREIGN TABLE. False when it exists and `ifNotExists`. Rejects with 42P07 when the name is taken, 42501 outside
   * the roots, 58P01 when there are no files and no columns are given, and with what reading the files gives.
   */
  createForeignTable(table: ForeignTable): Promise<boolean> {
    return this.#serial(async () => {
      if (await this.#isTaken(tableKey(table.schema ?? defaultSchema, table.name))) {
        if (table.ifNotExists) return false;
        throw errors.duplicateTable(table.name);
      }
      await this.#add([await makeDefinition(table, this.#roots, this.#engine)]);
      return true;
    });
  }

  /**
   * IMPORT FOREIGN SCHEMA: every sub-folder and file of a folder, as a data folder has them, all or none. Gives the names of the
   * new tables. Rejects as createForeignTable does.
   */
  importForeignSchema(request: ImportRequest): Promise<readonly string[]> {
    return this.#serial(async () => {
      const path = this.#roots.resolveOrRefuse(request.directory);
      const found = await tablesOf({ text: request.directory, name: null, path }, this.#roots, new Look());
      if (found.length === 0) throw errors.undefinedFile(request.directory, 'The folder has no data files.');
      const definitions = importClaims(found, request);
      for (const { schema, name } of definitions) {
        if (await this.#isTaken(tableKey(schema, name))) throw errors.duplicateTable(name);
      }
      await this.#add(definitions);
      return definitions.map(({ name }) => name);
    });
  }

  /**
   * DROP FOREIGN TABLE. False when there is none and `ifExists`. Rejects with 42P01 for an unknown name, 42809 for a table of a data
   * folder, which is there as long as its files are.
   */
  dropForeignTable(schema: string | undefined, name: string, ifExists: boolean): Promise<boolean> {
    const key = tableKey(schema ?? defaultSchema, name);
    return this.#serial(async () => {
      const kept = this.#store.all.filter((table) => tableKey(table.schema, table.name) !== key);
      if (kept.length < this.#store.all.length) {
        this.#store.replace(kept);
        this.#keys.replace(schema ?? defaultSchema, name, []);
        return true;
      }
      if (await this.#isTaken(key)) {
        throw errors.wrongObjectType(
          `"${name}" is a data set of a data folder`,
          'Remove its files, or start the gateway without its --data.',
        );
      }
      if (!ifExists) throw errors.undefinedTable(name);
      return false;
    });
  }

  /** Begins to write a data set; see `DataSetWrites.begin`. Rejects with 42P07 when the table that comes with it is there. */
  beginWrite(request: WriteRequest): Promise<WriteJob> {
    const { definition } = request;
    return this.#serial(async () => {
      if (definition !== null && (await this.#isTaken(tableKey(definition.schema, definition.name))))
        throw errors.duplicateTable(definition.name);
      return this.#writes.begin(request);
    });
  }

  /** How the files of a data set lie, for those who append some. Rejects with 0A000 for one that is not a folder. */
  async appendTarget({ schema, name }: DatasetTable): Promise<AppendTarget> {
    const spec = this.#dataSets.get(tableKey(schema, name))?.spec;
    const [location] = spec?.locations ?? [];
    const folder = location !== undefined && !hasGlob(location.path) && !statOf(location.path)?.isFile();
    if (location === undefined || !folder)
      throw errors.featureNotSupported(
        `writing to data set "${name}", which is not a folder of its own,`,
        'Only a folder takes new files: not a single file, and not a pattern.',
      );
    return { folder: location.path, manifest: newestManifest(location.path) };
  }

  /** True when the table was made by CREATE FOREIGN TABLE (and not found in a data folder). */
  isForeignTable(schema: string, name: string): boolean {
    return this.#store.all.some((table) => tableKey(table.schema, table.name) === tableKey(schema, name));
  }

  /** What ANALYZE found: about how many different values some columns of a data set have. Rejects with 58030. */
  recordDistinct(schema: string, name: string, counts: Counts): Promise<void> {
    return this.#serial(async () => this.#distinct.record(schema, name, counts));
  }

  /**
   * ALTER FOREIGN TABLE: keys that clients are told of. Nobody checks them. Rejects with 42P01 for a name that is no data set, and as
   * `changedKeys` does; then nothing has changed.
   */
  changeKeys(schema: string | undefined, name: string, changes: readonly KeyChange[]): Promise<void> {
    return this.#serial(async () => {
      const table = (await this.#look()).lookup(schema, name);
      if (table === undefined) throw errors.undefinedTable(name);
      const changed = changes.reduce((keys, change) => changedKeys(table, keys, change), table.keys ?? []);
      this.#keys.replace(table.schema, table.name, changed);
    });
  }

  /** Parquet footers, cached. Rejects with 58030 that names the file. */
  statistics(files: readonly DataFile[]): Promise<readonly FileStatistics[]> {
    return this.#statistics.read(files);
  }

  /** See `PlannerWorld.tableFunction`. */
  tableFunction(
    name: string,
    args: readonly string[],
    named: Readonly<Record<string, string>>,
  ): Promise<DatasetTable | null> {
    return this.#functions.resolve(name, args, named);
  }

  async close(): Promise<void> {
    await this.#last;
    this.#writes.close();
    await this.#engine.close();
  }

  /** Runs one after the other: listings and changes of definitions. */
  #serial<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #isTaken(key: string): Promise<boolean> {
    await this.#look();
    return this.#current?.states.has(key) === true;
  }

  /** Reads the new tables before they are stored: what can't be read is not created. */
  async #add(definitions: readonly Definition[]): Promise<void> {
    const look = new Look();
    for (const definition of definitions) {
      const state = await new DataSet(specOf(definition, look), this.#reader, this.#roots).refresh(look);
      if (state.kind === 'broken') throw state.error;
      if (state.kind === 'absent') {
        throw errors.undefinedFile(definition.location, 'Give the columns to make a table that has no files yet.');
      }
    }
    this.#store.replace([...this.#store.all, ...definitions]);
  }

  async #look(): Promise<Snapshot> {
    if (this.#current !== null && (await this.#isAsSeen())) return this.#current.snapshot;
    const look = new Look();
    this.#seen = null;
    const snapshot = await this.#list(look);
    // What could not be read is tried again even if it looks the same.
    if (snapshot.entries().every(({ kind }) => kind === 'table'))
      this.#seen = {
        look,
        definitions: this.#store.all,
        distinct: this.#distinct.version,
        keys: this.#keys.version,
      };
    return snapshot;
  }

  /** True when nothing that the current snapshot was made from has changed: no file, no definition and no count. */
  async #isAsSeen(): Promise<boolean> {
    const seen = this.#seen;
    if (seen === null || seen.definitions !== this.#store.all || seen.distinct !== this.#distinct.version) return false;
    if (seen.keys !== this.#keys.version) return false;
    return await seen.look.isStillTrue();
  }

  async #list(look: Look): Promise<Snapshot> {
    const defined = this.#store.all.map((definition) => specOf(definition, look));
    const taken = new Set(defined.filter(({ schema }) => schema === 'public').map(({ name }) => name.toLowerCase()));
    const written = new Set(
      this.#store.all.map(({ location }) => location).filter((folder) => hasManifest(folder, look)),
    );
    const discovered = await discover(this.#sources, taken, this.#roots, look);
    // A folder that CREATE TABLE ... AS wrote has its name already.
    const found = discovered.filter(({ locations }) => !locations.every(({ path }) => written.has(path)));
    const named = new Set(this.#sources.flatMap(({ name }) => (name === null ? [] : [name.toLowerCase()])));
    const dataSets = new Map<string, DataSet>();
    const entries = new Map<string, Entry>();
    const states = new Map<string, unknown>();
    for (const spec of [...defined, ...found]) {
      const key = tableKey(spec.schema, spec.name);
      const known = this.#dataSets.get(key);
      const dataSet =
        known !== undefined && sameSpec(known.spec, spec) ? known : new DataSet(spec, this.#reader, this.#roots);
      dataSets.set(key, dataSet);
      const state = await dataSet.refresh(look);
      const entry = entryOf(spec, state, named.has(spec.name));
      if (entry === null) continue;
      const counted = withCounts(entry, this.#distinct.of(spec.schema, spec.name));
      entries.set(key, withKeys(counted, this.#keys.of(spec.schema, spec.name)));
      states.set(key, state);
    }
    states.set(statisticsKey, this.#distinct.version);
    states.set(keysKey, this.#keys.version);
    this.#dataSets = dataSets;
    const current = this.#current;
    if (current !== null && sameStates(current.states, states)) return current.snapshot;
    this.#changes++;
    const snapshot = new Snapshot(this.#run, this.#changes, entries);
    this.#current = { snapshot, states };
    return snapshot;
  }
}

function hasManifest(folder: string, look: Look): boolean {
  return look.stat(join(folder, manifestFolder))?.isDirectory() === true;
}

function defineTable(store: DefinitionStore, definition: Definition): void {
  const key = tableKey(definition.schema, definition.name);
  if (!store.all.some(({ schema, name }) => tableKey(schema, name) === key)) store.replace([...store.all, definition]);
}

function specOf({ schema, name, location, format, options, columns }: Definition, look: Look): DataSetSpec {
  return { schema, name, options, columns, ...placeOf(location, format, look) };
}

/** A folder without data files is no table; a named source without files is one that can't be read. */
function entryOf(spec: DataSetSpec, state: DataSet['state'], isNamed: boolean): Entry | null {
  const { schema, name } = spec;
  if (state.kind === 'table') return state;
  if (state.kind === 'broken') return { kind: 'broken', schema, name, error: state.error };
  if (!isNamed && spec.columns === null && spec.format === null && spec.locations.length === 1) return null;
  return {
    kind: 'broken',
    schema,
    name,
    error: errors.undefinedFile(spec.locations.map(({ path }) => path).join(', ')),
  };
}

function withCounts(entry: Entry, distinct: Counts | undefined): Entry {
  return entry.kind === 'broken' || distinct === undefined ? entry : { ...entry, table: { ...entry.table, distinct } };
}

function withKeys(entry: Entry, keys: readonly DeclaredKey[]): Entry {
  return entry.kind === 'broken' || keys.length === 0 ? entry : { ...entry, table: { ...entry.table, keys } };
}

/** Among the states of tables: no table has these keys. */
const statisticsKey = '';
const keysKey = 'keys';

function sameSpec(left: DataSetSpec, right: DataSetSpec): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function sameStates(left: ReadonlyMap<string, unknown>, right: ReadonlyMap<string, unknown>): boolean {
  return left.size === right.size && [...left].every(([key, state]) => right.get(key) === state);
}

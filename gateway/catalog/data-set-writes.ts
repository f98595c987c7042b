import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { errors } from '../../planner/errors.ts';
import { toSluiceError } from '../../worker/engine/duckdb-error.ts';
import { tableKey } from './catalog-snapshot.ts';
import type { Definition } from './definition-store.ts';
import { isHidden } from './file-formats.ts';
import { entriesOf, statOf } from './file-system.ts';
import { manifestFolder, newestManifest } from './manifest.ts';
import type { Roots } from './roots.ts';
import { isCommitted, stagingFolder, sweepWrite } from './sweep-write.ts';
import { WriteJob, type WriteMode } from './write-job.ts';
import { WriteJournal, type WriteRecord } from './write-journal.ts';

export interface WriteRequest {
  /** As a client wrote it. */
  readonly folder: string;
  readonly mode: WriteMode;
  /** The table that comes to be with the data set. */
  readonly definition: Definition | null;
}

const nonceBytes = 4;
/** Deepest folder below a new data set in which another one is looked for. */
const nestedDepth = 8;

export interface DataSetWritesOptions {
  readonly roots: Roots;
  readonly stateFolder: string | null;
  /** Stores the table of a write that is committed; nothing happens when it is there already. */
  readonly define: (definition: Definition) => void;
}

/** The writes of data sets that are under way, and the left-overs of those that are not. */
export class DataSetWrites {
  readonly #options: DataSetWritesOptions;
  readonly #journal: WriteJournal;
  /** By folder: how many append; 'exclusive': one that creates or overwrites. */
  readonly #active = new Map<string, number | 'exclusive'>();
  /** Keys of the tables that come to be. */
  readonly #made = new Set<string>();
  /** Writes that have ended and of which something is left to be removed, and when. */
  readonly #leftOvers = new Map<string, { readonly record: WriteRecord; readonly dueAt: number }>();
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: DataSetWritesOptions) {
    this.#options = options;
    this.#journal = new WriteJournal(options.stateFolder);
  }

  /** Finishes or undoes what a killed process has left. Raises 58030 for a journal that can't be read. */
  static open(options: DataSetWritesOptions): DataSetWrites {
    const writes = new DataSetWrites(options);
    for (const record of writes.#journal.read()) {
      writes.#leftOvers.set(record.job, { record, dueAt: 0 });
    }
    writes.sweep(false);
    return writes;
  }

  /**
   * Begins a write: makes the folder and the one that tasks write in. Raises 42501 outside the declared folders and for one of them itself,
   * 55000 for a folder that is not empty or lies in (or holds) another data set, 55006 while another session writes there, and what the file system says.
   */
  begin(request: WriteRequest): WriteJob {
    const folder = this.#options.roots.resolveOrRefuse(request.folder);
    this.#checkPlace(folder);
    this.sweep(false);
    this.#enter(folder, request);
    const job = `${Date.now().toString(36)}${randomBytes(nonceBytes).toString('hex')}`;
    let record: WriteRecord = { version: 1, job, folder, made: [], obsolete: [], definition: request.definition };
    try {
      if (request.mode === 'create') checkEmpty(folder);
      record = { ...record, made: missingFolders(folder) };
      this.#journal.note(record);
      mkdirSync(stagingFolder(folder, job), { recursive: true });
    } catch (error) {
      this.#end(record, request.mode, 0);
      throw toSluiceError(error);
    }
    return new WriteJob({
      record,
      mode: request.mode,
      roots: this.#options.roots,
      note: (changed) => this.#journal.note(changed),
      define: this.#options.define,
      end: (last, graceMs) => this.#end(last, request.mode, graceMs),
    });
  }

  /** Removes left-overs that are due; `all`: the others too. What fails is tried again later. */
  sweep(all: boolean): void {
    const now = performance.now();
    for (const { record, dueAt } of this.#leftOvers.values()) if (all || dueAt <= now) this.#sweepOne(record);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const next = Math.min(...[...this.#leftOvers.values()].map(({ dueAt }) => dueAt));
    if (!all && this.#leftOvers.size > 0)
      this.#timer = setTimeout(() => this.sweep(false), Math.max(sweepAgainMs, next - now)).unref();
  }

  /** Removes what overwritten data sets have left: nothing runs any more. */
  close(): void {
    this.sweep(true);
  }

  /** All but the files that others may still read. */
  #sweepSoon(record: WriteRecord): void {
    try {
      sweepWrite({ ...record, obsolete: [] });
    } catch {
      // Later, with the rest.
    }
  }

  #sweepOne(record: WriteRecord): void {
    try {
      if (record.definition !== null && isCommitted(record)) this.#options.define(record.definition);
      sweepWrite(record);
    } catch {
      // A disk that is away, a task that still writes: the journal keeps it for the next time.
      return;
    }
    this.#journal.forget(record.job);
    this.#leftOvers.delete(record.job);
  }

  #end(record: WriteRecord, mode: WriteMode, graceMs: number): void {
    const active = this.#active.get(record.folder);
    if (mode === 'append' && typeof active === 'number' && active > 1) this.#active.set(record.folder, active - 1);
    else this.#active.delete(record.folder);
    if (record.definition !== null) this.#made.delete(keyOf(record.definition));
    this.#leftOvers.set(record.job, { record, dueAt: graceMs === 0 ? 0 : performance.now() + graceMs });
    if (graceMs > 0) this.#sweepSoon(record);
    this.sweep(false);
  }

  #enter(folder: string, { mode, definition }: WriteRequest): void {
    const active = this.#active.get(folder);
    if (definition !== null && this.#made.has(keyOf(definition))) throw errors.duplicateTable(definition.name);
    if (active === 'exclusive' || (active !== undefined && mode !== 'append')) throw errors.folderInUse(folder);
    this.#active.set(folder, mode === 'append' ? (active ?? 0) + 1 : 'exclusive');
    if (definition !== null) this.#made.add(keyOf(definition));
  }

  #checkPlace(folder: string): void {
    const { roots } = this.#options;
    if (roots.folders.some((root) => root === folder || root.startsWith(folder + sep)))
      throw errors.accessDenied(`"${folder}" is a declared folder itself`, 'Choose a folder in it.');
    for (let above = dirname(folder); above !== dirname(above) && roots.contains(above); above = dirname(above)) {
      if (statOf(join(above, manifestFolder))?.isDirectory()) throw errors.nestedDataSet(folder, above);
    }
    const below = nestedIn(folder, 0);
    if (below !== undefined) throw errors.nestedDataSet(folder, below);
  }
}

/** What could not be removed is tried again after this long, ms. */
const sweepAgainMs = 1_000;

function keyOf({ schema, name }: Definition): string {
  return tableKey(schema, name);
}

function checkEmpty(folder: string): void {
  const stats = statOf(folder);
  if (stats === undefined) return;
  const full = !stats.isDirectory() || entriesOf(folder).some(({ name }) => !isHidden(name));
  if (full || (newestManifest(folder)?.files.length ?? 0) > 0) throw errors.folderNotEmpty(folder);
}

/** The folder and those above it that are not there, the outermost first. */
function missingFolders(folder: string): string[] {
  const missing: string[] = [];
  for (let path = folder; statOf(path) === undefined && path !== dirname(path); path = dirname(path))
    missing.unshift(path);
  return missing;
}

/** A data set below the folder. */
function nestedIn(folder: string, depth: number): string | undefined {
  if (depth > nestedDepth) return undefined;
  for (const entry of entriesOf(folder)) {
    if (!entry.isDirectory() || isHidden(entry.name) || entry.name.includes('=')) continue;
    const path = join(folder, entry.name);
    if (statOf(join(path, manifestFolder))?.isDirectory()) return path;
    const found = nestedIn(path, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

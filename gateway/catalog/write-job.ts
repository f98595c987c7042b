import { mkdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { FileFormat } from '../../planner/catalog.ts';
import { errors } from '../../planner/errors.ts';
import type { CopyOption } from '../../planner/plan/plan.ts';
import { toSluiceError } from '../../worker/engine/duckdb-error.ts';
import type { Definition } from './definition-store.ts';
import type { FileColumn } from './file-schema.ts';
import { listFiles } from './list-files.ts';
import { Look } from './look.ts';
import {
  commitManifest,
  keptJobs,
  type Layout,
  type Manifest,
  type ManifestFile,
  manifestFolder,
  newestManifest,
} from './manifest.ts';
import { extensionOf, placeFiles, type StagedFile } from './place-files.ts';
import type { Roots } from './roots.ts';
import { preparation, stagingFolder } from './sweep-write.ts';
import type { WriteRecord } from './write-journal.ts';

/**
 * `create`: the folder has to be empty; `overwrite`: the new files take the place of those that are there; `append`: they come beside them.
 */
export type WriteMode = 'create' | 'overwrite' | 'append';

/** How long files that were overwritten stay for queries that have begun to read them, ms. */
const obsoleteGraceMs = 60_000;

export interface WriteJobOptions {
  readonly record: WriteRecord;
  readonly mode: WriteMode;
  readonly roots: Roots;
  /** Changes what the journal says. */
  readonly note: (record: WriteRecord) => void;
  readonly define: (definition: Definition) => void;
  /** Nothing of the job runs any more; left-overs may be removed after so many ms. */
  readonly end: (record: WriteRecord, graceMs: number) => void;
}

/** What is written, for the manifest and those who append later. */
export interface WrittenContent {
  readonly format: FileFormat;
  /** With those of `partitionBy`. */
  readonly columns: readonly FileColumn[];
  readonly partitionBy: readonly string[];
  readonly layout: Layout | null;
  readonly orderBy: string | null;
  readonly options: Readonly<Record<string, CopyOption>>;
  readonly files: readonly StagedFile[];
}

/** So many others may commit to the folder between two looks at it. */
const commitAttempts = 100;

/** One write of a data set. Ends with `commit` or `abandon`, one of which has to be called. */
export class WriteJob {
  readonly #options: WriteJobOptions;
  #record: WriteRecord;
  #ended = false;

  constructor(options: WriteJobOptions) {
    this.#options = options;
    this.#record = options.record;
  }

  get folder(): string {
    return this.#record.folder;
  }

  /** Where tasks write; each attempt makes a folder of its own in it. */
  get staging(): string {
    return stagingFolder(this.#record.folder, this.#record.job);
  }

  /**
   * Makes the files part of the data set, all at once: whoever lists it afterwards sees them, and before saw what was there. When it
   * rejects the data set is as it was, but for a failure to store the table that was made with it, which is stored at the next start. Rejects with 55000 when somebody
   * else has created the data set meanwhile, and with what the file system says.
   */
  async commit(content: WrittenContent): Promise<void> {
    let graceMs = 0;
    try {
      const { folder, job, definition } = this.#record;
      await this.#prepare(content.format);
      const extension = extensionOf(content.format, content.options.compression);
      const files = placeFiles(folder, job, extension, content.files);
      this.#commit(content, files);
      if (this.#record.obsolete.length > 0) graceMs = obsoleteGraceMs;
      if (definition !== null) this.#options.define(definition);
    } catch (error) {
      throw toSluiceError(error);
    } finally {
      this.#end(graceMs);
    }
  }

  /** Gives it up: the data set stays as it was. */
  abandon(): void {
    this.#end(0);
  }

  #end(graceMs: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.end(this.#record, graceMs);
  }

  /** A folder without a manifest gets one of the files that are there, so that the new ones are not seen one by one. */
  async #prepare(format: FileFormat): Promise<void> {
    const { folder, job } = this.#record;
    if (newestManifest(folder) !== undefined) return;
    const location = { path: folder, format: null, hidden: false };
    const listed = this.#options.mode === 'create' ? [] : await listFiles(location, this.#options.roots, new Look());
    const files = listed.map(({ path, bytes }) => ({ path: inFolder(folder, path), bytes, rows: null, bucket: null }));
    mkdirSync(join(folder, manifestFolder), { recursive: true });
    const plain = { columns: null, partitionBy: [], layout: null, orderBy: null, options: {} };
    const manifest: Manifest = { version: 1, sequence: 1, jobs: [preparation(job)], format, ...plain, files };
    commitManifest(folder, manifest, job);
  }

  /** The one step that counts. */
  #commit(content: WrittenContent, files: readonly ManifestFile[]): void {
    const { folder, job } = this.#record;
    for (let attempt = 0; attempt < commitAttempts; attempt++) {
      const newest = newestManifest(folder);
      if (newest === undefined) throw errors.unreadableFile(join(folder, manifestFolder), 'Its manifests are gone.');
      if (this.#options.mode === 'create' && newest.files.length > 0) throw errors.folderNotEmpty(folder);
      if (this.#options.mode === 'overwrite') {
        this.#record = { ...this.#record, obsolete: newest.files.map(({ path }) => path) };
        this.#options.note(this.#record);
      }
      const manifest = nextManifest(newest, content, files, job, this.#options.mode === 'append');
      if (commitManifest(folder, manifest, job)) return;
    }
    throw errors.folderInUse(folder);
  }
}

function nextManifest(
  before: Manifest,
  content: WrittenContent,
  files: readonly ManifestFile[],
  job: string,
  append: boolean,
): Manifest {
  const { format, columns, partitionBy, layout, orderBy, options } = content;
  const fresh = {
    version: 1 as const,
    sequence: before.sequence + 1,
    jobs: [job, ...before.jobs].slice(0, keptJobs),
    format,
  };
  const own = { columns: [...columns], partitionBy: [...partitionBy], layout, orderBy, options };
  if (!append || before.files.length === 0) return { ...fresh, ...own, files: [...files] };
  const sameLayout = JSON.stringify(before.layout) === JSON.stringify(layout);
  return {
    ...fresh,
    columns: before.columns,
    partitionBy: before.partitionBy,
    layout: sameLayout ? before.layout : null,
    orderBy: before.orderBy === orderBy ? orderBy : null,
    options: before.options,
    files: [...before.files, ...files],
  };
}

/** A path in a data set's folder, as manifests have it. */
function inFolder(folder: string, path: string): string {
  return relative(folder, path).split(sep).join('/');
}

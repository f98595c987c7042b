import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { errors } from '../../planner/errors.ts';
import { type Definition, definitionSchema } from './definition-store.ts';
import { writeWhole } from './write-whole.ts';

const recordSchema = z.object({
  version: z.literal(1),
  job: z.string().regex(/^[a-z0-9]+$/),
  /** The data set's, absolute. */
  folder: z.string().min(1),
  /** Folders that the job has made for it, the outermost first. */
  made: z.array(z.string().min(1)),
  /** Files of the data set (relative) that are no part of it once the job is committed. */
  obsolete: z.array(z.string().min(1)),
  /** The table that is made with it. */
  definition: definitionSchema.nullable(),
});

/** A write of a data set that has begun and is not known to have ended. */
export type WriteRecord = Readonly<Omit<z.infer<typeof recordSchema>, 'definition'>> & {
  readonly definition: Definition | null;
};

/** One file for each write, from before its first change on the disk until nothing is left to be done for it. */
export class WriteJournal {
  readonly #folder: string | null;

  /** Null: nothing is kept, and left-overs of a process that was killed stay. */
  constructor(stateFolder: string | null) {
    this.#folder = stateFolder === null ? null : join(stateFolder, 'writes');
  }

  /** Those that a process before this one has left. Raises 58030 (the gateway can't start) for one that can't be read. */
  read(): readonly WriteRecord[] {
    if (this.#folder === null) return [];
    let names: readonly string[];
    try {
      names = readdirSync(this.#folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw corrupt(this.#folder, (error as Error).message);
    }
    const paths = names.map((name) => join(this.#folder ?? '', name));
    // A record that was not written to its end: its write had not begun, or goes by the record before.
    for (const path of paths) if (path.endsWith('.tmp')) rmSync(path, { force: true });
    return paths.filter((path) => path.endsWith('.json')).map(readRecord);
  }

  /** Notes a write, or what has changed about it. Raises 58030. */
  note(record: WriteRecord): void {
    if (this.#folder === null) return;
    const path = this.#path(record.job);
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      writeWhole(path, `${JSON.stringify(record)}\n`);
    } catch (error) {
      throw errors.unwritableFile(path, (error as Error).message);
    }
  }

  forget(job: string): void {
    if (this.#folder !== null) rmSync(this.#path(job), { force: true });
  }

  #path(job: string): string {
    return join(this.#folder ?? '', `${job}.json`);
  }
}

function readRecord(path: string): WriteRecord {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw corrupt(path, (error as Error).message);
  }
  const parsed = recordSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw corrupt(path, parsed.error.issues[0]?.message ?? 'not understood');
}

function corrupt(path: string, reason: string): Error {
  return errors.cannotStart(
    `could not read "${path}"`,
    'Move it away: it names a write of a data set that was cut off, whose left-overs then stay.',
    reason,
  );
}

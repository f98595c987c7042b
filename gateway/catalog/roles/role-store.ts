import { closeSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { errors, SluiceError } from '../../../planner/errors.ts';
import { writeWhole } from '../write-whole.ts';
import type { Role } from './role.ts';
import { noRoles, RoleBook, type RoleData } from './role-book.ts';

const roleSchema = z.object({
  name: z.string().min(1),
  login: z.boolean(),
  superuser: z.boolean(),
  inherit: z.boolean(),
  connectionLimit: z.number().int().min(-1),
  validUntil: z.string().nullable(),
  secret: z.string().nullable(),
  memberOf: z.array(z.string().min(1)),
});
const fileSchema = z.object({
  version: z.literal(1),
  roles: z.array(roleSchema),
  owners: z.record(z.string(), z.string()),
  acls: z.record(z.string(), z.record(z.string(), z.string())),
});

const fileName = 'roles.json';
/** How long another process may take to write the file, and how often that is looked for. */
const lockWaitMs = 2_000;
const lockEveryMs = 20;
/** What another process has written is seen by statements so much later at most; each asks, several times. */
const seenWithinMs = 20;

/**
 * Roles, owners and privileges in one file of the state folder, of which there is always a whole one. `sluice user` changes it beside a
 * gateway that runs: it is read anew when it has changed.
 */
export class RoleStore {
  readonly #path: string | null;
  readonly #fromFile: readonly Role[];
  #book: RoleBook;
  #stamp = '';
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** `folder` null: kept in memory only. Raises 58030 (the gateway can't start) for a file that is not whole or of another version. */
  constructor(folder: string | null, fromFile: readonly Role[] = []) {
    this.#path = folder === null ? null : join(folder, fileName);
    this.#fromFile = fromFile;
    this.#book = new RoleBook(noRoles, '', fromFile);
    this.#refresh();
  }

  /** As the file is now. Raises 58030 when somebody has damaged it. */
  now(): RoleBook {
    this.#refresh();
    return this.#book;
  }

  /** As the file is, but for what another process wrote in the last `seenWithinMs`. Raises as `now`. */
  lately(): RoleBook {
    if (performance.now() - this.#lookedAt > seenWithinMs) this.#refresh();
    return this.#book;
  }

  /** Changes everything at once, or nothing when `edit` or writing rejects (58030, 55006). */
  async change(edit: (data: RoleData) => RoleData): Promise<void> {
    if (this.#path === null) {
      this.#book = new RoleBook(edit(this.#book.data), `${Number(this.#book.version) + 1}`, this.#fromFile);
      return;
    }
    const release = await takeLock(`${this.#path}.lock`);
    try {
      this.#refresh();
      const data = edit(this.#book.data);
      if (data === this.#book.data) return;
      writeWhole(this.#path, `${JSON.stringify({ version: 1, ...data }, null, 2)}\n`);
      this.#refresh();
    } catch (error) {
      if (error instanceof SluiceError) throw error;
      throw errors.unwritableFile(this.#path, (error as Error).message);
    } finally {
      release();
    }
  }

  #refresh(): void {
    if (this.#path === null) return;
    const found = statSync(this.#path, { throwIfNoEntry: false, bigint: true });
    const stamp = found === undefined ? '' : `${found.ino}.${found.size}.${found.mtimeNs}`;
    if (stamp !== this.#stamp) {
      const data = found === undefined ? noRoles : readData(this.#path);
      this.#book = new RoleBook(data, stamp, this.#fromFile);
      this.#stamp = stamp;
    }
    this.#lookedAt = performance.now();
  }
}

function readData(path: string): RoleData {
  try {
    const { roles, owners, acls } = fileSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    return { roles, owners, acls };
  } catch (error) {
    throw errors.cannotStart(
      `could not read roles file "${path}"`,
      'Repair it, or move it away to start without roles.',
      (error as Error).message,
    );
  }
}

/** A file that only one process can make; one that a killed process has left is removed when it is old. */
async function takeLock(path: string): Promise<() => void> {
  for (let waitedMs = 0; waitedMs < 2 * lockWaitMs; waitedMs += lockEveryMs) {
    if (tryLock(path)) return () => rmSync(path, { force: true });
    const found = statSync(path, { throwIfNoEntry: false });
    if (found !== undefined && Date.now() - found.mtimeMs > lockWaitMs) rmSync(path, { force: true });
    else await sleep(lockEveryMs);
  }
  throw errors.rolesInUse(path);
}

function tryLock(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx', 0o600));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw errors.unwritableFile(path, (error as Error).message);
  }
}

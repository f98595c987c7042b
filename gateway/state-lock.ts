import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errors } from '../planner/errors.ts';

/** Held while a gateway uses a state folder. */
export interface StateLock {
  release(): void;
}

const lockFile = 'lock';
/** A stale lock is taken over; several processes may try it at once. */
const takeOverAttempts = 5;

interface Owner {
  readonly pid: number;
  /** Start time of the process, so that a later one with the same number is told from it; null where it can't be had. */
  readonly started: string | null;
}

/** Field 22 of /proc/PID/stat: clock ticks from boot to the start of the process. */
function startTime(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    // No /proc on this system, or the process is gone: the caller then goes by the process number alone.
    return null;
  }
}

function isAlive(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return owner.started === null || startTime(owner.pid) === owner.started;
}

function readOwner(path: string): Owner | null {
  try {
    const owner = JSON.parse(readFileSync(path, 'utf8'));
    return typeof owner?.pid === 'number' ? owner : null;
  } catch (error) {
    // Gone in the meantime, or cut off by a crash of the machine: either way nobody holds it.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function tryTake(path: string): boolean {
  const mine = `${path}.${process.pid}`;
  const owner: Owner = { pid: process.pid, started: startTime(process.pid) };
  writeFileSync(mine, JSON.stringify(owner));
  try {
    linkSync(mine, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
}

/**
 * Makes `folder` and takes its lock; a lock whose owner has died is taken over. Raises 58030 when the folder can't be made, 55006 when
 * another gateway uses it.
 */
export async function lockState(folder: string): Promise<StateLock> {
  const path = join(folder, lockFile);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (let attempt = 0; attempt < takeOverAttempts; attempt++) {
      if (tryTake(path)) return { release: () => rmSync(path, { force: true }) };
      const owner = readOwner(path);
      if (owner !== null && isAlive(owner)) throw errors.stateInUse(folder, owner.pid);
      rmSync(path, { force: true });
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (typeof code !== 'string') throw error;
    throw errors.cannotStart(`could not use state folder "${folder}"`, 'Choose another with --state.', code);
  }
  throw errors.stateInUse(folder, null);
}

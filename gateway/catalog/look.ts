import type { Dirent, Stats } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { entriesOf, type FileView, statOf } from './file-system.ts';

/** Longest stretch of synchronous file system calls before other work gets its turn, ms. */
const sliceMs = 4;
/**
 * A folder that changed so shortly before it was read may have changed again within the same tick of its clock, which its time does
 * not tell (ext4: 4 ms, FAT: 2 s).
 */
const settledMs = 2_000;

/** Undefined: nothing was there. */
type Seen = Pick<Stats, 'dev' | 'ino' | 'size' | 'mtimeMs' | 'ctimeMs'> | undefined;

/**
 * One look at the file system: remembers what it saw, so that the next look has only to compare, and lets other work in between the
 * calls. These are synchronous because they are fast (3 µs each) and because asynchronous ones would wait for the threads that
 * DuckDB's queries hold.
 */
export class Look implements FileView {
  #end = performance.now() + sliceMs;
  readonly #seen = new Map<string, Seen>();
  #settled = true;

  /** To be awaited when `isOver`. */
  async pause(): Promise<void> {
    await setImmediate();
    this.#end = performance.now() + sliceMs;
  }

  get isOver(): boolean {
    return performance.now() > this.#end;
  }

  stat(path: string): Stats | undefined {
    const stats = statOf(path);
    // What it was the first time: a later change is one since then.
    if (!this.#seen.has(path)) this.#seen.set(path, pick(stats));
    else if (!same(this.#seen.get(path), stats)) this.#settled = false;
    return stats;
  }

  entries(folder: string): readonly Dirent[] {
    const stats = this.stat(folder);
    if (stats !== undefined && Math.abs(Date.now() - stats.mtimeMs) < settledMs) this.#settled = false;
    return entriesOf(folder);
  }

  /**
   * True when another look would see the same: every folder that was read and every path that was asked for is as it was. False when in
   * doubt. A folder's time tells that names came, went or were replaced; a file's own size and times tell the rest.
   */
  async isStillTrue(): Promise<boolean> {
    if (!this.#settled) return false;
    this.#end = performance.now() + sliceMs;
    for (const [path, seen] of this.#seen) {
      if (!same(seen, statOf(path))) return false;
      if (this.isOver) await this.pause();
    }
    return true;
  }
}

function pick(stats: Stats | undefined): Seen {
  if (stats === undefined) return undefined;
  const { dev, ino, size, mtimeMs, ctimeMs } = stats;
  return { dev, ino, size, mtimeMs, ctimeMs };
}

function same(left: Seen, right: Seen): boolean {
  if (left === undefined || right === undefined) return left === right;
  return (
    left.mtimeMs === right.mtimeMs &&
    left.size === right.size &&
    left.ino === right.ino &&
    left.ctimeMs === right.ctimeMs &&
    left.dev === right.dev
  );
}

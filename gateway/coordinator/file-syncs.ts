import { syncFile } from '../../worker/exchange/sync-file.ts';

/** Files that are brought to the disk at the same time: each holds a thread of the process, and a disk is not faster with more. */
const lanes = 4;

/** Brings files to the disk while others are still written. */
export class FileSyncs {
  readonly #lanes: Promise<void>[] = Array.from({ length: lanes }, () => Promise.resolve());
  #added = 0;

  add(paths: readonly string[]): void {
    for (const path of paths) {
      const lane = this.#added++ % lanes;
      const synced = this.#lanes[lane]!.then(() => syncFile(path));
      synced.catch(() => undefined); // told by `done`
      this.#lanes[lane] = synced;
    }
  }

  /** Resolves when all that were added are on the disk; rejects with the first failure, after which others may not be. */
  async done(): Promise<void> {
    await Promise.all(this.#lanes);
  }

  /** Resolves when no file is worked on any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#lanes);
  }
}

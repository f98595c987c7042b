import { CommitLog } from './keys/commit-log.ts';

/**
 * Counts commits to the local tables, of all sessions. Told before and after each, so that one whose moment is not known counts as both
 * before and after anything that happens meanwhile.
 */
export class Clock {
  #begun = 0;
  #ended = 0;

  /** Runs what commits. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#begun++;
    try {
      return await work();
    } finally {
      this.#ended++;
    }
  }

  /** Now; undefined while a commit is under way. */
  now(): number | undefined {
    return this.#begun === this.#ended ? this.#begun : undefined;
  }

  /** True when nobody has begun to commit since `time`. */
  isStill(time: number | undefined): boolean {
    return time !== undefined && this.#begun === time;
  }
}

/** Beside the count of all commits: of those that changed definitions, and what the last ones were about. */
export class CommitClock extends Clock {
  readonly definitions = new Clock();
  readonly log = new CommitLog();
}

/**
 * Counts commits to the local tables, of all sessions. Told before and after each, so that one whose moment is not known counts as both
 * before and after anything that happens meanwhile.
 */
export class CommitClock {
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

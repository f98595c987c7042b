import { setImmediate } from 'node:timers/promises';

/** Longest stretch of synchronous file system calls before other work gets its turn, ms. */
const sliceMs = 4;

/**
 * Lets other work in between file system calls. The calls are synchronous because they are fast (3 µs each) and because asynchronous
 * ones would wait for the threads that DuckDB's queries hold.
 */
export class TimeSlice {
  #end = performance.now() + sliceMs;

  /** To be awaited when `isOver`. */
  async pause(): Promise<void> {
    await setImmediate();
    this.#end = performance.now() + sliceMs;
  }

  get isOver(): boolean {
    return performance.now() > this.#end;
  }
}

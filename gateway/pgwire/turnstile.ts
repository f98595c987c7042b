/**
 * Lets through one at a time, in the order of arrival, and between two of them whatever else is ready to run. A hundred clients that log in
 * or have rows to get at once would otherwise all be served in one turn of the event loop, in which nobody else gets an answer.
 */
export class Turnstile {
  readonly #waiting: (() => void)[] = [];
  /** Somebody went through in this turn of the event loop. */
  #turned = false;

  /** Undefined: the caller may go on at once, as the first in this turn of the event loop. Else resolves when it is the caller's turn. */
  pass(): Promise<void> | undefined {
    if (!this.#turned) {
      this.#turned = true;
      setImmediate(() => this.#next());
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #next(): void {
    const next = this.#waiting.shift();
    this.#turned = next !== undefined;
    if (next === undefined) return;
    setImmediate(() => this.#next());
    next();
  }
}

/** Whom or what was seen in the last milliseconds, each once. Holds nothing else for longer than until the next look. */
export class SeenLately {
  readonly #withinMs: number;
  /** With the time, that of longest ago first. */
  readonly #seen = new Map<object, number>();

  constructor(withinMs: number) {
    this.#withinMs = withinMs;
  }

  /** It is here now. */
  note(one: object): void {
    this.#seen.delete(one);
    this.#seen.set(one, performance.now());
    this.#forget();
  }

  get size(): number {
    this.#forget();
    return this.#seen.size;
  }

  #forget(): void {
    const now = performance.now();
    for (const [one, at] of this.#seen) {
      if (now - at <= this.#withinMs) return;
      this.#seen.delete(one);
    }
  }
}

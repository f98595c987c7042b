/** A line of many lists that are served in turn. */
export class Turns<Key, List> {
  readonly #lists = new Map<Key, List>();

  get size(): number {
    return this.#lists.size;
  }

  get(key: Key): List | undefined {
    return this.#lists.get(key);
  }

  /** At the end of the line. */
  add(key: Key, list: List): void {
    this.#lists.set(key, list);
  }

  remove(key: Key): void {
    this.#lists.delete(key);
  }

  values(): IterableIterator<List> {
    return this.#lists.values();
  }

  /**
   * The first that `serve` gives for one of the lists, asked in the order of the line; that list's turn is over then and it goes to the end. Undefined when
   * it gives none for any.
   */
  serve<Served>(serve: (list: List) => Served | undefined): Served | undefined {
    for (const [key, list] of this.#lists) {
      const served = serve(list);
      if (served === undefined) continue;
      if (this.#lists.delete(key)) this.#lists.set(key, list);
      return served;
    }
    return undefined;
  }
}

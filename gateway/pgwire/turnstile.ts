/** What passes: clients that come, begin and go; pieces of long answers. */
export type Lane = 'clients' | 'rows';

/** Where both wait, so many clients go through for each piece of rows: what they do is shorter, and they wait for more of it. */
const clientsPerRows = 2;
/** So many that wait, */
const crowd = 2;
/** so long after the last message of a client that is none of these, leave the event loop as much time as they take, */
const shareMs = 50;
/** if that is worth a timer, */
const leastPauseMs = 0.5;
/** up to this. */
const mostPauseMs = 10;

/**
 * Lets through one at a time, and between two of them whatever else is ready to run: the lanes in turn, each in the order of arrival. A hundred
 * clients that log in or have rows to get at once would otherwise all be served in one turn of the event loop, in which nobody else gets an answer.
 */
export class Turnstile {
  readonly #waiting: Readonly<Record<Lane, ((crowded: boolean) => void)[]>> = { clients: [], rows: [] };
  /** Clients that went through since the last piece of rows. */
  #clients = 0;
  /** Somebody went through in this turn of the event loop, or waits. */
  #turned = false;
  /** When the last one went through. */
  #passedAt = 0;
  #othersAt = Number.NEGATIVE_INFINITY;

  /**
   * Undefined: the caller may go on at once, as the first in this turn of the event loop. Else resolves when it is the caller's turn, with
   * whether somebody waits for what it does: those behind it, or others.
   */
  pass(lane: Lane): Promise<boolean> | undefined {
    if (!this.#turned) {
      this.#turned = true;
      this.#passedAt = performance.now();
      setImmediate(() => this.#turn());
      return undefined;
    }
    return new Promise((resolve) => this.#waiting[lane].push(resolve));
  }

  /** Somebody is there who passes nothing and waits for short answers. */
  others(): void {
    this.#othersAt = performance.now();
  }

  /** Was somebody of these there just now? */
  get hasOthers(): boolean {
    return performance.now() - this.#othersAt <= shareMs;
  }

  get #count(): number {
    return this.#waiting.clients.length + this.#waiting.rows.length;
  }

  /** In the turn of the event loop after somebody went through. */
  #turn(): void {
    if (this.#count === 0) {
      this.#turned = false;
      return;
    }
    const now = performance.now();
    const tookMs = now - this.#passedAt;
    if (this.#count < crowd || tookMs < leastPauseMs || !this.hasOthers) this.#next();
    else setTimeout(() => this.#next(), Math.min(tookMs, mostPauseMs));
  }

  #next(): void {
    const { clients, rows } = this.#waiting;
    const isClient = clients.length > 0 && (rows.length === 0 || this.#clients < clientsPerRows);
    this.#clients = isClient ? this.#clients + 1 : 0;
    this.#passedAt = performance.now();
    setImmediate(() => this.#turn());
    (isClient ? clients : rows).shift()!(this.#count > 0 || this.hasOthers);
  }
}

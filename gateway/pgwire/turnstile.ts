import { SeenLately } from './seen-lately.ts';

/** What passes: clients that come, begin and go; pieces of long answers. */
export type Lane = 'clients' | 'rows';

/** Where both wait, so many clients go through for each piece of rows: what they do is shorter, and they wait for more of it. */
const clientsPerRows = 4;
/** So long after the last message of a client that is none of these, the event loop is left free for such ones: */
const shareMs = 50;
/** for each millisecond in which it was busy, so many where several wait with rows, */
const rowsPause = 1;
/** where several clients wait, or one beside unproven streams (see `pass`), or many have come of late, */
const clientsPause = 3;
/** and where there are several such streams and no clients. */
const unprovenPause = 4;
/** Several who wait, */
const fewestWaiting = 2;
/** several streams, */
const fewestUnproven = 4;
/** and many clients, of those that passed so long ago at most: in a crowd each comes round seldom. */
const fewestClients = 8;
const latelyMs = 1_000;
/** Busy for less, it goes on, */
const leastBusyMs = 1;
/** and no pause is longer. */
const mostPauseMs = 20;
/** Where there are pauses, whoever went through may be at it for so long until the pause begins. */
const mostTurnMs = 10;

/** Milliseconds in which the event loop had work, since the process began. */
const eventLoopBusyMs = () => performance.eventLoopUtilization().active;

/**
 * Lets through one at a time, and between two of them whatever else is ready to run: the lanes in turn, each in the order of arrival. A hundred
 * clients that log in or have rows to get at once would otherwise all be served in one turn of the event loop, in which nobody else gets an answer.
 * While others are there a crowd leaves the event loop free for a share of the time as well, and has one thing done for it at a time: threads that
 * scan for several of them at once hold every core, and the event loop waits for one.
 */
export class Turnstile {
  readonly #waiting: Readonly<Record<Lane, ((crowded: boolean) => void)[]>> = { clients: [], rows: [] };
  /** Clients that went through since the last piece of rows. */
  #clients = 0;
  /** Somebody went through in this turn of the event loop, or waits; or the pause after it lasts. */
  #turned = false;
  readonly #busyMs: () => number;
  /** How busy the event loop was when the last pause began: much that is done for a crowd, as reading what DuckDB gives, is done in pauses. */
  #busyFrom = 0;
  #othersAt = Number.NEGATIVE_INFINITY;
  readonly #unproven = new SeenLately(latelyMs);
  readonly #clientsLately = new SeenLately(latelyMs);
  /** Which lane the last one came through. */
  #lane: Lane = 'clients';
  /** Who went through last and is not done yet. */
  #busyWith: { readonly ticket: object; readonly since: number } | undefined;
  /** Goes on when that one is done, while somebody waits for it. */
  #goOn: (() => void) | undefined;

  constructor(busyMs = eventLoopBusyMs) {
    this.#busyMs = busyMs;
  }

  /**
   * Undefined: the caller may go on at once, as the first in this turn of the event loop. Else resolves when it is the caller's turn, with
   * whether somebody waits for what it does: those behind it, or others. `ticket` stands for a client, who is done with what it passed for
   * before (see `done`); `unproven`: of its rows nobody knows yet whether they are read, for the kernel takes the first megabytes for every
   * client.
   */
  pass(lane: Lane, ticket: object, unproven = false): Promise<boolean> | undefined {
    this.done(ticket);
    if (unproven) this.#unproven.note(ticket);
    if (lane === 'clients') this.#clientsLately.note(ticket);
    if (!this.#turned) {
      this.#turned = true;
      this.#enter(lane, ticket);
      return undefined;
    }
    return new Promise((resolve) => {
      this.#waiting[lane].push((crowded) => {
        this.#enter(lane, ticket);
        resolve(crowded);
      });
    });
  }

  /** Nothing is done for that one now: it has all it asked for, is gone, or it is the client that is waited for. */
  done(ticket: object): void {
    if (this.#busyWith?.ticket !== ticket) return;
    this.#busyWith = undefined;
    this.#goOn?.();
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

  /** Milliseconds of pause for each in which the event loop was busy. */
  #pause(): number {
    if (!this.hasOthers) return 0;
    const unproven = this.#unproven.size >= fewestUnproven;
    if (this.#waiting.clients.length >= (unproven ? 1 : fewestWaiting)) return clientsPause;
    if (unproven) return unprovenPause;
    if (this.#lane === 'clients' && this.#clientsLately.size >= fewestClients) return clientsPause;
    return this.#count >= fewestWaiting ? rowsPause : 0;
  }

  #enter(lane: Lane, ticket: object): void {
    this.#lane = lane;
    this.#busyWith = { ticket, since: performance.now() };
    setImmediate(() => this.#turn());
  }

  /** In the turn of the event loop after somebody went through. */
  #turn(): void {
    const pause = this.#pause();
    if (pause > 0 && this.#busyWith !== undefined) {
      this.#whenDone(this.#busyWith.since + mostTurnMs - performance.now());
      return;
    }
    const busyMs = this.#busyMs() - this.#busyFrom;
    if (pause === 0 || busyMs < leastBusyMs) {
      this.#next();
      return;
    }
    this.#busyFrom += busyMs;
    setTimeout(() => this.#next(), Math.min(busyMs * pause, mostPauseMs));
  }

  /** Goes on when the one that went through is done, or has had its time. */
  #whenDone(leftMs: number): void {
    const goOn = () => {
      clearTimeout(timer);
      this.#goOn = undefined;
      this.#busyWith = undefined;
      this.#turn();
    };
    const timer = setTimeout(goOn, leftMs);
    this.#goOn = goOn;
  }

  #next(): void {
    if (this.#count === 0) {
      this.#turned = false;
      return;
    }
    const { clients, rows } = this.#waiting;
    const isClient = clients.length > 0 && (rows.length === 0 || this.#clients < clientsPerRows);
    this.#clients = isClient ? this.#clients + 1 : 0;
    (isClient ? clients : rows).shift()!(this.#count > 0 || this.hasOthers);
  }
}

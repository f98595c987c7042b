import { errors, type SluiceError } from '../../planner/errors.ts';
import type { CoordinatorLimits } from './limits.ts';

/** `heavy`: reads files or scatters. `light`: touches neither, and has places of its own. */
export type Lane = 'heavy' | 'light';

/** A place among the running queries. */
export interface Permit {
  /** Gives the place away while nobody reads the answer. */
  park(): void;
  /** Takes a place again, ahead of queries that have not begun. Rejects with the reason of the permit's signal. */
  resume(): Promise<void>;
  /** For good; may be called more than once. */
  release(): void;
}

interface Waiter {
  /** What its query is expected to need. */
  readonly bytes: number;
  /** How often another one was let in before it, though its turn had come. */
  passedOver: number;
  readonly grant: () => void;
  readonly refuse: (error: SluiceError) => void;
}

type AdmissionLimits = Pick<
  CoordinatorLimits,
  'runningQueries' | 'runningLightQueries' | 'queuedQueries' | 'queueTimeoutMs'
> &
  Partial<Pick<CoordinatorLimits, 'queryMemoryBytes' | 'passedOver'>>;

/**
 * Bounds how many queries work at a time. Places are given in turn to the sessions that wait, and within a session in order of
 * arrival, so that a session with many queries can't shut others out. Light queries have places of their own. Queries that together are expected to need
 * more memory than there is wait for each other; one that needs less may go first, but not for ever.
 */
export class Admission {
  readonly #lanes: Record<Lane, LaneQueue>;

  constructor(limits: AdmissionLimits) {
    this.#lanes = {
      heavy: new LaneQueue(limits.runningQueries, limits),
      light: new LaneQueue(limits.runningLightQueries, limits),
    };
  }

  /**
   * Waits for a place. `session` is any object that stands for the session. Rejects with `tooManyQueries` when the queue is full or
   * the wait too long, or with the reason of `signal`. `bytes`: what the query is expected to need.
   */
  async admit(lane: Lane, session: object, signal: AbortSignal, bytes = 0): Promise<Permit> {
    const queue = this.#lanes[lane];
    await queue.enter(session, signal, 'new', bytes);
    return new HeldPermit(queue, session, signal, bytes);
  }

  /** For metrics. */
  counts(lane: Lane): { readonly running: number; readonly queued: number } {
    return this.#lanes[lane].counts();
  }
}

class HeldPermit implements Permit {
  readonly #queue: LaneQueue;
  readonly #session: object;
  readonly #signal: AbortSignal;
  readonly #bytes: number;
  #state: 'held' | 'parked' | 'released' = 'held';

  constructor(queue: LaneQueue, session: object, signal: AbortSignal, bytes: number) {
    this.#bytes = bytes;
    this.#queue = queue;
    this.#session = session;
    this.#signal = signal;
  }

  park(): void {
    if (this.#state !== 'held') return;
    this.#state = 'parked';
    this.#queue.leave(this.#bytes);
  }

  async resume(): Promise<void> {
    if (this.#state !== 'parked') return;
    await this.#queue.enter(this.#session, this.#signal, 'resumed', this.#bytes);
    // It may have been released while it waited.
    if ((this.#state as string) === 'released') this.#queue.leave(this.#bytes);
    else this.#state = 'held';
  }

  release(): void {
    if (this.#state === 'held') this.#queue.leave(this.#bytes);
    this.#state = 'released';
  }
}

class LaneQueue {
  readonly #places: number;
  readonly #limits: AdmissionLimits;
  /** Answers that run already and are read again. */
  readonly #resumed = new Set<Waiter>();
  /** Sessions in the order of their turn. */
  readonly #waiting = new Map<object, Set<Waiter>>();
  #queued = 0;
  #running = 0;
  /** What running queries are expected to need. */
  #bytes = 0;

  constructor(places: number, limits: AdmissionLimits) {
    this.#places = places;
    this.#limits = limits;
  }

  counts(): { readonly running: number; readonly queued: number } {
    return { running: this.#running, queued: this.#queued };
  }

  async enter(session: object, signal: AbortSignal, kind: 'new' | 'resumed', bytes: number): Promise<void> {
    signal.throwIfAborted();
    const first = kind === 'resumed' ? this.#resumed.size === 0 : this.#queued === 0 && this.#resumed.size === 0;
    // One that is half read has what it needs already.
    if (this.#running < this.#places && first && (kind === 'resumed' || this.#hasRoom(bytes))) {
      this.#running++;
      this.#bytes += bytes;
      return;
    }
    if (kind === 'new' && this.#queued >= this.#limits.queuedQueries)
      throw errors.tooManyQueries(this.#places, `${this.#queued} queries wait already.`);
    await this.#wait(session, signal, kind, bytes);
  }

  leave(bytes: number): void {
    this.#running--;
    this.#bytes -= bytes;
    this.#dispatch();
  }

  /** One that has everything to itself has room, whatever it needs. */
  #hasRoom(bytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= (this.#limits.queryMemoryBytes ?? Number.POSITIVE_INFINITY);
  }

  #wait(session: object, signal: AbortSignal, kind: 'new' | 'resumed', bytes: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timeoutMs = this.#limits.queueTimeoutMs;
      const settle = (act: () => void) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        this.#remove(session, waiter, kind);
        act();
      };
      const waiter: Waiter = {
        bytes,
        passedOver: 0,
        grant: () => settle(resolve),
        refuse: (error) => settle(() => reject(error)),
      };
      const onAbort = () => waiter.refuse(signal.reason);
      const timer = setTimeout(
        () => waiter.refuse(errors.tooManyQueries(this.#places, `Waited ${timeoutMs} ms for a place.`)),
        timeoutMs,
      );
      signal.addEventListener('abort', onAbort, { once: true });
      this.#add(session, waiter, kind);
      // There may be room for it, though not for those before it.
      this.#dispatch();
    });
  }

  #add(session: object, waiter: Waiter, kind: 'new' | 'resumed'): void {
    if (kind === 'resumed') {
      this.#resumed.add(waiter);
      return;
    }
    const own = this.#waiting.get(session) ?? new Set<Waiter>();
    this.#waiting.set(session, own.add(waiter));
    this.#queued++;
  }

  #remove(session: object, waiter: Waiter, kind: 'new' | 'resumed'): void {
    if (kind === 'resumed') {
      this.#resumed.delete(waiter);
      return;
    }
    const own = this.#waiting.get(session);
    if (own?.delete(waiter)) this.#queued--;
    if (own?.size === 0) this.#waiting.delete(session);
  }

  #dispatch(): void {
    while (this.#running < this.#places) {
      const next = this.#next();
      if (next === undefined) return;
      this.#running++;
      this.#bytes += next.bytes;
      next.grant();
    }
  }

  #next(): Waiter | undefined {
    for (const waiter of this.#resumed) return waiter;
    const passed: Waiter[] = [];
    for (const [session, own] of this.#waiting) {
      const [waiter] = own;
      if (waiter === undefined) continue;
      if (!this.#hasRoom(waiter.bytes)) {
        if (waiter.passedOver >= (this.#limits.passedOver ?? 0)) return undefined;
        passed.push(waiter);
        continue;
      }
      // The session's turn is over: it goes to the end of the line.
      this.#waiting.delete(session);
      this.#waiting.set(session, own);
      for (const other of passed) other.passedOver++;
      return waiter;
    }
    return undefined;
  }
}

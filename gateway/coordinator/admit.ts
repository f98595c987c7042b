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
  readonly grant: () => void;
  readonly refuse: (error: SluiceError) => void;
}

type AdmissionLimits = Pick<
  CoordinatorLimits,
  'runningQueries' | 'runningLightQueries' | 'queuedQueries' | 'queueTimeoutMs'
>;

/**
 * Bounds how many queries work at a time. Places are given in turn to the sessions that wait, and within a session in order of
 * arrival, so that a session with many queries can't shut others out. Light queries have places of their own.
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
   * the wait too long, or with the reason of `signal`.
   */
  async admit(lane: Lane, session: object, signal: AbortSignal): Promise<Permit> {
    const queue = this.#lanes[lane];
    await queue.enter(session, signal, 'new');
    return new HeldPermit(queue, session, signal);
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
  #state: 'held' | 'parked' | 'released' = 'held';

  constructor(queue: LaneQueue, session: object, signal: AbortSignal) {
    this.#queue = queue;
    this.#session = session;
    this.#signal = signal;
  }

  park(): void {
    if (this.#state !== 'held') return;
    this.#state = 'parked';
    this.#queue.leave();
  }

  async resume(): Promise<void> {
    if (this.#state !== 'parked') return;
    await this.#queue.enter(this.#session, this.#signal, 'resumed');
    // It may have been released while it waited.
    if ((this.#state as string) === 'released') this.#queue.leave();
    else this.#state = 'held';
  }

  release(): void {
    if (this.#state === 'held') this.#queue.leave();
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

  constructor(places: number, limits: AdmissionLimits) {
    this.#places = places;
    this.#limits = limits;
  }

  counts(): { readonly running: number; readonly queued: number } {
    return { running: this.#running, queued: this.#queued };
  }

  async enter(session: object, signal: AbortSignal, kind: 'new' | 'resumed'): Promise<void> {
    signal.throwIfAborted();
    const first = kind === 'resumed' ? this.#resumed.size === 0 : this.#queued === 0 && this.#resumed.size === 0;
    if (this.#running < this.#places && first) {
      this.#running++;
      return;
    }
    if (kind === 'new' && this.#queued >= this.#limits.queuedQueries)
      throw errors.tooManyQueries(this.#places, `${this.#queued} queries wait already.`);
    await this.#wait(session, signal, kind);
  }

  leave(): void {
    this.#running--;
    this.#dispatch();
  }

  #wait(session: object, signal: AbortSignal, kind: 'new' | 'resumed'): Promise<void> {
    return new Promise((resolve, reject) => {
      const timeoutMs = this.#limits.queueTimeoutMs;
      const settle = (act: () => void) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        this.#remove(session, waiter, kind);
        act();
      };
      const waiter: Waiter = {
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
      next.grant();
    }
  }

  #next(): Waiter | undefined {
    for (const waiter of this.#resumed) return waiter;
    for (const [session, own] of this.#waiting) {
      // The session's turn is over: it goes to the end of the line.
      this.#waiting.delete(session);
      this.#waiting.set(session, own);
      for (const waiter of own) return waiter;
    }
    return undefined;
  }
}

import { errors, type SluiceError } from '../../planner/errors.ts';
import type { Fleet, WorkerLink } from '../fleet/fleet.ts';
import type { CoordinatorLimits } from './limits.ts';

/** A slot of a worker, lent to one attempt. */
export interface Lease {
  readonly worker: WorkerLink;
  readonly memoryBytes: number;
  /** The attempt waits for its reader and its worker spools: the slot may serve another. */
  park(): void;
  unpark(): void;
  release(): void;
}

/** Asks for a slot. */
export interface SlotRequest {
  /** Slots are given in turn to the queries that wait. */
  readonly query: string;
  /** Within a query the lowest goes first. */
  readonly order: number;
  /** Ids of workers that are taken only when no other is there. */
  readonly avoid: ReadonlySet<number>;
  /** The whole worker, with all its memory: waits until nothing else runs there. */
  readonly exclusive: boolean;
  readonly signal: AbortSignal;
}

interface Ticket extends SlotRequest {
  readonly grant: (lease: Lease) => void;
  readonly refuse: (error: SluiceError) => void;
}

/** What the pool knows of one worker. */
interface WorkerState {
  readonly link: WorkerLink;
  used: number;
  lastGiven: number;
  /** The request that waits for this worker to become idle, or holds it whole. */
  exclusive: Ticket | null;
}

/**
 * The slots of all live workers, shared by all queries. Gives a slot of the worker with the largest free share (the least recently
 * used one among equals), so that every worker takes part; to one waiting query after the other, so that a query with many
 * tasks can't shut others out.
 */
export class SlotPool {
  readonly #fleets: readonly Fleet[];
  readonly #limits: Pick<CoordinatorLimits, 'noWorkerWaitMs'>;
  readonly #workers = new Map<WorkerLink, WorkerState>();
  /** Waiting requests per query, in the order of the queries' turn. */
  readonly #waiting = new Map<string, Ticket[]>();
  readonly #unsubscribe: readonly (() => void)[];
  #grants = 0;
  #noWorkerTimer: NodeJS.Timeout | undefined;

  constructor(fleets: readonly Fleet[], limits: Pick<CoordinatorLimits, 'noWorkerWaitMs'>) {
    this.#fleets = fleets;
    this.#limits = limits;
    this.#unsubscribe = fleets.map((fleet) => fleet.subscribe(() => this.#dispatch()));
  }

  /** Slots of the live workers. */
  slots(): number {
    return this.#live().reduce((sum, { slots }) => sum + slots, 0);
  }

  /** A live worker that does not see the exchange folder, if any: then rows can't go between all of them as files. */
  outsider(): WorkerLink | undefined {
    return this.#live().find(({ sharesExchange }) => !sharesExchange);
  }

  /**
   * Waits for a slot. Rejects with the reason of the signal, or with `noWorkers` when no worker was there for `noWorkerWaitMs`.
   */
  acquire(request: SlotRequest): Promise<Lease> {
    request.signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        request.signal.removeEventListener('abort', onAbort);
        this.#forget(ticket);
        act();
      };
      const ticket: Ticket = {
        ...request,
        grant: (lease) => settle(() => resolve(lease)),
        refuse: (error) => settle(() => reject(error)),
      };
      const onAbort = () => {
        ticket.refuse(request.signal.reason);
        this.#dispatch();
      };
      request.signal.addEventListener('abort', onAbort, { once: true });
      this.#enqueue(ticket);
      this.#dispatch();
    });
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    clearTimeout(this.#noWorkerTimer);
    this.#refuseAll(errors.shuttingDown());
  }

  #live(): readonly WorkerLink[] {
    return this.#fleets.flatMap((fleet) => fleet.workers()).filter(({ closed }) => !closed.aborted);
  }

  #enqueue(ticket: Ticket): void {
    const own = this.#waiting.get(ticket.query);
    if (own === undefined) this.#waiting.set(ticket.query, [ticket]);
    else {
      const at = own.findIndex(({ order }) => order > ticket.order);
      own.splice(at < 0 ? own.length : at, 0, ticket);
    }
  }

  #forget(ticket: Ticket): void {
    const own = this.#waiting.get(ticket.query);
    const at = own?.indexOf(ticket) ?? -1;
    if (own !== undefined && at >= 0) own.splice(at, 1);
    if (own?.length === 0) this.#waiting.delete(ticket.query);
    for (const state of this.#workers.values()) if (state.exclusive === ticket) state.exclusive = null;
  }

  /** Gives what can be given. Called whenever a slot, a worker or a request comes or goes. */
  #dispatch(): void {
    this.#refresh();
    this.#watchForWorkers();
    for (let given = true; given; ) {
      given = false;
      for (const [query, tickets] of [...this.#waiting]) {
        const found = this.#firstThatFits(tickets);
        if (found === undefined) continue;
        this.#lend(found.ticket, found.state);
        // The query's turn is over.
        const rest = this.#waiting.get(query);
        if (rest !== undefined) {
          this.#waiting.delete(query);
          this.#waiting.set(query, rest);
        }
        given = true;
      }
    }
  }

  #refresh(): void {
    const live = new Set(this.#live());
    for (const link of this.#workers.keys()) if (!live.has(link)) this.#workers.delete(link);
    for (const link of live)
      if (!this.#workers.has(link)) this.#workers.set(link, { link, used: 0, lastGiven: 0, exclusive: null });
  }

  #watchForWorkers(): void {
    const waits = this.#workers.size === 0 && this.#waiting.size > 0;
    if (!waits) {
      clearTimeout(this.#noWorkerTimer);
      this.#noWorkerTimer = undefined;
    } else if (this.#noWorkerTimer === undefined) {
      const waitMs = this.#limits.noWorkerWaitMs;
      this.#noWorkerTimer = setTimeout(() => {
        this.#noWorkerTimer = undefined;
        this.#refuseAll(errors.noWorkers(waitMs));
      }, waitMs);
    }
  }

  #refuseAll(error: SluiceError): void {
    for (const ticket of [...this.#waiting.values()].flat()) ticket.refuse(error);
  }

  #firstThatFits(tickets: readonly Ticket[]): { ticket: Ticket; state: WorkerState } | undefined {
    for (const ticket of tickets) {
      const state = ticket.exclusive ? this.#idleWorker(ticket) : this.#freeWorker(ticket);
      if (state !== undefined) return { ticket, state };
    }
    return undefined;
  }

  #candidates(ticket: Ticket): readonly WorkerState[] {
    const all = [...this.#workers.values()];
    const liked = all.filter(({ link }) => !ticket.avoid.has(link.id));
    return liked.length > 0 ? liked : all;
  }

  #freeWorker(ticket: Ticket): WorkerState | undefined {
    const free = this.#candidates(ticket).filter(
      ({ link, used, exclusive }) => exclusive === null && used < link.slots,
    );
    return free.reduce<WorkerState | undefined>(
      (best, state) => (best === undefined || precedes(state, best) ? state : best),
      undefined,
    );
  }

  /** Reserves a worker at the first call; gives it when it is idle. */
  #idleWorker(ticket: Ticket): WorkerState | undefined {
    const all = this.#candidates(ticket);
    const mine = all.find(({ exclusive }) => exclusive === ticket) ?? this.#leastUsed(all);
    if (mine === undefined) return undefined;
    mine.exclusive = ticket;
    return mine.used === 0 ? mine : undefined;
  }

  #leastUsed(states: readonly WorkerState[]): WorkerState | undefined {
    const open = states.filter(({ exclusive }) => exclusive === null);
    return open.reduce<WorkerState | undefined>(
      (best, state) => (best === undefined || state.used < best.used ? state : best),
      undefined,
    );
  }

  #lend(ticket: Ticket, state: WorkerState): void {
    const { link } = state;
    const weight = ticket.exclusive ? link.slots : 1;
    state.used += weight;
    state.lastGiven = ++this.#grants;
    let held: 'yes' | 'parked' | 'no' = 'yes';
    const free = () => {
      state.used -= weight;
      this.#dispatch();
    };
    ticket.grant({
      worker: link,
      memoryBytes: Math.floor(link.memoryBytes / (ticket.exclusive ? 1 : link.slots)),
      park: () => {
        if (held !== 'yes') return;
        held = 'parked';
        free();
      },
      unpark: () => {
        if (held !== 'parked') return;
        held = 'yes';
        state.used += weight;
      },
      release: () => {
        const was = held;
        held = 'no';
        if (was === 'yes') free();
      },
    });
  }
}

function precedes(a: WorkerState, b: WorkerState): boolean {
  const share = a.used / a.link.slots - b.used / b.link.slots;
  return share !== 0 ? share < 0 : a.lastGiven < b.lastGiven;
}

import { errors, type SluiceError } from '../../planner/errors.ts';
import type { Fleet, FleetEvent, WorkerLink } from '../fleet/fleet.ts';
import { FreeWorkers, type WorkerState } from './free-workers.ts';
import type { CoordinatorLimits } from './limits.ts';
import { SlotRequests, type Ticket } from './slot-requests.ts';

/** A slot of a worker, lent to one attempt. */
export interface Lease {
  readonly worker: WorkerLink;
  readonly memoryBytes: number;
  /** The attempt waits for its reader and its worker spools: the slot may serve another. */
  park(): void;
  unpark(): void;
  release(): void;
}

/** What a task needs of a worker, where that is not a slot like any other; null: as others. It may take several slots. */
export interface SlotNeeds {
  readonly memoryBytes: number | null;
  readonly threads: number | null;
}

/** Asks for a slot. */
export interface SlotRequest {
  /** Stands for the session: slots are given in turn to the sessions that wait. Absent: the query is one of its own. */
  readonly session?: object | undefined;
  /** Within a session slots are given in turn to its queries. */
  readonly query: string;
  /** Within a query the lowest goes first. */
  readonly order: number;
  /** Ids of workers that are taken only when no other is there. */
  readonly avoid: ReadonlySet<number>;
  /** Ids of workers that are taken before others while they have a slot free, the best first: they have what the task reads. */
  readonly prefer?: readonly number[];
  readonly needs?: SlotNeeds | undefined;
  /** The whole worker, with all its memory: waits until nothing else runs there. */
  readonly exclusive: boolean;
  readonly signal: AbortSignal;
}

type PoolLimits = Pick<CoordinatorLimits, 'noWorkerWaitMs'> & Partial<Pick<CoordinatorLimits, 'taskThreads'>>;

/** Where a request can be served now. */
interface Place {
  readonly ticket: Ticket;
  readonly state: WorkerState;
}

const nobody: ReadonlySet<number> = new Set();

/**
 * The slots of all live workers, shared by all queries. Gives a slot of a worker that the request prefers, or of that with the largest free share (the
 * least recently used one among equals), so that every worker takes part; to one session after the other, so that one with many tasks can't shut
 * others out. What it does for a request does not grow with the number of workers or requests (but for logarithms).
 */
export class SlotPool {
  readonly #fleets: readonly Fleet[];
  readonly #limits: PoolLimits;
  readonly #workers = new Map<number, WorkerState>();
  readonly #free = new FreeWorkers();
  readonly #requests = new SlotRequests();
  /** Requests by the signal that ends them: one listener for all of a query. */
  readonly #bySignal = new Map<AbortSignal, { readonly tickets: Set<Ticket>; readonly stop: () => void }>();
  readonly #unsubscribe: readonly (() => void)[];
  #slots = 0;
  #grants = 0;
  #dispatching = false;
  #noWorkerTimer: NodeJS.Timeout | undefined;

  constructor(fleets: readonly Fleet[], limits: PoolLimits) {
    this.#fleets = fleets;
    this.#limits = limits;
    this.#unsubscribe = fleets.map((fleet) => fleet.subscribe((event) => this.#onFleet(event)));
    for (const link of fleets.flatMap((fleet) => fleet.workers())) this.#join(link);
  }

  /** Slots of the live workers. */
  slots(): number {
    return this.#slots;
  }

  /** Cores of the hosts of live workers; where they are not known, slots. */
  cores(): number {
    const hosts = new Map<string, number>();
    let unknown = 0;
    for (const { link } of this.#workers.values()) {
      if (link.cores === undefined) unknown += link.slots;
      else hosts.set(link.host, Math.max(link.cores, hosts.get(link.host) ?? 0));
    }
    return [...hosts.values()].reduce((sum, cores) => sum + cores, unknown);
  }

  /** Live workers. */
  get size(): number {
    return this.#workers.size;
  }

  /** Requests that wait. */
  get waiting(): number {
    return this.#requests.waiting;
  }

  /** A live worker that does not see the exchange folder, if any: then rows can't go between all of them as files. */
  outsider(): WorkerLink | undefined {
    const links = this.#fleets.flatMap((fleet) => fleet.workers());
    return links.find(({ closed, sharesExchange }) => !closed.aborted && !sharesExchange);
  }

  /**
   * Waits for a slot. Rejects with the reason of the signal, or with `noWorkers` when no worker was there for `noWorkerWaitMs`.
   */
  acquire(request: SlotRequest): Promise<Lease> {
    request.signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const { order } = request;
      const ticket = { request, order, number: this.#requests.nextNumber(), resolve, reject, settled: false };
      this.#listen(ticket);
      this.#requests.add(ticket);
      this.#dispatch();
    });
  }

  /** A slot of a worker that is not in `avoid`, if one is free and nobody waits. */
  tryAcquire(avoid: ReadonlySet<number>): Lease | undefined {
    if (this.#requests.waiting > 0) return undefined;
    const state = this.#free.best(avoid);
    return state === undefined ? undefined : this.#lend(state, 1, share(state.link));
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    clearTimeout(this.#noWorkerTimer);
    this.#refuseAll(errors.shuttingDown());
  }

  #onFleet(event: FleetEvent): void {
    if (event.kind === 'joined') this.#join(event.worker);
    else this.#leave(event.worker);
    this.#dispatch();
  }

  #join(link: WorkerLink): void {
    if (this.#workers.has(link.id) || link.closed.aborted) return;
    const state: WorkerState = { link, used: 0, lastGiven: 0, reservedFor: null, entry: null };
    this.#workers.set(link.id, state);
    this.#slots += link.slots;
    this.#free.update(state, true);
  }

  #leave({ id, slots }: WorkerLink): void {
    const state = this.#workers.get(id);
    if (state === undefined) return;
    this.#workers.delete(id);
    this.#slots -= slots;
    this.#changed(state);
  }

  #changed(state: WorkerState): void {
    this.#free.update(state, this.#workers.get(state.link.id) === state);
  }

  #listen(ticket: Ticket): void {
    const { signal } = ticket.request;
    let heard = this.#bySignal.get(signal);
    if (heard === undefined) {
      const tickets = new Set<Ticket>();
      const onAbort = () => {
        for (const each of [...tickets]) this.#refuse(each, signal.reason);
        this.#dispatch();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      heard = { tickets, stop: () => signal.removeEventListener('abort', onAbort) };
      this.#bySignal.set(signal, heard);
    }
    heard.tickets.add(ticket);
  }

  #refuse(ticket: Ticket, error: SluiceError): void {
    if (ticket.settled) return;
    this.#settle(ticket);
    ticket.reject(error);
  }

  /** Once for every ticket. */
  #settle(ticket: Ticket): void {
    const { signal, exclusive, needs } = ticket.request;
    ticket.settled = true;
    this.#requests.remove(ticket);
    const heard = this.#bySignal.get(signal);
    heard?.tickets.delete(ticket);
    if (heard?.tickets.size === 0) {
      heard.stop();
      this.#bySignal.delete(signal);
    }
    if (!exclusive && needs === undefined) return;
    for (const state of this.#workers.values()) {
      if (state.reservedFor !== ticket) continue;
      state.reservedFor = null;
      this.#changed(state);
    }
  }

  /** Gives what can be given. Called whenever a slot, a worker or a request comes or goes. */
  #dispatch(): void {
    this.#watchForWorkers();
    // What a grant sets off is done by the loop that is under way.
    if (this.#dispatching) return;
    this.#dispatching = true;
    try {
      while (this.#free.any || this.#requests.anyChoosy) {
        const place = this.#requests.serve((ticket) => this.#placeFor(ticket));
        if (place === undefined) return;
        const { ticket, state } = place;
        const { request } = ticket;
        this.#settle(ticket);
        const weight = weightOn(state.link, request, this.#limits.taskThreads ?? 1);
        ticket.resolve(this.#lend(state, weight, memoryOn(state.link, request)));
      }
    } finally {
      this.#dispatching = false;
    }
  }

  #watchForWorkers(): void {
    const waits = this.#workers.size === 0 && this.#requests.waiting > 0;
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
    for (const ticket of this.#requests.all()) this.#refuse(ticket, error);
  }

  #placeFor(ticket: Ticket): Place | undefined {
    const { exclusive, needs } = ticket.request;
    const several = exclusive || needs !== undefined;
    const state = several ? this.#roomyWorker(ticket) : this.#freeWorker(ticket);
    return state === undefined ? undefined : { ticket, state };
  }

  /** All are to be avoided: then none is. */
  #avoided({ avoid }: SlotRequest): ReadonlySet<number> {
    if (avoid.size < this.#workers.size) return avoid;
    for (const id of this.#workers.keys()) if (!avoid.has(id)) return avoid;
    return nobody;
  }

  /** The first of the preferred ones that has a slot, unless it has work and another has none: being near saves less than a worker to oneself. */
  #freeWorker({ request }: Ticket): WorkerState | undefined {
    const avoid = this.#avoided(request);
    const near = request.prefer?.find((id) => !avoid.has(id) && this.#workers.get(id)?.entry);
    const state = near === undefined ? undefined : this.#workers.get(near);
    if (state?.used === 0) return state;
    const best = this.#free.best(avoid);
    return state === undefined || best?.used === 0 ? best : state;
  }

  /** Reserves a worker at the first call; gives it when there is enough room. */
  #roomyWorker(ticket: Ticket): WorkerState | undefined {
    const avoid = this.#avoided(ticket.request);
    const all = [...this.#workers.values()].filter(({ link }) => !avoid.has(link.id));
    const mine = all.find(({ reservedFor }) => reservedFor === ticket) ?? leastUsed(all);
    if (mine === undefined) return undefined;
    if (mine.reservedFor === null) {
      mine.reservedFor = ticket;
      this.#changed(mine);
    }
    const { slots } = mine.link;
    return mine.used + weightOn(mine.link, ticket.request, this.#limits.taskThreads ?? 1) <= slots ? mine : undefined;
  }

  #lend(state: WorkerState, weight: number, memoryBytes: number): Lease {
    state.lastGiven = ++this.#grants;
    this.#use(state, weight);
    return new SlotLease(state, weight, memoryBytes, this.#use);
  }

  /** Slots of a worker are taken, or come back (a number below zero). */
  readonly #use = (state: WorkerState, slots: number): void => {
    state.used += slots;
    this.#changed(state);
    if (slots < 0) this.#dispatch();
  };
}

class SlotLease implements Lease {
  readonly memoryBytes: number;
  readonly #state: WorkerState;
  readonly #weight: number;
  readonly #use: (state: WorkerState, slots: number) => void;
  #held: 'yes' | 'parked' | 'no' = 'yes';

  constructor(
    state: WorkerState,
    weight: number,
    memoryBytes: number,
    use: (state: WorkerState, slots: number) => void,
  ) {
    this.memoryBytes = memoryBytes;
    this.#state = state;
    this.#weight = weight;
    this.#use = use;
  }

  get worker(): WorkerLink {
    return this.#state.link;
  }

  park(): void {
    if (this.#held !== 'yes') return;
    this.#held = 'parked';
    this.#use(this.#state, -this.#weight);
  }

  unpark(): void {
    if (this.#held !== 'parked') return;
    this.#held = 'yes';
    this.#use(this.#state, this.#weight);
  }

  release(): void {
    const was = this.#held;
    this.#held = 'no';
    if (was === 'yes') this.#use(this.#state, -this.#weight);
  }
}

function leastUsed(states: readonly WorkerState[]): WorkerState | undefined {
  const open = states.filter(({ reservedFor }) => reservedFor === null);
  return open.reduce<WorkerState | undefined>(
    (best, state) => (best === undefined || state.used < best.used ? state : best),
    undefined,
  );
}

/** Memory of one slot. */
function share({ memoryBytes, slots }: WorkerLink): number {
  return Math.floor(memoryBytes / slots);
}

/** How many slots of the worker the request takes: as many as have its memory and threads. */
function weightOn(link: WorkerLink, { exclusive, needs }: SlotRequest, taskThreads: number): number {
  if (exclusive) return link.slots;
  if (needs === undefined) return 1;
  const byMemory = Math.ceil((needs.memoryBytes ?? 0) / share(link));
  const byThreads = Math.ceil((needs.threads ?? 0) / taskThreads);
  return Math.min(link.slots, Math.max(1, byMemory, byThreads));
}

function memoryOn(link: WorkerLink, { exclusive, needs }: SlotRequest): number {
  if (exclusive) return link.memoryBytes;
  return Math.min(link.memoryBytes, needs?.memoryBytes ?? share(link));
}

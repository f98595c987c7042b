/** The requests for slots that wait: whose turn it is. Sessions come in turn, within a session its queries, within a query the lowest `order`. */
import type { SluiceError } from '../../planner/errors.ts';
import { Heap } from './heap.ts';
import type { Lease, SlotRequest } from './slot-pool.ts';
import { Turns } from './turns.ts';

/** A request that waits. */
export interface Ticket {
  readonly request: SlotRequest;
  /** As in the request. */
  readonly order: number;
  /** In order of arrival. */
  readonly number: number;
  readonly resolve: (lease: Lease) => void;
  readonly reject: (error: SluiceError) => void;
  /** It was granted, refused or given up. */
  settled: boolean;
}

const before = (a: Ticket, b: Ticket) => (a.order !== b.order ? a.order < b.order : a.number < b.number);

/** Those of one query. */
class QueryRequests {
  /** What any free worker can serve; settled ones among them go when they are met. */
  readonly #plain = new Heap<Ticket>(before);
  /** What wants or shuns certain workers: few. In order. */
  readonly #choosy: Ticket[] = [];
  #waiting = 0;

  get waiting(): number {
    return this.#waiting;
  }

  add(ticket: Ticket): void {
    this.#waiting++;
    if (isPlain(ticket)) {
      this.#plain.push(ticket);
      return;
    }
    const at = this.#choosy.findIndex((other) => before(ticket, other));
    this.#choosy.splice(at < 0 ? this.#choosy.length : at, 0, ticket);
  }

  /** It has been settled. */
  remove(ticket: Ticket): void {
    this.#waiting--;
    if (isPlain(ticket)) return;
    const at = this.#choosy.indexOf(ticket);
    if (at >= 0) this.#choosy.splice(at, 1);
  }

  /** What `fits` gives for the first request that it gives something for. */
  serve<Place>(fits: (ticket: Ticket) => Place | undefined): Place | undefined {
    const plain = this.#firstPlain();
    for (const ticket of [...this.#choosy]) {
      if (plain !== undefined && before(plain, ticket)) break;
      const place = fits(ticket);
      if (place !== undefined) return place;
    }
    const place = plain === undefined ? undefined : fits(plain);
    if (place !== undefined || plain === undefined) return place;
    // No worker is free for anyone; one may have been kept for a request behind it.
    for (const ticket of [...this.#choosy]) {
      const kept = before(plain, ticket) ? fits(ticket) : undefined;
      if (kept !== undefined) return kept;
    }
    return undefined;
  }

  *[Symbol.iterator](): IterableIterator<Ticket> {
    yield* this.#choosy;
    for (let ticket = this.#firstPlain(); ticket !== undefined; ticket = this.#firstPlain()) {
      this.#plain.pop();
      yield ticket;
    }
  }

  #firstPlain(): Ticket | undefined {
    while (this.#plain.peek()?.settled) this.#plain.pop();
    return this.#plain.peek();
  }
}

function isPlain({ request: { avoid, exclusive, needs } }: Ticket): boolean {
  return avoid.size === 0 && !exclusive && needs === undefined;
}

type SessionRequests = Turns<string, QueryRequests>;

/** All that wait. */
export class SlotRequests {
  readonly #sessions = new Turns<unknown, SessionRequests>();
  #waiting = 0;
  #choosy = 0;
  #added = 0;

  get waiting(): number {
    return this.#waiting;
  }

  /** Some want or shun certain workers. */
  get anyChoosy(): boolean {
    return this.#choosy > 0;
  }

  nextNumber(): number {
    return this.#added++;
  }

  add(ticket: Ticket): void {
    let session = this.#sessions.get(sessionOf(ticket));
    if (session === undefined) {
      session = new Turns();
      this.#sessions.add(sessionOf(ticket), session);
    }
    let query = session.get(ticket.request.query);
    if (query === undefined) {
      query = new QueryRequests();
      session.add(ticket.request.query, query);
    }
    query.add(ticket);
    this.#waiting++;
    if (!isPlain(ticket)) this.#choosy++;
  }

  /** It has been settled. */
  remove(ticket: Ticket): void {
    const session = this.#sessions.get(sessionOf(ticket))!;
    const query = session.get(ticket.request.query)!;
    query.remove(ticket);
    this.#waiting--;
    if (!isPlain(ticket)) this.#choosy--;
    if (query.waiting === 0) session.remove(ticket.request.query);
    if (session.size === 0) this.#sessions.remove(sessionOf(ticket));
  }

  /** What `fits` gives for the request whose turn it is, of those that it gives something for. */
  serve<Place>(fits: (ticket: Ticket) => Place | undefined): Place | undefined {
    return this.#sessions.serve((session) => session.serve((query) => query.serve(fits)));
  }

  /** Takes all of them out. */
  all(): readonly Ticket[] {
    return [...this.#sessions.values()].flatMap((session) => [...session.values()].flatMap((query) => [...query]));
  }
}

function sessionOf({ request: { session, query } }: Ticket): unknown {
  return session ?? query;
}

import { describe, expect, it } from 'vitest';
import { errors } from '../../planner/errors.ts';
import type { Fleet, FleetEvent, WorkerLink } from '../fleet/fleet.ts';
import { type Lease, SlotPool, type SlotRequest } from './slot-pool.ts';

/** Workers that can come and go and never run anything. */
class IdleFleet implements Fleet {
  readonly kind = 'local';
  readonly target = 2;
  readonly links: WorkerLink[] = [];
  #listener: (event: FleetEvent) => void = () => undefined;

  constructor(...slots: readonly number[]) {
    for (const count of slots) this.join(count);
  }
  join(slots: number): void {
    const id = this.links.length + 1;
    const run = () => {
      throw new Error('not used');
    };
    const closed = new AbortController().signal;
    const worker = {
      id,
      name: `w${id}`,
      host: 'h',
      pid: id,
      slots,
      memoryBytes: slots * 100,
      local: true,
      sharesExchange: true,
      run,
      closed,
    };
    this.links.push(worker);
    this.#listener({ kind: 'joined', worker });
  }
  leave(): void {
    const worker = this.links.pop()!;
    this.#listener({ kind: 'left', worker, reason: errors.workerLost(worker.name, 'test') });
  }
  workers(): readonly WorkerLink[] {
    return this.links;
  }
  subscribe(listener: (event: FleetEvent) => void): () => void {
    this.#listener = listener;
    return () => undefined;
  }
  async start(): Promise<void> {}
  async stop(): Promise<void> {}
}

const forever = new AbortController().signal;

function request(overrides: Partial<SlotRequest> = {}): SlotRequest {
  return { query: 'q', order: 0, avoid: new Set(), exclusive: false, signal: forever, ...overrides };
}

/** Whether a promise has resolved by now. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol();
  return (await Promise.race([promise, new Promise((resolve) => setImmediate(resolve, pending))])) !== pending;
}

describe('slot pool', () => {
  it('fills the workers by their free share', async () => {
    const pool = new SlotPool([new IdleFleet(4, 2)], { noWorkerWaitMs: 10 });
    const leases: Lease[] = [];
    for (let order = 0; order < 6; order++) leases.push(await pool.acquire(request({ order })));
    expect(leases.map(({ worker }) => worker.id)).toEqual([1, 2, 1, 2, 1, 1]);
    expect(leases[0]!.memoryBytes).toBe(100);
    expect(pool.slots()).toBe(6);
    expect(await settled(pool.acquire(request({ order: 7 })))).toBe(false);
  });

  it('gives slots to queries in turn, and within a query to the lowest', async () => {
    const pool = new SlotPool([new IdleFleet(1)], { noWorkerWaitMs: 10 });
    const first = await pool.acquire(request());
    const order: string[] = [];
    const take = async (query: string, place: number) => {
      const lease = await pool.acquire(request({ query, order: place }));
      order.push(query + place);
      lease.release();
      lease.release();
    };
    const all = [take('a', 2), take('a', 1), take('a', 3), take('b', 1), take('b', 2)];
    first.release();
    await Promise.all(all);
    expect(order).toEqual(['a1', 'b1', 'a2', 'b2', 'a3']);
  });

  it('lends the slot of a parked attempt', async () => {
    const pool = new SlotPool([new IdleFleet(1)], { noWorkerWaitMs: 10 });
    const parked = await pool.acquire(request());
    const second = pool.acquire(request({ order: 1 }));
    expect(await settled(second)).toBe(false);
    parked.park();
    parked.park();
    const lease = await second;
    parked.unpark();
    lease.release();
    expect(await settled(pool.acquire(request({ order: 2 })))).toBe(false);
    parked.release();
  });

  it('avoids a worker only while there is another', async () => {
    const fleet = new IdleFleet(2, 2);
    const pool = new SlotPool([fleet], { noWorkerWaitMs: 10 });
    const avoid = new Set([1]);
    for (let index = 0; index < 2; index++) expect((await pool.acquire(request({ avoid }))).worker.id).toBe(2);
    const waits = pool.acquire(request({ avoid }));
    expect(await settled(waits)).toBe(false);
    expect((await pool.acquire(request({ order: 9 }))).worker.id).toBe(1);
    fleet.leave();
    expect((await waits).worker.id).toBe(1);
  });

  it('empties a worker for one that wants it whole', async () => {
    const pool = new SlotPool([new IdleFleet(2)], { noWorkerWaitMs: 10 });
    const [one, two] = [await pool.acquire(request()), await pool.acquire(request())];
    const whole = pool.acquire(request({ exclusive: true }));
    one.release();
    const later = pool.acquire(request({ query: 'other' }));
    expect(await settled(Promise.race([whole, later]))).toBe(false);
    two.release();
    const lease = await whole;
    expect(lease.memoryBytes).toBe(200);
    expect(await settled(later)).toBe(false);
    lease.release();
    await later;
  });

  it('gives a reservation back when it is cancelled', async () => {
    const pool = new SlotPool([new IdleFleet(2)], { noWorkerWaitMs: 10 });
    await pool.acquire(request());
    const stop = new AbortController();
    const whole = pool.acquire(request({ exclusive: true, signal: stop.signal }));
    const later = pool.acquire(request({ query: 'other' }));
    stop.abort(errors.cancelled());
    await expect(whole).rejects.toMatchObject({ sqlstate: '57014' });
    await later;
  });

  it('gives up when no worker comes, and only then', async () => {
    const fleet = new IdleFleet();
    const pool = new SlotPool([fleet], { noWorkerWaitMs: 30 });
    await expect(pool.acquire(request())).rejects.toMatchObject({ sqlstate: '53000', detail: 'Waited 30 ms.' });
    const lucky = pool.acquire(request());
    fleet.join(1);
    const lease = await lucky;
    const patient = pool.acquire(request());
    await new Promise((resolve) => setTimeout(resolve, 60));
    lease.release();
    await patient;
    const refused = pool.acquire(request());
    pool.close();
    await expect(refused).rejects.toMatchObject({ sqlstate: '57P01' });
  });
});

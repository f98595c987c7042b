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
  join(slots: number, told: Partial<Pick<WorkerLink, 'host' | 'cores'>> = {}): void {
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
      ...told,
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

it('counts the cores of each host once, and slots where cores are not known', () => {
  const fleet = new IdleFleet(3);
  fleet.join(2, { host: 'a', cores: 4 });
  fleet.join(2, { host: 'a', cores: 4 });
  fleet.join(8, { host: 'b', cores: 16 });
  const pool = new SlotPool([fleet], { noWorkerWaitMs: 1 });
  expect(pool.cores()).toBe(3 + 4 + 16);
  fleet.leave();
  expect(pool.cores()).toBe(3 + 4);
  expect(new SlotPool([], { noWorkerWaitMs: 1 }).cores()).toBe(0);
});

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

  it('gives slots to sessions in turn, however many queries each has', async () => {
    const pool = new SlotPool([new IdleFleet(1)], { noWorkerWaitMs: 10 });
    const [busy, quiet] = [{}, {}];
    const first = await pool.acquire(request());
    const order: string[] = [];
    const take = async (session: object, query: string) => {
      const lease = await pool.acquire(request({ session, query }));
      order.push(query);
      lease.release();
    };
    const all = [take(busy, 'b1'), take(busy, 'b1'), take(busy, 'b2'), take(busy, 'b3'), take(quiet, 'q')];
    first.release();
    await Promise.all(all);
    expect(order).toEqual(['b1', 'q', 'b2', 'b3', 'b1']);
  });

  it('prefers workers that are named, while they have a slot and no other has nothing to do', async () => {
    const pool = new SlotPool([new IdleFleet(2, 2)], { noWorkerWaitMs: 10 });
    const workers: number[] = [];
    for (let order = 0; order < 4; order++)
      workers.push((await pool.acquire(request({ prefer: [99, 2], order }))).worker.id);
    expect(workers).toEqual([2, 1, 2, 1]);
  });

  it('gives as many slots as a task needs, and its memory', async () => {
    const pool = new SlotPool([new IdleFleet(4)], { noWorkerWaitMs: 10, taskThreads: 2 });
    const needs = { memoryBytes: 250, threads: 2 };
    const large = await pool.acquire(request({ needs }));
    expect(large.memoryBytes).toBe(250);
    const small = await pool.acquire(request({ needs: { memoryBytes: 50, threads: null } }));
    expect(small.memoryBytes).toBe(50);
    const waits = pool.acquire(request({ needs: { memoryBytes: null, threads: 3 } }));
    expect(await settled(waits)).toBe(false);
    large.release();
    expect((await waits).memoryBytes).toBe(100);
    const beyond = pool.acquire(request({ needs: { memoryBytes: 10_000, threads: 100 } }));
    (await waits).release();
    small.release();
    expect((await beyond).memoryBytes).toBe(400);
  });

  it('lends a slot for an attempt beside another one only when nobody waits', async () => {
    const pool = new SlotPool([new IdleFleet(1, 1)], { noWorkerWaitMs: 10 });
    expect(pool.tryAcquire(new Set([1, 2]))).toBeUndefined();
    const beside = pool.tryAcquire(new Set([1]))!;
    expect(beside.worker.id).toBe(2);
    const other = await pool.acquire(request());
    const waits = pool.acquire(request());
    expect(pool.waiting).toBe(1);
    beside.release();
    await waits;
    other.release();
    expect(pool.tryAcquire(new Set([other.worker.id === 1 ? 2 : 1]))?.worker.id).toBe(other.worker.id);
  });

  it('does not give slots of workers that have left', async () => {
    const fleet = new IdleFleet(1, 1);
    const pool = new SlotPool([fleet], { noWorkerWaitMs: 1000 });
    const leases = [await pool.acquire(request()), await pool.acquire(request())];
    const waits = pool.acquire(request());
    fleet.leave();
    leases.find(({ worker }) => worker.id === 2)!.release();
    expect([await settled(waits), pool.slots(), pool.size]).toEqual([false, 1, 1]);
    leases.find(({ worker }) => worker.id === 1)!.release();
    expect((await waits).worker.id).toBe(1);
  });
});

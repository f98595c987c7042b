import type { WorkerLink } from '../fleet/fleet.ts';
import { Heap } from './heap.ts';

/** What the pool knows of one worker. */
export interface WorkerState {
  readonly link: WorkerLink;
  used: number;
  lastGiven: number;
  /** The request that waits for slots of this worker to come free, or has it whole: others get none meanwhile. */
  reservedFor: object | null;
  /** Its last entry in the heap; older ones are out of date. */
  entry: Entry | null;
}

interface Entry {
  readonly state: WorkerState;
  readonly share: number;
  readonly lastGiven: number;
}

/** Workers with a free slot that anyone may have: that with the largest free share first, among equals the one that was used the longest ago. */
export class FreeWorkers {
  readonly #heap = new Heap<Entry>((a, b) =>
    a.share !== b.share ? a.share < b.share : a.lastGiven !== b.lastGiven && a.lastGiven < b.lastGiven,
  );
  #count = 0;

  /** False: no worker has one. */
  get any(): boolean {
    return this.#count > 0;
  }

  /** Told whenever something about the worker is another; `live`: it is there. */
  update(state: WorkerState, live: boolean): void {
    const { link, used, reservedFor, lastGiven } = state;
    const free = live && reservedFor === null && used < link.slots;
    if (state.entry !== null) this.#count--;
    state.entry = null;
    if (!free) return;
    state.entry = { state, share: used / link.slots, lastGiven };
    this.#count++;
    this.#heap.push(state.entry);
  }

  /** The best but for those in `avoid`. */
  best(avoid: ReadonlySet<number>): WorkerState | undefined {
    const passed: Entry[] = [];
    let found: WorkerState | undefined;
    for (let entry = this.#heap.peek(); entry !== undefined; entry = this.#heap.peek()) {
      if (entry.state.entry !== entry) {
        this.#heap.pop();
        continue;
      }
      if (!avoid.has(entry.state.link.id)) {
        found = entry.state;
        break;
      }
      passed.push(this.#heap.pop()!);
    }
    for (const entry of passed) this.#heap.push(entry);
    return found;
  }
}

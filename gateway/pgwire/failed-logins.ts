import { LRUCache } from 'lru-cache';

/** Addresses that are remembered; the one that failed longest ago goes first. */
const maxAddresses = 10_000;
/** How long a failure counts. */
const forgetMs = 10 * 60 * 1000;
/** The delay doubles with each failure up to this many times the first one. */
const maxFactor = 16;
/** Log-ins of one address that may wait for their refusal at a time; more are refused at once. */
const maxWaiting = 16;

interface Failures {
  count: number;
  waiting: number;
}

/** Slows down whoever guesses passwords: each failure from an address makes the next one's answer come later. */
export class FailedLogins {
  readonly #firstDelayMs: number;
  readonly #addresses = new LRUCache<string, Failures>({ max: maxAddresses, ttl: forgetMs, updateAgeOnGet: true });

  constructor(firstDelayMs: number) {
    this.#firstDelayMs = firstDelayMs;
  }

  /** True for an address from which so many failed log-ins wait that no more are looked at. */
  isFlooding(address: string): boolean {
    return (this.#addresses.get(address)?.waiting ?? 0) >= maxWaiting;
  }

  /** After a failure: how long its answer has to wait. `answered` has to be called then. */
  failed(address: string): number {
    const known = this.#addresses.get(address) ?? { count: 0, waiting: 0 };
    const factor = Math.min(2 ** known.count, maxFactor);
    known.count++;
    known.waiting++;
    this.#addresses.set(address, known);
    return this.#firstDelayMs * factor;
  }

  answered(address: string): void {
    const known = this.#addresses.get(address);
    if (known !== undefined) {
      known.waiting--;
    }
  }
}

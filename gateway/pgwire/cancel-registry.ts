import { randomBytes, timingSafeEqual } from 'node:crypto';

/** BackendKeyData of one session. */
export interface BackendKey {
  readonly pid: number;
  readonly secret: number;
}

const maxPid = 0x7fffffff;

function secretBytes(secret: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(secret);
  return bytes;
}

/** Finds the session that a CancelRequest means. A wrong secret is ignored without a word, as PostgreSQL does. */
export class CancelRegistry {
  readonly #entries = new Map<number, { readonly secret: number; readonly cancel: () => void }>();
  #lastPid = 0;

  register(cancel: () => void): BackendKey {
    do {
      this.#lastPid = this.#lastPid === maxPid ? 1 : this.#lastPid + 1;
    } while (this.#entries.has(this.#lastPid));
    const secret = randomBytes(4).readInt32BE(0);
    this.#entries.set(this.#lastPid, { secret, cancel });
    return { pid: this.#lastPid, secret };
  }

  unregister(key: BackendKey): void {
    this.#entries.delete(key.pid);
  }

  cancel(pid: number, secret: number): void {
    const entry = this.#entries.get(pid);
    if (entry !== undefined && timingSafeEqual(secretBytes(entry.secret), secretBytes(secret))) {
      entry.cancel();
    }
  }
}

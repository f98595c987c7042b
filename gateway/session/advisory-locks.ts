import { errors, type SluiceError } from '../../planner/errors.ts';
import { maxAdvisoryLocks } from './limits.ts';

export type LockMode = 'exclusive' | 'share';
/** Until it is unlocked or the session ends, or until the transaction ends. */
export type LockScope = 'session' | 'transaction';

/** A row of pg_locks. */
export interface AdvisoryLockRow {
  readonly pid: number;
  readonly key: string;
  readonly mode: LockMode;
  readonly granted: boolean;
}

interface Waiter {
  readonly owner: LockOwner;
  readonly mode: LockMode;
  readonly grant: () => void;
}

interface Lock {
  /** How often each owner has it, by mode. */
  readonly holders: Map<LockOwner, Record<LockMode, number>>;
  /** First come, first served. */
  readonly waiters: Waiter[];
}

interface Taken {
  readonly key: string;
  readonly mode: LockMode;
}

/** A session as a holder of locks. */
export interface LockOwner {
  readonly pid: number;
}

/** How a lock is waited for. */
export interface Wait {
  readonly signal: AbortSignal;
  /** 0: for ever. */
  readonly timeoutMs: number;
}

function conflict(a: LockMode, b: LockMode): boolean {
  return a === 'exclusive' || b === 'exclusive';
}

/** The advisory locks of a gateway. Keys are `bigint` or two `integer`s, which PostgreSQL keeps apart: the caller writes them as text. */
export class AdvisoryLocks {
  readonly #locks = new Map<string, Lock>();
  #count = 0;

  rows(): readonly AdvisoryLockRow[] {
    return [...this.#locks].flatMap(([key, { holders, waiters }]) => [
      ...[...holders].flatMap(([{ pid }, counts]) =>
        (['exclusive', 'share'] as const)
          .filter((mode) => counts[mode] > 0)
          .map((mode) => ({ pid, key, mode, granted: true })),
      ),
      ...waiters.map(({ owner, mode }) => ({ pid: owner.pid, key, mode, granted: false })),
    ]);
  }

  /** False when somebody else has it, or waits for it. @throws SluiceError 53200 */
  tryLock(owner: LockOwner, key: string, mode: LockMode): boolean {
    if (this.#count >= maxAdvisoryLocks) {
      throw errors.tooManyLocks(maxAdvisoryLocks);
    }
    const lock = this.#lock(key);
    if (!this.#isFree(lock, owner, mode, lock.waiters.length)) {
      return false;
    }
    this.#grant(lock, owner, mode);
    return true;
  }

  /** @throws SluiceError 40P01 at once when it could never come, 55P03 after the time, the signal's reason, 53200 */
  async lock(owner: LockOwner, key: string, mode: LockMode, { signal, timeoutMs }: Wait): Promise<void> {
    signal.throwIfAborted();
    if (this.tryLock(owner, key, mode)) {
      return;
    }
    const lock = this.#lock(key);
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = { owner, mode, grant: () => finish(resolve) };
      const give = (error: SluiceError) => {
        lock.waiters.splice(lock.waiters.indexOf(waiter), 1);
        this.#wake(key, lock);
        finish(() => reject(error));
      };
      const cancelled = () => give(signal.reason as SluiceError);
      const timer = timeoutMs === 0 ? undefined : setTimeout(() => give(errors.lockTimeout()), timeoutMs);
      const finish = (how: () => void) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', cancelled);
        how();
      };
      signal.addEventListener('abort', cancelled);
      lock.waiters.push(waiter);
      const circle = this.#circle(owner);
      if (circle !== undefined) {
        give(errors.deadlock(circle));
      }
    });
  }

  /** False when the owner does not have it in this mode. */
  unlock(owner: LockOwner, key: string, mode: LockMode): boolean {
    const lock = this.#locks.get(key);
    const counts = lock?.holders.get(owner);
    if (lock === undefined || counts === undefined || counts[mode] === 0) {
      return false;
    }
    counts[mode]--;
    this.#count--;
    if (counts.exclusive + counts.share === 0) {
      lock.holders.delete(owner);
    }
    this.#wake(key, lock);
    return true;
  }

  #lock(key: string): Lock {
    let lock = this.#locks.get(key);
    if (lock === undefined) {
      lock = { holders: new Map(), waiters: [] };
      this.#locks.set(key, lock);
    }
    return lock;
  }

  /** `ahead`: how many of those that wait come first. One's own locks are never in the way. */
  #isFree({ holders, waiters }: Lock, owner: LockOwner, mode: LockMode, ahead: number): boolean {
    const own = holders.get(owner);
    if (own !== undefined && (own.exclusive > 0 || (own.share > 0 && mode === 'share'))) {
      return true;
    }
    for (const [holder, counts] of holders) {
      if (holder !== owner && (counts.exclusive > 0 || (counts.share > 0 && mode === 'exclusive'))) {
        return false;
      }
    }
    return !waiters.slice(0, ahead).some((waiter) => conflict(waiter.mode, mode));
  }

  #grant(lock: Lock, owner: LockOwner, mode: LockMode): void {
    this.#count++;
    const counts = lock.holders.get(owner) ?? { exclusive: 0, share: 0 };
    counts[mode]++;
    lock.holders.set(owner, counts);
  }

  #wake(key: string, lock: Lock): void {
    for (let index = 0; index < lock.waiters.length; ) {
      const { owner, mode, grant } = lock.waiters[index]!;
      if (this.#isFree(lock, owner, mode, index)) {
        lock.waiters.splice(index, 1);
        this.#grant(lock, owner, mode);
        grant();
      } else {
        index++;
      }
    }
    if (lock.holders.size === 0 && lock.waiters.length === 0) {
      this.#locks.delete(key);
    }
  }

  /** How those that wait go round in a circle through `start`, in words; undefined when they don't. */
  #circle(start: LockOwner): string | undefined {
    const seen = new Set<LockOwner>();
    const follow = (owner: LockOwner, path: readonly string[]): string | undefined => {
      for (const { key, mode, blocker } of this.#blockers(owner)) {
        const kind = mode === 'exclusive' ? 'ExclusiveLock' : 'ShareLock';
        const next = [
          ...path,
          `Process ${owner.pid} waits for ${kind} on advisory lock [${key}]; blocked by process ${blocker.pid}.`,
        ];
        if (blocker === start) {
          return next.join('\n');
        }
        if (!seen.has(blocker)) {
          seen.add(blocker);
          const found = follow(blocker, next);
          if (found !== undefined) {
            return found;
          }
        }
      }
      return undefined;
    };
    return follow(start, []);
  }

  /** Whom an owner waits for. */
  *#blockers(owner: LockOwner): Generator<Taken & { readonly blocker: LockOwner }> {
    for (const [key, { holders, waiters }] of this.#locks) {
      const place = waiters.findIndex((waiter) => waiter.owner === owner);
      if (place < 0) {
        continue;
      }
      const { mode } = waiters[place]!;
      for (const [blocker, counts] of holders) {
        if (blocker !== owner && (counts.exclusive > 0 || mode === 'exclusive')) {
          yield { key, mode, blocker };
        }
      }
      for (const waiter of waiters.slice(0, place)) {
        if (conflict(waiter.mode, mode)) {
          yield { key, mode, blocker: waiter.owner };
        }
      }
    }
  }
}

/** The advisory locks of one session. */
export class SessionLocks implements LockOwner {
  readonly pid: number;
  readonly #locks: AdvisoryLocks;
  readonly #session: Taken[] = [];
  readonly #transaction: Taken[] = [];

  constructor(pid: number, locks: AdvisoryLocks) {
    this.pid = pid;
    this.#locks = locks;
  }

  /** Raises what `AdvisoryLocks.lock` does. */
  async lock(key: string, mode: LockMode, scope: LockScope, wait: Wait): Promise<void> {
    await this.#locks.lock(this, key, mode, wait);
    this.#of(scope).push({ key, mode });
  }

  tryLock(key: string, mode: LockMode, scope: LockScope): boolean {
    const done = this.#locks.tryLock(this, key, mode);
    if (done) {
      this.#of(scope).push({ key, mode });
    }
    return done;
  }

  /** False when the session does not have it. What a transaction took goes with the transaction alone. */
  unlock(key: string, mode: LockMode): boolean {
    const index = this.#session.findLastIndex((taken) => taken.key === key && taken.mode === mode);
    if (index < 0) {
      return false;
    }
    this.#session.splice(index, 1);
    return this.#locks.unlock(this, key, mode);
  }

  unlockAll(): void {
    this.#release(this.#session, 0);
  }

  /** How many the transaction has, for `undoTo`. */
  mark(): number {
    return this.#transaction.length;
  }

  /** Gives back what the transaction took since `mark`; 0: all of it. */
  undoTo(mark: number): void {
    this.#release(this.#transaction, mark);
  }

  close(): void {
    this.unlockAll();
    this.undoTo(0);
  }

  #of(scope: LockScope): Taken[] {
    return scope === 'session' ? this.#session : this.#transaction;
  }

  #release(list: Taken[], from: number): void {
    for (const { key, mode } of list.splice(from).reverse()) {
      this.#locks.unlock(this, key, mode);
    }
  }
}

import { readdirSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/**
 * How much nicer the threads that compute are: a busy core gives them half of what it gives an event loop that has work. More would cost queries too
 * much where other programs keep the machine busy.
 */
const nicer = 3;
const nicest = 19;
const threadsFolder = '/proc/self/task';

/**
 * Lets this process' event loop go before its other threads (libuv's pool, and with it every DuckDB, whose threads inherit from the pool's)
 * when there is more work than cores: log-ins, short answers and cancels then don't wait behind long queries. To be called before the
 * first DuckDB instance is opened. Linux only, where a thread can be named; elsewhere nothing happens.
 */
export function letEventLoopGoFirst(): void {
  if (process.platform !== 'linux') return;
  const niceness = Math.min(nicest, getPriority(process.pid) + nicer);
  for (const thread of readdirSync(threadsFolder).map(Number)) {
    if (thread !== process.pid) lower(thread, niceness);
  }
}

function lower(thread: number, niceness: number): void {
  try {
    setPriority(thread, niceness);
  } catch (error) {
    const { info } = error as { readonly info?: { readonly code?: string } };
    // Ended since it was listed, or lower already.
    if (info?.code !== 'ESRCH' && info?.code !== 'EACCES' && info?.code !== 'EPERM') throw error;
  }
}

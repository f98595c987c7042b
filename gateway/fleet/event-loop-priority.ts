import { getPriority, setPriority } from 'node:os';

/** How much less nice the event loop is that all clients wait for. */
const lessNice = 10;

/** Its niceness before it was raised; undefined: it was not. */
let usual: number | undefined;

/**
 * For a process that is a gateway and nothing else, once it runs: puts its event loop before other programs, where the system permits that (root
 * and CAP_SYS_NICE, or RLIMIT_NICE). It has little to do at a time; that the threads that compute are nicer does not help it while one of
 * them has its slice of a core. Nothing happens in a process that was started nicer than others. Linux only, where the main thread has a priority
 * of its own.
 */
export function raiseEventLoop(): void {
  const own = getPriority(process.pid);
  if (process.platform !== 'linux' || usual !== undefined || own > 0) return;
  if (change(own - lessNice)) usual = own;
}

/** What begins a process, which would inherit the event loop's priority otherwise, and all of its threads with it. */
export function atUsualPriority<T>(begin: () => T): T {
  if (usual === undefined) return begin();
  const raised = getPriority(process.pid);
  change(usual);
  try {
    return begin();
  } finally {
    change(raised);
  }
}

/** False: the system does not permit it. */
function change(niceness: number): boolean {
  try {
    setPriority(process.pid, niceness);
    return true;
  } catch (error) {
    const { info } = error as { readonly info?: { readonly code?: string } };
    if (info?.code !== 'EACCES' && info?.code !== 'EPERM') throw error;
    return false;
  }
}

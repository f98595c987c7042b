import { readdirSync, readFileSync } from 'node:fs';

const sampleEveryMs = 250;

/** Fields of /proc/PID/stat behind the name, which stands in parentheses. */
function statOf(pid: string): { readonly parent: string; readonly pages: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: fields[1] ?? '', pages: Number(fields[21]) };
  } catch {
    return undefined; // it has ended, or this is no Linux
  }
}

const pageBytes = 4096;

/** Bytes of memory that a process and all that it has started, and these have started, hold now; undefined where the system does not tell. */
export function treeMemory(root = process.pid): number | undefined {
  let names: readonly string[];
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return undefined;
  }
  const stats = new Map(names.flatMap((pid) => [[pid, statOf(pid)] as const]));
  const inTree = (pid: string): boolean => {
    for (let at: string | undefined = pid; at !== undefined; at = stats.get(at)?.parent)
      if (at === String(root)) return true;
    return false;
  };
  let bytes = 0;
  for (const [pid, stat] of stats) if (stat !== undefined && inTree(pid)) bytes += stat.pages * pageBytes;
  return bytes === 0 ? undefined : bytes;
}

/** Looks at the memory of this process and its children until it is stopped. */
export class PeakMemory {
  #peak: number | undefined;
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.#look(), sampleEveryMs);
    this.#look();
  }

  #look(): void {
    const now = treeMemory();
    if (now !== undefined) this.#peak = Math.max(now, this.#peak ?? 0);
  }

  /** The most that was seen, in bytes; undefined where the system does not tell. */
  stop(): number | undefined {
    clearInterval(this.#timer);
    this.#look();
    return this.#peak;
  }
}

import { readFileSync } from 'node:fs';
import { open, truncate } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { errors } from '../planner/errors.ts';

/**
 * Faults that a worker brings about itself, by `--fault-plan FILE`, so that tests can show that they cost time and no rows. Never in use
 * otherwise. What each does to the task that it falls on:
 *
 * - `throw`: it fails as with an unreadable disk; `full_disk`: as with a full one;
 * - `exit`: the process is gone, at once; `hang`: it stands still, and answers no heart-beat;
 * - `slow`: it starts `ms` later; `drop_socket`: the connection ends while the task runs;
 * - `cut_frame`, `corrupt_frame`: half of a frame of its rows is missing, or a bit is wrong;
 * - `cut_file`, `corrupt_file`: so for the end of the file that it wrote for later stages.
 */
export const faultKinds = [
  'throw',
  'full_disk',
  'exit',
  'hang',
  'slow',
  'drop_socket',
  'cut_frame',
  'corrupt_frame',
  'cut_file',
  'corrupt_file',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** A line of a plan. */
export interface Fault {
  readonly kind: FaultKind;
  /** For each task, 0 to 1. */
  readonly chance: number;
  /** The first tasks of the process that it does not fall on. */
  readonly after: number;
  /** How often in the life of the process, at most. */
  readonly most: number;
  /** Of `slow`: how long; of `exit`, `hang` and `drop_socket`: their latest moment, from the start of the task. */
  readonly ms: number;
}

export interface FaultPlan {
  readonly seed: number;
  readonly faults: readonly Fault[];
}

/** Faults that fall on tasks with these rows only. */
const outputs: Partial<Record<FaultKind, 'frames' | 'file'>> = {
  cut_frame: 'frames',
  corrupt_frame: 'frames',
  cut_file: 'file',
  corrupt_file: 'file',
};
const defaultAfter = 0;
const defaultMost = 1;
const defaultMs = 500;
/** The end of a Parquet file: the length of its footer and the magic word. */
const footerBytes = 8;

/** Reads a plan: JSON `{"seed": 1, "faults": [{"kind": "exit", "chance": 0.1, "most": 2}]}`. Raises `cannotStart` when it is none. */
export function readFaultPlan(path: string): FaultPlan {
  try {
    const { seed, faults } = JSON.parse(readFileSync(path, 'utf8')) as { seed?: unknown; faults?: unknown };
    if (!Number.isSafeInteger(seed) || !Array.isArray(faults)) throw new Error('it needs a seed and faults');
    return { seed: seed as number, faults: faults.map(readFault) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw errors.cannotStart(`could not read fault plan "${path}"`, 'Check --fault-plan.', reason);
  }
}

function readFault(given: Partial<Fault>): Fault {
  const { kind, chance = 1, after = defaultAfter, most = defaultMost, ms = defaultMs } = given;
  if (kind === undefined || !faultKinds.includes(kind)) throw new Error(`no fault "${kind}": ${faultKinds.join(', ')}`);
  if (![chance, after, most, ms].every((value) => Number.isFinite(value) && value >= 0))
    throw new Error(`${kind}: chance, after, most and ms are numbers from 0`);
  return { kind, chance, after, most, ms };
}

/** The faults of one task. */
export interface TaskFaults {
  /** Before the query; rejects for `throw` and `full_disk`. */
  readonly start: () => Promise<void>;
  /** Of each frame on its way out. */
  readonly frame: (frame: Buffer) => Buffer;
  /** After the query; `path` of the file for later stages, if it wrote one. */
  readonly wrote: (path: string | undefined) => Promise<void>;
}

/** Those of a worker without a plan. */
export const noFaults: TaskFaults = {
  start: async () => undefined,
  frame: (frame) => frame,
  wrote: async () => undefined,
};

/** Deals the faults of a plan out to tasks, the same ones for the same seed, name and order of tasks. */
export class FaultDealer {
  readonly #plan: FaultPlan;
  readonly #given = new Map<Fault, number>();
  #state: number;
  #tasks = 0;

  constructor(plan: FaultPlan, name: string) {
    this.#plan = plan;
    this.#state = [...name].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, plan.seed | 0);
  }

  /** Called once for each task; `dropSocket` ends its connection. `output`: where its rows go. */
  next(output: 'frames' | 'file', dropSocket: () => void): TaskFaults {
    this.#tasks += 1;
    const fault = this.#plan.faults.find((each) => this.#falls(each, output));
    return fault === undefined ? noFaults : this.#faultsOf(fault, dropSocket);
  }

  #falls(fault: Fault, output: 'frames' | 'file'): boolean {
    if ((outputs[fault.kind] ?? output) !== output) return false;
    const given = this.#given.get(fault) ?? 0;
    if (this.#draw() >= fault.chance || this.#tasks <= fault.after || given >= fault.most) return false;
    this.#given.set(fault, given + 1);
    return true;
  }

  #faultsOf(fault: Fault, dropSocket: () => void): TaskFaults {
    const soon = Math.floor(this.#draw() * fault.ms);
    const later = (act: () => void) => ({
      ...noFaults,
      start: async () => {
        setTimeout(act, soon);
      },
    });
    const broken = (spoil: (frame: Buffer) => Buffer) => {
      let left = 1;
      return { ...noFaults, frame: (frame: Buffer) => (left-- > 0 ? spoil(frame) : frame) };
    };
    const makers: Readonly<Record<FaultKind, () => TaskFaults>> = {
      throw: () => ({
        ...noFaults,
        start: () => Promise.reject(errors.engine('infra', '58030', 'a fault was planned')),
      }),
      full_disk: () => ({
        ...noFaults,
        start: () => Promise.reject(errors.engine('infra', '53100', 'no space left on device (planned)')),
      }),
      exit: () => later(() => process.kill(process.pid, 'SIGKILL')),
      hang: () => later(() => process.kill(process.pid, 'SIGSTOP')),
      slow: () => ({ ...noFaults, start: () => delay(fault.ms) }),
      drop_socket: () => later(dropSocket),
      cut_frame: () => broken((frame) => frame.subarray(0, frame.length >> 1)),
      corrupt_frame: () => broken(flipped),
      cut_file: () => ({
        ...noFaults,
        wrote: async (path) => (path === undefined ? undefined : await truncate(path, 0)),
      }),
      corrupt_file: () => ({
        ...noFaults,
        wrote: async (path) => (path === undefined ? undefined : await spoilEnd(path)),
      }),
    };
    return makers[fault.kind]();
  }

  /** From 0 to 1; xorshift of 32 bits (Marsaglia, 2003). */
  #draw(): number {
    let x = this.#state === 0 ? 1 : this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) / 2 ** 32;
  }
}

/** One bit is another. */
function flipped(frame: Buffer): Buffer {
  const copy = Buffer.from(frame);
  copy[copy.length >> 1]! ^= 1;
  return copy;
}

async function spoilEnd(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    await file.write(Buffer.alloc(footerBytes), 0, footerBytes, Math.max(0, size - footerBytes));
  } finally {
    await file.close();
  }
}

import { LRUCache } from 'lru-cache';
import type { TaskWork } from './stage-work.ts';

/** Of a task that reads many files, these are asked for: the first ones are as good as any. */
const mostFilesAsked = 64;

/** Where files are near: which worker has read or written each one last. It has them in its caches, on its own disk even. */
export class Locality {
  readonly #last: LRUCache<string, number>;

  /** `files`: how many are kept in mind. */
  constructor(files: number) {
    this.#last = new LRUCache({ max: files });
  }

  /** Ids of workers that have files of the task, the one with most bytes first. They need not live any more. */
  workersFor({ task, inputs }: TaskWork): readonly number[] {
    if (this.#last.size === 0) return [];
    const bytes = new Map<number, number>();
    for (const file of filesOf(task, inputs)) {
      const worker = this.#last.get(file.path);
      if (worker !== undefined) bytes.set(worker, (bytes.get(worker) ?? 0) + file.bytes);
    }
    return [...bytes].sort((a, b) => b[1] - a[1]).map(([worker]) => worker);
  }

  /** A task has ended well; `output`: the file that it has written. */
  note({ task, inputs }: TaskWork, output: string | undefined, worker: number): void {
    for (const { path } of filesOf(task, inputs)) this.#last.set(path, worker);
    if (output !== undefined) this.#last.set(output, worker);
  }
}

function filesOf(
  { scans }: TaskWork['task'],
  inputs: TaskWork['inputs'],
): readonly { readonly path: string; readonly bytes: number }[] {
  const files: { readonly path: string; readonly bytes: number }[] = [];
  for (const { files: own } of [...scans, ...inputs]) {
    for (const file of own) {
      if (files.length === mostFilesAsked) return files;
      files.push(file);
    }
  }
  return files;
}

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errors } from '../../planner/errors.ts';
import type { StageWrite } from '../../planner/plan/plan.ts';
import type { BucketJoin, RunWrite, TaskReport } from '../../worker/protocol/messages.ts';
import type { TaskFiles, WriteTarget } from './coordinator.ts';
import type { FileSyncs } from './file-syncs.ts';
import type { Lease } from './slot-pool.ts';
import type { TaskSink, TaskTotals } from './task-run.ts';

export interface WriteSinkOptions extends Pick<WriteTarget, 'staging'> {
  readonly write: StageWrite;
  /** What the folders of its attempts begin with; unique for every run of a plan. */
  readonly prefix: string;
  readonly partition: number;
  /** Absent: its files are the sources of others, and need not outlive the machine. */
  readonly syncs?: FileSyncs;
  /** Of a task that makes one file of several, which are removed when it has ended well. */
  readonly joins?: readonly BucketJoin[];
}

/**
 * Takes what one task has written. Only the files of the attempt that ended well count. Those of a worker on this host are brought to the disk from
 * here, while its slot serves the next task.
 */
export class WriteSink implements TaskSink {
  readonly #options: WriteSinkOptions;
  #directory = '';
  #output: TaskFiles | undefined;
  /** The attempt runs on this host. */
  #here = false;
  #removal: Promise<unknown> = Promise.resolve();

  constructor(options: WriteSinkOptions) {
    this.#options = options;
  }

  /** Of the task, once it has ended. */
  get output(): TaskFiles {
    if (this.#output === undefined) throw errors.internal('a task that has not ended is asked for its files');
    return this.#output;
  }

  /** Resolves when nothing is being removed any more. */
  async settled(): Promise<void> {
    await this.#removal;
  }

  /** A folder of its own for every attempt: one that was given up may still be writing. */
  writes(attempt: number): RunWrite {
    const { staging, write, prefix, partition, joins, syncs } = this.#options;
    this.#directory = join(staging, `${prefix}-${partition}-${attempt}`);
    const unsynced = this.#here || syncs === undefined;
    return {
      ...write,
      directory: this.#directory,
      ...(unsynced ? { unsynced } : {}),
      ...(joins === undefined ? {} : { joins }),
    };
  }

  begin({ worker }: Pick<Lease, 'worker'>): number {
    this.#here = worker.local;
    return 0;
  }

  twin(): WriteSink {
    return new WriteSink(this.#options);
  }

  async adopt(twin: WriteSink): Promise<void> {
    this.#output = twin.output;
  }

  async push(): Promise<void> {
    throw errors.badPeer('rows of a task that writes files');
  }

  async end({ rows, files, spooledBytes }: TaskReport): Promise<TaskTotals> {
    if (files === undefined) throw errors.badPeer('no files of a task that writes some');
    const outside = files.find(({ path }) => path.startsWith('/') || path.split('/').includes('..'));
    if (outside !== undefined) throw errors.badPeer(`a file outside of its folder: ${outside.path}`);
    const { partition, joins = [] } = this.#options;
    this.#output = { partition, directory: this.#directory, rows, files };
    // While others are still joined: it takes time, and what is left goes with the staging folder.
    this.#removal = Promise.allSettled(joins.flatMap(({ sources }) => sources.map(({ path }) => rm(path))));
    if (this.#here) this.#options.syncs?.add(files.map(({ path }) => join(this.#directory, path)));
    return { rows, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), spooledBytes };
  }
}

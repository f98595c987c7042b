/**
 * What finished tasks of named jobs have left, kept on the disk of the exchange folder: a query with the hint checkpoint('name') that is run again, after a
 * crash of the gateway, a cancel or an error, does not do them again.
 *
 * Each job has a folder. A task has ended when there is a file `<key of its stage>.<partition>.json` that says what it read and what it left; it is
 * written last, and whole. The key holds everything that the stage's rows depend on (see `stageKeys`), so that what was kept of another text, other
 * files, settings or versions is never taken for it; it goes when a job has ended well. What a task reads of other stages is part of its file: rows of
 * a stage that had to run again may lie in another order.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { errors } from '../../planner/errors.ts';
import type { Plan, SessionSettings } from '../../planner/plan/plan.ts';
import { statementTimeSql } from '../../worker/engine/session-settings.ts';
import type { RunInput } from '../../worker/protocol/messages.ts';
import type { TaskOutput } from './exchange-sink.ts';
import { stageKeys } from './stage-key.ts';

export interface CheckpointLimits {
  /** All jobs together: the ones that were used the longest ago go. */
  readonly maxBytes: number;
  /** What nobody has used for so long goes at the next start. */
  readonly maxAgeMs: number;
}

export interface CheckpointOptions extends CheckpointLimits {
  /** Every worker sees it; made on demand. */
  readonly folder: string;
  /** Of everything that may give other rows: Sluice and DuckDB. */
  readonly version: string;
}

/** One stage of a job, for `sluice.checkpoints`. */
export interface CheckpointRow {
  readonly name: string;
  readonly stage: number;
  /** Tasks that have ended, and all of them. */
  readonly tasks: number;
  readonly ofTasks: number;
  readonly rows: number;
  readonly bytes: number;
  readonly createdMs: number;
  readonly sql: string;
}

const jobFile = 'job.json';
const nonceBytes = 6;
const jobSchema = z.object({ version: z.literal(1), name: z.string() });
const taskSchema = z.object({
  version: z.literal(1),
  key: z.string(),
  stage: z.number(),
  sql: z.string(),
  partition: z.number(),
  ofTasks: z.number(),
  inputs: z.string(),
  createdMs: z.number(),
  output: z.object({
    partitionRows: z.array(z.number()),
    points: z.array(z.object({ row: z.number(), key: z.string() })).optional(),
    file: z.object({ name: z.string(), bytes: z.number() }).nullable(),
    bytes: z.number(),
  }),
});
type TaskFile = z.infer<typeof taskSchema>;

export class CheckpointStore {
  readonly #options: CheckpointOptions;
  /** Folders of jobs that run. */
  readonly #busy = new Set<string>();

  constructor(options: CheckpointOptions) {
    this.#options = options;
  }

  /** Begins the job of a plan with a checkpoint. Raises 55006 when a query with that name runs already. */
  begin(name: string, plan: Plan, settings: SessionSettings): CheckpointJob {
    const folder = this.#folderOf(name);
    if (this.#busy.has(folder)) throw errors.checkpointInUse(name);
    const { statementTimeMicros, ...lasting } = settings;
    const timed = plan.stages.some(({ sql }) => statementTimeSql(settings, sql) !== '');
    const keys = stageKeys(plan, [this.#options.version, lasting, timed ? statementTimeMicros : null]);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#busy.add(folder);
    const release = async () => {
      this.#busy.delete(folder);
      await this.sweep(Date.now());
    };
    return new CheckpointJob({ name, folder, plan, keys, release });
  }

  /** Everything that is kept, by name and stage. */
  async list(): Promise<readonly CheckpointRow[]> {
    const rows: CheckpointRow[] = [];
    for (const folder of await this.#folders()) {
      const name = await nameOf(folder);
      if (name === undefined) continue;
      const stages = new Map<string, TaskFile[]>();
      for (const task of await tasksIn(folder)) stages.set(task.key, [...(stages.get(task.key) ?? []), task]);
      for (const tasks of stages.values()) rows.push(rowOf(name, tasks));
    }
    return rows.sort((a, b) => a.name.localeCompare(b.name) || a.stage - b.stage || a.createdMs - b.createdMs);
  }

  /** False when there is none of that name. Raises 55006 while its query runs. */
  async drop(name: string): Promise<boolean> {
    const folder = this.#folderOf(name);
    if (this.#busy.has(folder)) throw errors.checkpointInUse(name);
    const there = (await nameOf(folder)) !== undefined;
    await rm(folder, { recursive: true, force: true });
    return there;
  }

  /** At the start, and after each job: what is too old or too much goes, and what no finished task has left. */
  async sweep(now: number): Promise<void> {
    const { maxAgeMs, maxBytes } = this.#options;
    const jobs: { readonly folder: string; readonly usedMs: number; readonly bytes: number }[] = [];
    for (const folder of await this.#folders()) {
      if (this.#busy.has(folder)) continue;
      const usedMs = await usedAt(folder);
      if (usedMs === undefined || now - usedMs > maxAgeMs) await rm(folder, { recursive: true, force: true });
      else jobs.push({ folder, usedMs, bytes: await this.#sweepJob(folder) });
    }
    let bytes = jobs.reduce((sum, job) => sum + job.bytes, 0);
    for (const job of jobs.sort((a, b) => a.usedMs - b.usedMs)) {
      if (bytes <= maxBytes) return;
      await rm(job.folder, { recursive: true, force: true });
      bytes -= job.bytes;
    }
  }

  /** Gives the bytes of what stays. */
  async #sweepJob(folder: string): Promise<number> {
    const tasks = await tasksIn(folder);
    const kept = new Set(
      tasks.flatMap((task) => [taskFileName(task.key, task.partition), task.output.file?.name ?? '']),
    );
    for (const name of await namesIn(folder))
      if (name !== jobFile && !kept.has(name)) await rm(join(folder, name), { recursive: true, force: true });
    return tasks.reduce((sum, { output }) => sum + output.bytes, 0);
  }

  #folderOf(name: string): string {
    return join(this.#options.folder, createHash('sha256').update(name).digest('hex').slice(0, 32));
  }

  async #folders(): Promise<readonly string[]> {
    return (await namesIn(this.#options.folder)).map((name) => join(this.#options.folder, name));
  }
}

interface JobOptions {
  readonly name: string;
  readonly folder: string;
  readonly plan: Plan;
  /** By stage. */
  readonly keys: readonly string[];
  /** Others may have the name, and what is too much goes. */
  readonly release: () => Promise<void>;
}

/** A named query while it runs. `end` has to be called. */
export class CheckpointJob {
  readonly folder: string;
  /** Begins the names of its files: those of an earlier run are never written over. */
  readonly nonce = randomBytes(nonceBytes).toString('hex');
  readonly #options: JobOptions;
  #ended = false;

  constructor(options: JobOptions) {
    this.#options = options;
    this.folder = options.folder;
  }

  /** Writes down the name. */
  async ready(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await writeAnew(this.folder, jobFile, { version: 1, name: this.#options.name });
  }

  /** What a task has left in an earlier run; undefined: it has to run. */
  async find(stage: number, partition: number, inputs: readonly RunInput[]): Promise<TaskOutput | undefined> {
    const found = await readTask(this.folder, taskFileName(this.#keyOf(stage), partition));
    if (found === undefined || found.inputs !== fingerprint(inputs)) return undefined;
    const { file, partitionRows, points, bytes } = found.output;
    const path = file === null ? null : join(this.folder, file.name);
    if (path !== null && (await sizeOf(path)) !== file!.bytes) return undefined;
    return {
      partitionRows,
      ...(points === undefined ? {} : { points }),
      file: path === null ? null : { path, bytes: file!.bytes },
      frames: [],
      bytes,
    };
  }

  /** Keeps what a task that has ended well left in a file of the folder. */
  async save(stage: number, partition: number, inputs: readonly RunInput[], output: TaskOutput): Promise<void> {
    const { plan } = this.#options;
    const { partitionRows, points, file, bytes } = output;
    const key = this.#keyOf(stage);
    const task: TaskFile = {
      version: 1,
      key,
      stage,
      sql: plan.stages[stage]!.sql,
      partition,
      ofTasks: plan.stages[stage]!.tasks.length,
      inputs: fingerprint(inputs),
      createdMs: Date.now(),
      output: {
        partitionRows: [...partitionRows],
        ...(points === undefined ? {} : { points: [...points] }),
        file: file === null ? null : { name: basename(file.path), bytes: file.bytes },
        bytes,
      },
    };
    await writeAnew(this.folder, taskFileName(key, partition), task);
  }

  /**
   * The query is over. `well`: what another text or other files have left is of no use any more. `lost`: files were there and could not be read: nothing is
   * kept.
   */
  async end(how: 'well' | 'failed' | 'lost'): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    try {
      if (how === 'lost') await rm(this.folder, { recursive: true, force: true });
      else if (how === 'well') await this.#forgetOthers();
    } finally {
      await this.#options.release();
    }
  }

  async #forgetOthers(): Promise<void> {
    const keys = new Set(this.#options.keys);
    for (const task of await tasksIn(this.folder)) {
      if (keys.has(task.key)) continue;
      await rm(join(this.folder, taskFileName(task.key, task.partition)), { force: true });
      if (task.output.file !== null) await rm(join(this.folder, task.output.file.name), { force: true });
    }
  }

  #keyOf(stage: number): string {
    return this.#options.keys[stage]!;
  }
}

function taskFileName(key: string, partition: number): string {
  return `${key}.${partition}.json`;
}

/** Files by their paths, which no two runs of a task share. */
function fingerprint(inputs: readonly RunInput[]): string {
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
}

async function writeAnew(folder: string, name: string, content: unknown): Promise<void> {
  const path = join(folder, name);
  const temporary = `${path}.${randomBytes(nonceBytes).toString('hex')}.tmp`;
  try {
    await writeFile(temporary, JSON.stringify(content), { mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    throw errors.unwritableFile(path, (error as NodeJS.ErrnoException).message);
  }
}

function rowOf(name: string, tasks: readonly TaskFile[]): CheckpointRow {
  const [{ stage, sql, ofTasks }] = tasks as [TaskFile, ...TaskFile[]];
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  return {
    name,
    stage,
    sql,
    tasks: tasks.length,
    ofTasks,
    rows: sum(tasks.map(({ output }) => sum(output.partitionRows))),
    bytes: sum(tasks.map(({ output }) => output.bytes)),
    createdMs: Math.max(...tasks.map(({ createdMs }) => createdMs)),
  };
}

async function nameOf(folder: string): Promise<string | undefined> {
  const job = jobSchema.safeParse(await readJson(join(folder, jobFile)));
  return job.success ? job.data.name : undefined;
}

async function tasksIn(folder: string): Promise<readonly TaskFile[]> {
  const names = (await namesIn(folder)).filter((name) => name.endsWith('.json') && name !== jobFile);
  const tasks: TaskFile[] = [];
  for (const name of names) {
    const task = await readTask(folder, name);
    if (task !== undefined) tasks.push(task);
  }
  return tasks;
}

/** Undefined for what is not there, not whole or of another version: the task runs again. */
async function readTask(folder: string, name: string): Promise<TaskFile | undefined> {
  const task = taskSchema.safeParse(await readJson(join(folder, name)));
  return task.success ? task.data : undefined;
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch(absent);
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined; // cut short by a crash: as if it were not there
  }
}

async function usedAt(folder: string): Promise<number | undefined> {
  return (await stat(join(folder, jobFile)).catch(absent))?.mtimeMs;
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(absent))?.size;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(absent)) ?? [];
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errors } from '../../planner/errors.ts';
import type { StageExchange } from '../../planner/plan/plan.ts';
import type { ExchangeReport, RangePoint, RunExchange, TaskReport } from '../../worker/protocol/messages.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import { type HeldFrame, HeldFrames, type QueueBudgets } from './held-frames.ts';
import { partitionRuns } from './partition-runs.ts';
import type { TaskSink, TaskTotals } from './task-run.ts';

/** What a task left for other stages. */
export interface TaskOutput {
  /** Rows of each partition; of a range exchange of all together. */
  readonly partitionRows: readonly number[];
  /** Of a range exchange: some of the rows, the first among them, in their order. */
  readonly points?: readonly RangePoint[];
  /** Null: there are frames instead, or no rows. */
  readonly file: { readonly path: string; readonly bytes: number } | null;
  /** By partition. */
  readonly frames: readonly HeldFrame[];
  readonly bytes: number;
}

export interface ExchangeSinkOptions {
  readonly exchange: StageExchange;
  /** Files: the folder, and what the names of this task's files begin with. Null: frames. */
  readonly files: { readonly folder: string; readonly prefix: string } | null;
  /** Of a range exchange: of how many rows the task tells where they lie. */
  readonly points: number;
  readonly budgets: QueueBudgets;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/** Takes what one task leaves for other stages. Only what the attempt that ended well left counts. */
export class ExchangeSink implements TaskSink {
  readonly #options: ExchangeSinkOptions;
  /** Made when the first rows come: many tasks leave a file, or nothing. */
  #held: HeldFrames | undefined;
  #path: string | null = null;
  #rows: number[] = [];
  #least = 0;
  #output: TaskOutput | undefined;

  constructor(options: ExchangeSinkOptions) {
    this.#options = options;
  }

  /** Of the task, once it has ended. */
  get output(): TaskOutput {
    if (this.#output === undefined) throw errors.internal('a task that has not ended is read');
    return this.#output;
  }

  /** Takes what the task has left in an earlier run: it need not run. */
  restore(output: TaskOutput): void {
    this.#output = output;
  }

  /** A name of its own for every attempt: one that was given up may still be writing. */
  target(attempt: number): RunExchange {
    const { files, exchange } = this.#options;
    this.#path = files === null ? null : join(files.folder, `${files.prefix}-${attempt}.parquet`);
    const { hashBy, rangeBy, numberBy, partitions } = exchange;
    const ranges = rangeBy === undefined ? {} : { rangeBy, points: this.#options.points };
    const numbers = numberBy === undefined ? {} : { numberBy };
    return { hashBy, partitions, ...ranges, ...numbers, path: this.#path };
  }

  begin(): Promise<number> | number {
    this.#rows = new Array<number>(this.#counted).fill(0);
    this.#least = 0;
    const held = this.#held;
    this.#held = undefined;
    return held === undefined ? 0 : held.close().then(() => 0);
  }

  async push(batch: ColumnBatch): Promise<void> {
    if (this.#path !== null) throw errors.badPeer('rows of a task that writes a file');
    if (this.#options.exchange.rangeBy !== undefined) {
      await this.#frames.add(0, batch);
      this.#rows[0]! += batch.rowCount;
      return;
    }
    for (const run of partitionRuns(batch, this.#options.exchange.partitions, this.#least)) {
      await this.#frames.add(run.partition, run.batch);
      this.#rows[run.partition]! += run.batch.rowCount;
      this.#least = run.partition;
    }
  }

  async end({ exchange, spooledBytes }: TaskReport): Promise<TaskTotals> {
    if (exchange === undefined) throw errors.badPeer('no report of an exchange');
    const output = this.#path === null ? this.#framesOutput(exchange) : this.#fileOutput(exchange, this.#path);
    this.#output = output;
    return {
      rows: sum(output.partitionRows),
      bytes: output.bytes,
      spooledBytes: spooledBytes + (this.#held?.spooledBytes ?? 0),
    };
  }

  get outputPath(): string | undefined {
    return this.#output?.file?.path;
  }

  twin(): ExchangeSink {
    return new ExchangeSink(this.#options);
  }

  async adopt(twin: ExchangeSink): Promise<void> {
    await this.#held?.close();
    this.#held = twin.#held;
    this.#output = twin.#output;
  }

  /** There is something to free. */
  get holds(): boolean {
    return this.#held !== undefined || (this.#output?.file ?? null) !== null;
  }

  /** Frees the frames and removes the file. Files of attempts that were given up go with their folder. */
  async close(): Promise<void> {
    await this.#held?.close();
    const file = this.#output?.file ?? null;
    if (file !== null) await rm(file.path, { force: true });
  }

  get #frames(): HeldFrames {
    this.#held ??= new HeldFrames(this.#options.budgets);
    return this.#held;
  }

  /** Of how many partitions the rows are counted. */
  get #counted(): number {
    const { rangeBy, partitions } = this.#options.exchange;
    return rangeBy === undefined ? partitions : 1;
  }

  #framesOutput(report: ExchangeReport): TaskOutput {
    const { partitionRows } = report;
    if (partitionRows.join() !== this.#rows.join()) throw errors.badPeer('rows of an exchange got lost');
    const frames = this.#held?.frames ?? [];
    return {
      partitionRows,
      ...this.#points(report),
      file: null,
      frames,
      bytes: sum(frames.map(({ bytes }) => bytes)),
    };
  }

  #fileOutput(report: ExchangeReport, path: string): TaskOutput {
    const { partitionRows, fileBytes } = report;
    if (partitionRows.length !== this.#counted)
      throw errors.badPeer(`${partitionRows.length} partitions instead of ${this.#counted}`);
    const file = sum(partitionRows) === 0 ? null : { path, bytes: fileBytes };
    return { partitionRows, ...this.#points(report), file, frames: [], bytes: file === null ? 0 : fileBytes };
  }

  #points({ points = [], partitionRows }: ExchangeReport): { readonly points?: readonly RangePoint[] } {
    if (this.#options.exchange.rangeBy === undefined) return {};
    const rows = sum(partitionRows);
    const first = points[0]?.row;
    const ascend = points.every(({ row, key }, i) => {
      const next = points[i + 1];
      return row < rows && (next === undefined || (row < next.row && key <= next.key));
    });
    if (!ascend || first !== (rows === 0 ? undefined : 0))
      throw errors.badPeer('rows of a range that are out of order');
    return { points };
  }
}

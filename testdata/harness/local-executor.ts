import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { DatasetTable } from '../../planner/catalog.ts';
import { wholeFile } from '../../planner/partitioning.ts';
import {
  type InputMode,
  type OutputColumn,
  type Plan,
  type Scan,
  type SessionSettings,
  type Stage,
  type StageExchange,
  type StageInput,
  stageRelation,
  type Task,
} from '../../planner/plan/plan.ts';
import { createScanView } from '../../worker/engine/print-scan.ts';
import { orderSql } from '../../worker/engine/range-keys.ts';
import { settingsSql, statementTimeSql } from '../../worker/engine/session-settings.ts';
import { partitionSql } from '../../worker/engine/write-exchange.ts';

/** An answer in a form that tests can compare: DuckDB's type texts, and every value as its text. */
export interface TextAnswer {
  readonly types: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/**
 * Runs plans in one in-memory DuckDB, without workers and wire: tasks one after another into stage tables, then the result step. Also
 * the judge: the original SQL over views of the same files.
 */
export class LocalExecutor {
  readonly #instance: DuckDBInstance;
  readonly connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.connection = connection;
  }

  static async open(tables: readonly DatasetTable[] = []): Promise<LocalExecutor> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1', asof_loop_join_threshold: '0' });
    const connection = await instance.connect();
    const executor = new LocalExecutor(instance, connection);
    for (const table of tables) await connection.run(createScanView(tableScan(table)));
    return executor;
  }

  close(): void {
    this.connection.closeSync();
    this.#instance.closeSync();
  }

  /** The answer that one DuckDB gives; three optimizers that give wrong rows are off, as in `Oracle`. */
  async original(sql: string, session: SessionSettings): Promise<TextAnswer> {
    await this.connection.run(settingsSql(session));
    const time = statementTimeSql(session, sql);
    if (time !== '') await this.connection.run(time);
    await this.connection.run("SET disabled_optimizers = 'top_n, join_filter_pushdown, top_n_window_elimination'");
    try {
      return await this.#read(sql);
    } finally {
      await this.connection.run("SET disabled_optimizers = 'top_n_window_elimination'");
    }
  }

  async run(plan: Plan, session: SessionSettings): Promise<TextAnswer> {
    await this.connection.run(settingsSql(session));
    for (const stage of plan.stages) await this.#runStage(plan, stage);
    const { result } = plan;
    if (result.kind === 'sql') {
      for (const scan of result.scans) await this.connection.run(createScanView(scan));
      return this.#read(result.sql);
    }
    const limit = result.limit === null ? '' : ` LIMIT ${result.limit}`;
    return this.#read(`FROM ${stageRelation(result.stage)}${limit} OFFSET ${result.offset}`);
  }

  /** Rows for other stages are kept with the task that made them and the partition that they belong to. */
  async #runStage(plan: Plan, stage: Stage): Promise<void> {
    const table = stageRelation(stage.id);
    const { exchange } = stage;
    const kept = exchange === undefined ? '' : ', __task INTEGER, __partition INTEGER';
    await this.connection.run(`CREATE OR REPLACE TEMP TABLE ${table} (${columnList(stage.columns)}${kept})`);
    for (const task of stage.tasks) {
      for (const scan of task.scans) await this.connection.run(createScanView(scan));
      let missing = false;
      for (const input of stage.inputs ?? []) {
        await this.connection.run(inputView(plan, stage, task, input));
        if (!input.required) continue;
        const { rows } = await this.#read(`SELECT 1 FROM "${input.relation}" LIMIT 1`);
        missing ||= rows.length === 0;
      }
      const sql = exchange === undefined ? stage.sql : partitionedSql(stage, exchange, task);
      const { rows } = await this.#read(`INSERT INTO ${table} ${sql}`);
      if (missing && rows[0]?.[0] !== '0')
        throw new Error(`task ${stage.id}.${task.partition} gives rows although an input that it requires is empty`);
    }
  }

  async #read(sql: string): Promise<TextAnswer> {
    const reader = await this.connection.runAndReadAll(sql);
    const rows = reader.getRows().map((row) => row.map((value) => (value === null ? null : String(value))));
    return { types: reader.columnTypes().map(String), rows };
  }
}

function columnList(columns: readonly OutputColumn[]): string {
  return columns.map(({ name, type }) => `"${name.replaceAll('"', '""')}" ${type}`).join(', ');
}

function partitionedSql(stage: Stage, { hashBy, partitions }: StageExchange, task: Task): string {
  const partition = partitionSql({ hashBy, partitions });
  return `SELECT *, ${task.partition}, ${partition} FROM (${stage.sql})`;
}

/** What one task sees of an input. */
function inputView(plan: Plan, stage: Stage, task: Task, { relation, stages, mode }: StageInput): string {
  const producers = stages.map((id) => plan.stages[id]!);
  const tasks = producers.flatMap(({ id, tasks: made }) => made.map(({ partition }) => ({ id, partition })));
  const share = (place: number) => Math.floor((place * stage.tasks.length) / tasks.length);
  const conditions: Record<InputMode, (id: number) => string> = {
    all: () => 'true',
    partition: () => `__partition = ${task.partition}`,
    share: (id) => {
      const mine = tasks.filter((made, place) => made.id === id && share(place) === task.partition);
      return mine.length === 0 ? 'false' : `__task IN (${mine.map(({ partition }) => partition).join()})`;
    },
  };
  const columns = (producer: Stage) => producer.columns.map(({ name }) => `"${name.replaceAll('"', '""')}"`).join(', ');
  const { rangeBy, partitions } = producers[0]!.exchange!;
  if (mode === 'partition' && rangeBy !== undefined) {
    const all = producers.map((producer) => `SELECT ${columns(producer)} FROM ${stageRelation(producer.id)}`);
    const range = `(rank() OVER (ORDER BY ${orderSql(rangeBy)}) - 1) * ${partitions} // count(*) OVER ()`;
    return `CREATE OR REPLACE TEMP VIEW "${relation}" AS SELECT ${columns(producers[0]!)}
      FROM (SELECT *, ${range} AS __range FROM (${all.join(' UNION ALL ')})) WHERE __range = ${task.partition}`;
  }
  const parts = producers.map(
    (producer) =>
      `SELECT * FROM (SELECT ${columns(producer)} FROM ${stageRelation(producer.id)} WHERE ${conditions[mode](producer.id)} ORDER BY __task, rowid)`,
  );
  return `CREATE OR REPLACE TEMP VIEW "${relation}" AS ${parts.join(' UNION ALL ')}`;
}

function tableScan(table: DatasetTable): Scan {
  const { name, format, columns, options } = table;
  return { name, format, columns, options, files: table.files.map(wholeFile) };
}

/** Floats may differ in the last digits: relative, and absolute for what cancels out to nearly nothing. */
const tolerance = 1e-12;
const absoluteTolerance = 1e-13;

/** The first difference of two answers in words, or null. Rows are a bag unless `ordered`. */
export function answerDifference(expected: TextAnswer, actual: TextAnswer, ordered: boolean): string | null {
  if (expected.types.join() !== actual.types.join())
    return `types: expected ${expected.types.join()}, got ${actual.types.join()}`;
  if (expected.rows.length !== actual.rows.length)
    return `rows: expected ${expected.rows.length}, got ${actual.rows.length}`;
  const floats = expected.types.map((type) => type === 'DOUBLE' || type === 'FLOAT');
  const arrange = (rows: TextAnswer['rows']) => (ordered ? rows : sorted(rows, floats));
  const [left, right] = [arrange(expected.rows), arrange(actual.rows)];
  for (const [i, row] of left.entries()) {
    const other = right[i]!;
    if (!row.every((cell, column) => cell === other[column] || (floats[column] && near(cell, other[column]!))))
      return `row ${i}: expected ${JSON.stringify(row)}, got ${JSON.stringify(other)}`;
  }
  return null;
}

/** By the exact cells first, so that the last digits of floats don't change places. */
function sorted(rows: TextAnswer['rows'], floats: readonly boolean[]): TextAnswer['rows'] {
  const key = (row: readonly (string | null)[]) =>
    JSON.stringify([
      row.filter((_, i) => !floats[i]),
      row.filter((_, i) => floats[i]).map((cell) => (cell === null ? null : Number(cell).toPrecision(9))),
    ]);
  return [...rows]
    .map((row) => [key(row), row] as const)
    .sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0))
    .map(([, row]) => row);
}

function near(a: string | null, b: string | null): boolean {
  if (a === null || b === null) return false;
  const [x, y] = [Number(a), Number(b)];
  return Math.abs(x - y) <= Math.max(absoluteTolerance, tolerance * Math.max(Math.abs(x), Math.abs(y)));
}

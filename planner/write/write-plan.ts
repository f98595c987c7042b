/** The plan of a query whose rows become the files of a data set. */
import type { FileFormat } from '../catalog.ts';
import { errors } from '../errors.ts';
import { nearestName } from '../nearest-name.ts';
import {
  type CopyOption,
  type OutputColumn,
  type Plan,
  type Stage,
  type StageExchange,
  type StageWrite,
  stageRelation,
} from '../plan/plan.ts';
import { verifyPlan } from '../plan/verify.ts';

/** How the rows are laid out in files. Columns by the names of the query's answer. */
export interface WriteLayout {
  readonly format: FileFormat;
  readonly options: Readonly<Record<string, CopyOption>>;
  readonly partitionBy: readonly string[];
  /** Rows equal in these columns are in files of one bucket; empty: no promise. */
  readonly hashBy: readonly string[];
  /** Buckets. Null: as many as there are tasks. */
  readonly partitions: number | null;
  readonly orderBy: string | null;
  readonly fileBytes: number | null;
}

export interface WritePlanOptions {
  /** False: rows that go to buckets are exchanged, never files of them joined. */
  readonly joins?: boolean;
}

/** Less of the files read for each task and bucket is not worth a file of its own, which has to be opened, closed and read again. */
const leastPieceBytes = 128 * 1024;
/** DuckDB keeps so many files open that it writes side by side (partitioned_write_max_open_files). */
const mostBuckets = 100;
/** Column chunks that a task has in memory side by side: each of a bucket and a column. */
const mostOpenChunks = 4096;
/** Column chunks that a file gets, one of each task and column: they make up its footer. */
const mostFileChunks = 65_536;
/** Files that all tasks together leave to be joined. */
const mostPieces = 65_536;
/** Options of row groups are kept for the rows of a whole file, which tasks don't see; facts about the whole are stored with these types. */
const groupOptions = ['row_group_size', 'row_group_size_bytes'];
const typesWithFacts = /\b(?:GEOMETRY|VARIANT)\b/;

/** What the rows of a task are counted by, to be given out evenly. */
export const rowNumber = 'row_number() OVER ()';

/**
 * The same stages, but that the rows of the answer are written by workers instead of read by the coordinator. What the coordinator would
 * have run itself is a stage of one task. Raises 42701 for two columns of one name, 42703 for a column of the layout that the answer does
 * not have; `internal` for a plan that needs the session's connection.
 */
export function makeWritePlan(plan: Plan, layout: WriteLayout, options: WritePlanOptions = {}): Plan {
  const names = plan.columns.map(({ name }) => name);
  const checked = checkedLayout(names, layout);
  const { stages, last } = asStages(plan);
  const exchange = exchangeOf(plan, last, checked);
  const sorted = last.sorted === true && last.tasks.length === checked.partitions;
  const ranges = exchange === null && checked.orderBy !== null && !sorted ? checked.partitions : null;
  const plain: StageWrite = {
    names,
    format: checked.format,
    options: checked.options,
    partitionBy: checked.partitionBy,
    orderBy: exchange !== null || ranges !== null ? checked.orderBy : null,
    ranges,
    hashBy: [],
    fileBytes: checked.fileBytes,
  };
  const isJoined = exchange !== null && options.joins !== false && canJoin(plan, last, checked, exchange);
  const write = isJoined ? joined(plain, checked, exchange) : plain;
  const moved = isJoined ? null : exchange;
  const written = writing(stages, last, moved, write, readBytes(plan));
  const stage = moved === null && ranges === null ? last.id : written.length - 1;
  const result: Plan = {
    ...plan,
    columns: last.columns,
    stages: written,
    result: { kind: 'concat', stage, limit: null, offset: 0 },
    exchange: plan.exchange ?? { via: 'auto', adaptive: true },
  };
  verifyPlan(result);
  return result;
}

/**
 * True when each task may write the files of its buckets itself, which are then joined: half the work of an exchange, whose rows are written twice. Not
 * where the rows of a file have to be in order or of a certain size, when tasks have too little for a bucket, and where something else was asked for.
 */
function canJoin(plan: Plan, last: Stage, layout: WriteLayout, { partitions, bytes }: StageExchange): boolean {
  const { format, options, partitionBy, orderBy, fileBytes } = layout;
  const tasks = last.tasks.length;
  return (
    format === 'parquet' &&
    partitionBy.length === 0 &&
    orderBy === null &&
    fileBytes === null &&
    !groupOptions.some((name) => name in options) &&
    !last.columns.some(({ type }) => typesWithFacts.test(type)) &&
    (plan.exchange?.via ?? 'auto') === 'auto' &&
    plan.checkpoint === undefined &&
    partitions <= mostBuckets &&
    partitions * last.columns.length <= mostOpenChunks &&
    tasks * last.columns.length <= mostFileChunks &&
    tasks * partitions <= mostPieces &&
    bytes >= leastPieceBytes * tasks * partitions
  );
}

function joined(write: StageWrite, { hashBy }: WriteLayout, { partitions }: StageExchange): StageWrite {
  return { ...write, ranges: partitions, hashBy: hashBy.length > 0 ? hashBy.map(quote) : [rowNumber], joined: true };
}

/** The stages with one that writes: the last itself, or one that reads it. */
function writing(
  stages: readonly Stage[],
  last: Stage,
  exchange: StageExchange | null,
  write: StageWrite,
  bytes: number,
): readonly Stage[] {
  const plain: StageExchange = { hashBy: [], partitions: 1, bytes };
  const left = exchange ?? (write.ranges === null || write.joined === true ? null : plain);
  const change = (to: Partial<Stage>) => stages.map((stage) => (stage === last ? { ...stage, ...to } : stage));
  if (left === null) return change({ write, why: `${last.why}; writes files` });
  return [...change({ exchange: left }), writer(last, stages.length, left, write)];
}

/** The layout with its columns as the answer spells them. Raises 42701 and 42703 as `makeWritePlan` does. */
export function checkedLayout(names: readonly string[], layout: WriteLayout): WriteLayout {
  const known = new Map<string, string>();
  for (const name of names) {
    if (known.has(name.toLowerCase())) throw errors.duplicateColumn(name);
    known.set(name.toLowerCase(), name);
  }
  const spelled = (wanted: string) => {
    const name = known.get(wanted.toLowerCase());
    if (name === undefined) throw errors.undefinedColumn(wanted, nearestName(wanted, names));
    return name;
  };
  return { ...layout, partitionBy: layout.partitionBy.map(spelled), hashBy: layout.hashBy.map(spelled) };
}

/** All stages, and the one of them that gives the answer. */
function asStages(plan: Plan): { readonly stages: readonly Stage[]; readonly last: Stage } {
  const { stages, result } = plan;
  if (result.kind === 'concat') {
    const whole = result.limit === null && result.offset === 0;
    if (whole) return { stages, last: stages[result.stage]! };
    const cut = `LIMIT ${result.limit ?? 'ALL'} OFFSET ${result.offset}`;
    const sql = `SELECT * FROM ${stageRelation(result.stage)} ${cut}`;
    return oneTask(plan, { sql, read: [result.stage], scans: [] });
  }
  if (result.where === 'session') throw errors.internal('rows of a session are not written by workers');
  return oneTask(plan, { sql: result.sql, read: result.stages, scans: result.scans });
}

interface LastStep {
  readonly sql: string;
  readonly read: readonly number[];
  readonly scans: Stage['tasks'][number]['scans'];
}

function oneTask(plan: Plan, { sql, read, scans }: LastStep) {
  const id = plan.stages.length;
  const bytes = readBytes(plan);
  const exchange: StageExchange = { hashBy: [], partitions: 1, bytes };
  const last: Stage = {
    id,
    // Its columns may have other names than the answer.
    sql: `SELECT * FROM (\n${sql}\n) AS "__answer"(${plan.columns.map((_, i) => columnId(i)).join(', ')})`,
    columns: plan.columns.map(({ type }, i): OutputColumn => ({ name: columnId(i), type })),
    tasks: [{ partition: 0, scans }],
    replayable: false,
    why: 'what is left to do, in one task',
    inputs: read.map((stage) => ({ relation: stageRelation(stage), stages: [stage], mode: 'all', required: false })),
  };
  const stages = plan.stages.map((stage) => (read.includes(stage.id) ? { ...stage, exchange } : stage));
  return { stages: [...stages, last], last };
}

const columnId = (index: number) => `__w${index}`;

/** Null: the tasks of the last stage write. */
function exchangeOf(plan: Plan, last: Stage, layout: WriteLayout): StageExchange | null {
  const { partitions, hashBy, partitionBy, orderBy } = layout;
  if (partitions === null || (hashBy.length === 0 && orderBy !== null)) return null;
  const keys = hashBy.length > 0 ? hashBy : partitionBy;
  const ofName = (name: string) =>
    quote(last.columns[plan.columns.findIndex((column) => column.name === name)]?.name ?? '');
  // One bucket needs no key, but then there is nothing to hash.
  const hashed = keys.length > 0 ? keys.map(ofName) : [rowNumber];
  return { hashBy: hashed, partitions, bytes: readBytes(plan) };
}

const writeRelation = '__write';

function writer(last: Stage, id: number, { hashBy, partitions }: StageExchange, write: StageWrite): Stage {
  const mode = hashBy.length > 0 ? 'partition' : 'all';
  return {
    id,
    sql: `SELECT * FROM ${writeRelation}`,
    columns: last.columns,
    tasks: Array.from({ length: partitions }, (_, partition) => ({ partition, scans: [] })),
    replayable: false,
    why: 'writes files, one task for each bucket',
    inputs: [{ relation: writeRelation, stages: [last.id], mode, required: true }],
    write,
  };
}

function readBytes({ scans }: Plan): number {
  return scans.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

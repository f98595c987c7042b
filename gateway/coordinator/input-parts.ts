/** How the tasks of a stage share what earlier stages left. Pure. */
import { cutEvenly } from '../../planner/partitioning.ts';
import type { Stage, StageInput } from '../../planner/plan/plan.ts';
import type { InputFile, RunInput } from '../../worker/protocol/messages.ts';
import type { TaskOutput } from './exchange-sink.ts';
import type { HeldFrame } from './held-frames.ts';
import { cutRanges, type RangeCuts, rowsInRange } from './range-cuts.ts';

/** What a stage left: one output per task that ran, in their order. */
export interface StageOutput {
  readonly stage: Stage;
  readonly tasks: readonly TaskOutput[];
}

/** An input with what its stages left, in the order of its list. */
export interface Source {
  readonly input: StageInput;
  readonly outputs: readonly StageOutput[];
  /** Of partitions that are ranges: where they begin. */
  readonly cuts?: RangeCuts;
}

/** The cuts of ranges are those of the rows of all stages together. */
export function sourceOf(input: StageInput, outputs: readonly StageOutput[]): Source {
  const exchange = outputs[0]?.stage.exchange;
  if (input.mode !== 'partition' || exchange?.rangeBy === undefined) return { input, outputs };
  const tasks = outputs.flatMap((output) => output.tasks);
  return { input, outputs, cuts: cutRanges(tasks, exchange.partitions) };
}

/** An input as one task reads it. */
export interface Part {
  readonly input: RunInput;
  /** In the order in which they are sent. */
  readonly frames: readonly HeldFrame[];
  readonly rows: number;
  readonly bytes: number;
}

/** Something that is read whole, by one task or by all. */
interface Piece {
  readonly file: InputFile | null;
  readonly frames: readonly HeldFrame[];
  readonly rows: number;
  readonly bytes: number;
}

/** Everything: mode `all`. */
export function wholePart(source: Source): Part {
  return partOf(source, tasksOf(source).map(wholePiece), null);
}

/** Partitions `from` (inclusive) to `to` (exclusive): mode `partition`. */
export function partitionPart(source: Source, from: number, to: number): Part {
  return source.cuts === undefined ? hashedPart(source, from, to) : rangePart(source, source.cuts, from, to);
}

function rangePart(source: Source, cuts: RangeCuts, from: number, to: number): Part {
  const low = cuts[from - 1] ?? null;
  const high = cuts[to - 1] ?? null;
  const by = source.outputs[0]!.stage.exchange!.rangeBy!;
  const pieces = tasksOf(source).map((output) => rangePiece(output, low, high));
  const part = partOf(source, pieces, null);
  return { ...part, input: { ...part.input, range: { by, low, high } } };
}

/** Files are cut where it is known, frames are sent whole: their reader leaves out what is beyond. */
function rangePiece(output: TaskOutput, low: string | null, high: string | null): Piece {
  const { file, frames } = output;
  const found = rowsInRange(output, low, high);
  const { from, to, sure, rows } = found;
  if (rows === 0) return { file: null, frames: [], rows, bytes: 0 };
  if (file !== null) {
    const bytes = (file.bytes * rows) / allRows(output.partitionRows);
    return { file: { ...file, rows: [from, to], sure }, frames: [], rows, bytes };
  }
  let first = 0;
  const meet = frames.filter((frame) => {
    const start = first;
    first += frame.rows;
    return start < to && first > from;
  });
  return { file: null, frames: meet, rows, bytes: meet.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** Do rows say which partition they belong to? */
function isDivided({ outputs }: Source): boolean {
  return outputs.some(
    ({ stage: { exchange } }) => (exchange?.hashBy.length ?? 0) > 0 || exchange?.numberBy !== undefined,
  );
}

function hashedPart(source: Source, from: number, to: number): Part {
  const partitions = Array.from({ length: to - from }, (_, i) => from + i);
  const hashed = isDivided(source);
  const pieces = tasksOf(source).map((output): Piece => {
    const rows = partitions.reduce((sum, i) => sum + output.partitionRows[i]!, 0);
    const bytes = partitions.reduce((sum, i) => sum + partitionBytes(output, i), 0);
    const frames = output.frames.filter(({ partition }) => partition >= from && partition < to);
    return { file: rows === 0 ? null : output.file, frames, rows, bytes };
  });
  return partOf(source, pieces, hashed ? partitions : null);
}

/** `count` contiguous shares whose numbers of rows differ by one at most. */
function evenParts(source: Source, count: number): readonly Part[] {
  const outputs = tasksOf(source);
  const total = outputs.reduce((sum, { partitionRows }) => sum + allRows(partitionRows), 0);
  return Array.from({ length: count }, (_, share) => {
    const [from, to] = [Math.floor((total * share) / count), Math.floor((total * (share + 1)) / count)];
    return evenPart(source, outputs, from, to);
  });
}

/** Rows `from` to `to` of all tasks one after another. Frames are sent whole: their reader leaves out what is beyond. */
function evenPart(source: Source, outputs: readonly TaskOutput[], from: number, to: number): Part {
  const pieces: Piece[] = [];
  let [before, framesBefore, firstFrame] = [0, 0, -1];
  for (const output of outputs) {
    const rows = allRows(output.partitionRows);
    const [low, high] = [Math.max(from, before) - before, Math.min(to, before + rows) - before];
    if (output.file !== null && low < high) {
      const bytes = (output.file.bytes * (high - low)) / rows;
      const file = high - low === rows ? output.file : { ...output.file, rows: [low, high] as const };
      pieces.push({ file, frames: [], rows: high - low, bytes });
    }
    let row = before;
    for (const frame of output.frames) {
      if (row < to && row + frame.rows > from) {
        if (firstFrame < 0) firstFrame = row;
        pieces.push({ file: null, frames: [frame], rows: frame.rows, bytes: frame.bytes });
        framesBefore += frame.rows;
      }
      row += frame.rows;
    }
    before += rows;
  }
  const part = partOf(source, pieces, null);
  if (firstFrame < 0) return part;
  const [low, high] = [Math.max(0, from - firstFrame), Math.min(framesBefore, to - firstFrame)];
  if (low === 0 && high === framesBefore) return part;
  return { ...part, rows: part.rows - framesBefore + (high - low), input: { ...part.input, frameRows: [low, high] } };
}

/** `count` contiguous shares, balanced by rows as well as whole files and frames allow: mode `share`. */
export function shareParts(source: Source, count: number): readonly Part[] {
  if (source.input.even) return evenParts(source, count);
  const pieces = tasksOf(source).flatMap((output): readonly Piece[] =>
    output.file !== null
      ? [wholePiece(output)]
      : output.frames.map((frame) => ({ file: null, frames: [frame], rows: frame.rows, bytes: frame.bytes })),
  );
  const shares = cutEvenly(
    pieces.map(({ rows }) => rows),
    count,
  );
  return shares.map(([from, to]) => partOf(source, pieces.slice(from, to), null));
}

/**
 * One hash partition in `count` parts, each of whose rows is in just one of them: of files whole ones or ranges of rows, which are cut where the partition
 * is, of frames whole ones.
 */
export function splitPart(source: Source, partition: number, count: number): readonly Part[] {
  const outputs = tasksOf(source).filter(({ partitionRows }) => partitionRows[partition]! > 0);
  const total = outputs.reduce((sum, { partitionRows }) => sum + partitionRows[partition]!, 0);
  const pieces = Array.from({ length: count }, (): Piece[] => []);
  /** Of the part that has the row at this place. */
  const partAt = (row: number) => Math.min(count - 1, Math.floor((row * count) / total));
  let before = 0;
  for (const output of outputs) {
    const rows = output.partitionRows[partition]!;
    if (output.file !== null) {
      for (let part = partAt(before); part <= partAt(before + rows - 1); part++) {
        const from = Math.max(0, Math.ceil((part * total) / count) - before);
        const to = Math.min(rows, Math.ceil(((part + 1) * total) / count) - before);
        if (from < to) pieces[part]!.push(slicePiece(output, partition, from, to));
      }
    }
    let row = before;
    for (const frame of output.frames) {
      if (frame.partition !== partition) continue;
      pieces[partAt(row)]!.push({ file: null, frames: [frame], rows: frame.rows, bytes: frame.bytes });
      row += frame.rows;
    }
    before += rows;
  }
  const hashed = isDivided(source);
  return pieces.map((own) => partOf(source, own, hashed ? [partition] : null));
}

/**
 * Rows `from` to `to` of a partition of a file. Outer ends reach to those of the file, so that slices which together are the partition have all of it
 * wherever its rows lie.
 */
function slicePiece({ file, partitionRows }: TaskOutput, partition: number, from: number, to: number): Piece {
  const rows = partitionRows[partition]!;
  const share = (file!.bytes * (to - from)) / allRows(partitionRows);
  if (from === 0 && to === rows) return { file, frames: [], rows, bytes: share };
  const start = allRows(partitionRows.slice(0, partition));
  const range = [from === 0 ? 0 : start + from, to === rows ? allRows(partitionRows) : start + to] as const;
  return { file: { ...file!, rows: range }, frames: [], rows: to - from, bytes: share };
}

/** Size of one partition; near enough for a file, whose rows are taken for equally large. */
function partitionBytes({ file, frames, partitionRows }: TaskOutput, partition: number): number {
  const rows = partitionRows[partition]!;
  if (rows === 0) return 0;
  if (file !== null) return (file.bytes * rows) / allRows(partitionRows);
  return frames.reduce((sum, frame) => (frame.partition === partition ? sum + frame.bytes : sum), 0);
}

/** Bytes that one partition of an input has of all tasks. */
export function partitionSum(source: Source, partition: number): number {
  const { cuts } = source;
  if (cuts !== undefined) return rangePart(source, cuts, partition, partition + 1).bytes;
  return tasksOf(source).reduce((sum, output) => sum + partitionBytes(output, partition), 0);
}

/** Outputs of all tasks of all stages of an input. */
export function tasksOf({ outputs }: Source): readonly TaskOutput[] {
  return outputs.flatMap(({ tasks }) => tasks);
}

function wholePiece({ file, frames, partitionRows, bytes }: TaskOutput): Piece {
  return { file, frames, rows: allRows(partitionRows), bytes };
}

function allRows(partitionRows: readonly number[]): number {
  return partitionRows.reduce((sum, rows) => sum + rows, 0);
}

function partOf({ input, outputs }: Source, pieces: readonly Piece[], partitions: readonly number[] | null): Part {
  const frames = pieces.flatMap((piece) => piece.frames);
  return {
    input: {
      relation: input.relation,
      columns: outputs[0]?.stage.columns ?? [],
      files: pieces.flatMap(({ file }) => (file === null ? [] : [file])),
      partitions,
      frames: frames.length,
    },
    frames,
    rows: pieces.reduce((sum, { rows }) => sum + rows, 0),
    bytes: Math.round(pieces.reduce((sum, { bytes }) => sum + bytes, 0)),
  };
}

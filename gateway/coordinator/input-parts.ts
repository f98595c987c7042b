/** How the tasks of a stage share what earlier stages left. Pure. */
import { cutEvenly } from '../../planner/partitioning.ts';
import type { Stage, StageInput } from '../../planner/plan/plan.ts';
import type { InputFile, RunInput } from '../../worker/protocol/messages.ts';
import type { TaskOutput } from './exchange-sink.ts';
import type { HeldFrame } from './held-frames.ts';

/** What a stage left: one output per task that ran, in their order. */
export interface StageOutput {
  readonly stage: Stage;
  readonly tasks: readonly TaskOutput[];
}

/** An input with what its stages left, in the order of its list. */
export interface Source {
  readonly input: StageInput;
  readonly outputs: readonly StageOutput[];
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

/** Hash partitions `from` (inclusive) to `to` (exclusive): mode `partition`. */
export function partitionPart(source: Source, from: number, to: number): Part {
  const partitions = Array.from({ length: to - from }, (_, i) => from + i);
  const hashed = source.outputs.some(({ stage }) => (stage.exchange?.hashBy.length ?? 0) > 0);
  const pieces = tasksOf(source).map((output): Piece => {
    const rows = partitions.reduce((sum, i) => sum + output.partitionRows[i]!, 0);
    const bytes = partitions.reduce((sum, i) => sum + partitionBytes(output, i), 0);
    const frames = output.frames.filter(({ partition }) => partition >= from && partition < to);
    return { file: rows === 0 ? null : output.file, frames, rows, bytes };
  });
  return partOf(source, pieces, hashed ? partitions : null);
}

/** `count` contiguous shares, balanced by rows as well as whole files and frames allow: mode `share`. */
export function shareParts(source: Source, count: number): readonly Part[] {
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
  const hashed = source.outputs.some(({ stage }) => (stage.exchange?.hashBy.length ?? 0) > 0);
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
export function partitionBytes({ file, frames, partitionRows }: TaskOutput, partition: number): number {
  const rows = partitionRows[partition]!;
  if (rows === 0) return 0;
  if (file !== null) return (file.bytes * rows) / allRows(partitionRows);
  return frames.reduce((sum, frame) => (frame.partition === partition ? sum + frame.bytes : sum), 0);
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

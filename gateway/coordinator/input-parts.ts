/** How the tasks of a stage share what earlier stages left. Pure. */
import { cutEvenly } from '../../planner/partitioning.ts';
import type { Stage, StageInput } from '../../planner/plan/plan.ts';
import type { RunInput } from '../../worker/protocol/messages.ts';
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
  readonly file: TaskOutput['file'];
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

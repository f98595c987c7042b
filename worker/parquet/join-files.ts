import { type FileHandle, open } from 'node:fs/promises';
import { errors } from '../../planner/errors.ts';
import { BadThrift } from './compact-thrift.ts';
import { type Footer, isAlike, magic, movedRowGroups, readFooter, trailerBytes, writeFooter } from './footer.ts';

/** A file that becomes part of another. */
export interface SourceFile {
  readonly path: string;
  readonly bytes: number;
  readonly rows: number;
}

/** So much is in memory at a time. Half as much, or twice, took 1.3 to 2 times as long. */
const copyBytes = 1024 * 1024;
/** More than DuckDB writes for 65,536 column chunks, whose texts in statistics are short. */
const mostFooterBytes = 256 * 1024 * 1024;

/**
 * Makes one Parquet file of several, whose row groups it takes as they are: only the footer is new. The rows are those of the files, in their order.
 * The files are of one writer, for the same columns and options. Nothing is synced. Returns the size of the file.
 *
 * Rejects with `stageRowsLost` when a file is not what it was said to be or not like the others, with the reason of `signal`, and with what the file
 * system says about `target`, which must not be there.
 */
export async function joinParquetFiles(
  sources: readonly SourceFile[],
  target: string,
  signal: AbortSignal,
): Promise<number> {
  const out = await open(target, 'wx');
  try {
    const buffer = Buffer.allocUnsafe(copyBytes);
    const rowGroups: Uint8Array[] = [];
    let first: Footer | undefined;
    let rows = 0;
    let at = await append(out, magic, 0);
    for (const source of sources) {
      await withSource(source, async (file) => {
        const { footer, end } = await footerOf(file, source);
        first ??= footer;
        if (!isAlike(footer, first)) throw errors.stageRowsLost(source.path, 'It is not like the others.');
        for (const group of movedRowGroups(footer, at - magic.length)) rowGroups.push(group);
        rows += footer.rows;
        at = await copy(file, out, { from: magic.length, end, at, buffer, signal, path: source.path });
      });
    }
    if (first === undefined) throw errors.internal('no files to be joined');
    const footer = writeFooter(first, rows, rowGroups);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(footer.length);
    return await append(out, Buffer.concat([footer, length, magic]), at);
  } finally {
    await out.close();
  }
}

async function withSource(source: SourceFile, use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(source.path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw errors.stageRowsLost(source.path, error.message);
  });
  try {
    await use(file);
  } catch (error) {
    if (error instanceof BadThrift) throw errors.stageRowsLost(source.path, `Its footer: ${error.message}.`);
    throw error;
  } finally {
    await file.close();
  }
}

/** `end`: where the footer begins. */
async function footerOf(file: FileHandle, { path, bytes, rows }: SourceFile): Promise<{ footer: Footer; end: number }> {
  const { size } = await file.stat();
  if (size !== bytes) throw errors.stageRowsLost(path, `It has ${size} bytes instead of ${bytes}.`);
  const trailer = await readAt(file, path, size - trailerBytes, trailerBytes);
  const length = trailer.readUInt32LE(0);
  const end = size - trailerBytes - length;
  const fits = end >= magic.length && length <= mostFooterBytes;
  if (!fits || !trailer.subarray(4).equals(magic)) throw errors.stageRowsLost(path, 'It has no footer.');
  const footer = readFooter(await readAt(file, path, end, length));
  if (footer.rows !== rows) throw errors.stageRowsLost(path, `It has ${footer.rows} rows instead of ${rows}.`);
  return { footer, end };
}

async function readAt(file: FileHandle, path: string, from: number, length: number): Promise<Buffer> {
  if (from < 0) throw errors.stageRowsLost(path, 'It is too short.');
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, from);
  if (bytesRead !== length) throw errors.stageRowsLost(path, 'It is too short.');
  return buffer;
}

interface Copying {
  readonly from: number;
  readonly end: number;
  /** Where it goes. */
  readonly at: number;
  readonly buffer: Buffer;
  readonly signal: AbortSignal;
  readonly path: string;
}

/** Returns where the next bytes go. */
async function copy(file: FileHandle, out: FileHandle, { from, end, at, buffer, signal, path }: Copying) {
  let to = at;
  for (let place = from; place < end; ) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - place), place);
    if (bytesRead === 0) throw errors.stageRowsLost(path, 'It is too short.');
    to = await append(out, buffer.subarray(0, bytesRead), to);
    place += bytesRead;
  }
  return to;
}

/** A write may take only some of the bytes. */
async function append(out: FileHandle, bytes: Uint8Array, at: number): Promise<number> {
  for (let written = 0; written < bytes.length; )
    written += (await out.write(bytes, written, bytes.length - written, at + written)).bytesWritten;
  return at + bytes.length;
}

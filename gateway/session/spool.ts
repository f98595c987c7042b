import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errors } from '../../planner/errors.ts';
import { spoolFileBytes, spoolMemoryBytes, spoolReadBytes } from './limits.ts';
import type { EncodedRows, RowSource } from './row-source.ts';

const lengthOffset = 1;
const headerBytes = 5;

/**
 * The rest of an answer, put aside so that its connection is free: DataRow messages in memory up to a limit, then in a file that
 * has no name any more once it is open.
 */
export class Spool implements RowSource {
  readonly #directory: string;
  /** Read from the front; what is in the file comes after it. */
  #memory: Buffer[] = [];
  #memoryBytes = 0;
  #file: FileHandle | undefined;
  #written = 0;
  #read = 0;
  /** What has been read back and not yet given; begins with a whole message once there is one. */
  #pending: Buffer = Buffer.alloc(0);
  #closed = false;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Takes all rows of `source` and closes it. Raises its errors, and 53400 above the limit. */
  static async of(source: RowSource, directory: string): Promise<Spool> {
    const spool = new Spool(directory);
    try {
      for (let rows = await source.next(Infinity); rows !== null; rows = await source.next(Infinity)) {
        await spool.#put(rows.bytes);
      }
    } catch (error) {
      await spool.close();
      throw error;
    } finally {
      await source.close();
    }
    return spool;
  }

  async #put(bytes: Buffer): Promise<void> {
    if (this.#file === undefined && this.#memoryBytes + bytes.length <= spoolMemoryBytes) {
      this.#memory.push(bytes);
      this.#memoryBytes += bytes.length;
      return;
    }
    if (this.#written + bytes.length > spoolFileBytes) {
      throw errors.spoolFull(spoolFileBytes);
    }
    if (this.#file === undefined) {
      const path = join(this.#directory, `portal-${randomUUID()}`);
      this.#file = await open(path, 'wx+', 0o600);
      await unlink(path);
    }
    await this.#file.write(bytes, 0, bytes.length, this.#written);
    this.#written += bytes.length;
  }

  async next(maxRows: number): Promise<EncodedRows | null> {
    for (;;) {
      const taken = this.#take(maxRows);
      if (taken !== null || this.#closed || !(await this.#refill())) {
        return taken;
      }
    }
  }

  /** Whole messages from the front of what is pending. */
  #take(maxRows: number): EncodedRows | null {
    let end = 0;
    let rows = 0;
    while (rows < maxRows && end + headerBytes <= this.#pending.length) {
      const next = end + 1 + this.#pending.readInt32BE(end + lengthOffset);
      if (next > this.#pending.length) {
        break;
      }
      end = next;
      rows++;
    }
    if (rows === 0) {
      return null;
    }
    const bytes = this.#pending.subarray(0, end);
    this.#pending = this.#pending.subarray(end);
    return { bytes, rows };
  }

  async #refill(): Promise<boolean> {
    const first = this.#memory.shift();
    if (first !== undefined) {
      this.#pending = first;
      return true;
    }
    const left = this.#written - this.#read;
    if (this.#file === undefined || left === 0) {
      return false;
    }
    // A message longer than one read grows the piece until it is whole.
    const size = Math.min(left, Math.max(spoolReadBytes, this.#pending.length));
    const { buffer, bytesRead } = await this.#file.read(Buffer.allocUnsafe(size), 0, size, this.#read);
    this.#read += bytesRead;
    this.#pending = Buffer.concat([this.#pending, buffer.subarray(0, bytesRead)]);
    return bytesRead > 0;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#memory = [];
    this.#pending = Buffer.alloc(0);
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}

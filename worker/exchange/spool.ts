import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errors } from '../../planner/errors.ts';

/** Frames that wait in memory for credit, per attempt; what is beyond goes to the file. */
export const spoolMemoryBytes = 8 * 1024 * 1024;
/** Largest spool file of one attempt: then the task waits for its reader. */
export const spoolFileBytes = 8 * 1024 * 1024 * 1024;

export interface SpoolOptions {
  /** Folder of the spool files; made on demand, nothing else may be in it. */
  readonly directory: string;
  /** Name of the file, unique in the folder. */
  readonly name: string;
  /** Bytes that may be sent before the first credit. */
  readonly creditBytes: number;
  readonly memoryBytes?: number;
  readonly fileBytes?: number;
  /** Puts a frame on the wire. */
  readonly send: (frame: Buffer) => void;
}

/** Removes what a process that died has left behind. Called before the first spool is made. */
export async function clearSpoolDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
}

/**
 * The frames of one attempt between the query that makes them and the socket. A frame is sent while there is credit (the last one may
 * overdraw it, so that a frame larger than the credit goes through). Without credit frames queue in memory, then in a file, so that the
 * query ends and its slot is free although the reader is slow; when the file is full too, `push` waits until it has been read. Order is kept.
 *
 * One producer; `close` may be called at any time, ends every wait, and deletes the file.
 */
export class Spool {
  /** Bytes that went through the file. */
  spooledBytes = 0;

  readonly #options: SpoolOptions;
  readonly #memoryLimit: number;
  readonly #fileLimit: number;
  #credit: number;
  /** Oldest frames, sent first. */
  readonly #queue: Buffer[] = [];
  #queuedBytes = 0;
  /** Younger frames: sizes of those in the file, oldest first. */
  readonly #filed: number[] = [];
  #filedBytes = 0;
  #file: FileHandle | undefined;
  #readAt = 0;
  #writeAt = 0;
  /** File operations run one after the other. */
  #fileWork: Promise<void> = Promise.resolve();
  #refilling = false;
  #failure: unknown;
  #closed = false;
  #changed: () => void = () => undefined;
  #change: Promise<void> = Promise.resolve();

  constructor(options: SpoolOptions) {
    this.#options = options;
    this.#memoryLimit = options.memoryBytes ?? spoolMemoryBytes;
    this.#fileLimit = options.fileBytes ?? spoolFileBytes;
    this.#credit = options.creditBytes;
    this.#renewChange();
  }

  /** Takes a frame; resolves when it is sent or stored. Rejects with `cancelled` after `close`, or with what the disk raised. */
  async push(frame: Buffer): Promise<void> {
    for (;;) {
      this.#check();
      if (this.#filed.length === 0 && (this.#credit > 0 || this.#fits(frame))) {
        this.#enqueue(frame);
        this.#sendQueued();
        return;
      }
      if (this.#writeAt + frame.length <= this.#fileLimit) return await this.#append(frame);
      await this.#change;
    }
  }

  /** Allows `bytes` more to be sent. */
  addCredit(bytes: number): void {
    this.#credit += bytes;
    this.#sendQueued();
  }

  /** Resolves when every frame pushed so far has been sent; rejects as `push` does. */
  async drained(): Promise<void> {
    for (;;) {
      this.#check();
      if (this.#queue.length === 0 && this.#filed.length === 0) return;
      await this.#change;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.length = 0;
    this.#filed.length = 0;
    this.#wake();
    await this.#fileWork;
    if (this.#file === undefined) return;
    await this.#file.close();
    await rm(this.#path(), { force: true });
  }

  #check(): void {
    if (this.#closed) throw errors.cancelled();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #path(): string {
    return join(this.#options.directory, this.#options.name);
  }

  /** True when the frame may wait in memory. An empty queue takes a frame of any size. */
  #fits(frame: Buffer): boolean {
    return this.#queue.length === 0 || this.#queuedBytes + frame.length <= this.#memoryLimit;
  }

  #enqueue(frame: Buffer): void {
    this.#queue.push(frame);
    this.#queuedBytes += frame.length;
  }

  #sendQueued(): void {
    while (this.#credit > 0) {
      const frame = this.#queue.shift();
      if (frame === undefined) break;
      this.#queuedBytes -= frame.length;
      this.#credit -= frame.length;
      this.#options.send(frame);
    }
    this.#wake();
    this.#refill();
  }

  /** Writes a frame behind those that are in the file. */
  async #append(frame: Buffer): Promise<void> {
    const at = this.#writeAt;
    this.#writeAt += frame.length;
    this.#filedBytes += frame.length;
    this.spooledBytes += frame.length;
    await this.#onFile(async () => {
      if (this.#closed) return;
      this.#file ??= await this.#openFile();
      await writeAll(this.#file, frame, at);
      this.#filed.push(frame.length);
    });
    this.#check();
    this.#refill();
  }

  async #openFile(): Promise<FileHandle> {
    await mkdir(this.#options.directory, { recursive: true, mode: 0o700 });
    return await open(this.#path(), 'w+', 0o600);
  }

  /** Moves frames from the file to memory as there is room. */
  #refill(): void {
    if (this.#refilling || this.#filed.length === 0 || this.#queuedBytes >= this.#memoryLimit / 2) return;
    this.#refilling = true;
    void this.#onFile(async () => {
      while (!this.#closed && this.#filed.length > 0 && this.#queuedBytes < this.#memoryLimit) await this.#readOne();
    }).then(() => {
      this.#refilling = false;
      if (!this.#closed && this.#failure === undefined) this.#sendQueued();
    });
  }

  async #readOne(): Promise<void> {
    const bytes = this.#filed[0];
    if (bytes === undefined || this.#file === undefined) return;
    const frame = Buffer.allocUnsafe(bytes);
    await readAll(this.#file, frame, this.#readAt);
    if (this.#closed) return;
    this.#filed.shift();
    this.#readAt += bytes;
    this.#filedBytes -= bytes;
    this.#enqueue(frame);
    if (this.#filedBytes > 0) return;
    this.#readAt = 0;
    this.#writeAt = 0;
    await this.#file.truncate(0);
  }

  /** Runs `work` after all earlier file work; a failure ends the spool. */
  #onFile(work: () => Promise<void>): Promise<void> {
    this.#fileWork = this.#fileWork.then(work).catch((error: unknown) => {
      this.#failure ??= error;
      this.#wake();
    });
    return this.#fileWork;
  }

  #wake(): void {
    const changed = this.#changed;
    this.#renewChange();
    changed();
  }

  #renewChange(): void {
    this.#change = new Promise((resolve) => {
      this.#changed = resolve;
    });
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

async function readAll(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, at + done);
    if (bytesRead === 0) throw errors.internal('spool file is shorter than its index');
    done += bytesRead;
  }
}

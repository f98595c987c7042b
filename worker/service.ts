import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { WebSocket } from 'ws';
import { errors, type SluiceError } from '../planner/errors.ts';
import { Attempt } from './attempt.ts';
import { toSluiceError } from './engine/duckdb-error.ts';
import { Slot } from './engine/slot.ts';
import { clearSpoolDirectory } from './exchange/spool.ts';
import { type FaultDealer, noFaults } from './fault-plan.ts';
import type { FromGateway, GatewayLink } from './gateway-link.ts';
import type { MessageCount } from './protocol/message-count.ts';
import type { Run, ToGateway } from './protocol/messages.ts';
import { sealedText } from './protocol/sealed-text.ts';

/** Tasks that may wait for their inputs or a slot; the gateway sends no more than there are slots, so this is for misbehaving peers. */
const maxWaitingTasks = 256;

export interface ServiceOptions {
  readonly slots: number;
  readonly maxTempBytes: number;
  /** The worker's own folder: emptied at start-up, removed at the end. */
  readonly tempDirectory: string;
  /** Folders that the worker's owner allows beside those of the gateway. */
  readonly allow: readonly string[];
  /** Null: none but those that come by themselves. */
  readonly faults: FaultDealer | null;
}

type ServiceLink = Pick<GatewayLink, 'socket' | 'messages' | 'welcome'>;

/** What a worker does on one connection to a gateway, from `welcome` to its end: runs tasks in slots. */
export class WorkerService {
  readonly #options: ServiceOptions;
  readonly #socket: WebSocket;
  readonly #messages: MessageCount;
  readonly #slots: Slot[];
  readonly #idle: Slot[];
  readonly #waiting: Attempt[] = [];
  readonly #attempts = new Map<string, Attempt>();
  /** Tasks whose inputs are on their way. */
  #receiving = 0;
  #started = 0;
  #ended = false;
  #onIdle: () => void = () => undefined;

  private constructor(options: ServiceOptions, { socket, messages, welcome }: ServiceLink) {
    this.#options = options;
    this.#socket = socket;
    this.#messages = messages;
    const allowedDirectories = [
      ...new Set([...welcome.allowedDirectories, welcome.exchangeDirectory, ...options.allow]),
    ];
    const { tempDirectory, maxTempBytes } = options;
    this.#slots = Array.from(
      { length: options.slots },
      (_, id) => new Slot({ id, tempDirectory, maxTempBytes, allowedDirectories }),
    );
    this.#idle = [...this.#slots];
  }

  static async start(options: ServiceOptions, link: ServiceLink): Promise<WorkerService> {
    await mkdir(options.tempDirectory, { recursive: true, mode: 0o700 });
    await clearSpoolDirectory(join(options.tempDirectory, 'spool'));
    return new WorkerService(options, link);
  }

  /** Handles a message. Raises `badPeer` for one that makes no sense here. */
  handle(message: FromGateway): void {
    switch (message.kind) {
      case 'rows':
        this.#attempts.get(message.frame.attempt)?.receive(message.frame);
        return;
      case 'run':
        this.#accept(message);
        return;
      case 'cancel':
        this.#attempts.get(message.attempt)?.cancel();
        return;
      case 'credit':
        this.#attempts.get(message.attempt)?.addCredit(message.bytes);
        return;
      case 'welcome':
      case 'refused':
        throw errors.badPeer(`${message.kind} after the handshake`);
    }
  }

  /** Resolves when no task runs or waits and every row has been sent. */
  async idle(): Promise<void> {
    while (this.#attempts.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
  }

  /** Cancels what runs (the connection is gone) and frees everything. */
  async end(reason: SluiceError): Promise<void> {
    this.#ended = true;
    for (const attempt of this.#attempts.values()) attempt.cancel(reason);
    await this.idle();
    await Promise.all(this.#slots.map((slot) => slot.close()));
  }

  #accept(run: Run): void {
    if (this.#attempts.has(run.attempt)) throw errors.badPeer(`attempt ${run.attempt} twice`);
    if (this.#waiting.length + this.#receiving >= maxWaitingTasks)
      throw errors.badPeer(`more than ${maxWaitingTasks} tasks at once`);
    const faults = this.#options.faults?.next(outputOf(run), () => this.#socket.terminate()) ?? noFaults;
    const attempt = new Attempt({
      run,
      number: this.#started++,
      spoolDirectory: join(this.#options.tempDirectory, 'spool'),
      faults,
      send: (frame) => this.#messages.send(faults.frame(frame)),
    });
    this.#attempts.set(run.attempt, attempt);
    if (attempt.ready) this.#enqueue(attempt);
    else void this.#awaitInputs(attempt);
  }

  #enqueue(attempt: Attempt): void {
    this.#waiting.push(attempt);
    this.#startNext();
  }

  /** No slot is taken before the task can start. */
  async #awaitInputs(attempt: Attempt): Promise<void> {
    this.#receiving += 1;
    try {
      await attempt.inputs();
      this.#enqueue(attempt);
    } catch (error) {
      await this.#fail(attempt, error);
    } finally {
      this.#receiving -= 1;
    }
  }

  #startNext(): void {
    while (this.#waiting.length > 0) {
      const slot = this.#idle.shift();
      if (slot === undefined) return;
      const attempt = this.#waiting.shift();
      if (attempt === undefined) this.#idle.unshift(slot);
      else void this.#perform(attempt, slot);
    }
  }

  async #perform(attempt: Attempt, slot: Slot): Promise<void> {
    const id = attempt.run.attempt;
    try {
      const report = await this.#produce(attempt, slot);
      const { spooledBytes } = await attempt.deliver();
      this.#tell({ kind: 'done', attempt: id, report: { ...report, spooledBytes } });
      await this.#close(attempt);
    } catch (error) {
      await this.#fail(attempt, error);
    }
  }

  async #fail(attempt: Attempt, error: unknown): Promise<void> {
    this.#tell({ kind: 'failed', attempt: attempt.run.attempt, error: toSluiceError(error).toJSON() });
    await this.#close(attempt);
  }

  async #close(attempt: Attempt): Promise<void> {
    await attempt.close();
    this.#attempts.delete(attempt.run.attempt);
    if (this.#attempts.size === 0) this.#onIdle();
  }

  /** The slot goes to the next task as soon as the query has ended, whether or not its rows have left. */
  async #produce(attempt: Attempt, slot: Slot) {
    try {
      return await attempt.produce(slot);
    } finally {
      this.#idle.push(slot);
      this.#startNext();
    }
  }

  #tell(message: ToGateway): void {
    if (!this.#ended) this.#messages.send(sealedText(message));
  }
}

function outputOf({ exchange, write }: Run): 'frames' | 'file' {
  return write !== undefined || typeof exchange?.path === 'string' ? 'file' : 'frames';
}

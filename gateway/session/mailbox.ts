import { errors } from '../../planner/errors.ts';
import type { Channels, Listener, Notification } from './channels.ts';
import type { Client } from './client.ts';

/** What a transaction has asked for. */
type Wish =
  | { readonly kind: 'listen' | 'unlisten'; readonly channel: string }
  | { readonly kind: 'unlisten_all' }
  | { readonly kind: 'notify'; readonly channel: string; readonly payload: string };

/** As PostgreSQL's NOTIFY_PAYLOAD_MAX_LENGTH and NAMEDATALEN, in bytes. */
const maxPayloadBytes = 8_000;
const maxChannelBytes = 64;
/** Beside its text, what a notification costs in memory. */
const messageBytes = 100;

/** LISTEN and NOTIFY of one session: what waits for its commit, and what waits for its client. */
export class Mailbox implements Listener {
  readonly #channels: Channels;
  readonly #client: Client;
  readonly #pid: number;
  /** The client may be told something now: it waits for nothing, and no transaction is open. */
  readonly #isIdle: () => boolean;
  readonly #listening = new Set<string>();
  #wishes: Wish[] = [];
  #seen = new Set<string>();
  #waiting: Notification[] = [];
  #bytes = 0;
  #pumping = false;
  #closed = false;

  constructor(channels: Channels, client: Client, pid: number, isIdle: () => boolean) {
    this.#channels = channels;
    this.#client = client;
    this.#pid = pid;
    this.#isIdle = isIdle;
  }

  get waitingBytes(): number {
    return this.#bytes;
  }

  /** Channels that the session listens to, as committed. */
  get listening(): readonly string[] {
    return [...this.#listening];
  }

  listen(channel: string): void {
    this.#wishes.push({ kind: 'listen', channel });
  }

  /** Undefined: all. */
  unlisten(channel: string | undefined): void {
    this.#wishes.push(channel === undefined ? { kind: 'unlisten_all' } : { kind: 'unlisten', channel });
  }

  /** @throws SluiceError 22023 */
  notify(channel: string, payload: string): void {
    if (channel === '') {
      throw errors.invalidArgument('channel name cannot be empty');
    }
    if (Buffer.byteLength(channel) >= maxChannelBytes) {
      throw errors.invalidArgument('channel name too long');
    }
    if (Buffer.byteLength(payload) >= maxPayloadBytes) {
      throw errors.invalidArgument('payload string too long');
    }
    const key = `${channel}\0${payload}`;
    // The same twice in one transaction is told once.
    if (!this.#seen.has(key)) {
      this.#seen.add(key);
      this.#wishes.push({ kind: 'notify', channel, payload });
    }
  }

  /** How much was asked for so far, for `undoTo`. */
  mark(): number {
    return this.#wishes.length;
  }

  undoTo(mark: number): void {
    this.#wishes.length = mark;
    this.#seen = new Set(
      this.#wishes.flatMap((wish) => (wish.kind === 'notify' ? [`${wish.channel}\0${wish.payload}`] : [])),
    );
  }

  /** Before the commit. @throws SluiceError 54000 when a listener is too far behind */
  beforeCommit(): void {
    this.#channels.checkRoom(this.#sent());
  }

  /** After the commit: listens first, so that the session hears itself. */
  commit(): void {
    if (this.#wishes.length === 0) {
      return;
    }
    const sent = this.#sent();
    for (const wish of this.#wishes) {
      if (wish.kind === 'listen') {
        this.#listening.add(wish.channel);
        this.#channels.listen(wish.channel, this);
      } else if (wish.kind === 'unlisten') {
        this.#leave(wish.channel);
      } else if (wish.kind === 'unlisten_all') {
        this.#leaveAll();
      }
    }
    this.undoTo(0);
    this.#channels.send(sent);
  }

  #leave(channel: string): void {
    this.#listening.delete(channel);
    this.#channels.unlisten(channel, this);
  }

  #leaveAll(): void {
    for (const channel of this.listening) {
      this.#leave(channel);
    }
  }

  #sent(): readonly Notification[] {
    return this.#wishes.flatMap((wish) =>
      wish.kind === 'notify' ? [{ pid: this.#pid, channel: wish.channel, payload: wish.payload }] : [],
    );
  }

  deliver(notification: Notification): void {
    this.#waiting.push(notification);
    this.#bytes += bytesOf(notification);
    if (this.#isIdle()) {
      this.#pump();
    }
  }

  /** Hands what waits to the client, before it is told that the session is ready; more than fits now goes later. */
  flush(): void {
    while (this.#waiting.length > 0) {
      const room = this.#client.room();
      if (room !== undefined) {
        // Whether it comes or fails, the pump asks for it again.
        room.then(
          () => this.#pump(),
          () => this.close(),
        );
        return;
      }
      this.#tell();
    }
  }

  /** While the session is idle, as fast as the client reads. */
  #pump(): void {
    if (this.#pumping) {
      return;
    }
    this.#pumping = true;
    this.#send().then(
      () => {
        this.#pumping = false;
      },
      () => {
        // The client is gone: its connection ends by itself.
        this.close();
      },
    );
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#closed) {
      await this.#client.room();
      if (!this.#isIdle()) {
        return;
      }
      if (this.#waiting.length > 0) {
        this.#tell();
      }
      this.#client.flush();
    }
  }

  #tell(): void {
    const notification = this.#waiting.shift()!;
    this.#bytes -= bytesOf(notification);
    this.#client.notification(notification);
  }

  close(): void {
    this.#closed = true;
    this.#waiting = [];
    this.#bytes = 0;
    this.#leaveAll();
  }
}

function bytesOf({ channel, payload }: Notification): number {
  return messageBytes + channel.length + payload.length;
}

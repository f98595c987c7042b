import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { randomNumbers } from './random-numbers.ts';
import { type FramePiece, WebSocketFrames } from './websocket-frames.ts';

/** What can go wrong with the bytes of a connection. */
export const proxyFaultKinds = ['delay', 'stall', 'cut', 'drop', 'corrupt', 'lose'] as const;
export type ProxyFaultKind = (typeof proxyFaultKinds)[number];

/** To the server, or to the client. */
export type Direction = 'up' | 'down';

/**
 * A fault of one connection, once `afterBytes` have passed in its direction:
 * - `delay`: every further chunk comes `ms` later;
 * - `stall`: nothing passes for `ms`, then everything goes on;
 * - `cut`: both ends see the connection reset, some bytes of the chunk having passed;
 * - `drop`: nothing arrives any more; both ends learn it after `ms`, as when a network has swallowed packets for too long;
 * - `corrupt`: one bit of the chunk is another;
 * - `lose`: the next message never arrives, everything after it does (`webSockets` only).
 */
export interface ProxyFault {
  readonly kind: ProxyFaultKind;
  readonly direction: Direction;
  readonly afterBytes: number;
  readonly ms: number;
}

export interface FaultProxyOptions {
  /** Where connections go: a port of 127.0.0.1. */
  readonly port: number;
  /** Places of bits and cuts. */
  readonly seed: number;
  /** Connections are WebSockets. */
  readonly webSockets?: boolean;
  /** Asked for every connection, from 0. */
  readonly faultsOf?: (connection: number) => readonly ProxyFault[];
}

/** Bytes that wait for a slow end before the other is paused. */
const highWaterBytes = 1024 * 1024;

/** Stands between a server and its clients, workers or Postgres clients alike, and does to their bytes what bad networks do. */
export class FaultProxy {
  /** Faults that have struck, in their order. */
  readonly struck: ProxyFault[] = [];
  readonly #options: FaultProxyOptions;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  readonly #draw: () => number;
  #connections = 0;

  private constructor(options: FaultProxyOptions) {
    this.#options = options;
    this.#draw = randomNumbers(options.seed);
    this.#server = createServer((client) => this.#accept(client));
  }

  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** Where clients connect. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that are open. */
  get open(): number {
    return this.#pairs.size;
  }

  /** Brings a fault about on every open connection, with the bytes that come next. */
  strike(fault: Omit<ProxyFault, 'afterBytes'>): void {
    for (const pair of this.#pairs) pair.add({ ...fault, afterBytes: 0 });
  }

  async stop(): Promise<void> {
    for (const pair of this.#pairs) pair.end();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    const server = connect({ port: this.#options.port, host: '127.0.0.1', noDelay: true });
    client.setNoDelay(true);
    const parts = { draw: this.#draw, struck: (fault: ProxyFault) => this.struck.push(fault) };
    const pair = new Pair(client, server, { ...parts, webSockets: this.#options.webSockets ?? false });
    this.#pairs.add(pair);
    for (const fault of this.#options.faultsOf?.(this.#connections) ?? []) pair.add(fault);
    this.#connections++;
    pair.whenEnded(() => this.#pairs.delete(pair));
  }
}

/** Both ends of one connection. */
class Pair {
  readonly #ends: readonly [Socket, Socket];
  readonly #lanes: Readonly<Record<Direction, Lane>>;

  constructor(client: Socket, server: Socket, parts: Omit<LaneParts, 'reset'>) {
    this.#ends = [client, server];
    const reset = () => this.end();
    this.#lanes = {
      up: new Lane(client, server, { ...parts, reset }),
      down: new Lane(server, client, { ...parts, reset }),
    };
    for (const end of this.#ends) {
      end.on('error', reset);
      end.on('close', reset);
    }
  }

  add(fault: ProxyFault): void {
    this.#lanes[fault.direction].faults.push(fault);
  }

  end(): void {
    for (const end of this.#ends) if (!end.destroyed) end.resetAndDestroy();
    for (const lane of Object.values(this.#lanes)) lane.stop();
  }

  whenEnded(listener: () => void): void {
    this.#ends[0].once('close', listener);
  }
}

interface LaneParts {
  /** From 0 to 1. */
  readonly draw: () => number;
  readonly struck: (fault: ProxyFault) => void;
  readonly webSockets: boolean;
  readonly reset: () => void;
}

/** One direction of a connection. */
class Lane {
  /** Those to come. */
  readonly faults: ProxyFault[] = [];
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #parts: LaneParts;
  readonly #queue: { readonly at: number; readonly act: () => void }[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** The message of which pieces come now is lost. */
  #losing = false;
  /** Set when nothing passes any more. */
  #dropping: NodeJS.Timeout | undefined;
  #passed = 0;
  #delayMs = 0;
  /** Until then nothing passes. */
  #stalledUntil = 0;
  #waiting = 0;

  constructor(from: Socket, to: Socket, parts: LaneParts) {
    this.#from = from;
    this.#to = to;
    this.#parts = parts;
    const frames = parts.webSockets ? new WebSocketFrames() : undefined;
    const whole = (bytes: Buffer): FramePiece => ({ kind: 'other', begins: false, bytes });
    from.on('data', (chunk: Buffer) => {
      for (const piece of frames?.split(chunk) ?? [whole(chunk)]) this.#take(piece);
      this.#flow();
    });
    from.on('end', () => this.#later(() => to.end()));
    to.on('drain', () => this.#flow());
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#dropping);
    this.#queue.length = 0;
  }

  #take(piece: FramePiece): void {
    const chunk = piece.bytes;
    if (piece.begins) this.#losing = false;
    if (this.#dropping !== undefined || this.#losing) return;
    let bytes: Buffer | null = chunk;
    for (let at = 0; at < this.faults.length && bytes !== null; ) {
      const fault = this.faults[at]!;
      const early = fault.kind === 'lose' && !(piece.begins && piece.kind === 'message');
      if (early || this.#passed + chunk.length <= fault.afterBytes) {
        at++;
        continue;
      }
      this.faults.splice(at, 1);
      this.#parts.struck(fault);
      bytes = this.#spoil(fault, bytes);
    }
    this.#passed += chunk.length;
    if (bytes === null) return;
    const sent = bytes;
    this.#waiting += sent.length;
    this.#later(() => {
      this.#waiting -= sent.length;
      if (!this.#to.destroyed && this.#to.writable) this.#to.write(sent);
      this.#flow();
    });
  }

  #spoil(fault: ProxyFault, chunk: Buffer): Buffer | null {
    const below = (count: number) => Math.floor(this.#parts.draw() * count);
    const place = below(chunk.length);
    const makers: Readonly<Record<ProxyFaultKind, () => Buffer | null>> = {
      delay: () => {
        this.#delayMs = fault.ms;
        return chunk;
      },
      stall: () => {
        this.#stalledUntil = performance.now() + fault.ms;
        return chunk;
      },
      cut: () => {
        this.#to.write(chunk.subarray(0, place), () => this.#parts.reset());
        return null;
      },
      drop: () => {
        this.#dropping = setTimeout(() => this.#parts.reset(), fault.ms);
        return null;
      },
      corrupt: () => {
        const copy = Buffer.from(chunk);
        copy[place]! ^= 1 << below(8);
        return copy;
      },
      lose: () => {
        this.#losing = true;
        return null;
      },
    };
    return makers[fault.kind]();
  }

  /** In the order of the calls. */
  #later(act: () => void): void {
    const now = performance.now();
    this.#queue.push({ at: Math.max(now + this.#delayMs, this.#stalledUntil), act });
    this.#run();
  }

  #run(): void {
    clearTimeout(this.#timer);
    for (;;) {
      const head = this.#queue[0];
      if (head === undefined) return;
      const waitMs = head.at - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#run(), Math.ceil(waitMs));
        return;
      }
      this.#queue.shift();
      head.act();
    }
  }

  #flow(): void {
    if (this.#waiting + this.#to.writableLength > highWaterBytes) this.#from.pause();
    else this.#from.resume();
  }
}

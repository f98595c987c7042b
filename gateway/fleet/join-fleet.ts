import type { WebSocket } from 'ws';
import type { Log } from '../observe/log.ts';
import type { Fleet, FleetEvent, WorkerLink } from './fleet.ts';
import { Roster, type WorkerDoor } from './roster.ts';

export interface JoinFleetOptions {
  readonly token: string;
  /** Workers that are meant to join; start does not wait for them. */
  readonly expected: number;
  /** Folders that tasks may use. */
  readonly allowedDirectories: readonly string[];
  /** Where workers without a temporary folder of their own spill, on their hosts. */
  readonly tempDirectory: string;
  /** Where stages leave rows for each other; made on demand. */
  readonly exchangeDirectory: string;
  readonly duckdbVersion: string;
  readonly heartbeatMs?: number;
  readonly log: Log;
}

/** Workers that somebody else starts, anywhere: whoever proves the token is in. */
export class JoinFleet implements Fleet, WorkerDoor {
  readonly kind = 'join';
  readonly target: number;
  readonly #roster: Roster;

  constructor(options: JoinFleetOptions) {
    const { token, expected, ...rest } = options;
    this.target = expected;
    this.#roster = new Roster({ ...rest, tokens: [token] });
  }

  workers(): readonly WorkerLink[] {
    return this.#roster.workers();
  }

  subscribe(listener: (event: FleetEvent) => void): () => void {
    return this.#roster.subscribe(listener);
  }

  authorize(token: string | undefined): boolean {
    return this.#roster.authorize(token);
  }

  accept(socket: WebSocket, remoteAddress: string): void {
    this.#roster.accept(socket, remoteAddress);
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    this.#roster.close();
  }
}

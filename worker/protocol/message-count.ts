import type { WebSocket } from 'ws';
import { errors, type SluiceError } from '../../planner/errors.ts';

/**
 * Counts the messages of a connection, as both of its ends do from `storage` on: with each ping goes the number of those that its sender has sent so
 * far, and just as many must have come before it. A `run`, `cancel`, `credit`, `done` or `failed` that something on the way has swallowed would be
 * waited for without end; this way the connection ends with the next heart-beat, and the tasks run elsewhere.
 */
export class MessageCount {
  readonly #socket: WebSocket;
  #sent = 0;
  #received = 0;

  /** `onLost`: told, with `badPeer`, each time that a ping shows another number. */
  constructor(socket: WebSocket, onLost: (error: SluiceError) => void) {
    this.#socket = socket;
    socket.on('message', () => {
      this.#received += 1;
    });
    socket.on('ping', (told) => {
      const sent = told.toString('utf8');
      if (sent !== String(this.#received))
        onLost(errors.badPeer(`${this.#received} messages have come, ${sent} were sent`));
    });
  }

  /** Sends a message. `then` is called when it has left, or can't any more. */
  send(message: string | Buffer, then: () => void = () => undefined): void {
    if (this.#socket.readyState !== this.#socket.OPEN) {
      then();
      return;
    }
    this.#sent += 1;
    this.#socket.send(message, then);
  }

  /** Asks for a sign of life and tells how many messages there were. */
  ping(): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping(String(this.#sent));
  }
}

import { errors } from '../../planner/errors.ts';
import { maxWaitingNotificationBytes } from './limits.ts';

/** What NOTIFY sent. */
export interface Notification {
  /** Of the session that sent it. */
  readonly pid: number;
  readonly channel: string;
  readonly payload: string;
}

/** A session as the channels see it. */
export interface Listener {
  /** Bytes of notifications that wait for it. */
  readonly waitingBytes: number;
  /** Called in the order of commits. Must not throw. */
  deliver(notification: Notification): void;
}

/** Who listens to what, on this gateway. */
export class Channels {
  readonly #listeners = new Map<string, Set<Listener>>();

  listen(channel: string, listener: Listener): void {
    const listeners = this.#listeners.get(channel) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(channel, listeners);
  }

  unlisten(channel: string, listener: Listener): void {
    const listeners = this.#listeners.get(channel);
    listeners?.delete(listener);
    if (listeners?.size === 0) {
      this.#listeners.delete(channel);
    }
  }

  /** Before a commit. @throws SluiceError 54000 when a listener is too far behind */
  checkRoom(notifications: readonly Notification[]): void {
    for (const { channel } of notifications) {
      for (const listener of this.#listeners.get(channel) ?? []) {
        if (listener.waitingBytes > maxWaitingNotificationBytes) {
          throw errors.limitExceeded('too many notifications in the NOTIFY queue');
        }
      }
    }
  }

  send(notifications: readonly Notification[]): void {
    for (const notification of notifications) {
      for (const listener of this.#listeners.get(notification.channel) ?? []) {
        listener.deliver(notification);
      }
    }
  }
}

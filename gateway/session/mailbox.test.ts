import { describe, expect, it } from 'vitest';
import { Channels, type Notification } from './channels.ts';
import type { Client } from './client.ts';
import { maxWaitingNotificationBytes } from './limits.ts';
import { Mailbox } from './mailbox.ts';

/** A client that reads only when `drain` is called, once it is slow. */
class FakeClient {
  readonly got: string[] = [];
  slow = false;
  #waiting: (() => void)[] = [];

  notification({ pid, channel, payload }: Notification): void {
    this.got.push(`${pid} ${channel} ${payload}`);
  }
  turn(): boolean {
    return false;
  }
  room(): Promise<void> | undefined {
    return this.slow ? new Promise((resolve) => this.#waiting.push(resolve)) : undefined;
  }
  flush(): void {}
  drain(): void {
    this.slow = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function session(channels: Channels, pid: number) {
  const client = new FakeClient();
  const state = { idle: true };
  const mailbox = new Mailbox(channels, client as unknown as Client, pid, () => state.idle);
  return { client, state, mailbox };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a mailbox', () => {
  it('sends and listens with the commit, and forgets what is undone', async () => {
    const channels = new Channels();
    const [a, b] = [session(channels, 1), session(channels, 2)];
    b.mailbox.listen('x');
    a.mailbox.notify('x', 'too early');
    a.mailbox.commit();
    b.mailbox.commit();
    a.mailbox.notify('x', '1');
    const mark = a.mailbox.mark();
    a.mailbox.notify('x', '2');
    a.mailbox.undoTo(mark);
    a.mailbox.notify('x', '1');
    a.mailbox.notify('x', '2');
    a.mailbox.commit();
    await settled();
    expect(b.client.got).toEqual(['1 x 1', '1 x 2']);
    b.mailbox.unlisten(undefined);
    a.mailbox.notify('x', '3');
    b.mailbox.commit();
    a.mailbox.commit();
    await settled();
    expect([b.client.got.length, b.mailbox.listening]).toEqual([2, []]);
  });

  it('keeps what comes while the session works, and gives it before the session is ready', async () => {
    const channels = new Channels();
    const [a, b] = [session(channels, 1), session(channels, 2)];
    b.mailbox.listen('x');
    b.mailbox.commit();
    b.state.idle = false;
    a.mailbox.notify('x', '1');
    a.mailbox.commit();
    await settled();
    expect(b.client.got).toEqual([]);
    b.mailbox.flush();
    expect(b.client.got).toEqual(['1 x 1']);
  });

  it('waits for a slow client, up to a limit that fails the sender', async () => {
    const channels = new Channels();
    const [a, b] = [session(channels, 1), session(channels, 2)];
    b.mailbox.listen('x');
    b.mailbox.commit();
    b.client.slow = true;
    let sent = 0;
    for (; b.mailbox.waitingBytes <= maxWaitingNotificationBytes; sent++) {
      a.mailbox.notify('x', `${sent} ${'y'.repeat(7_000)}`);
      a.mailbox.beforeCommit();
      a.mailbox.commit();
    }
    a.mailbox.notify('x', 'more');
    expect(() => a.mailbox.beforeCommit()).toThrow(expect.objectContaining({ sqlstate: '54000' }));
    a.mailbox.undoTo(0);
    await settled();
    expect(b.client.got).toEqual([]);
    b.client.drain();
    await expect.poll(() => b.client.got.length).toBe(sent);
    expect(b.client.got[3]!.slice(0, 6)).toBe('1 x 3 ');
    expect(b.mailbox.waitingBytes).toBe(0);
  });

  it('of a session that has ended gets nothing', () => {
    const channels = new Channels();
    const [a, b] = [session(channels, 1), session(channels, 2)];
    b.mailbox.listen('x');
    b.mailbox.commit();
    b.mailbox.close();
    a.mailbox.notify('x', '1');
    a.mailbox.commit();
    expect([b.client.got, b.mailbox.waitingBytes]).toEqual([[], 0]);
  });

  it.each([
    ['', 'x'],
    ['n'.repeat(64), 'x'],
    ['ü'.repeat(32), 'x'],
    ['n', 'x'.repeat(8_000)],
  ])('refuses what PostgreSQL refuses (%#)', (channel, payload) => {
    const { mailbox } = session(new Channels(), 1);
    expect(() => mailbox.notify(channel, payload)).toThrow(expect.objectContaining({ sqlstate: '22023' }));
  });
});

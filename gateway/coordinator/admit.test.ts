import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { errors } from '../../planner/errors.ts';
import { Admission } from './admit.ts';

const limits = { runningQueries: 2, runningLightQueries: 1, queuedQueries: 4, queueTimeoutMs: 10_000 };
const forever = new AbortController().signal;

describe('admission', () => {
  it('serves sessions in turn, each in order of arrival', async () => {
    const admission = new Admission({ ...limits, runningQueries: 1, queuedQueries: 10 });
    const [busy, quiet] = [{}, {}];
    const order: string[] = [];
    const first = await admission.admit('heavy', busy, forever);
    const take = async (name: string, session: object) => {
      const permit = await admission.admit('heavy', session, forever);
      order.push(name);
      await sleep(1);
      permit.release();
    };
    const all = [take('b1', busy), take('b2', busy), take('b3', busy), take('q1', quiet), take('q2', quiet)];
    first.release();
    await Promise.all(all);
    expect(order).toEqual(['b1', 'q1', 'b2', 'q2', 'b3']);
    expect(admission.counts('heavy')).toEqual({ running: 0, queued: 0 });
  });

  it('has places of its own for light queries', async () => {
    const admission = new Admission(limits);
    await admission.admit('heavy', {}, forever);
    await admission.admit('heavy', {}, forever);
    const waiting = admission.admit('heavy', {}, AbortSignal.timeout(20)).catch(() => 'waits');
    (await admission.admit('light', {}, forever)).release();
    expect(await waiting).toBe('waits');
  });

  it('refuses beyond the length of the queue and the wait', async () => {
    const admission = new Admission({ ...limits, runningQueries: 1, queuedQueries: 1, queueTimeoutMs: 30 });
    const permit = await admission.admit('heavy', {}, forever);
    const queued = admission.admit('heavy', {}, forever);
    await expect(admission.admit('heavy', {}, forever)).rejects.toMatchObject({
      sqlstate: '53300',
      detail: expect.stringContaining('wait already'),
    });
    await expect(queued).rejects.toMatchObject({ sqlstate: '53300', detail: expect.stringContaining('Waited 30 ms') });
    permit.release();
    permit.release();
    expect(admission.counts('heavy')).toEqual({ running: 0, queued: 0 });
  });

  it('leaves the queue with the reason of its signal', async () => {
    const admission = new Admission({ ...limits, runningQueries: 1 });
    const permit = await admission.admit('heavy', {}, forever);
    const stop = new AbortController();
    const queued = admission.admit('heavy', {}, stop.signal);
    stop.abort(errors.statementTimeout());
    await expect(queued).rejects.toThrow('statement timeout');
    await expect(admission.admit('heavy', {}, stop.signal)).rejects.toThrow('statement timeout');
    expect(admission.counts('heavy')).toEqual({ running: 1, queued: 0 });
    permit.release();
  });

  it('gives the place of a parked query away and lets it in first afterwards', async () => {
    const admission = new Admission({ ...limits, runningQueries: 1 });
    const parked = await admission.admit('heavy', {}, forever);
    parked.park();
    parked.park();
    const second = await admission.admit('heavy', {}, forever);
    const order: string[] = [];
    const third = admission.admit('heavy', {}, forever).then((permit) => {
      order.push('third');
      return permit;
    });
    const resumed = parked.resume().then(() => order.push('resumed'));
    second.release();
    await resumed;
    expect(order).toEqual(['resumed']);
    parked.release();
    (await third).release();
    expect(admission.counts('heavy')).toEqual({ running: 0, queued: 0 });
  });

  it('does not lose a place when a query is released while it resumes', async () => {
    const admission = new Admission({ ...limits, runningQueries: 1 });
    const parked = await admission.admit('heavy', {}, forever);
    parked.park();
    const other = await admission.admit('heavy', {}, forever);
    const resuming = parked.resume();
    parked.release();
    other.release();
    await resuming;
    expect(admission.counts('heavy')).toEqual({ running: 0, queued: 0 });
  });

  it('lets those in together that have room together, and small ones first, but not for ever', async () => {
    const memory = { queryMemoryBytes: 100, passedOver: 2 };
    const admission = new Admission({ ...limits, ...memory, runningQueries: 10, queuedQueries: 10 });
    const large = await admission.admit('heavy', {}, forever, 80);
    const order: string[] = [];
    const take = async (name: string, bytes: number) => {
      const permit = await admission.admit('heavy', {}, forever, bytes);
      order.push(name);
      return permit;
    };
    const waiting = take('large', 50);
    const first = await Promise.all([take('small', 5), take('small', 5)]);
    const last = take('late', 5);
    await sleep(5);
    expect(order).toEqual(['small', 'small']);
    for (const permit of [large, ...first]) permit.release();
    for (const permit of await Promise.all([waiting, last])) permit.release();
    expect(order).toEqual(['small', 'small', 'large', 'late']);
    (await admission.admit('heavy', {}, forever, 1_000_000)).release();
    expect(admission.counts('heavy')).toEqual({ running: 0, queued: 0 });
  });

  it('counts no memory of a query that is half read', async () => {
    const admission = new Admission({ ...limits, queryMemoryBytes: 100 });
    const half = await admission.admit('heavy', {}, forever, 90);
    half.park();
    const other = await admission.admit('heavy', {}, forever, 90);
    await half.resume();
    other.release();
    half.release();
    expect(admission.counts('heavy')).toEqual({ running: 0, queued: 0 });
  });
});

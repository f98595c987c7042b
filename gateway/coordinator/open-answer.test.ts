import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { errors } from '../../planner/errors.ts';
import { OpenAnswer, type QueryOutcome } from './open-answer.ts';
import { QueryTrace } from './trace.ts';

/** Far beyond what a reader waits for. */
const obeysAfterMs = 400;

/** An answer of an engine that obeys an interrupt only after a while. */
function stubborn(windDownMs: number) {
  const controller = new AbortController();
  const outcomes: QueryOutcome[] = [];
  let released = 0;
  async function* rows() {
    yield { rowCount: 1, columns: [] };
    await delay(obeysAfterMs);
    controller.signal.throwIfAborted();
  }
  const answer = new OpenAnswer({
    columns: [],
    stream: rows(),
    permit: { park: () => undefined, resume: async () => undefined, release: () => released++ },
    trace: new QueryTrace(),
    idleAnswerMs: 10_000,
    windDownMs,
    signal: controller.signal,
    abort: (error) => controller.abort(error),
    onEnd: (outcome) => outcomes.push(outcome),
  });
  return { answer, controller, outcomes, released: () => released, reader: answer[Symbol.asyncIterator]() };
}

async function elapsed(work: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work;
  return performance.now() - start;
}

describe('a query that is ended while its engine is deaf', () => {
  it('lets its reader go, and keeps its place until the engine has obeyed', async () => {
    const { answer, controller, outcomes, released, reader } = stubborn(50);
    await reader.next();
    const next = reader.next();
    await delay(20);
    const took = elapsed(Promise.all([expect(next).rejects.toMatchObject({ sqlstate: '57014' }), next.catch(() => 0)]));
    controller.abort(errors.cancelled());
    expect(await took).toBeLessThan(obeysAfterMs / 2);
    // One patience for all that follows.
    expect(await elapsed(answer.close())).toBeLessThan(obeysAfterMs / 4);
    await expect(reader.next()).rejects.toMatchObject({ sqlstate: '57014' });
    expect([released(), outcomes]).toEqual([0, []]);
    await answer.closeWholly();
    expect([released(), outcomes.map(({ kind }) => kind)]).toEqual([1, ['failed']]);
  });

  it('lets a reader go that leaves early', async () => {
    const { answer, released, reader } = stubborn(50);
    await reader.next();
    const next = reader.next();
    next.catch(() => undefined);
    expect(await elapsed(answer.close())).toBeLessThan(obeysAfterMs / 2);
    expect(released()).toBe(0);
    await answer.closeWholly();
    expect(released()).toBe(1);
  });

  it('is waited for when it runs on the connection of its session', async () => {
    const { answer, controller, released, reader } = stubborn(Number.POSITIVE_INFINITY);
    await reader.next();
    const next = reader.next();
    controller.abort(errors.cancelled());
    await expect(next).rejects.toMatchObject({ sqlstate: '57014' });
    expect(released()).toBe(1);
    await answer.close();
  });
});

import { describe, expect, it } from 'vitest';
import { errors } from '../planner/errors.ts';
import { InputFrames } from './input-frames.ts';
import type { Run } from './protocol/messages.ts';
import { maxInputFrameBytes } from './protocol/parse-message.ts';

const runOf = (...frames: readonly number[]) =>
  ({
    inputs: frames.map((count) => ({ relation: 'r', columns: [], files: [], partitions: null, frames: count })),
  }) as unknown as Run;
const frame = (sequence: number) => ({ attempt: 'a', sequence, payload: new Uint8Array([sequence]) });
const never = new AbortController().signal;

describe('frames of inputs', () => {
  it('are waited for, all inputs together', async () => {
    const inputs = new InputFrames(runOf(2, 0, 1));
    let there = false;
    const wait = inputs.wait(never).then(() => {
      there = true;
    });
    for (const sequence of [0, 1, 2]) {
      await Promise.resolve();
      expect(there).toBe(false);
      expect(inputs.complete).toBe(false);
      inputs.receive(frame(sequence));
    }
    await wait;
    expect(inputs.take().map(([byte]) => byte)).toEqual([0, 1, 2]);
    expect(inputs.take()).toEqual([]);
  });

  it('are complete when there are none', async () => {
    for (const run of [runOf(), runOf(0), {} as Run]) await new InputFrames(run).wait(never);
  });

  it('are not waited for after a cancel', async () => {
    const stop = new AbortController();
    const wait = new InputFrames(runOf(1)).wait(stop.signal);
    stop.abort(errors.cancelled());
    await expect(wait).rejects.toMatchObject({ errorClass: 'cancelled' });
    await expect(new InputFrames(runOf(1)).wait(stop.signal)).rejects.toMatchObject({ errorClass: 'cancelled' });
  });

  it('are refused out of order, twice, too many and too large', () => {
    const inputs = new InputFrames(runOf(2));
    const refused = /invalid message/;
    expect(() => inputs.receive(frame(1))).toThrow(refused);
    inputs.receive(frame(0));
    expect(() => inputs.receive(frame(0))).toThrow(refused);
    inputs.receive(frame(1));
    expect(() => inputs.receive(frame(2))).toThrow(refused);
    const huge = { ...frame(0), payload: { byteLength: maxInputFrameBytes + 1 } as Uint8Array };
    expect(() => new InputFrames(runOf(1)).receive(huge)).toThrow(/more than/);
  });
});

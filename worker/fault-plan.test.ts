import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fault, FaultDealer, type FaultKind, noFaults, readFaultPlan } from './fault-plan.ts';
import { decodeRowsFrame, encodeRowsFrame } from './protocol/frames.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fault-plan-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function planOf(text: string) {
  const path = join(folder, 'plan.json');
  await writeFile(path, text);
  return readFaultPlan(path);
}

const fault = (kind: FaultKind, more: Partial<Fault> = {}): Fault => ({
  kind,
  chance: 1,
  after: 0,
  most: 1,
  ms: 1,
  ...more,
});
const dealer = (...faults: readonly Fault[]) => new FaultDealer({ seed: 5, faults }, 'w');
const drop = () => undefined;

describe('a plan', () => {
  it('is read, with what it leaves out', async () => {
    expect(
      await planOf('{"seed": 3, "faults": [{"kind": "exit"}, {"kind": "slow", "chance": 0.5, "ms": 20}]}'),
    ).toEqual({
      seed: 3,
      faults: [
        { kind: 'exit', chance: 1, after: 0, most: 1, ms: 500 },
        { kind: 'slow', chance: 0.5, after: 0, most: 1, ms: 20 },
      ],
    });
  });

  it.each([
    ['nothing', /JSON|token/],
    ['{"faults": []}', /seed/],
    ['{"seed": 1, "faults": [{"kind": "fire"}]}', /no fault "fire"/],
    ['{"seed": 1, "faults": [{"kind": "slow", "ms": "long"}]}', /numbers/],
  ])('that is none is refused: %s', async (text, reason) => {
    await expect(planOf(text)).rejects.toMatchObject({ sqlstate: '58030', detail: expect.stringMatching(reason) });
    expect(() => readFaultPlan(join(folder, 'missing'))).toThrow(/could not read fault plan/);
  });
});

describe('faults', () => {
  it('fall on the same tasks for the same seed, and not more often than they may', () => {
    const hits = (name: string) => {
      const deal = new FaultDealer({ seed: 5, faults: [fault('throw', { chance: 0.3, most: 7 })] }, name);
      return Array.from({ length: 100 }, () => deal.next('frames', drop) !== noFaults);
    };
    expect(hits('a')).toEqual(hits('a'));
    expect(hits('a')).not.toEqual(hits('b'));
    expect(hits('a').filter(Boolean)).toHaveLength(7);
  });

  it('leave the first tasks alone', () => {
    const deal = dealer(fault('throw', { after: 2 }));
    expect([1, 2, 3, 4].map(() => deal.next('frames', drop) !== noFaults)).toEqual([false, false, true, false]);
  });

  it('fall on tasks whose rows they can spoil', () => {
    const deal = dealer(fault('cut_file'), fault('cut_frame'));
    expect(deal.next('frames', drop).frame(Buffer.alloc(2))).toHaveLength(1);
    expect(deal.next('frames', drop)).toBe(noFaults);
    expect(deal.next('file', drop)).not.toBe(noFaults);
  });

  it('make a task fail as a disk would', async () => {
    await expect(dealer(fault('throw')).next('frames', drop).start()).rejects.toMatchObject({ errorClass: 'infra' });
    await expect(dealer(fault('full_disk')).next('frames', drop).start()).rejects.toMatchObject({ sqlstate: '53100' });
  });

  it('end the connection', async () => {
    const dropped = new Promise<void>((resolve) => {
      void dealer(fault('drop_socket')).next('frames', resolve).start();
    });
    await dropped;
  });

  it.each(['cut_frame', 'corrupt_frame'] as const)('%s: one frame is refused, the next is whole', (kind) => {
    const faults = dealer(fault(kind)).next('frames', drop);
    const frame = encodeRowsFrame('a', 0, Buffer.alloc(64, 3));
    expect(() => decodeRowsFrame(faults.frame(frame))).toThrow(/invalid message/);
    expect(decodeRowsFrame(faults.frame(frame)).attempt).toBe('a');
  });

  it.each([
    ['cut_file', ''],
    ['corrupt_file', 'start of it,\0\0\0\0\0\0\0\0'],
  ] as const)('%s', async (kind, left) => {
    const path = join(folder, kind);
    await writeFile(path, 'start of it, the end');
    await dealer(fault(kind)).next('file', drop).wrote(undefined);
    await dealer(fault(kind)).next('file', drop).wrote(path);
    expect(await readFile(path, 'utf8')).toBe(left);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRowsFrame, encodeRowsFrame, maxAttemptIdBytes, maxPayloadBytes } from './frames.ts';

const attemptIds = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' });

describe('frames', () => {
  it('read back as they were written, with an aligned payload', () => {
    fc.assert(
      fc.property(attemptIds, fc.nat(0xffff_ffff), fc.uint8Array({ maxLength: 300 }), (attempt, sequence, payload) => {
        const frame = decodeRowsFrame(encodeRowsFrame(attempt, sequence, payload));
        expect({ ...frame, payload: [...frame.payload] }).toEqual({ attempt, sequence, payload: [...payload] });
        expect((encodeRowsFrame(attempt, sequence, payload).length - payload.length) % 8).toBe(0);
      }),
    );
  });

  it('are refused when a byte of the head is wrong, or one is missing or too many', () => {
    const good = encodeRowsFrame('q.0.0.0', 7, Buffer.alloc(32, 1));
    for (const [at, value] of [
      [0, 0],
      [4, 1],
      [5, 0],
      [5, 201],
      [6, 1],
      [12, 33],
      [15, 0xff],
      [20, 1],
    ] as const) {
      const bad = Buffer.from(good);
      bad[at] = value;
      expect(() => decodeRowsFrame(bad), `byte ${at}`).toThrow(/invalid message/);
    }
    expect(() => decodeRowsFrame(good.subarray(0, -1))).toThrow(/says it has/);
    expect(() => decodeRowsFrame(Buffer.concat([good, Buffer.alloc(1)]))).toThrow(/says it has/);
    expect(() => decodeRowsFrame(Buffer.alloc(0))).toThrow(/frame of 0 bytes/);
  });

  it('are refused when any bit has changed on the way', () => {
    const good = encodeRowsFrame('q.0.0.0', 7, Buffer.alloc(32, 1));
    fc.assert(
      fc.property(fc.nat(good.length * 8 - 1), (bit) => {
        const bad = Buffer.from(good);
        bad[bit >> 3]! ^= 1 << (bit & 7);
        expect(() => decodeRowsFrame(bad)).toThrow(/invalid message/);
      }),
    );
  });

  it('never make the reader fail in another way, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const head = encodeRowsFrame('a', 0, new Uint8Array(8));
        for (const [at, byte] of bytes.entries()) if (at < head.length) head[at] = byte;
        try {
          decodeRowsFrame(head);
        } catch (error) {
          expect(error).toMatchObject({ sqlstate: '08P01' });
        }
      }),
    );
  });

  it('have limits', () => {
    const huge = { byteLength: maxPayloadBytes + 1 } as Uint8Array;
    expect(() => encodeRowsFrame('a', 0, huge)).toThrow(/row is too large/);
    expect(() => encodeRowsFrame('x'.repeat(maxAttemptIdBytes + 1), 0, new Uint8Array())).toThrow(/attempt id/);
    expect(() => encodeRowsFrame('', 0, new Uint8Array())).toThrow(/attempt id/);
  });
});

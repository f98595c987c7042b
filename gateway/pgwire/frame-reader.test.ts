import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader } from './frame-reader.ts';

function message(code: number, body: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head[0] = code;
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

describe('FrameReader', () => {
  it('gives the same messages however the bytes are cut', () => {
    const messages = fc.array(fc.tuple(fc.integer({ min: 1, max: 255 }), fc.uint8Array({ maxLength: 40 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 1, max: 30 })), (list, cuts) => {
        const bytes = Buffer.concat(list.map(([code, body]) => message(code, body)));
        const reader = new FrameReader(() => 1000);
        const got: [number, string][] = [];
        let at = 0;
        const drain = () => {
          for (let next = reader.peek(), frame = reader.next(); frame !== undefined; frame = reader.next()) {
            expect(got.length > 0 || next === frame.code).toBe(true);
            got.push([frame.code, frame.body.toString('hex')]);
            next = reader.peek();
          }
        };
        for (const cut of [...cuts, bytes.length]) {
          reader.push(bytes.subarray(at, at + cut));
          at = Math.min(bytes.length, at + cut);
          drain();
        }
        expect(got).toEqual(list.map(([code, body]) => [code, Buffer.from(body).toString('hex')]));
        expect(reader.bytes).toBe(0);
      }),
    );
  });

  it('refuses lengths below four and above the limit as soon as it sees them', () => {
    for (const length of [0, 3, -1, 101, 0x7fffffff]) {
      const reader = new FrameReader(() => 100);
      const head = Buffer.alloc(5, 'Q');
      head.writeInt32BE(length, 1);
      reader.push(head);
      expect(() => reader.next()).toThrow(expect.objectContaining({ sqlstate: '08P01' }));
    }
  });

  it('takes a large message in many segments in linear time', () => {
    const body = Buffer.alloc(32 * 1024 * 1024, 7);
    const bytes = message(0x51, body);
    const reader = new FrameReader(() => bytes.length);
    const started = performance.now();
    for (let at = 0; at < bytes.length; at += 16 * 1024) {
      reader.push(bytes.subarray(at, at + 16 * 1024));
      if (at + 16 * 1024 < bytes.length) {
        expect(reader.next()).toBeUndefined();
      }
    }
    expect(reader.next()?.body.equals(body)).toBe(true);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

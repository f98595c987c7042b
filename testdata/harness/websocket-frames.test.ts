import { describe, expect, it } from 'vitest';
import { WebSocketFrames } from './websocket-frames.ts';

const head = Buffer.from('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n');

/** A frame as RFC 6455 has it. */
function frame(opcode: number, payloadBytes: number, masked = false): Buffer {
  const mask = masked ? Buffer.alloc(4, 9) : Buffer.alloc(0);
  const long = Buffer.alloc(payloadBytes < 126 ? 0 : payloadBytes < 65_536 ? 2 : 8);
  if (long.length === 2) long.writeUInt16BE(payloadBytes);
  if (long.length === 8) long.writeBigUInt64BE(BigInt(payloadBytes));
  const short = { 0: payloadBytes, 2: 126, 8: 127 }[long.length]! | (masked ? 0x80 : 0);
  return Buffer.concat([Buffer.from([0x80 | opcode, short]), long, mask, Buffer.alloc(payloadBytes, opcode)]);
}

const frames = [
  frame(1, 5),
  frame(9, 0),
  frame(2, 125, true),
  frame(2, 126),
  frame(8, 2, true),
  frame(2, 70_000, true),
  frame(1, 0),
];
const stream = Buffer.concat([head, ...frames]);
const kinds = ['message', 'other', 'message', 'message', 'other', 'message', 'message'];

describe('WebSocket frames', () => {
  it.each([1, 7, 1000, 1_000_000])('are found in chunks of %i bytes, and no byte is lost', (size) => {
    const finder = new WebSocketFrames();
    const pieces = [];
    for (let at = 0; at < stream.length; at += size) pieces.push(...finder.split(stream.subarray(at, at + size)));
    expect(Buffer.concat(pieces.map(({ bytes }) => bytes)).equals(stream)).toBe(true);
    const whole: { kind: string; bytes: number }[] = [];
    for (const { kind, begins, bytes } of pieces) {
      if (begins) whole.push({ kind, bytes: 0 });
      if (whole.length > 0) whole.at(-1)!.bytes += bytes.length;
    }
    expect(whole).toEqual(frames.map(({ length }, place) => ({ kind: kinds[place], bytes: length })));
  });

  it('wait for the rest of a header', () => {
    const finder = new WebSocketFrames();
    finder.split(head);
    const [header, rest] = [frames[5]!.subarray(0, 13), frames[5]!.subarray(13)];
    expect(finder.split(header)).toEqual([]);
    expect(finder.split(rest).map(({ bytes }) => bytes.length)).toEqual([frames[5]!.length]);
  });
});

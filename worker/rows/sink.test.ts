import { describe, expect, it } from 'vitest';
import { giveBack, Sink } from './sink.ts';

const kibibyte = 1024;

describe('Sink', () => {
  it('takes memory that was given back, once', () => {
    const first = new Sink(40 * kibibyte);
    first.byte(1);
    giveBack(first.bytes.subarray(0, first.at));
    const second = new Sink(30 * kibibyte);
    expect(second.bytes.buffer).toBe(first.bytes.buffer);
    expect(second.at).toBe(0);
    second.reserve(40 * kibibyte);
    expect(new Sink(30 * kibibyte).bytes.buffer).not.toBe(first.bytes.buffer);
  });

  it('takes none that is too small or much too large', () => {
    const [small, large] = [new Sink(16 * kibibyte), new Sink(200 * kibibyte)];
    giveBack(small.bytes);
    expect(new Sink(30 * kibibyte).bytes.buffer).not.toBe(small.bytes.buffer);
    giveBack(large.bytes);
    expect(new Sink(30 * kibibyte).bytes.buffer).not.toBe(large.bytes.buffer);
  });

  it('keeps only some, and neither tiny nor huge ones', () => {
    const sinks = [1, 1024].map((size) => new Sink(size * kibibyte));
    for (const { bytes } of sinks) giveBack(bytes);
    for (const { bytes } of sinks) expect(new Sink(bytes.length).bytes.buffer).not.toBe(bytes.buffer);
    const many = Array.from({ length: 10 }, () => new Sink(32 * kibibyte));
    const given = new Set(many.map(({ bytes }) => bytes.buffer));
    for (const { bytes } of many) giveBack(bytes);
    const again = Array.from({ length: 10 }, () => new Sink(32 * kibibyte));
    expect(again.filter(({ bytes }) => given.has(bytes.buffer)).length).toBeLessThan(5);
    expect(new Set(again.map(({ bytes }) => bytes.buffer)).size).toBe(10);
  });
});

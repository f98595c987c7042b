import { describe, expect, it } from 'vitest';
import { giveBack, takeMemory } from './spare-memory.ts';

const kibibyte = 1024;

describe('takeMemory', () => {
  it('takes what was given back, once', () => {
    const first = takeMemory(40 * kibibyte);
    giveBack(first.subarray(0, 1));
    const second = takeMemory(60 * kibibyte);
    expect(second.buffer === first.buffer).toBe(true);
    expect(second.length).toBeGreaterThanOrEqual(60 * kibibyte);
    expect(takeMemory(60 * kibibyte).buffer === first.buffer).toBe(false);
  });

  it('takes none that is too small or much too large', () => {
    giveBack(takeMemory(16 * kibibyte));
    giveBack(takeMemory(200 * kibibyte));
    const piece = takeMemory(30 * kibibyte);
    expect(piece.length).toBeGreaterThanOrEqual(30 * kibibyte);
    expect(piece.length).toBeLessThan(60 * kibibyte);
  });

  it('gives as much as is asked for, of any size', () => {
    for (const size of [0, 1, 100, 8 * kibibyte - 1, 8 * kibibyte, 16 * kibibyte + 1, 256 * kibibyte, 5000 * kibibyte])
      expect(takeMemory(size).length).toBeGreaterThanOrEqual(size);
  });

  it.each([1, 5, 1000])('does not keep pieces of %d KiB', (size) => {
    const piece = takeMemory(size * kibibyte);
    giveBack(piece);
    expect(takeMemory(piece.length).buffer === piece.buffer && piece.byteLength === piece.buffer.byteLength).toBe(
      false,
    );
  });

  it('keeps a few of a size, and each once', () => {
    const take = () => Array.from({ length: 20 }, () => takeMemory(256 * kibibyte));
    const first = take();
    for (const piece of first) giveBack(piece);
    const given = new Set(first.map(({ buffer }) => buffer));
    const again = take().map(({ buffer }) => buffer);
    expect(again.filter((buffer) => given.has(buffer))).toHaveLength(4);
    expect(new Set(again).size).toBe(20);
  });
});

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spoolMemoryBytes } from './limits.ts';
import type { RowSource } from './row-source.ts';
import { Spool } from './spool.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-spool-'));
});
afterAll(() => rm(folder, { recursive: true }));

function row(text: string): Buffer {
  const message = Buffer.alloc(5 + text.length);
  message.write('D', 'latin1');
  message.writeInt32BE(4 + text.length, 1);
  message.write(text, 5);
  return message;
}

function source(pieces: readonly Buffer[], failure?: Error): RowSource & { closed: number } {
  const left = [...pieces];
  return {
    closed: 0,
    async next() {
      const bytes = left.shift();
      if (bytes === undefined && failure !== undefined) {
        throw failure;
      }
      return bytes === undefined ? null : { bytes, rows: 1 };
    },
    async close() {
      this.closed++;
    },
  };
}

describe('Spool', () => {
  it('gives back every row, in portions that cut across its pieces', async () => {
    const rows = Array.from({ length: 5_000 }, (_, n) => row(`${n}:${'x'.repeat(n % 977)}`));
    const pieces: Buffer[] = [];
    for (let at = 0; at < rows.length; at += 100) {
      pieces.push(Buffer.concat(rows.slice(at, at + 100)));
    }
    // One row longer than a read of the file.
    rows.push(row('y'.repeat(2_000_000)), row('last'));
    const filler = Buffer.concat(Array.from({ length: 5 }, () => row('z'.repeat(spoolMemoryBytes / 4))));
    pieces.push(filler, rows[5_000]!, rows[5_001]!);
    const from = source(pieces);
    const spool = await Spool.of(from, folder);
    expect(from.closed).toBe(1);
    expect(await readdir(folder)).toEqual([]);
    const got: Buffer[] = [];
    let count = 0;
    for (let portion = await spool.next(7); portion !== null; portion = await spool.next(7)) {
      expect(portion.rows).toBeGreaterThan(0);
      expect(portion.rows).toBeLessThanOrEqual(7);
      count += portion.rows;
      got.push(Buffer.from(portion.bytes));
    }
    expect(count).toBe(rows.length + 5);
    expect(Buffer.concat(got).equals(Buffer.concat(pieces))).toBe(true);
    await spool.close();
    await spool.close();
    expect(await spool.next(1)).toBeNull();
  });

  it('hands on the error of its source, and closes it', async () => {
    const from = source([row('a')], new Error('broken'));
    await expect(Spool.of(from, folder)).rejects.toThrow('broken');
    expect(from.closed).toBe(1);
  });
});

import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { clearSpoolDirectory, Spool } from './spool.ts';

const root = mkdtempSync(join(tmpdir(), 'spool-'));
afterAll(() => rmSync(root, { recursive: true }));

let made = 0;
function makeSpool(limits: { creditBytes: number; memoryBytes?: number; fileBytes?: number; directory?: string }) {
  const sent: Buffer[] = [];
  const name = `${made++}.frames`;
  const directory = limits.directory ?? root;
  const spool = new Spool({ ...limits, directory, name, send: (frame) => sent.push(frame) });
  return { spool, sent, path: join(directory, name) };
}
const frame = (number: number, bytes = 10) => Buffer.alloc(bytes, number);
const numbers = (frames: readonly Buffer[]) => frames.map((bytes) => bytes[0]);
const isPending = (promise: Promise<unknown>) => Promise.race([promise.then(() => false), delay(30).then(() => true)]);

describe('Spool', () => {
  it('sends at once while there is credit; the last frame may overdraw it', async () => {
    const { spool, sent, path } = makeSpool({ creditBytes: 15 });
    for (const n of [1, 2, 3]) await spool.push(frame(n));
    expect(numbers(sent)).toEqual([1, 2]);
    spool.addCredit(5);
    expect(numbers(sent)).toEqual([1, 2]);
    spool.addCredit(1);
    expect(numbers(sent)).toEqual([1, 2, 3]);
    await spool.drained();
    expect(spool.spooledBytes).toBe(0);
    expect(existsSync(path)).toBe(false);
    await spool.close();
  });

  it('lets a frame through that is larger than every limit', async () => {
    const { spool, sent } = makeSpool({ creditBytes: 1, memoryBytes: 10, fileBytes: 100 });
    await spool.push(frame(1, 1000));
    await spool.push(frame(2, 1000));
    expect(numbers(sent)).toEqual([1]);
    spool.addCredit(2000);
    await spool.drained();
    expect(numbers(sent)).toEqual([1, 2]);
    await spool.close();
  });

  it('spills what does not fit into memory and sends it in order', async () => {
    const { spool, sent, path } = makeSpool({ creditBytes: 10, memoryBytes: 30 });
    for (let n = 0; n < 100; n++) await spool.push(frame(n));
    expect(numbers(sent)).toEqual([0]);
    expect(statSync(path).size).toBeGreaterThan(900);
    expect(statSync(path).mode & 0o077).toBe(0);
    expect(spool.spooledBytes).toBeGreaterThan(900);
    const drained = spool.drained();
    for (let n = 0; n < 99; n++) {
      spool.addCredit(10);
      if (n % 10 === 0) await delay(1);
    }
    await drained;
    expect(numbers(sent)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect(statSync(path).size).toBe(0);
    await spool.close();
    expect(existsSync(path)).toBe(false);
  });

  it('stalls the query when the file is full, until it has been read', async () => {
    const { spool, sent, path } = makeSpool({ creditBytes: 10, memoryBytes: 20, fileBytes: 50 });
    for (let n = 0; n < 8; n++) await spool.push(frame(n));
    const stalled = spool.push(frame(8));
    expect(await isPending(stalled)).toBe(true);
    expect(statSync(path).size).toBe(50);
    spool.addCredit(90);
    await stalled;
    await spool.drained();
    expect(numbers(sent)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    await spool.close();
  });

  it('ends every wait and deletes the file when it is closed', async () => {
    const { spool, path } = makeSpool({ creditBytes: 10, memoryBytes: 10, fileBytes: 30 });
    for (let n = 0; n < 5; n++) await spool.push(frame(n));
    const waits = [spool.push(frame(9)), spool.drained()];
    await delay(5);
    const ended = Promise.allSettled(waits);
    await spool.close();
    for (const wait of await ended) expect(wait).toMatchObject({ status: 'rejected', reason: { sqlstate: '57014' } });
    expect(existsSync(path)).toBe(false);
    await expect(spool.push(frame(1))).rejects.toMatchObject({ sqlstate: '57014' });
    await spool.close();
  });

  it('hands on what the disk raises', async () => {
    const blocked = join(root, 'blocked');
    writeFileSync(blocked, 'a file where a folder is needed');
    const { spool } = makeSpool({ creditBytes: 1, memoryBytes: 1, directory: join(blocked, 'folder') });
    await spool.push(frame(0));
    await spool.push(frame(1));
    await expect(spool.push(frame(2))).rejects.toThrow(/ENOTDIR|EEXIST/);
    await expect(spool.drained()).rejects.toThrow(/ENOTDIR|EEXIST/);
    await spool.close();
  });

  it('keeps every frame in order, whatever the sizes, limits and credits', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 60 });
    const limit = fc.integer({ min: 1, max: 200 });
    await fc.assert(
      fc.asyncProperty(sizes, limit, limit, limit, limit, async (bytes, creditBytes, memoryBytes, fileBytes, grant) => {
        const { spool, sent } = makeSpool({ creditBytes, memoryBytes, fileBytes });
        const produced = (async () => {
          for (const [n, size] of bytes.entries()) await spool.push(frame(n, size));
          await spool.drained();
        })();
        let ended = false;
        void produced.finally(() => {
          ended = true;
        });
        while (!ended) {
          spool.addCredit(grant);
          await new Promise((resolve) => setImmediate(resolve));
        }
        await produced;
        expect(sent.map((part) => part.length)).toEqual(bytes);
        expect(numbers(sent)).toEqual(bytes.map((_, n) => n));
        await spool.close();
      }),
      { numRuns: 60 },
    );
  });

  it('removes what a dead process left behind', async () => {
    const directory = join(root, 'left');
    const { spool } = makeSpool({ creditBytes: 1, memoryBytes: 1, directory });
    for (let n = 0; n < 3; n++) await spool.push(frame(n));
    expect(readdirSync(directory)).toHaveLength(1);
    await clearSpoolDirectory(directory);
    await clearSpoolDirectory(directory);
    expect(existsSync(directory)).toBe(false);
    await spool.close();
  });
});

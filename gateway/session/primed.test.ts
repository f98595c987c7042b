import { expect, it } from 'vitest';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import { primed } from './primed.ts';
import type { BatchReader } from './row-source.ts';

const batch = (rowCount: number): ColumnBatch => ({ rowCount, columns: [] });

function readerOf(steps: readonly (() => Promise<ColumnBatch | null>)[]) {
  let at = 0;
  let closed = 0;
  const reader: BatchReader = {
    types: [],
    next: () => (steps[at++] ?? (() => Promise.resolve(null)))(),
    close: async () => {
      closed++;
    },
  };
  return { reader, pulled: () => at, closed: () => closed };
}

async function rowsOf(reader: BatchReader): Promise<number[]> {
  const rows: number[] = [];
  for (let next = await reader.next(); next !== null; next = await reader.next()) rows.push(next.rowCount);
  return rows;
}

it('fails with the failure that ends a short answer, and closes it', async () => {
  const failing = readerOf([async () => batch(2), async () => batch(3), () => Promise.reject(new Error('changed'))]);
  await expect(primed(failing.reader)).rejects.toThrow('changed');
  expect(failing.closed()).toBe(1);
});

it('gives every batch once, in order', async () => {
  const { reader } = readerOf([async () => batch(2), async () => batch(3), async () => batch(2000)]);
  expect(await rowsOf(await primed(reader))).toEqual([2, 3, 2000]);
  expect(await rowsOf(await primed(readerOf([]).reader))).toEqual([]);
});

it('pulls no further than one piece of rows', async () => {
  const { reader, pulled } = readerOf(Array.from({ length: 5 }, () => async () => batch(2048)));
  const first = await primed(reader);
  expect(pulled()).toBe(1);
  expect(await rowsOf(first)).toHaveLength(5);
});

it('does not wait for rows that come late; their failure is told to whoever pulls them', async () => {
  let fail: (error: Error) => void = () => undefined;
  const late = new Promise<ColumnBatch | null>((_, reject) => {
    fail = reject;
  });
  const first = await primed(readerOf([async () => batch(1), () => late]).reader);
  expect((await first.next())?.rowCount).toBe(1);
  fail(new Error('changed'));
  await expect(first.next()).rejects.toThrow('changed');
});

import { INTEGER } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import { type BatchReader, EncodingSource } from './row-source.ts';

function batchOf(rowCount: number): ColumnBatch {
  const data = new Uint8Array(rowCount * 4);
  return { rowCount, columns: [{ kind: 'fixed', type: INTEGER, validity: null, width: 4, data }] };
}

/** Gives batches, and says what was asked for and done in which order. */
function bed(batches: readonly ColumnBatch[], options: { readonly rowBytes?: number; readonly keeps?: boolean } = {}) {
  const { rowBytes = 10, keeps = false } = options;
  const steps: string[] = [];
  const rest = [...batches];
  const reader: BatchReader = {
    types: [INTEGER],
    givesAway: !keeps,
    next: async () => {
      steps.push('pull');
      return rest.shift() ?? null;
    },
    close: async () => undefined,
  };
  const encode = (batch: ColumnBatch, from: number, to: number) => {
    expect(batch.columns).toHaveLength(1);
    steps.push(`rows ${from}-${to}`);
    return Buffer.alloc((to - from) * rowBytes);
  };
  const turn = (isCrowded: boolean) => async () => {
    steps.push('turn');
    return isCrowded;
  };
  return { steps, turn, source: new EncodingSource(reader, { encode }) };
}

async function readAll(source: EncodingSource, turn?: () => Promise<boolean>, maxRows = Infinity) {
  const pieces: { rows: number; more: boolean | undefined }[] = [];
  for (let piece = await source.next(maxRows, turn); piece !== null; piece = await source.next(maxRows, turn))
    pieces.push({ rows: piece.rows, more: piece.more });
  return pieces;
}

describe('EncodingSource', () => {
  it('pulls each batch in a turn of its own', async () => {
    const { source, steps, turn } = bed([batchOf(2048), batchOf(0), batchOf(3)]);
    expect(await readAll(source, turn(false))).toEqual([
      { rows: 2048, more: false },
      { rows: 3, more: false },
    ]);
    expect(steps).toEqual(['turn', 'pull', 'rows 0-2048', 'turn', 'pull', 'pull', 'rows 0-3', 'turn', 'pull']);
  });

  it('makes small pieces in a crowd, and all of a batch in its turn', async () => {
    const { source, steps, turn } = bed([batchOf(1100)]);
    expect(await readAll(source, turn(true))).toEqual([
      { rows: 512, more: true },
      { rows: 512, more: true },
      { rows: 76, more: false },
    ]);
    expect(steps.filter((step) => step === 'turn')).toHaveLength(2);
  });

  it('takes several turns for a long batch, and for wide rows', async () => {
    const long = bed([batchOf(5000)]);
    expect((await readAll(long.source, long.turn(false))).map(({ rows }) => rows)).toEqual([2048, 2048, 904]);
    expect(long.steps.join()).toBe('turn,pull,rows 0-2048,turn,rows 2048-4096,turn,rows 4096-5000,turn,pull');
    const wide = bed([batchOf(1024)], { rowBytes: 1024 });
    expect(await readAll(wide.source, wide.turn(true))).toEqual([
      { rows: 512, more: false },
      { rows: 512, more: false },
    ]);
    expect(wide.steps.join()).toBe('turn,pull,rows 0-512,turn,rows 512-1024,turn,pull');
  });

  it('gives as many rows as are asked for, without turns where nobody has any', async () => {
    const { source, steps } = bed([batchOf(5), batchOf(2)]);
    expect((await readAll(source, undefined, 3)).map(({ rows }) => rows)).toEqual([3, 2, 2]);
    expect(steps).not.toContain('turn');
  });

  it('empties the batches that it was given for good once their rows are made, and no others', async () => {
    for (const keeps of [false, true]) {
      const batches = [batchOf(600), batchOf(1)];
      const { source, turn } = bed(batches, { keeps });
      await source.next(100, turn(true));
      expect(batches[0]!.columns).toHaveLength(1);
      await readAll(source, turn(true));
      expect(batches.map(({ columns }) => columns.length)).toEqual(keeps ? [1, 1] : [0, 0]);
    }
  });

  it('gives nothing after it was closed', async () => {
    const { source, turn } = bed([batchOf(600)]);
    await source.next(100, turn(true));
    await source.close();
    expect(await source.next(100, turn(true))).toBeNull();
  });
});

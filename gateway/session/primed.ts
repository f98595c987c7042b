import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import { encodeRows, primeMs } from './limits.ts';
import type { BatchReader } from './row-source.ts';

/**
 * Pulls the first batch, and further ones while there are few rows and they come at once: what fails at the start fails here, and so does
 * what fails at the very end of a short answer, such as the last look at its files. Then no row has left and the statement can be planned anew.
 */
export async function primed(reader: BatchReader): Promise<BatchReader> {
  const pulled: Promise<ColumnBatch | null>[] = [];
  try {
    await pullFirst(reader, pulled);
  } catch (error) {
    await reader.close();
    throw error;
  }
  return {
    types: reader.types,
    givesAway: reader.givesAway,
    next: () => pulled.shift() ?? reader.next(),
    close: () => reader.close(),
  };
}

async function pullFirst(reader: BatchReader, pulled: Promise<ColumnBatch | null>[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let late: Promise<'late'> | undefined;
  try {
    for (let rows = 0; rows < encodeRows; ) {
      const next = reader.next();
      next.catch(() => undefined); // told to whoever pulls it
      pulled.push(next);
      const batch = await (late === undefined ? next : Promise.race([next, late]));
      if (batch === null || batch === 'late') return;
      rows += batch.rowCount;
      late ??= new Promise((resolve) => {
        timer = setTimeout(() => resolve('late'), primeMs);
      });
    }
  } finally {
    clearTimeout(timer);
  }
}

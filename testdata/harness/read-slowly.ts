import { createHash } from 'node:crypto';
import type { RawClient } from './raw-client.ts';

export interface Stream {
  readonly rows: number;
  /** SHA-256 over the cells of all rows, in order. */
  readonly digest: string;
}

/**
 * Reads the rows of the answer under way, one message at a time, so that memory stays small however long it is; `onRow` may wait
 * (the server then meets back-pressure). Rejects on an error message, after ReadyForQuery came.
 */
export async function readStream(
  client: RawClient,
  onRow: (row: number) => Promise<void> | undefined,
): Promise<Stream> {
  const hash = createHash('sha256');
  let rows = 0;
  let error: Error | undefined;
  for (;;) {
    const { type, body } = await client.next();
    if (type === 'D') {
      hash.update(body);
      const wait = onRow(++rows);
      if (wait !== undefined) await wait;
    } else if (type === 'E') error = new Error(body.toString());
    else if (type === 'Z') {
      if (error !== undefined) throw error;
      return { rows, digest: hash.digest('hex') };
    }
  }
}

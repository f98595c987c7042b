import type { DuckDBConnection } from '@duckdb/node-api';

/**
 * Runs calls on a connection so that they end within milliseconds of the signal: DuckDB is interrupted, again and again until it obeys,
 * because an interrupt that comes before a query has begun is lost. Rejects with the signal's reason, also when `work` was faster:
 * what `work` made has to be freed by the caller.
 */
export async function interruptible<T>(
  connection: DuckDBConnection,
  signal: AbortSignal,
  everyMs: number,
  work: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    connection.interrupt();
    timer = setInterval(() => connection.interrupt(), everyMs);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const value = await work();
    signal.throwIfAborted();
    return value;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    clearInterval(timer);
  }
}

import type { DuckDBConnection } from '@duckdb/node-api';
import { errors, type SluiceError } from '../../planner/errors.ts';
import type { Scan } from '../../planner/plan/plan.ts';
import { toSluiceError } from './duckdb-error.ts';
import { printScan } from './print-scan.ts';

/** True for an error about the bytes of a file that does not say which file it is. */
export function isUnnamedFile(error: SluiceError): boolean {
  return error.message === errors.unreadableInput('').message;
}

/**
 * Reads the files of the scans one by one until one can't be read, and gives the error with its name; `error` when all can be read now.
 * Costs up to one more full read, on a query that has failed. An interrupt ends it.
 */
export async function nameUnreadableFile(
  connection: DuckDBConnection,
  scans: readonly Scan[],
  error: SluiceError,
): Promise<SluiceError> {
  for (const scan of scans) {
    for (const file of scan.files) {
      try {
        await connection.run(`EXPLAIN ANALYZE ${printScan({ ...scan, files: [file] })}`);
      } catch (failure) {
        const told = toSluiceError(failure);
        if (told.errorClass === 'cancelled') return told;
        return isUnnamedFile(told) ? errors.unreadableFile(file.path, told.detail ?? told.message) : told;
      }
    }
  }
  return error;
}

import { readFileSync } from 'node:fs';
import { errors } from '../../planner/errors.ts';
import { writeWhole } from './write-whole.ts';

/** What is kept of tables, by `tableKey`. */
export type ByTable<T> = Readonly<Record<string, T>>;

/** How a file of these is read, and what is said of one that can't be. */
export interface TablesFile<T> {
  readonly path: string;
  /** Throws for what is not whole or of another version. */
  readonly parse: (json: unknown) => { readonly tables: ByTable<T> };
  /** "the statistics file" */
  readonly what: string;
  readonly hint: string;
}

/** Nothing when there is no such file. Raises 58030 (the gateway can't start) for a file that is not whole or of another version. */
export function readTables<T>({ path, parse, what, hint }: TablesFile<T>): ByTable<T> {
  try {
    return parse(JSON.parse(readFileSync(path, 'utf8'))).tables;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw errors.cannotStart(`could not read ${what} "${path}"`, hint, (error as Error).message);
  }
}

/** When writing fails nothing has changed (58030). `path` null: kept in memory only. */
export function writeTables<T>(path: string | null, tables: ByTable<T>): void {
  if (path === null) return;
  try {
    writeWhole(path, `${JSON.stringify({ version: 1, tables }, null, 2)}\n`);
  } catch (error) {
    throw errors.unwritableFile(path, (error as Error).message);
  }
}

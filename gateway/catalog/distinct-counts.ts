import { join } from 'node:path';
import { z } from 'zod';
import { tableKey } from './catalog-snapshot.ts';
import { readTables, writeTables } from './tables-file.ts';

/** By column name. */
export type Counts = Readonly<Record<string, number>>;

const countsSchema = z.record(z.string(), z.number().nonnegative());
const fileSchema = z.object({ version: z.literal(1), tables: z.record(z.string(), countsSchema) });

const fileName = 'statistics.json';

/** What ANALYZE found: about how many different values the columns of each data set have. Kept in one file of the state folder. */
export class DistinctCounts {
  readonly #path: string | null;
  #tables: Readonly<Record<string, Counts>>;

  private constructor(path: string | null, tables: Readonly<Record<string, Counts>>) {
    this.#path = path;
    this.#tables = tables;
  }

  /** `folder` null: kept in memory only. Raises 58030 (the gateway can't start) for a file that is not whole or of another version. */
  static open(folder: string | null): DistinctCounts {
    if (folder === null) return new DistinctCounts(null, {});
    const path = join(folder, fileName);
    const hint = 'Remove it: ANALYZE makes it again.';
    const parse = (json: unknown) => fileSchema.parse(json);
    return new DistinctCounts(path, readTables({ path, parse, what: 'statistics file', hint }));
  }

  /** A new object after every change. */
  get version(): object {
    return this.#tables;
  }

  of(schema: string, name: string): Counts | undefined {
    return this.#tables[tableKey(schema, name)];
  }

  /** Adds counts of some columns to those of the table. When writing fails nothing has changed (58030). */
  record(schema: string, name: string, counts: Counts): void {
    const key = tableKey(schema, name);
    const tables = { ...this.#tables, [key]: { ...this.#tables[key], ...counts } };
    writeTables(this.#path, tables);
    this.#tables = tables;
  }
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { errors } from '../../planner/errors.ts';
import { tableKey } from './catalog-snapshot.ts';
import { writeWhole } from './write-whole.ts';

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
    try {
      return new DistinctCounts(path, fileSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).tables);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new DistinctCounts(path, {});
      throw errors.cannotStart(
        `could not read statistics file "${path}"`,
        'Remove it: ANALYZE makes it again.',
        (error as Error).message,
      );
    }
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
    if (this.#path !== null) {
      try {
        writeWhole(this.#path, `${JSON.stringify({ version: 1, tables }, null, 2)}\n`);
      } catch (error) {
        throw errors.unwritableFile(this.#path, (error as Error).message);
      }
    }
    this.#tables = tables;
  }
}

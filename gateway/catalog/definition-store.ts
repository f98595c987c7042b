import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { FileFormat, ReaderOptions } from '../../planner/catalog.ts';
import { errors } from '../../planner/errors.ts';
import type { FileColumn } from './file-schema.ts';
import { writeWhole } from './write-whole.ts';

/** A stored definition. */
export const definitionSchema = z.object({
  schema: z.string().min(1),
  name: z.string().min(1),
  location: z.string().min(1),
  format: z.enum(['parquet', 'csv', 'json']).nullable(),
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  columns: z.array(z.object({ name: z.string().min(1), type: z.string().min(1) })).nullable(),
});

const fileSchema = z.object({ version: z.literal(1), tables: z.array(definitionSchema) });

/** A foreign table as CREATE FOREIGN TABLE made it. */
export interface Definition {
  readonly schema: string;
  readonly name: string;
  /** Absolute folder, file or glob. */
  readonly location: string;
  /** Null: told by the extensions. */
  readonly format: FileFormat | null;
  readonly options: ReaderOptions;
  /** Null: those of the files. */
  readonly columns: readonly FileColumn[] | null;
}

const fileName = 'catalog.json';

/** Foreign tables in one file of the state folder, of which there is always a whole one. */
export class DefinitionStore {
  readonly #path: string | null;
  #definitions: readonly Definition[];

  private constructor(path: string | null, definitions: readonly Definition[]) {
    this.#path = path;
    this.#definitions = definitions;
  }

  /** `folder` null: kept in memory only. Raises 58030 (the gateway can't start) for a file that is not whole or of another version. */
  static open(folder: string | null): DefinitionStore {
    if (folder === null) return new DefinitionStore(null, []);
    const path = join(folder, fileName);
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new DefinitionStore(path, []);
      throw corrupt(path, (error as Error).message);
    }
    return new DefinitionStore(path, parseFile(path, text));
  }

  get all(): readonly Definition[] {
    return this.#definitions;
  }

  /** Replaces all. When writing fails nothing has changed (58030). */
  replace(definitions: readonly Definition[]): void {
    if (this.#path !== null) {
      try {
        writeWhole(this.#path, `${JSON.stringify({ version: 1, tables: definitions }, null, 2)}\n`);
      } catch (error) {
        throw errors.unwritableFile(this.#path, (error as Error).message);
      }
    }
    this.#definitions = definitions;
  }
}

function parseFile(path: string, text: string): readonly Definition[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw corrupt(path, (error as Error).message);
  }
  const parsed = fileSchema.safeParse(json);
  if (parsed.success) return parsed.data.tables;
  const [issue] = parsed.error.issues;
  throw corrupt(path, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not understood'}`);
}

function corrupt(path: string, reason: string): Error {
  return errors.cannotStart(
    `could not read catalog file "${path}"`,
    'Repair it, or move it away to start without foreign tables.',
    reason,
  );
}

import { join } from 'node:path';
import { z } from 'zod';
import type { DeclaredKey } from '../../planner/catalog.ts';
import { errors } from '../../planner/errors.ts';
import { tableKey } from './catalog-snapshot.ts';
import { readTables, writeTables } from './tables-file.ts';

const keySchema = z.object({
  name: z.string(),
  kind: z.enum(['PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY']),
  columns: z.array(z.string()).min(1),
  references: z.object({ schema: z.string(), table: z.string(), columns: z.array(z.string()).min(1) }).nullable(),
});
const fileSchema = z.object({ version: z.literal(1), tables: z.record(z.string(), z.array(keySchema)) });

const fileName = 'keys.json';

/** The keys that people say data sets have. Kept in one file of the state folder. */
export class DeclaredKeys {
  readonly #path: string | null;
  #tables: Readonly<Record<string, readonly DeclaredKey[]>>;

  private constructor(path: string | null, tables: Readonly<Record<string, readonly DeclaredKey[]>>) {
    this.#path = path;
    this.#tables = tables;
  }

  /** `folder` null: kept in memory only. Raises 58030 (the gateway can't start) for a file that is not whole or of another version. */
  static open(folder: string | null): DeclaredKeys {
    if (folder === null) return new DeclaredKeys(null, {});
    const path = join(folder, fileName);
    const hint = 'Restore it from a backup, or move it away to start without declared keys.';
    const parse = (json: unknown) => fileSchema.parse(json);
    return new DeclaredKeys(path, readTables({ path, parse, what: 'the file of declared keys', hint }));
  }

  /** A new object after every change. */
  get version(): object {
    return this.#tables;
  }

  of(schema: string, name: string): readonly DeclaredKey[] {
    return this.#tables[tableKey(schema, name)] ?? [];
  }

  /** When writing fails nothing has changed (58030). */
  replace(schema: string, name: string, keys: readonly DeclaredKey[]): void {
    const { [tableKey(schema, name)]: old, ...others } = this.#tables;
    if (old === undefined && keys.length === 0) return;
    const tables = keys.length === 0 ? others : { ...others, [tableKey(schema, name)]: keys };
    writeTables(this.#path, tables);
    this.#tables = tables;
  }
}

/** ALTER FOREIGN TABLE: what becomes of the keys of a data set. */
export type KeyChange =
  | { readonly kind: 'add'; readonly key: DeclaredKey }
  | { readonly kind: 'drop'; readonly name: string; readonly ifExists: boolean };

/** The keys of a table after a change. Raises 42710, 42704, 42P16, and 42703 for a column that is not there. */
export function changedKeys(
  table: { readonly name: string; readonly columns: readonly { readonly name: string }[] },
  keys: readonly DeclaredKey[],
  change: KeyChange,
): readonly DeclaredKey[] {
  const same = (name: string) => (key: DeclaredKey) => key.name.toLowerCase() === name.toLowerCase();
  if (change.kind === 'drop') {
    const kept = keys.filter((key) => !same(change.name)(key));
    if (kept.length === keys.length && !change.ifExists) throw errors.undefinedConstraint(change.name, table.name);
    return kept;
  }
  const { key } = change;
  const names = table.columns.map(({ name }) => name);
  const columns = key.columns.map((column) => {
    const found = names.find((name) => name.toLowerCase() === column.toLowerCase());
    if (found === undefined) throw errors.undefinedColumnOf(column, table.name);
    return found;
  });
  if (new Set(columns).size < columns.length) throw errors.duplicateColumn(columns[0]!);
  if (keys.some(same(key.name))) throw errors.constraintExists(key.name, table.name);
  if (key.kind === 'PRIMARY KEY' && keys.some(({ kind }) => kind === 'PRIMARY KEY'))
    throw errors.multiplePrimaryKeys(table.name);
  return [...keys, { ...key, columns }];
}

import type { CatalogSnapshot, DatasetTable } from '../../planner/catalog.ts';
import type { SluiceError } from '../../planner/errors.ts';

/** What a name stands for: a table, or why it can't be read. */
export type Entry =
  | { readonly kind: 'table'; readonly table: DatasetTable }
  | { readonly kind: 'broken'; readonly schema: string; readonly name: string; readonly error: SluiceError };

/** The schema that a name without one is looked up in. */
export const defaultSchema = 'public';

/** The one key of a table's name. */
export function tableKey(schema: string, name: string): string {
  return JSON.stringify([schema.toLowerCase(), name.toLowerCase()]);
}

/** The tables of one moment. `lookup` throws the error of a data set that can't be read, so only queries that name it fail. */
export class Snapshot implements CatalogSnapshot {
  readonly version: string;
  /** Later snapshots have higher ones. */
  readonly order: number;
  readonly #entries: ReadonlyMap<string, Entry>;

  constructor(run: string, order: number, entries: ReadonlyMap<string, Entry>) {
    this.version = `${run}.${order}`;
    this.order = order;
    this.#entries = entries;
  }

  lookup(schema: string | undefined, name: string): DatasetTable | undefined {
    const entry = this.#entries.get(tableKey(schema ?? defaultSchema, name));
    if (entry?.kind === 'broken') throw entry.error;
    return entry?.table;
  }

  names(): readonly string[] {
    return [...this.#entries.values()].map((entry) => (entry.kind === 'table' ? entry.table.name : entry.name));
  }

  /** Every table that can be read. */
  tables(): readonly DatasetTable[] {
    return [...this.#entries.values()].flatMap((entry) => (entry.kind === 'table' ? [entry.table] : []));
  }

  /** Every name with its state, for catalogs and the dashboard. */
  entries(): readonly Entry[] {
    return [...this.#entries.values()];
  }
}

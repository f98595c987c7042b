import { sameName } from '../../../planner/bind/scope.ts';
import { quoteIdentifier } from '../../../worker/engine/quote.ts';
import type { DeclaredConstraint, DeclaredTable } from '../../pg-catalog/state/declared.ts';

/** A table of the database of local tables, or a temporary one. */
export interface TablePlace {
  readonly database: string;
  readonly schema: string;
  readonly name: string;
}

/** A column of a key. `type`: DuckDB's. */
export interface KeyColumn {
  readonly name: string;
  readonly type: string;
}

/** pg_constraint.confdeltype and confupdtype: NO ACTION, RESTRICT, CASCADE, SET NULL, SET DEFAULT. */
export type KeyAction = 'a' | 'r' | 'c' | 'n' | 'd';

/** A foreign key of a local table. DuckDB knows nothing of it: it is kept in the table's comment and checked here. */
export interface ForeignKey {
  readonly name: string;
  /** The same for the key's whole life, but for renames. */
  readonly id: string;
  readonly child: TablePlace;
  readonly columns: readonly KeyColumn[];
  readonly parent: TablePlace;
  readonly referenced: readonly KeyColumn[];
  readonly onDelete: KeyAction;
  readonly onUpdate: KeyAction;
  /** Of `columns`, those that ON DELETE SET NULL and SET DEFAULT change. */
  readonly setColumns: readonly string[];
  readonly deferrable: boolean;
  readonly deferred: boolean;
  /** MATCH FULL. */
  readonly full: boolean;
}

/** `"database"."schema"."name"`. */
export function pathOf({ database, schema, name }: TablePlace): string {
  return [database, schema, name].map(quoteIdentifier).join('.');
}

/** The same for the same table, however its name is written. */
export function placeKey({ database, schema, name }: TablePlace): string {
  return JSON.stringify([database, schema, name]).toLowerCase();
}

/** The keys of all tables that a session sees. */
export class ForeignKeys {
  readonly all: readonly ForeignKey[];
  readonly #byChild = new Map<string, ForeignKey[]>();
  readonly #byParent = new Map<string, ForeignKey[]>();
  /** Places by names in lower case. */
  readonly #tables = new Map<string, TablePlace[]>();

  /** `tables`: all with the name of one that has to do with a key, in whatever schema. */
  constructor(all: readonly ForeignKey[], tables: readonly TablePlace[]) {
    this.all = all;
    for (const key of all) {
      push(this.#byChild, placeKey(key.child), key);
      push(this.#byParent, placeKey(key.parent), key);
    }
    for (const table of tables) push(this.#tables, table.name.toLowerCase(), table);
  }

  /** Whether any table of this name, in whatever schema, has to do with a key. */
  concern(name: string): boolean {
    return this.#tables.has(name.toLowerCase());
  }

  /** Undefined when none of this name is there that `concern` is true for. `schema`: undefined: any. */
  table(database: string, schema: string | undefined, name: string): TablePlace | undefined {
    return this.#tables
      .get(name.toLowerCase())
      ?.find((each) => each.database === database && (schema === undefined || sameName(each.schema, schema)));
  }

  of(child: TablePlace): readonly ForeignKey[] {
    return this.#byChild.get(placeKey(child)) ?? [];
  }

  to(parent: TablePlace): readonly ForeignKey[] {
    return this.#byParent.get(placeKey(parent)) ?? [];
  }
}

function push<T>(map: Map<string, T[]>, at: string, value: T): void {
  const list = map.get(at);
  if (list === undefined) map.set(at, [value]);
  else list.push(value);
}

/** Finds columns of a table by name; undefined when the table is not there. */
export type ColumnsOf = (place: TablePlace) => readonly KeyColumn[] | undefined;

/** The foreign keys that a table's comment tells. Those whose tables or columns are gone are none. */
export function keysOfTable(child: TablePlace, declared: DeclaredTable, columnsOf: ColumnsOf): readonly ForeignKey[] {
  return declared.constraints.flatMap((constraint) => keyOf(child, constraint, columnsOf) ?? []);
}

function keyOf(child: TablePlace, constraint: DeclaredConstraint, columnsOf: ColumnsOf): ForeignKey | undefined {
  const { references, name } = constraint;
  if (references === undefined || name === undefined) return undefined;
  const parent = { database: child.database, schema: references.schema, name: references.table };
  const columns = named(columnsOf(child), constraint.columns);
  const referenced = named(columnsOf(parent), references.columns);
  if (columns === undefined || referenced === undefined || columns.length !== referenced.length) return undefined;
  return {
    ...{ name, child, columns, parent, referenced },
    id: [child.database, child.schema, child.name, name].join('.'),
    onDelete: (constraint.onDelete ?? 'a') as KeyAction,
    onUpdate: (constraint.onUpdate ?? 'a') as KeyAction,
    setColumns: constraint.setColumns ?? columns.map((column) => column.name),
    deferrable: constraint.deferrable ?? false,
    deferred: constraint.deferred ?? false,
    full: constraint.full ?? false,
  };
}

function named(all: readonly KeyColumn[] | undefined, names: readonly string[]): readonly KeyColumn[] | undefined {
  const found = names.map((name) => all?.find((column) => sameName(column.name, name)));
  return found.some((column) => column === undefined) ? undefined : (found as KeyColumn[]);
}

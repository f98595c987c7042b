/**
 * GROUP BY a primary key: PostgreSQL then takes every other column of that table as grouped too (its rows are told apart by the key), DuckDB
 * does not. The columns that stand in the SELECT are grouped as well, which changes no group.
 * Source: PostgreSQL 15, SELECT, GROUP BY Clause ("functionally dependent").
 */
import type { BaseTable, ColumnRef, Expression, SelectNode, Statement, TableRef } from '../sql/ast.ts';
import { columnRef } from '../sql/build.ts';
import { mapAst, walk } from '../sql/walk.ts';

/** Columns of the primary key of one of the session's own tables; undefined when there is none. `schema` is '' for the search path. */
export type LocalKey = (schema: string, name: string) => Promise<LocalKeyColumns | undefined>;

export interface LocalKeyColumns {
  readonly columns: readonly string[];
  readonly primaryKey: readonly string[];
}

interface KeyedTable extends LocalKeyColumns {
  /** What its columns are qualified with. */
  readonly alias: string;
}

/** The very statement when no SELECT of it groups by a primary key and names other columns. */
export async function groupedByKeys(
  statement: Statement,
  isDataSet: (ref: BaseTable) => boolean,
  localKey: LocalKey,
): Promise<Statement> {
  const { grouped, ctes } = groupedSelects(statement);
  if (grouped.length === 0) return statement;
  const known = new Map<string, LocalKeyColumns | undefined>();
  const more = new Map<readonly Expression[], readonly Expression[]>();
  for (const node of grouped) {
    const tables: KeyedTable[] = [];
    for (const ref of baseTables(node.from_table)) {
      if (ctes.has(ref.table_name.toLowerCase()) || isDataSet(ref)) continue;
      const name = JSON.stringify([ref.schema_name, ref.table_name]);
      if (!known.has(name)) known.set(name, await localKey(ref.schema_name, ref.table_name));
      const key = known.get(name);
      if (key !== undefined) tables.push({ ...key, alias: ref.alias || ref.table_name });
    }
    const added = dependentColumns(node, tables);
    if (added.length > 0) more.set(node.group_expressions, added);
  }
  return more.size === 0 ? statement : withKeys(statement, more);
}

/** SELECTs with one plain GROUP BY that name a column that is no key of it; and the names of all WITH entries. */
function groupedSelects(statement: Statement) {
  const grouped: SelectNode[] = [];
  const ctes = new Set<string>();
  walk(statement, {
    query: (node) => {
      for (const { key } of node.cte_map.map) ctes.add(key.toLowerCase());
      if (node.type === 'SELECT_NODE' && isPlain(node) && missing(node).length > 0) grouped.push(node);
      return undefined;
    },
  });
  return { grouped, ctes };
}

function isPlain({ group_expressions: keys, group_sets: [set, ...more], aggregate_handling }: SelectNode): boolean {
  const all = set !== undefined && more.length === 0 && set.length === keys.length;
  return all && aggregate_handling === 'STANDARD_HANDLING' && keys.length > 0;
}

/** What the SELECT names, nested queries included, and does not group by under this name. A `*` is one of them. */
function missing(node: SelectNode): readonly (ColumnRef | 'star')[] {
  const keys = new Set(groupKeys(node).map(nameOf));
  const found: (ColumnRef | 'star')[] = [];
  const { select_list, having, qualify, modifiers } = node;
  walk([select_list, having, qualify, modifiers], {
    expression: (part) => {
      if (part.class === 'STAR') found.push('star');
      if (part.class === 'COLUMN_REF' && !keys.has(nameOf(part))) found.push(part);
      return undefined;
    },
  });
  return found;
}

/** Columns that are grouped by: by name, or as an item of the SELECT list by its number. */
function groupKeys({ group_expressions, select_list }: SelectNode): readonly ColumnRef[] {
  return group_expressions.flatMap((key): readonly ColumnRef[] => {
    const item = key.class === 'CONSTANT' ? select_list[Number(key.value.value) - 1] : key;
    return item?.class === 'COLUMN_REF' ? [item] : [];
  });
}

function nameOf({ column_names }: ColumnRef): string {
  return column_names.at(-1)!.toLowerCase();
}

/** What the SELECT names of each table whose whole primary key is grouped by. Columns of other SELECTs that have the same name do no harm. */
function dependentColumns(node: SelectNode, tables: readonly KeyedTable[]): readonly Expression[] {
  const keys = groupKeys(node);
  const named = missing(node);
  return tables
    .filter((table) => table.primaryKey.every((column) => keys.some((key) => isColumn(key, column, table))))
    .flatMap((table) =>
      table.columns
        .filter((column) => !keys.some((key) => isColumn(key, column, table)))
        .filter((column) => named.some((part) => part === 'star' || isColumn(part, column, table)))
        .map((column) => columnRef(table.alias, column)),
    );
}

/** A name without a table that two of them have is ambiguous, and told as such by the binder. */
function isColumn({ column_names }: ColumnRef, column: string, { alias }: KeyedTable): boolean {
  const [name, table] = [...column_names].reverse();
  const same = name!.toLowerCase() === column.toLowerCase();
  return same && (table === undefined || table.toLowerCase() === alias.toLowerCase());
}

/** Tables that stand in FROM by name, joined ones included. */
function baseTables(ref: TableRef): readonly BaseTable[] {
  if (ref.type === 'BASE_TABLE') return ref.column_name_alias.length === 0 ? [ref] : [];
  return ref.type === 'JOIN' ? [...baseTables(ref.left), ...baseTables(ref.right)] : [];
}

/** `more`: what is grouped by as well, by the list of keys that is there. */
function withKeys(statement: Statement, more: ReadonlyMap<readonly Expression[], readonly Expression[]>): Statement {
  return mapAst(statement, {
    query: (node) => {
      const added = node.type === 'SELECT_NODE' ? more.get(node.group_expressions) : undefined;
      if (added === undefined || node.type !== 'SELECT_NODE') return undefined;
      const group_expressions = [...node.group_expressions, ...added];
      return { ...node, group_expressions, group_sets: [group_expressions.map((_, index) => index)] };
    },
  });
}

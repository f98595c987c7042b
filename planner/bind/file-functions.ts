import type { CatalogSnapshot, DatasetTable } from '../catalog.ts';
import type { BaseTable, Expression, Statement, TableFunctionRef } from '../sql/ast.ts';
import { printExpression } from '../sql/print.ts';
import { walk } from '../sql/walk.ts';
import type { PlannerWorld } from '../world.ts';
import { classOfTableFunction } from './known-functions.ts';

/** Columns that DuckDB's readers give beside those of the file; a scan has none of them. */
const virtualColumns = new Set(['filename', 'file_row_number', 'file_index', 'rowid']);

/** What a name in FROM that ends like this stands for. */
const readers: readonly (readonly [RegExp, string])[] = [
  [/\.parquet$/i, 'read_parquet'],
  [/\.(?:csv|tsv)(?:\.(?:gz|zst))?$/i, 'read_csv'],
  [/\.(?:json|jsonl|ndjson)(?:\.(?:gz|zst))?$/i, 'read_json'],
];

/**
 * Asks the world for every file function and file name in FROM: the data set that it is, or null where it has to stay as it is
 * (it then runs whole on the coordinator). A query that uses a virtual column such as `filename` keeps all of them.
 */
export async function askForFiles(
  world: PlannerWorld,
  statement: Statement,
  catalog: CatalogSnapshot,
): Promise<ReadonlyMap<BaseTable | TableFunctionRef, DatasetTable | null>> {
  const found = new Map<BaseTable | TableFunctionRef, DatasetTable | null>();
  const wanted: (() => Promise<void>)[] = [];
  let virtual = false;
  walk(statement, {
    tableRef: (ref) => {
      const call = ref.type === 'BASE_TABLE' ? fileName(ref, catalog) : undefined;
      if (ref.type === 'BASE_TABLE' && call !== undefined) {
        wanted.push(async () => void found.set(ref, await ask(world, call, [literal(ref.table_name)], [])));
      } else if (ref.type === 'TABLE_FUNCTION' && isFileFunction(ref)) {
        wanted.push(async () => void found.set(ref, await askFunction(world, ref)));
      }
      return undefined;
    },
    expression: (node) => {
      virtual ||=
        node.class === 'COLUMN_REF' && node.column_names.some((name) => virtualColumns.has(name.toLowerCase()));
      return undefined;
    },
  });
  await Promise.all(wanted.map((run) => run()));
  if (virtual) for (const [ref, table] of found) if (!hasVirtual(table)) found.set(ref, null);
  return found;
}

/** Does the file itself have a column of such a name? */
function hasVirtual(table: DatasetTable | null): boolean {
  return table?.columns.some(({ name }) => virtualColumns.has(name.toLowerCase())) ?? false;
}

function fileName(ref: BaseTable, catalog: CatalogSnapshot): string | undefined {
  if (ref.schema_name !== '' || ref.at_clause !== null || catalog.lookup(undefined, ref.table_name)) return undefined;
  return readers.find(([ending]) => ending.test(ref.table_name))?.[1];
}

function isFileFunction({ function: call, with_ordinality }: TableFunctionRef): boolean {
  return (
    classOfTableFunction(call.function_name.toLowerCase()) === 'file' &&
    call.schema === '' &&
    with_ordinality === 'WITHOUT_ORDINALITY'
  );
}

async function askFunction(world: PlannerWorld, ref: TableFunctionRef): Promise<DatasetTable | null> {
  const args: string[] = [];
  const named: (readonly [string, string])[] = [];
  for (const child of ref.function.children) {
    const isNamed = child.class === 'COMPARISON' && child.left.class === 'COLUMN_REF';
    const value = isNamed ? child.right : child;
    if (!isConstant(value)) return null;
    const text = await printExpression(world, value);
    if (isNamed && child.left.class === 'COLUMN_REF')
      named.push([child.left.column_names.join('.').toLowerCase(), text]);
    else if (child.alias !== '') named.push([child.alias.toLowerCase(), text]);
    else args.push(text);
  }
  return ask(world, ref.function.function_name.toLowerCase(), args, named);
}

async function ask(
  world: PlannerWorld,
  name: string,
  args: readonly string[],
  named: readonly (readonly [string, string])[],
): Promise<DatasetTable | null> {
  return world.tableFunction(name, args, Object.fromEntries(named));
}

/** A literal, a list or struct of literals, a cast of one. */
function isConstant(node: Expression): boolean {
  if (node.class === 'CONSTANT') return true;
  if (node.class === 'CAST') return isConstant(node.child);
  const builders = ['list_value', 'struct_pack', 'map', '-'];
  return node.class === 'FUNCTION' && builders.includes(node.function_name) && node.children.every(isConstant);
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

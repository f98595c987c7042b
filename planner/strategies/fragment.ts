/** From AST to printed and described fragments. */

import type { DatasetTable } from '../catalog.ts';
import { SluiceError } from '../errors.ts';
import { totalBytes, wholeFile } from '../partitioning.ts';
import { fragmentPasses } from '../passes/index.ts';
import { runFragmentPasses } from '../passes/pass.ts';
import type { OutputColumn, Scan, Stage, Task } from '../plan/plan.ts';
import { stageRelation } from '../plan/plan.ts';
import type { Expression, QueryNode, SelectNode, Statement } from '../sql/ast.ts';
import { cast, statement } from '../sql/build.ts';
import { parseExpressions } from '../sql/parse.ts';
import { printStatement } from '../sql/print.ts';
import { walk } from '../sql/walk.ts';
import type { ShadowRelation } from '../world.ts';
import type { PlanContext } from './strategy.ts';

/** SQL text of a statement or query node, fragment passes applied. */
export function printFragment(context: PlanContext, root: Statement | QueryNode): Promise<string> {
  const whole = 'node' in root ? root : statement(root);
  const { disabled } = context.settings;
  const passes = fragmentPasses.filter((pass) => !disabled.includes(pass.name));
  return printStatement(context.world, runFragmentPasses(whole, passes));
}

/** The scans of all occurrences as relations for `describe`. */
export function scanShadows(context: PlanContext): readonly ShadowRelation[] {
  return context.bound.occurrences.map(({ scanName, table }) => scanShadow(scanName, table));
}

/** A table is the same object as long as its files are: most plans ask for what one before has asked for. */
const knownShadows = new WeakMap<DatasetTable, Map<string, ShadowRelation>>();

function scanShadow(name: string, table: DatasetTable): ShadowRelation {
  const known = knownShadows.get(table) ?? new Map<string, ShadowRelation>();
  knownShadows.set(table, known);
  const shadow = known.get(name) ?? {
    name,
    columns: table.columns.map(({ name: own, type }) => ({ name: own, type })),
  };
  known.set(name, shadow);
  return shadow;
}

export function stageShadow(stage: Stage): ShadowRelation {
  return { name: stageRelation(stage.id), columns: stage.columns };
}

/** A text that a strategy made does not bind. Caught by the ladder, which goes on with the next strategy. */
export class UnboundFragment extends Error {
  constructor(sql: string, cause: Error) {
    super(`a fragment does not bind: ${cause.message} (${sql})`, { cause });
    this.name = 'UnboundFragment';
  }
}

/** Names and types of what `sql` returns, over the scans, `stages` and `more`. Raises UnboundFragment when it does not bind. */
export async function describeFragment(
  context: PlanContext,
  sql: string,
  stages: readonly Stage[] = [],
  more: readonly ShadowRelation[] = [],
): Promise<readonly OutputColumn[]> {
  const known = [...scanShadows(context), ...stages.map(stageShadow), ...more];
  // Each one has to be made for the binder: only those that may be read.
  const relations = known.filter(({ name }) => sql.includes(name));
  try {
    return (await context.world.describe(sql, relations)).columns;
  } catch (error) {
    if (error instanceof SluiceError && error.errorClass === 'user') throw new UnboundFragment(sql, error);
    throw error;
  }
}

/** The scan of one whole occurrence, as far as pruning left it. */
export function wholeScan(context: PlanContext, id: number): Scan {
  const { scanName, table } = context.bound.occurrences[id]!;
  const { format, columns, options } = table;
  return { name: scanName, format, columns, options, files: context.files[id]!.map(wholeFile) };
}

/** Bytes left to read of the given occurrences. */
export function bytesOf(context: PlanContext, ids: readonly number[]): number {
  return ids.reduce((sum, id) => sum + totalBytes(context.files[id]!), 0);
}

const knownNames = new WeakMap<object, ReadonlySet<string>>();

/** Names of base tables anywhere below `root`; remembered by node. */
export function relationNames(root: object): ReadonlySet<string> {
  const known = knownNames.get(root);
  if (known !== undefined) return known;
  const names = new Set<string>();
  walk(root, {
    tableRef: (ref) => {
      if (ref.type === 'BASE_TABLE') names.add(ref.table_name);
      return undefined;
    },
  });
  knownNames.set(root, names);
  return names;
}

/** Ids of the occurrences that `root` reads. */
export function occurrencesIn(context: PlanContext, root: object): readonly number[] {
  const names = relationNames(root);
  return context.bound.occurrences.filter(({ scanName }) => names.has(scanName)).map(({ id }) => id);
}

/** Only those WITH entries of `node` that it or another needed entry names. */
export function pruneCtes<T extends QueryNode>(node: T): T {
  const { map } = node.cte_map;
  if (map.length === 0) return node;
  const needed = new Set(relationNames({ ...node, cte_map: { map: [] } }));
  // Entries see only earlier ones, so one pass from the end finds all.
  for (const { key, value } of [...map].reverse())
    if (needed.has(key)) for (const name of relationNames(value)) needed.add(name);
  return { ...node, cte_map: { map: map.filter(({ key }) => needed.has(key)) } };
}

/** Prints, describes and builds a stage. */
export async function makeStage(
  context: PlanContext,
  parts: {
    readonly id: number;
    readonly node: Statement | QueryNode;
    readonly tasks: readonly Task[];
    readonly replayable: boolean;
    readonly why: string;
  },
): Promise<Stage> {
  const { id, tasks, replayable, why } = parts;
  const sql = await printFragment(context, parts.node);
  return { id, sql, columns: await describeFragment(context, sql), tasks, replayable, why };
}

/**
 * Prints a final query so that it returns exactly the types of the original one: where a column of `node` comes out with another type, its
 * expression is cast.
 */
export async function printWithTypes(
  context: PlanContext,
  node: SelectNode,
  stages: readonly Stage[],
): Promise<string> {
  const sql = await printFragment(context, node);
  const got = await describeFragment(context, sql, stages);
  const wanted = context.columns;
  if (got.length !== wanted.length || node.select_list.length !== wanted.length) return sql;
  if (got.every((column, i) => column.type === wanted[i]!.type)) return sql;
  const casts = await parseExpressions(
    context.world,
    wanted.map(({ type }) => `CAST(NULL AS ${type})`),
  );
  const select_list = node.select_list.map((item, i) => {
    const target = casts[i]!;
    if (got[i]!.type === wanted[i]!.type || target.class !== 'CAST') return item;
    return { ...cast({ ...item, alias: '' } as Expression, target.cast_type), alias: item.alias };
  });
  return printFragment(context, { ...node, select_list });
}

/**
 * Can the query be divided along one data set? The form that `pushdown` and `two_phase` start from: one SELECT in whose FROM one
 * occurrence is divided among tasks, while every other relation is read whole by every task.
 */

import { mergeableNames } from '../aggregates/index.ts';
import type { Block, Occurrence } from '../bind/bound-query.ts';
import { totalBytes } from '../partitioning.ts';
import type { QueryNode, SelectNode, TableRef } from '../sql/ast.ts';
import { rewrite } from '../sql/walk.ts';
import { bytesOf } from './fragment.ts';
import type { PlanContext } from './strategy.ts';
import { repartitionHint } from './tasks.ts';
import { wholeReason } from './whole.ts';

/** Data sets that every task reads whole may have this many bytes together, unless the strategy is forced. */
export const maxReferenceBytes = 64 * 1024 * 1024;

export interface ScatterForm {
  /** The one SELECT, aliases of its list put in where other clauses use them. */
  readonly node: SelectNode;
  readonly block: Block;
  /** The occurrence that is divided. */
  readonly divided: Occurrence;
  /** Nothing but the divided scan is read: rows come in its order. */
  readonly plain: boolean;
}

export type ScatterAnswer = { readonly form: ScatterForm } | { readonly reason: string };

export function scatterForm(context: PlanContext): ScatterAnswer {
  const { bound } = context;
  const whole = wholeReason(context);
  if (whole !== undefined) return { reason: whole.reason };
  const { node } = bound.statement;
  if (node.type !== 'SELECT_NODE') return { reason: 'a set operation or recursion is not divided' };
  const block = bound.blocks.find((candidate) => candidate.node === node);
  if (block === undefined) return { reason: 'its outermost SELECT is not understood' };
  if (bound.facts.recursive) return { reason: 'recursion is not divided' };
  if (bound.facts.positionalJoin) return { reason: 'a positional join needs all rows in order' };
  const nested = bound.blocks.map((other) => (other === block ? undefined : nestedProblem(other))).find(Boolean);
  const candidates = dividable(context, node.from_table)
    .map((name) => bound.occurrences.find(({ scanName }) => scanName === name))
    .filter((occurrence) => occurrence !== undefined && !occurrence.sampled && !occurrence.repeated);
  if (candidates.length === 0)
    return { reason: 'no data set stands where it could be divided (top-level FROM, preserved side of outer joins)' };
  const divided = choose(context, candidates as readonly Occurrence[]);
  if (nested !== undefined) return { reason: nested };
  const references = bound.occurrences.filter(({ id }) => id !== divided.id).map(({ id }) => id);
  const bytes = bytesOf(context, references);
  const most = Math.min(maxReferenceBytes, bytesOf(context, [divided.id]));
  if (context.settings.strategy === 'auto' && bytes > most)
    return { reason: `every task would read ${bytes} bytes of other data sets (at most ${most})` };
  const plain = references.length === 0 && block.otherRelations === 0 && bound.blocks.length === 1;
  return { form: { node: expandAliases(context, node), block, divided, plain } };
}

/** The hinted occurrence, else the one with most to read. */
function choose(context: PlanContext, candidates: readonly Occurrence[]): Occurrence {
  const hinted = candidates.find((occurrence) => repartitionHint(context, occurrence) !== undefined);
  if (hinted !== undefined) return hinted;
  const size = ({ id }: Occurrence) => totalBytes(context.files[id]!);
  return candidates.reduce((best, other) => (size(other) > size(best) ? other : best));
}

/** Aggregates that give every task the same value over the same rows. */
const repeatable: ReadonlySet<string> = new Set([
  ...mergeableNames,
  'median',
  'quantile',
  'quantile_cont',
  'quantile_disc',
  'mad',
]);

/** A nested SELECT is run by every task: it must come out the same each time. */
function nestedProblem(block: Block): string | undefined {
  if (block.limit !== null) return 'a LIMIT in a sub-query may cut differently in each task';
  if (block.windows) return 'a window in a sub-query may come out differently in each task';
  if (block.distinct === 'on') return 'DISTINCT ON in a sub-query may choose differently in each task';
  const ordered = block.aggregates.find(({ name }) => !repeatable.has(name));
  return ordered === undefined ? undefined : `${ordered.name} in a sub-query may come out differently in each task`;
}

/** Scan names that may be divided in this FROM: the union over tasks is the whole. */
function dividable(context: PlanContext, from: TableRef): readonly string[] {
  if (from.type === 'BASE_TABLE') return [from.table_name];
  if (from.type === 'SUBQUERY') return throughSubquery(context, from.subquery.node);
  if (from.type !== 'JOIN') return [];
  const { left, right, join_type, ref_type } = from;
  if (ref_type === 'POSITIONAL') return [];
  if (ref_type === 'ASOF' || ref_type === 'DEPENDENT')
    return join_type === 'INNER' || join_type === 'LEFT' ? dividable(context, left) : [];
  switch (join_type) {
    case 'INNER':
      return [...dividable(context, left), ...dividable(context, right)];
    case 'LEFT':
    case 'SEMI':
    case 'ANTI':
      return dividable(context, left);
    case 'RIGHT':
      return dividable(context, right);
    default:
      return [];
  }
}

/** A sub-query that only filters and projects passes division through. */
function throughSubquery(context: PlanContext, node: QueryNode): readonly string[] {
  const block = context.bound.blocks.find((candidate) => candidate.node === node);
  if (block === undefined || node.type !== 'SELECT_NODE') return [];
  if (node.modifiers.length > 0 || node.cte_map.map.length > 0) return [];
  const { grouped, windows, qualify, sample, unnest, aggregates } = block;
  if (grouped || windows || qualify || sample || unnest || aggregates.length > 0) return [];
  return dividable(context, node.from_table);
}

/** How deep aliases may refer to other aliases. */
const maxAliasDepth = 32;

/** Puts the expression of the SELECT list in place of every reference to its alias, but for the list's own names. */
function expandAliases(context: PlanContext, node: SelectNode): SelectNode {
  const { resolutions } = context.bound;
  const expand = <T>(root: T, depth: number): T =>
    rewrite(root, {
      query: (nested) => nested,
      expression: (expression) => {
        if (expression.class !== 'COLUMN_REF' || depth > maxAliasDepth) return undefined;
        const resolution = resolutions.get(expression);
        if (resolution?.kind !== 'alias') return undefined;
        const target = node.select_list[resolution.index];
        return target === undefined ? undefined : { ...expand(target, depth + 1), alias: expression.alias };
      },
    });
  return {
    ...node,
    select_list: expand(node.select_list, 0),
    where_clause: expand(node.where_clause, 0),
    group_expressions: expand(node.group_expressions, 0),
    having: expand(node.having, 0),
    qualify: expand(node.qualify, 0),
    modifiers: expand(node.modifiers, 0),
  };
}

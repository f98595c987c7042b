/** ORDER BY, GROUP BY and DISTINCT ON: names and numbers of the select list, or expressions. */
import { type Node, type SortBy, stringsOf } from '../../../planner/sql/postgres.ts';
import { resolved } from './coerce.ts';
import type { Expr, Grouping, SortItem, Target } from './expr.ts';
import { readExpression } from './read-expression.ts';
import { openColumn, type Scope } from './scope.ts';
import { unprintable } from './unprintable.ts';

/** Do two expressions mean the same? */
export function sameExpr(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  const [left, right] = [Object.entries(one), other as Readonly<Record<string, unknown>>];
  if (left.length !== Object.keys(right).length) return false;
  // What stands in FROM is the same only when it is one thing.
  return left.every(([key, value]) => (key === 'entry' ? value === right[key] : sameExpr(value, right[key])));
}

type Found = Pick<SortItem, 'expr' | 'position'>;

function placed(targets: readonly Target[], expr: Expr): Found {
  return { expr, position: targets.findIndex((target) => sameExpr(target.expr, expr)) + 1 };
}

function byNumber(targets: readonly Target[], node: Node): Found | undefined {
  if (!('A_Const' in node)) return undefined;
  const { ival } = node.A_Const;
  const position = ival === undefined ? unprintable('a constant') : (ival.ival ?? 0);
  const target = targets[position - 1] ?? unprintable('a place that is not there');
  return { expr: target.expr, position };
}

function byName(targets: readonly Target[], node: Node): Found | undefined {
  const fields = 'ColumnRef' in node ? (node.ColumnRef.fields ?? []) : [];
  const [name] = fields.length === 1 ? stringsOf(fields) : [];
  const found = targets.filter((target) => target.name === name);
  const [first] = found;
  if (name === undefined || first === undefined) return undefined;
  if (!found.every(({ expr }) => sameExpr(expr, first.expr))) return unprintable(`the name ${name} is ambiguous`);
  return { expr: first.expr, position: targets.indexOf(first) + 1 };
}

function byExpression(scope: Scope, targets: readonly Target[], node: Node): Found {
  return placed(targets, resolved(scope.facts, readExpression(scope, node)));
}

/** Of the select list each item stands for itself. */
function isSame(one: Found, other: Found): boolean {
  return one.position === other.position && (one.position > 0 || sameExpr(one.expr, other.expr));
}

/** PostgreSQL leaves out what it sorts or groups by already. */
function unique<T extends Found>(items: readonly T[]): readonly T[] {
  return items.filter((item, at) => !items.slice(0, at).some((before) => isSame(before, item)));
}

function sortItem({ sortby_dir: direction, sortby_nulls: nulls, useOp }: SortBy, found: Found): SortItem {
  if (useOp !== undefined || direction === 'SORTBY_USING') return unprintable('ORDER BY USING');
  const descending = direction === 'SORTBY_DESC';
  const nullsFirst = nulls === 'SORTBY_NULLS_FIRST' || (descending && nulls !== 'SORTBY_NULLS_LAST');
  return { ...found, descending, nullsFirst };
}

/** `targets`: undefined where names and numbers of the select list mean nothing. */
export function readSort(scope: Scope, nodes: readonly Node[], targets: readonly Target[] | undefined) {
  const items = nodes.map((node) => {
    const sort = 'SortBy' in node ? node.SortBy : unprintable('ORDER BY');
    const value = sort.node ?? unprintable('ORDER BY');
    const listed = targets && (byNumber(targets, value) ?? byName(targets, value));
    return sortItem(sort, listed ?? byExpression(scope, targets ?? [], value));
  });
  return unique(items);
}

/** The expressions of a window's PARTITION BY: no names or numbers of the select list. */
export function readPartition(scope: Scope, nodes: readonly Node[]): readonly Expr[] {
  return unique(nodes.map((node) => byExpression(scope, [], node))).map(({ expr }) => expr);
}

function groupItem(scope: Scope, targets: readonly Target[], node: Node): Found {
  const fields = 'ColumnRef' in node ? (node.ColumnRef.fields ?? []) : [];
  const [name] = fields.length === 1 ? stringsOf(fields) : [];
  const own = name !== undefined && openColumn(scope, name) !== undefined;
  const listed = own ? undefined : (byNumber(targets, node) ?? byName(targets, node));
  return listed ?? byExpression(scope, targets, node);
}

const setWords = {
  GROUPING_SET_ROLLUP: 'ROLLUP(',
  GROUPING_SET_CUBE: 'CUBE(',
  GROUPING_SET_SETS: 'GROUPING SETS (',
} as const;

function grouping(scope: Scope, targets: readonly Target[], node: Node): Grouping {
  if ('RowExpr' in node) {
    const args = node.RowExpr.args ?? [];
    return {
      kind: 'exprs',
      exprs: unique(args.map((each) => groupItem(scope, targets, each))).map(({ expr }) => expr),
    };
  }
  if (!('GroupingSet' in node)) return { kind: 'exprs', exprs: [groupItem(scope, targets, node).expr] };
  const { kind, content = [] } = node.GroupingSet;
  if (kind === 'GROUPING_SET_EMPTY') return { kind: 'exprs', exprs: [] };
  const word = setWords[kind as keyof typeof setWords] ?? unprintable('a set of groups');
  return { kind: 'set', word, items: content.map((each) => grouping(scope, targets, each)) };
}

export function readGroup(scope: Scope, nodes: readonly Node[], targets: readonly Target[]): readonly Grouping[] {
  if (nodes.some((node) => 'GroupingSet' in node)) return nodes.map((node) => grouping(scope, targets, node));
  const flat = nodes.flatMap((node) => ('RowExpr' in node ? (node.RowExpr.args ?? []) : [node]));
  const items = unique(flat.map((node) => groupItem(scope, targets, node)));
  return items.map(({ expr }) => ({ kind: 'exprs', exprs: [expr] }));
}

/** Empty: DISTINCT alone. With ON those that are sorted by come first, as ORDER BY has them. */
export function readDistinct(
  scope: Scope,
  nodes: readonly Node[],
  targets: readonly Target[],
  order: readonly SortItem[],
): readonly Expr[] {
  const given = nodes.filter((node) => Object.keys(node).length > 0);
  const items = given.map(
    (node) => byNumber(targets, node) ?? byName(targets, node) ?? byExpression(scope, targets, node),
  );
  const sorted = order.filter((by) => items.some((item) => isSame(item, by)));
  return unique<Found>([...sorted, ...items]).map(({ expr }) => expr);
}

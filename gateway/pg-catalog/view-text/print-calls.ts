/** Aggregates and window functions. */
import type { Expr, ExprOf, SortItem, WindowSpec } from './expr.ts';
import { type Page, put, putName } from './page.ts';
import { printConstant, printExpression, printList } from './print-expression.ts';
import { frameBits } from './read-windows.ts';

/** What is sorted or grouped by. */
function printSorted(page: Page, expr: Expr): void {
  if (expr.kind === 'constant') {
    printConstant(page, expr, 1);
    return;
  }
  const calls = expr.kind === 'function' || expr.kind === 'aggregate' || expr.kind === 'ordered set';
  const parenthesis =
    expr.kind !== 'column' && expr.kind !== 'merged' && (page.pretty || calls || expr.kind === 'window');
  if (parenthesis) put(page, '(');
  printExpression(page, expr, true);
  if (parenthesis) put(page, ')');
}

export function printSortedList(page: Page, exprs: readonly Expr[]): void {
  for (const [at, expr] of exprs.entries()) {
    if (at > 0) put(page, ', ');
    printSorted(page, expr);
  }
}

/** `numbered`: places in the select list instead of expressions. */
export function printOrder(page: Page, order: readonly SortItem[], numbered: boolean): void {
  for (const [at, { expr, position, descending, nullsFirst }] of order.entries()) {
    if (at > 0) put(page, ', ');
    if (numbered) put(page, String(position));
    else printSorted(page, expr);
    if (descending) put(page, ' DESC', nullsFirst ? '' : ' NULLS LAST');
    else if (nullsFirst) put(page, ' NULLS FIRST');
  }
}

function printFilter(page: Page, filter: Expr | undefined): void {
  if (filter === undefined) return;
  put(page, ') FILTER (WHERE ');
  printExpression(page, filter, false);
}

export function printAggregate(page: Page, { name, args, parts }: ExprOf<'aggregate'>): void {
  putName(page, name);
  put(page, '(', parts.distinct ? 'DISTINCT ' : '', parts.star ? '*' : '');
  for (const [at, arg] of args.entries()) {
    put(page, at > 0 ? ', ' : '', parts.variadic && at === args.length - 1 ? 'VARIADIC ' : '');
    printExpression(page, arg, true);
  }
  if (parts.order.length > 0) {
    put(page, ' ORDER BY ');
    printOrder(page, parts.order, false);
  }
  printFilter(page, parts.filter);
  put(page, ')');
}

export function printOrderedSet(page: Page, { name, args, parts }: ExprOf<'ordered set'>): void {
  putName(page, name);
  put(page, '(');
  printList(page, args);
  put(page, ') WITHIN GROUP (ORDER BY ');
  printOrder(page, parts.order, false);
  printFilter(page, parts.filter);
  put(page, ')');
}

export function printWindowCall(page: Page, { name, args, star, filter, over }: ExprOf<'window'>): void {
  putName(page, name);
  put(page, '(', star ? '*' : '');
  printList(page, args);
  printFilter(page, filter);
  put(page, ') OVER ');
  if (over.name !== undefined) putName(page, over.name);
  else printWindow(page, over);
}

function printBound(
  page: Page,
  bound: Expr | undefined,
  unbounded: string,
  preceding: boolean,
  current: boolean,
): void {
  if (current) put(page, 'CURRENT ROW');
  else if (bound === undefined) put(page, unbounded);
  else {
    printExpression(page, bound, false);
    put(page, preceding ? ' PRECEDING' : ' FOLLOWING');
  }
}

function printFrame(page: Page, { frame, start, end }: WindowSpec): void {
  const has = (bit: keyof typeof frameBits) => (frame & frameBits[bit]) !== 0;
  put(page, has('range') ? 'RANGE ' : has('rows') ? 'ROWS ' : 'GROUPS ', has('between') ? 'BETWEEN ' : '');
  printBound(page, start, 'UNBOUNDED PRECEDING', has('startPreceding'), has('startCurrent'));
  if (has('between')) {
    put(page, ' AND ');
    printBound(page, end, 'UNBOUNDED FOLLOWING', has('endPreceding'), has('endCurrent'));
  }
  if (has('excludeCurrent')) put(page, ' EXCLUDE CURRENT ROW');
  else if (has('excludeGroup')) put(page, ' EXCLUDE GROUP');
  else if (has('excludeTies')) put(page, ' EXCLUDE TIES');
}

/** What stands between the parentheses of OVER and WINDOW, and these. */
export function printWindow(page: Page, over: WindowSpec): void {
  const { base, partition, order, frame } = over;
  put(page, '(');
  let space = '';
  const part = () => {
    put(page, space);
    space = ' ';
  };
  if (base !== undefined) {
    part();
    putName(page, base);
  }
  if (partition.length > 0) {
    part();
    put(page, 'PARTITION BY ');
    printSortedList(page, partition);
  }
  if (order.length > 0) {
    part();
    put(page, 'ORDER BY ');
    printOrder(page, order, false);
  }
  if ((frame & frameBits.given) !== 0) {
    part();
    printFrame(page, over);
  }
  put(page, ')');
}

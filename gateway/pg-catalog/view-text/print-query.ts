import type { Grouping, Query, QueryBody, SetTree, Target } from './expr.ts';
import { apart, indents, overflows, type Page, pageOf, put, putLine, putName } from './page.ts';
import { printOrder, printSortedList, printWindow } from './print-calls.ts';
import { printExpression } from './print-expression.ts';
import { printFrom } from './print-from.ts';
import { sqlNameOf } from './type-facts.ts';

/** What is known of the columns around a query: their names, where it is the query of a view; whether they are all shown. */
interface Outer {
  readonly names: readonly string[] | undefined;
  readonly visible: boolean;
}

function clause(page: Page, keyword: string, plus: number): void {
  putLine(page, keyword, -indents.clause, indents.clause, plus);
}

function printTarget(page: Page, { name, expr }: Target, at: number, { names, visible }: Outer): void {
  printExpression(page, expr, true);
  const shown = names?.[at] ?? name;
  const own =
    expr.kind === 'column' ? expr.entry.columns[expr.index]!.name : expr.kind === 'merged' ? expr.name : undefined;
  if (shown !== (own ?? (visible ? undefined : '?column?'))) put(page, ` AS ${sqlNameOf(page.facts, shown)}`);
}

function printTargets(page: Page, targets: readonly Target[], outer: Outer): void {
  let broken = false;
  for (const [at, target] of targets.entries()) {
    put(page, at > 0 ? ', ' : ' ');
    const text = apart(page, () => printTarget(page, target, at, outer));
    if (page.wrap >= 0 && text.startsWith('\n')) page.text = page.text.replace(/ +$/, '');
    else if (page.wrap >= 0) {
      const full = at > 0 && overflows(page, text.length);
      if (at > 0 && (full || broken)) putLine(page, '', -indents.clause, indents.clause, indents.list);
      broken = text.includes('\n');
    }
    put(page, text);
  }
}

function printGroupings(page: Page, groups: readonly Grouping[], bare: boolean): void {
  for (const [at, group] of groups.entries()) {
    put(page, at > 0 ? ', ' : '');
    if (group.kind === 'set') {
      put(page, group.word);
      printGroupings(page, group.items, group.word !== 'GROUPING SETS (');
      put(page, ')');
      continue;
    }
    const parenthesis = !bare || group.exprs.length !== 1;
    put(page, parenthesis ? '(' : '');
    printSortedList(page, group.exprs);
    put(page, parenthesis ? ')' : '');
  }
}

function printSelect(page: Page, body: QueryBody & { readonly kind: 'select' }, outer: Outer): void {
  page.indent += indents.clause;
  put(page, ' SELECT');
  if (body.distinct?.length === 0) put(page, ' DISTINCT');
  else if (body.distinct !== undefined) {
    put(page, ' DISTINCT ON (');
    printSortedList(page, body.distinct);
    put(page, ')');
  }
  printTargets(page, body.targets, outer);
  printFrom(page, body.from);
  if (body.where !== undefined) {
    clause(page, ' WHERE ', 1);
    printExpression(page, body.where, false);
  }
  if (body.group.length > 0) {
    clause(page, ' GROUP BY ', 1);
    printGroupings(page, body.group, true);
  }
  if (body.having !== undefined) {
    clause(page, ' HAVING ', 0);
    printExpression(page, body.having, false);
  }
  for (const [at, over] of body.windows.entries()) {
    if (at > 0) put(page, ', ');
    else clause(page, ' WINDOW ', 1);
    putName(page, over.name ?? '');
    put(page, ' AS ');
    printWindow(page, over);
  }
}

function printValues(page: Page, { rows }: QueryBody & { readonly kind: 'values' }): void {
  page.indent += indents.clause;
  put(page, ' VALUES ');
  for (const [at, row] of rows.entries()) {
    put(page, at > 0 ? ', (' : '(');
    for (const [column, expr] of row.entries()) {
      if (column > 0) put(page, ',');
      printExpression(page, expr, false);
    }
    put(page, ')');
  }
}

function printLeaf(page: Page, query: Query, outer: Outer): void {
  const { tables, order, limit, offset } = query;
  const parenthesis = tables.length > 0 || order.length > 0 || limit !== undefined || offset !== undefined;
  if (parenthesis) put(page, '(');
  printQuery(page, query, outer.names, outer.visible);
  if (parenthesis) put(page, ')');
}

function printSets(page: Page, tree: SetTree, outer: Outer): void {
  if (tree.kind === 'leaf') {
    printLeaf(page, tree.query, outer);
    return;
  }
  const { left, right, op, all } = tree;
  const nested = left.kind === 'set' && (left.op !== op || left.all !== all);
  if (nested) {
    put(page, '(');
    putLine(page, '', indents.clause, 0, 0);
  }
  printSets(page, left, outer);
  putLine(page, nested ? ') ' : '', nested ? -indents.clause : 0, 0, 0);
  put(page, `${op} `, all ? 'ALL ' : '');
  const inner = right.kind === 'set' ? indents.clause : 0;
  if (inner > 0) put(page, '(');
  putLine(page, '', inner, 0, 0);
  printSets(page, right, { ...outer, visible: false });
  page.indent -= inner;
  if (inner > 0) putLine(page, ')', 0, 0, 0);
}

function printTables(page: Page, { tables, recursive }: Query): void {
  if (tables.length === 0) return;
  page.indent += indents.clause;
  put(page, ' ');
  for (const [at, { name, columns, materialized, query }] of tables.entries()) {
    put(page, at > 0 ? ', ' : recursive ? 'WITH RECURSIVE ' : 'WITH ');
    putName(page, name);
    if (columns.length > 0) put(page, '(', columns.map((column) => sqlNameOf(page.facts, column)).join(', '), ')');
    put(page, ` AS ${materialized}(`);
    putLine(page, '', 0, 0, 0);
    printQuery(page, query, undefined, true);
    putLine(page, '', 0, 0, 0);
    put(page, ')');
  }
  page.indent -= indents.clause;
  putLine(page, '', 0, 0, 0);
}

/** Prints a query as PostgreSQL's ruleutils does. `names`: of the columns of the view that it is of. */
export function printQuery(around: Page, query: Query, names: readonly string[] | undefined, visible: boolean): void {
  const page = pageOf(around, query);
  const { body, order, limit, offset } = query;
  const outer = { names, visible };
  // What is printed of it goes where the text around it ends: lines are measured there.
  page.text = around.text;
  printTables(page, query);
  if (body.kind === 'select') printSelect(page, body, outer);
  else if (body.kind === 'values') printValues(page, body);
  else printSets(page, body.tree, outer);
  if (order.length > 0) {
    clause(page, ' ORDER BY ', 1);
    printOrder(page, order, body.kind === 'sets');
  }
  if (offset !== undefined) {
    clause(page, ' OFFSET ', 0);
    printExpression(page, offset, false);
  }
  if (limit !== undefined) {
    clause(page, ' LIMIT ', 0);
    if (limit.kind === 'constant' && limit.text === null) put(page, 'ALL');
    else printExpression(page, limit, false);
  }
  around.text = page.text;
}

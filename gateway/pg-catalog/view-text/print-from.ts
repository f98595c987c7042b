import type { FromItem, RangeEntry } from './expr.ts';
import { apart, indents, overflows, type Page, put, putLine, putName } from './page.ts';
import { printExpression } from './print-expression.ts';
import { printQuery } from './print-query.ts';
import { sqlNameOf } from './type-facts.ts';

function printNames(page: Page, names: readonly string[]): void {
  put(page, '(', names.map((name) => sqlNameOf(page.facts, name)).join(', '), ')');
}

function printEntry(page: Page, entry: RangeEntry): void {
  const { source, alias, columns, renamed } = entry;
  const name = page.names.get(entry)!;
  let own: string | undefined;
  if (source.kind === 'relation') {
    put(page, source.shown);
    own = source.name;
  } else if (source.kind === 'cte') {
    putName(page, source.name);
    own = source.name;
  } else {
    put(page, source.lateral ? 'LATERAL ' : '');
    if (source.kind === 'function') printExpression(page, source.call, true);
    else {
      put(page, '(');
      printQuery(page, source.query, undefined, true);
      put(page, ')');
    }
  }
  if (alias !== undefined || renamed || own !== name) put(page, ` ${sqlNameOf(page.facts, name)}`);
  if (renamed) {
    printNames(
      page,
      columns.map((column) => column.name),
    );
  }
}

function printJoin(page: Page, item: FromItem & { readonly kind: 'join' }): void {
  const { type, left, right, using, on } = item;
  if (!page.pretty) put(page, '(');
  printFromItem(page, left);
  const cross = type === 'JOIN' && on === undefined && using.length === 0;
  putLine(page, cross ? ' CROSS JOIN ' : ` ${type} `, -indents.clause, indents.clause, indents.join);
  const parenthesis = page.pretty && right.kind === 'join';
  if (parenthesis) put(page, '(');
  printFromItem(page, right);
  if (parenthesis) put(page, ')');
  if (using.length > 0) {
    put(page, ' USING ');
    printNames(page, using);
  } else if (on !== undefined) {
    put(page, page.pretty ? ' ON ' : ' ON (');
    printExpression(page, on, false);
    if (!page.pretty) put(page, ')');
  } else if (!cross) put(page, ' ON TRUE');
  if (!page.pretty) put(page, ')');
}

function printFromItem(page: Page, item: FromItem): void {
  if (item.kind === 'entry') printEntry(page, item.entry);
  else printJoin(page, item);
}

export function printFrom(page: Page, items: readonly FromItem[]): void {
  const [first, ...rest] = items;
  if (first === undefined) return;
  putLine(page, ' FROM ', -indents.clause, indents.clause, 2);
  printFromItem(page, first);
  for (const item of rest) {
    put(page, ', ');
    const text = apart(page, () => printFromItem(page, item));
    if (page.wrap >= 0 && text.startsWith('\n')) page.text = page.text.replace(/ +$/, '');
    else if (page.wrap >= 0 && overflows(page, text.length))
      putLine(page, '', -indents.clause, indents.clause, indents.list);
    put(page, text);
  }
}

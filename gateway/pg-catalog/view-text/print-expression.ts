import type { Expr, ExprKind, ExprOf, Format } from './expr.ts';
import { indents, type Page, put, putLine, putName } from './page.ts';
import { printAggregate, printOrderedSet, printWindowCall } from './print-calls.ts';
import { printQuery } from './print-query.ts';
import { printSyntax } from './print-syntax.ts';
import { isSimple } from './simple-nodes.ts';
import { sqlNameOf, typeOids } from './type-facts.ts';
import { typeText } from './type-names.ts';

export function printList(page: Page, exprs: readonly Expr[]): void {
  for (const [at, expr] of exprs.entries()) {
    if (at > 0) put(page, ', ');
    printExpression(page, expr, true);
  }
}

/** An operand. */
export function printOperand(page: Page, expr: Expr, implicit: boolean, parent: Expr | undefined): void {
  const parenthesis = page.pretty && !isSimple(expr, parent);
  if (parenthesis) put(page, '(');
  printExpression(page, expr, implicit);
  if (parenthesis) put(page, ')');
}

/** Parentheses that the pretty form has not. */
function enclosed(page: Page, print: () => void): void {
  if (!page.pretty) put(page, '(');
  print();
  if (!page.pretty) put(page, ')');
}

/** `typed`: 1 always tells the type, -1 never, 0 where it would be another one without. */
export function printConstant(page: Page, { text, type, typmod }: ExprOf<'constant'>, typed: -1 | 0 | 1): void {
  if (text === null) {
    put(page, 'NULL', typed < 0 ? '' : `::${typeText(page.facts, { type, typmod })}`);
    return;
  }
  const digits = /^\d/.test(text);
  const bare =
    type === typeOids.bool ||
    (type === typeOids.int4 && digits) ||
    (type === typeOids.numeric && digits && text.includes('.'));
  put(page, bare ? text : `'${text.replaceAll("'", "''")}'`);
  const labelled = !bare && type !== typeOids.unknown;
  if (typed > 0 || (typed === 0 && labelled)) put(page, `::${typeText(page.facts, { type, typmod })}`);
}

function printCast(page: Page, expr: Expr, arg: Expr): void {
  if (arg.kind === 'constant' && arg.type === expr.type && arg.typmod === -1) printConstant(page, arg, -1);
  else enclosed(page, () => printOperand(page, arg, false, expr));
  put(page, `::${typeText(page.facts, expr)}`);
}

function printFunction(page: Page, expr: ExprOf<'function'>, implicit: boolean): void {
  const { format, args, name, variadic } = expr;
  const [first] = args;
  if ((format === 'implicit' || format === 'explicit') && first !== undefined) {
    printConverted(page, expr, first, implicit);
    return;
  }
  if (format === 'sql') {
    printSyntax(page, expr);
    return;
  }
  putName(page, name);
  put(page, '(');
  for (const [at, arg] of args.entries()) {
    put(page, at > 0 ? ', ' : '', variadic && at === args.length - 1 ? 'VARIADIC ' : '');
    printExpression(page, arg, true);
  }
  put(page, ')');
}

/** What was not written is shown only where it has to be. */
function printConverted(page: Page, expr: Expr & { readonly format: Format }, arg: Expr, implicit: boolean): void {
  if (expr.format === 'implicit' && !implicit) printOperand(page, arg, false, expr);
  else printCast(page, expr, arg);
}

function printOperator(page: Page, expr: ExprOf<'operator' | 'distinct'>): void {
  const word = expr.kind === 'distinct' ? 'IS DISTINCT FROM' : expr.name;
  enclosed(page, () => {
    const left = expr.args.length > 1 ? expr.args[0] : undefined;
    if (left !== undefined) printOperand(page, left, true, expr);
    put(page, left === undefined ? `${word} ` : ` ${word} `);
    printOperand(page, expr.args.at(-1)!, true, expr);
  });
}

function printArrayOperator(page: Page, expr: ExprOf<'array operator'>): void {
  enclosed(page, () => {
    printOperand(page, expr.left, true, expr);
    put(page, ` ${expr.name} ${expr.any ? 'ANY' : 'ALL'} (`);
    printOperand(page, expr.right, true, expr);
    if (expr.right.kind === 'sublink') put(page, `::${typeText(page.facts, expr.right)}`);
    put(page, ')');
  });
}

function printLogic(page: Page, expr: ExprOf<'logic'>): void {
  enclosed(page, () => {
    if (expr.op === 'NOT') put(page, 'NOT ');
    for (const [at, arg] of expr.args.entries()) {
      if (at > 0) put(page, ` ${expr.op} `);
      printOperand(page, arg, false, expr);
    }
  });
}

function printSublink(page: Page, { of, left, name, query }: ExprOf<'sublink'>): void {
  put(page, of === 'array' ? 'ARRAY(' : '(');
  if (left !== undefined) printExpression(page, left, true);
  if (of === 'exists') put(page, 'EXISTS ');
  if (of === 'any') put(page, name === '=' ? ' IN ' : ` ${name} ANY `);
  if (of === 'all') put(page, ` ${name} ALL `);
  const more = of !== 'value' && of !== 'array';
  if (more) put(page, '(');
  printQuery(page, query, undefined, false);
  put(page, more ? '))' : ')');
}

function printCase(page: Page, { arg, whens, otherwise }: ExprOf<'case'>): void {
  putLine(page, 'CASE', 0, indents.list, 0);
  if (arg !== undefined) {
    put(page, ' ');
    printExpression(page, arg, true);
  }
  for (const { when, result } of whens) {
    putLine(page, 'WHEN ', 0, 0, 0);
    printExpression(page, when, false);
    put(page, ' THEN ');
    printExpression(page, result, true);
  }
  putLine(page, 'ELSE ', 0, 0, 0);
  printExpression(page, otherwise, true);
  putLine(page, 'END', -indents.list, 0, 0);
}

function listed(page: Page, before: string, args: readonly Expr[], after: string): void {
  put(page, before);
  printList(page, args);
  put(page, after);
}

type Printers = { readonly [K in ExprKind]: (page: Page, expr: ExprOf<K>, implicit: boolean) => void };

const printers: Printers = {
  column: (page, { entry, index }) => {
    put(page, `${sqlNameOf(page.facts, page.names.get(entry)!)}.`);
    putName(page, entry.columns[index]!.name);
  },
  merged: (page, { name }) => putName(page, name),
  constant: (page, expr) => printConstant(page, expr, 0),
  function: printFunction,
  relabel: (page, expr, implicit) => printConverted(page, expr, expr.arg, implicit),
  through: (page, expr, implicit) => printConverted(page, expr, expr.arg, implicit),
  operator: printOperator,
  distinct: printOperator,
  'array operator': printArrayOperator,
  logic: printLogic,
  sublink: printSublink,
  case: printCase,
  'case value': () => undefined,
  parameter: () => undefined,
  nullif: (page, { args }) => listed(page, 'NULLIF(', args, ')'),
  array: (page, expr) => {
    listed(page, 'ARRAY[', expr.args, ']');
    if (expr.args.length === 0) put(page, `::${typeText(page.facts, expr)}`);
  },
  grouping: (page, { args }) => listed(page, 'GROUPING(', args, ')'),
  coalesce: (page, { args }) => listed(page, 'COALESCE(', args, ')'),
  extreme: (page, { word, args }) => listed(page, `${word}(`, args, ')'),
  'value function': (page, { text }) => put(page, text),
  test: (page, expr) =>
    enclosed(page, () => {
      printOperand(page, expr.arg, expr.words.endsWith('NULL'), expr);
      put(page, ` ${expr.words}`);
    }),
  element: (page, { arg, at }) => {
    const parenthesis = arg.kind !== 'column';
    put(page, parenthesis ? '(' : '');
    printExpression(page, arg, true);
    put(page, parenthesis ? ')[' : '[');
    printExpression(page, at, false);
    put(page, ']');
  },
  aggregate: printAggregate,
  'ordered set': printOrderedSet,
  window: printWindowCall,
};

/** `implicit`: shows conversions that were not written. */
export function printExpression(page: Page, expr: Expr, implicit: boolean): void {
  const print = printers[expr.kind] as (page: Page, expr: Expr, implicit: boolean) => void;
  print(page, expr, implicit);
}

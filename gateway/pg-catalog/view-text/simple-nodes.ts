/** Where parentheses can be left out. */
import type { Expr, ExprKind } from './expr.ts';

/** What has parentheses, brackets or words of its own around it. */
const closed: ReadonlySet<ExprKind> = new Set<ExprKind>([
  ...['column', 'merged', 'constant', 'parameter', 'case value', 'element', 'array', 'coalesce', 'extreme'],
  ...['value function', 'nullif', 'aggregate', 'ordered set', 'window', 'function', 'case', 'grouping'],
] as const);

/** What puts its operands between parentheses or words. */
const enclosing: ReadonlySet<ExprKind> = new Set<ExprKind>([
  ...['element', 'array', 'coalesce', 'extreme', 'nullif', 'aggregate', 'ordered set', 'window', 'case', 'grouping'],
] as const);

/** The name of an operator of two operands, of one character; undefined: no such. */
function plainOperator(expr: Expr): string | undefined {
  return expr.kind === 'operator' && expr.args.length === 2 && expr.name.length === 1 ? expr.name : undefined;
}

function bindsTighter(expr: Expr, parent: Expr & { readonly kind: 'operator' }): boolean {
  const [own, outer] = [plainOperator(expr), plainOperator(parent)];
  if (own === undefined || outer === undefined || !/[-+*/%]/.test(own) || !/[-+*/%]/.test(outer)) return false;
  const [low, lowOuter] = [/[-+]/.test(own), /[-+]/.test(outer)];
  if (low !== lowOuter) return lowOuter;
  return parent.args[0] === expr;
}

function inside(parent: Expr | undefined): boolean {
  if (parent === undefined) return false;
  return parent.kind === 'function' ? parent.format === 'call' : enclosing.has(parent.kind);
}

function simpleLogic(expr: Expr & { readonly kind: 'logic' }, parent: Expr | undefined): boolean {
  if (parent?.kind !== 'logic') return inside(parent);
  return expr.op === 'OR' ? parent.op === 'OR' : parent.op !== 'NOT';
}

/** Does an operand of `parent` need no parentheses? As PostgreSQL's isSimpleNode says. */
export function isSimple(expr: Expr, parent: Expr | undefined): boolean {
  if (closed.has(expr.kind)) return true;
  if (expr.kind === 'relabel' || expr.kind === 'through') return isSimple(expr.arg, expr);
  if (expr.kind === 'logic') return simpleLogic(expr, parent);
  if (expr.kind === 'array operator') return false;
  if (expr.kind === 'operator' && parent?.kind === 'operator') return bindsTighter(expr, parent);
  return inside(parent) || parent?.kind === 'logic';
}

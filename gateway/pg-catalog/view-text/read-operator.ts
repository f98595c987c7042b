import { type A_Expr, type Node, stringsOf } from '../../../planner/sql/postgres.ts';
import { chooseOperator } from './calls.ts';
import { arrayOf, coerce, coerceAll, commonType } from './coerce.ts';
import type { Expr } from './expr.ts';
import { readExpression } from './read-expression.ts';
import type { Scope } from './scope.ts';
import { typeOids } from './type-facts.ts';
import { unprintable } from './unprintable.ts';

const truth = { type: typeOids.bool, typmod: -1 };

export function operator(scope: Scope, name: string, args: readonly Expr[]): Expr {
  const { args: coerced, result } = chooseOperator(scope.facts, name, args);
  return { kind: 'operator', name, args: coerced, type: result, typmod: -1 };
}

function logic(op: 'AND' | 'OR' | 'NOT', args: readonly Expr[]): Expr {
  return { kind: 'logic', op, args, ...truth };
}

function nameOf({ name }: A_Expr): string {
  const names = stringsOf(name);
  return names.length === 1 ? names[0]! : unprintable('an operator of a schema');
}

const isNull = (node: Node | undefined) => node !== undefined && 'A_Const' in node && node.A_Const.isnull === true;

function sides(scope: Scope, { lexpr, rexpr }: A_Expr): readonly [Expr, Expr] {
  if (lexpr === undefined || rexpr === undefined) return unprintable('a row');
  return [readExpression(scope, lexpr), readExpression(scope, rexpr)];
}

/** `value op ANY (array)`; literals beside it are of the type that its elements have. */
function arrayOperator(scope: Scope, name: string, left: Expr, right: Expr, any: boolean): Expr {
  const { facts } = scope;
  const element = right.type === typeOids.unknown ? typeOids.unknown : facts.types.get(right.type)?.element || 0;
  if (element === 0) return unprintable('no array');
  const item: Expr = { kind: 'parameter', type: element, typmod: -1 };
  const { fact, args } = chooseOperator(facts, name, [left, item]);
  if (fact.result !== typeOids.bool || element === typeOids.unknown) return unprintable('ANY of something else');
  const array = coerce(facts, right, arrayOf(facts, args[1]!.type), 'i', 'implicit');
  return { kind: 'array operator', name, left: args[0]!, right: array, any, ...truth };
}

/** Has an expression a column of the query itself? Then IN compares with it alone. */
function hasColumn(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { kind } = value as { kind?: string };
  if (kind === 'column' || kind === 'merged') return true;
  if (kind === 'sublink') return unprintable('a query in a list of IN');
  return Object.values(value).some(hasColumn);
}

function inList(scope: Scope, expr: A_Expr): Expr {
  const { facts } = scope;
  if (expr.lexpr === undefined || expr.rexpr === undefined || !('List' in expr.rexpr)) return unprintable('IN');
  const name = nameOf(expr);
  const any = name === '=';
  const left = readExpression(scope, expr.lexpr);
  const items = (expr.rexpr.List.items ?? []).map((node) => readExpression(scope, node));
  const plain = items.filter((item) => !hasColumn(item));
  const parts: Expr[] = [];
  if (plain.length > 1) {
    const type = commonType(facts, [left, ...plain]);
    const args = coerceAll(facts, plain, type);
    const array: Expr = { kind: 'array', args, type: arrayOf(facts, type), typmod: -1 };
    parts.push(arrayOperator(scope, name, left, array, any));
  }
  for (const item of plain.length > 1 ? items.filter(hasColumn) : items)
    parts.push(operator(scope, name, [left, item]));
  return parts.reduce((before, part) => logic(any ? 'OR' : 'AND', [before, part]));
}

function between(scope: Scope, expr: A_Expr): Expr {
  if (expr.lexpr === undefined || expr.rexpr === undefined || !('List' in expr.rexpr)) return unprintable('BETWEEN');
  const { lexpr } = expr;
  const [low, high] = (expr.rexpr.List.items ?? []).map((node) => readExpression(scope, node));
  if (low === undefined || high === undefined) return unprintable('BETWEEN');
  const compare = (name: string, bound: Expr) => operator(scope, name, [readExpression(scope, lexpr), bound]);
  return expr.kind === 'AEXPR_BETWEEN'
    ? logic('AND', [compare('>=', low), compare('<=', high)])
    : logic('OR', [compare('<', low), compare('>', high)]);
}

function distinct(scope: Scope, expr: A_Expr): Expr {
  const not = expr.kind === 'AEXPR_NOT_DISTINCT';
  if (expr.lexpr !== undefined && isNull(expr.rexpr)) {
    const arg = readExpression(scope, expr.lexpr);
    return { kind: 'test', arg, words: not ? 'IS NULL' : 'IS NOT NULL', ...truth };
  }
  if (isNull(expr.lexpr)) return unprintable('NULL IS DISTINCT');
  const { args } = chooseOperator(scope.facts, '=', sides(scope, expr));
  const found: Expr = { kind: 'distinct', args, ...truth };
  return not ? logic('NOT', [found]) : found;
}

function plain(scope: Scope, expr: A_Expr): Expr {
  const { lexpr, rexpr } = expr;
  if (lexpr === undefined && rexpr !== undefined) return operator(scope, nameOf(expr), [readExpression(scope, rexpr)]);
  return operator(scope, nameOf(expr), sides(scope, expr));
}

const kinds: Readonly<Record<string, (scope: Scope, expr: A_Expr) => Expr>> = {
  AEXPR_OP: plain,
  AEXPR_LIKE: plain,
  AEXPR_ILIKE: plain,
  AEXPR_SIMILAR: plain,
  AEXPR_IN: inList,
  AEXPR_BETWEEN: between,
  AEXPR_NOT_BETWEEN: between,
  AEXPR_DISTINCT: distinct,
  AEXPR_NOT_DISTINCT: distinct,
  AEXPR_OP_ANY: (scope, expr) => arrayOperator(scope, nameOf(expr), ...sides(scope, expr), true),
  AEXPR_OP_ALL: (scope, expr) => arrayOperator(scope, nameOf(expr), ...sides(scope, expr), false),
  AEXPR_NULLIF: (scope, expr) => {
    const { args } = chooseOperator(scope.facts, '=', sides(scope, expr));
    return { kind: 'nullif', args, type: args[0]!.type, typmod: args[0]!.typmod };
  },
};

export function readOperator(scope: Scope, expr: A_Expr): Expr {
  const read = kinds[expr.kind ?? ''] ?? unprintable(`the operator ${expr.kind}`);
  return read(scope, expr);
}

import { type FuncCall, type Node, stringsOf } from '../../../planner/sql/postgres.ts';
import { type Chosen, chooseFunction } from './calls.ts';
import { polymorphic, toBoolean } from './coerce.ts';
import type { AggregateParts, Expr } from './expr.ts';
import { readExpression } from './read-expression.ts';
import { readSort } from './read-sort.ts';
import { readOver } from './read-windows.ts';
import type { Scope } from './scope.ts';
import { type FunctionFact, typeOids } from './type-facts.ts';
import { unprintable } from './unprintable.ts';

function nameOf(call: FuncCall): string {
  const names = stringsOf(call.funcname);
  if (names.length === 2 && names[0] !== 'pg_catalog') return unprintable('a function of a schema');
  return names.length > 2 ? unprintable('a name of many parts') : names.at(-1)!;
}

function orderedSet(scope: Scope, call: FuncCall, name: string, args: readonly Expr[]): Expr {
  const order = readSort(scope, call.agg_order ?? [], undefined);
  const {
    fact,
    args: all,
    result,
    spread,
  } = chooseFunction(scope.facts, name, [...args, ...order.map(({ expr }) => expr)], false);
  if (fact.kind !== 'a' || spread || call.over !== undefined) return unprintable('WITHIN GROUP');
  const sorted = order.map((item, at) => ({ ...item, expr: all[args.length + at]! }));
  const parts = { ...partsOf(scope, call), order: sorted };
  return { kind: 'ordered set', name, args: all.slice(0, args.length), parts, type: result, typmod: -1 };
}

function partsOf(scope: Scope, call: FuncCall): Omit<AggregateParts, 'order'> {
  const filter = call.agg_filter && toBoolean(scope.facts, readExpression(scope, call.agg_filter));
  const { agg_distinct: distinct = false, agg_star: star = false, func_variadic: variadic = false } = call;
  return { distinct, star, filter, variadic };
}

function windowCall(scope: Scope, call: FuncCall, name: string, args: readonly Expr[], type: number): Expr {
  const { over, agg_distinct, agg_order, func_variadic } = call;
  if (over === undefined || agg_distinct || agg_order || func_variadic) return unprintable('a window function');
  const { star, filter } = partsOf(scope, call);
  return { kind: 'window', name, args, star, filter, over: readOver(scope, over), type, typmod: -1 };
}

/** A call of a function, an aggregate or a window function. */
export function readCall(scope: Scope, call: FuncCall): Expr {
  const name = nameOf(call);
  const nodes: readonly Node[] = call.args ?? [];
  const args = nodes.map((node) => readExpression(scope, node));
  if (call.agg_within_group) return orderedSet(scope, call, name, args);
  const chosen = chooseFunction(scope.facts, name, args, call.func_variadic === true);
  const { fact, args: coerced, result } = chosen;
  const type = scope.facts.types.get(result) ?? unprintable('a type of rows');
  if (fact.outs || type.kind === 'p') return unprintable('a function that gives rows');
  if (call.over !== undefined) return windowCall(scope, call, name, coerced, result);
  if (fact.kind === 'a') {
    const order = readSort(scope, call.agg_order ?? [], undefined);
    const sorted = order.map((item) => ({ ...item, expr: sortedArgument(item.expr, args, coerced) }));
    const parts = { ...partsOf(scope, call), order: sorted };
    return { kind: 'aggregate', name, args: coerced, parts, type: result, typmod: -1 };
  }
  if (fact.kind !== 'f') return unprintable('a procedure, or a window function without OVER');
  const format = call.funcformat === 'COERCE_SQL_SYNTAX' ? 'sql' : 'call';
  const spread = chosen.spread && fact.variadic !== typeOids.any;
  return {
    ...{ kind: 'function', name, format, type: result, typmod: -1 },
    args: spread ? gathered(chosen) : coerced,
    variadic: spread || call.func_variadic === true,
  };
}

/** The arguments behind the fixed ones as the array that the function takes. */
function gathered({ fact, args }: Chosen<FunctionFact>): readonly Expr[] {
  const fixed = fact.args.length - 1;
  const type = fact.args[fixed]!;
  if (polymorphic.has(type)) return unprintable('an array of any type');
  return [...args.slice(0, fixed), { kind: 'array', args: args.slice(fixed), type, typmod: -1 }];
}

/** What an aggregate sorts by may be its argument, which may have been converted. */
function sortedArgument(expr: Expr, args: readonly Expr[], coerced: readonly Expr[]): Expr {
  const at = args.indexOf(expr);
  return at < 0 ? expr : coerced[at]!;
}

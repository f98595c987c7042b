/** A call of an aggregate taken apart: what each task computes, and what makes the answer of that. */
import type { ColumnRef, Expression, FunctionCall } from '../sql/ast.ts';
import { columnRef, withAlias } from '../sql/build.ts';
import { parseExpressions } from '../sql/parse.ts';
import { mapAst, rewrite, someExpression } from '../sql/walk.ts';
import type { PlannerWorld } from '../world.ts';
import { disabledName, distinctRule, type MergeRule, mergeRule } from './index.ts';
import { pickRule } from './picks.ts';

/** How a call is computed in two steps. `rows`: its distinct arguments travel as rows, and the call itself runs over them. */
export type CallRule = MergeRule | 'rows';

/** A call as partial expressions (one aggregate call each, perhaps in a cast) and what merges them. */
export interface SplitCall {
  readonly partials: readonly Expression[];
  /** The merge over partial columns of these names, one for each of `partials`. */
  readonly merge: (names: readonly string[]) => Expression;
}

/** The rule for `call`, whose arguments and value have these DuckDB types. `disabled`: as in `PlannerSettings`. */
export function callRule(
  call: FunctionCall,
  types: { readonly arguments: readonly string[]; readonly result: string },
  disabled: readonly string[],
): CallRule {
  const name = call.function_name;
  if (call.order_bys.orders.length > 0) return { kind: 'none', reason: 'it has an ORDER BY of its own' };
  if (call.export_state) return { kind: 'none', reason: 'it exports its state' };
  if (call.distinct && distinctRule(name) !== 'ignored') {
    if (distinctRule(name) === 'rows' && !disabled.includes(disabledName(name))) return 'rows';
    return { kind: 'none', reason: 'DISTINCT needs all rows of a group at once' };
  }
  return exportable(call, mergeRule({ name, argumentTypes: types.arguments, resultType: types.result }, disabled));
}

/** DuckDB (1.5.5) can't export the state of an aggregate over a sub-query: "Cannot copy BoundSubqueryExpression". */
function exportable(call: FunctionCall, rule: MergeRule): MergeRule {
  if (rule.kind !== 'merge' || !rule.partials.some((partial) => partial.includes('EXPORT_STATE'))) return rule;
  if (![...call.children, call.filter].some((part) => someExpression(part, ({ class: kind }) => kind === 'SUBQUERY')))
    return rule;
  return { kind: 'none', reason: 'its state, over a sub-query, can not be exported' };
}

/** As `callRule`, for a caller to whom any of several equally good values is right (see `pickRule`). */
export function callRuleWithPicks(
  call: FunctionCall,
  types: { readonly arguments: readonly string[]; readonly result: string },
  disabled: readonly string[],
): CallRule {
  const plain = call.order_bys.orders.length === 0 && !call.distinct && !call.export_state;
  const use = { name: call.function_name, argumentTypes: types.arguments, resultType: types.result };
  const pick = plain && !disabled.includes(disabledName(use.name)) ? pickRule(use) : undefined;
  return pick ?? callRule(call, types, disabled);
}

/** Fills the templates of `rule` with the arguments and the filter of `call`. */
export async function splitCall(
  world: PlannerWorld,
  call: FunctionCall,
  rule: Extract<MergeRule, { kind: 'merge' }>,
): Promise<SplitCall> {
  const [merge, ...partials] = await parseExpressions(world, [rule.merge, ...rule.partials]);
  return {
    partials: partials.map((template) => fillPartial(template, call)),
    merge: (names) =>
      rewrite(merge!, {
        expression: (node) => {
          const hole = holeOf(node, '__p');
          return hole === undefined ? undefined : columnRef(names[hole]!);
        },
      }),
  };
}

/** Puts arguments and filter into a partial template. */
function fillPartial(template: Expression, call: FunctionCall): Expression {
  const filtered = mapAst(template, {
    expression: (node) =>
      node.class === 'FUNCTION' && node.filter !== null && isColumn(node.filter, '__filter')
        ? { ...node, filter: call.filter }
        : undefined,
  });
  return rewrite(filtered, {
    expression: (node) => {
      const hole = holeOf(node, '__arg');
      return hole === undefined ? undefined : withAlias(call.children[hole]!, '');
    },
  });
}

function isColumn(node: Expression, name: string): node is ColumnRef {
  return node.class === 'COLUMN_REF' && node.column_names.length === 1 && node.column_names[0] === name;
}

/** 2 for the column `__arg2`. */
function holeOf(node: Expression, prefix: string): number | undefined {
  if (node.class !== 'COLUMN_REF' || node.column_names.length !== 1) return undefined;
  const name = node.column_names[0]!;
  if (!name.startsWith(prefix)) return undefined;
  const number = Number(name.slice(prefix.length));
  return name.length > prefix.length && Number.isInteger(number) ? number : undefined;
}

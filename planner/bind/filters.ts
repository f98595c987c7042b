import type { Expression, JoinRef, SelectNode, TableRef } from '../sql/ast.ts';
import { conjunctsOf, walk } from '../sql/walk.ts';
import { classOfFunction, type FunctionClass, isBareFunction } from './known-functions.ts';
import type { BindState } from './state.ts';

/** Occurrences by the names of their scans, within one FROM clause. */
type Leaves = ReadonlySet<number>;

/**
 * Gives every occurrence of a SELECT's own FROM the conjuncts that it alone has to pass. WHERE holds for an occurrence that no
 * outer join may replace by NULLs on the way up; ON of a join holds for the side (or sides) whose rows are lost when it fails.
 */
export function assignFilters(state: BindState, node: SelectNode): void {
  if (node.sample !== null) return;
  assign(state, node.where_clause, safeLeaves(state, node.from_table));
  forEachJoin(node.from_table, (join) => assign(state, join.condition, leavesOfCondition(state, join)));
}

function assign(state: BindState, condition: Expression | null, leaves: Leaves): void {
  if (leaves.size === 0) return;
  for (const conjunct of conjunctsOf(condition)) {
    const only = onlyOccurrence(state, conjunct);
    if (only === undefined || !leaves.has(only)) continue;
    const occurrence = state.occurrences[only]!;
    occurrence.filters = [...occurrence.filters, conjunct];
  }
}

function forEachJoin(ref: TableRef, visit: (join: JoinRef) => void): void {
  if (ref.type !== 'JOIN') return;
  visit(ref);
  forEachJoin(ref.left, visit);
  forEachJoin(ref.right, visit);
}

const nowhere: Leaves = new Set();
const union = (a: Leaves, b: Leaves): Leaves => new Set([...a, ...b]);

/** Occurrences whose rows may be left out when a condition over the result of `ref` fails for them. */
function safeLeaves(state: BindState, ref: TableRef): Leaves {
  if (ref.sample !== null) return nowhere;
  if (ref.type === 'BASE_TABLE') {
    const occurrence = state.occurrences.find(({ scanName }) => scanName === ref.table_name);
    return occurrence === undefined ? nowhere : new Set([occurrence.id]);
  }
  if (ref.type !== 'JOIN' || ref.ref_type === 'POSITIONAL' || ref.ref_type === 'DEPENDENT') return nowhere;
  const left = () => safeLeaves(state, ref.left);
  const right = () => safeLeaves(state, ref.right);
  switch (ref.join_type) {
    case 'INNER':
      return ref.ref_type === 'ASOF' ? left() : union(left(), right());
    case 'LEFT':
    case 'SEMI':
    case 'ANTI':
      return left();
    case 'RIGHT':
      return ref.ref_type === 'ASOF' ? nowhere : right();
    default:
      return nowhere;
  }
}

/** Occurrences whose rows have no effect when the join's own condition fails for them. */
function leavesOfCondition(state: BindState, join: JoinRef): Leaves {
  if (join.sample !== null || (join.ref_type !== 'REGULAR' && join.ref_type !== 'CROSS')) return nowhere;
  const left = () => safeLeaves(state, join.left);
  const right = () => safeLeaves(state, join.right);
  switch (join.join_type) {
    case 'INNER':
    case 'SEMI':
      return union(left(), right());
    case 'LEFT':
    case 'ANTI':
      return right();
    case 'RIGHT':
      return left();
    default:
      return nowhere;
  }
}

/** `now()` and kin have one value for the statement. */
const filterClasses: ReadonlySet<FunctionClass> = new Set(['scalar', 'statement_time']);

/** `current_date` and kin, which no lambda parameter or relation is called. */
function isStatementTime(parts: readonly string[]): boolean {
  const name = parts[0]!;
  return parts.length === 1 && isBareFunction(name) && classOfFunction(name.toLowerCase(), '') === 'statement_time';
}

/** The one occurrence whose columns a conjunct reads; undefined when it reads another or none, or is more than a plain predicate. */
function onlyOccurrence(state: BindState, conjunct: Expression): number | undefined {
  const found = new Set<number>();
  let plain = true;
  walk(conjunct, {
    expression: (node) => {
      if (node.class === 'COLUMN_REF') {
        const resolution = state.resolutions.get(node);
        if (resolution?.kind === 'column' && resolution.depth === 0) found.add(resolution.occurrence);
        else plain &&= resolution?.kind === 'other' && isStatementTime(node.column_names);
      } else if (
        node.class === 'SUBQUERY' ||
        node.class === 'WINDOW' ||
        node.class === 'STAR' ||
        node.class === 'LAMBDA'
      ) {
        plain = false;
      } else if (node.class === 'FUNCTION') {
        plain &&= filterClasses.has(classOfFunction(node.function_name.toLowerCase(), node.schema));
      }
      return plain;
    },
  });
  return plain && found.size === 1 ? [...found][0] : undefined;
}

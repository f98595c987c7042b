/** Which inputs of a fragment may be divided further than the plan says, when it turns out that one of their partitions is far larger than others. */
import type { Rel } from '../algebra/rel.ts';
import { inputsOf } from '../algebra/walk-rel.ts';
import type { SelectNode } from '../sql/ast.ts';
import { walk } from '../sql/walk.ts';

const none: ReadonlySet<string> = new Set();

/**
 * Inputs over which the fragment is linear: dealt out to several tasks, beside everything else whole, each of their rows counts once. Operators that
 * need rows of one key together (aggregates, windows, DISTINCT, set operations, cuts) are no such fragments unless a later stage puts their
 * rows together anyway (`partial`); of a join it is the side that is not filled with NULLs, of a semi or anti join the left one.
 * An input that is read in two places is none. `node`: the fragment as it is printed, sub-queries of expressions in their places.
 */
export function splittableInputs(rel: Rel, node: SelectNode): ReadonlySet<string> {
  const linear = linearIn(withoutPartials(rel));
  if (linear.size === 0) return none;
  const times = timesNamed(node);
  return new Set([...linear].filter((relation) => times.get(relation) === 1));
}

/** What is below the steps at the top whose rows are put together later. */
function withoutPartials(rel: Rel): Rel {
  switch (rel.op) {
    case 'project':
      return rel.many ? rel : withoutPartials(rel.input);
    case 'aggregate':
    case 'distinct':
    case 'order':
      return rel.partial ? withoutPartials(rel.input) : rel;
    default:
      return rel;
  }
}

function linearIn(rel: Rel): ReadonlySet<string> {
  switch (rel.op) {
    case 'input':
      return new Set([rel.relation]);
    case 'filter':
    case 'project':
      return linearIn(rel.input);
    case 'lateral':
      return linearIn(rel.left);
    case 'join':
      return ofJoin(rel);
    default:
      return none;
  }
}

function ofJoin({ kind, left, right }: Extract<Rel, { op: 'join' }>): ReadonlySet<string> {
  switch (kind) {
    case 'inner':
      return new Set([...linearIn(left), ...linearIn(right)]);
    case 'left':
    case 'semi':
    case 'anti':
    case 'asof':
    case 'asof_left':
      return linearIn(left);
    case 'right':
      return linearIn(right);
    case 'full':
      return none;
  }
}

/** How often each relation stands in the text. */
function timesNamed(node: SelectNode): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  walk(node, {
    tableRef: (ref) => {
      if (ref.type === 'BASE_TABLE') times.set(ref.table_name, (times.get(ref.table_name) ?? 0) + 1);
      return undefined;
    },
  });
  return times;
}

/**
 * Inputs whose rows may come in any order: those that are joined before anything else than filters and projections is done with them, because a join
 * gives rows in no order that could be told.
 */
export function orderlessInputs(rel: Rel, node: SelectNode): ReadonlySet<string> {
  const found = new Map<string, number>();
  countJoined(rel, false, found);
  if (found.size === 0) return none;
  const times = timesNamed(node);
  return new Set([...found].flatMap(([relation, count]) => (times.get(relation) === count ? [relation] : [])));
}

function countJoined(rel: Rel, joined: boolean, found: Map<string, number>): void {
  if (rel.op === 'input' && joined) found.set(rel.relation, (found.get(rel.relation) ?? 0) + 1);
  const through = rel.op === 'filter' || rel.op === 'project';
  for (const input of inputsOf(rel)) countJoined(input, rel.op === 'join' || (through && joined), found);
}

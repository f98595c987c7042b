/** Drafts of aggregates and windows. */
import type { Expression } from '../sql/ast.ts';
import { operator } from '../sql/build.ts';
import { expressionKey, someExpression } from '../sql/walk.ts';
import {
  alsoNeeded,
  atMost,
  canMerge,
  type Draft,
  isDelicate,
  namesAny,
  nest,
  type Printing,
  resolve,
} from './print-draft.ts';
import type { ColumnId, RelAggregate, RelWindow } from './rel.ts';

export function buildAggregate(rel: RelAggregate, needed: ReadonlySet<ColumnId>, printing: Printing): Draft {
  const aggregates = rel.aggregates.filter(({ id }) => needed.has(id));
  const calls = aggregates.map(({ call }) => call);
  const expressions = [...rel.keys.map(({ expression }) => expression), ...calls];
  const reads = alsoNeeded([], expressions, printing);
  const below = printing.build(rel.input, reads, printing);
  const mergeable = atMost(below, 'rows') && canMerge(below, expressions, printing, true);
  const exports = mergeable && calls.some((call) => exportsQuery(call, below, printing));
  const inner = mergeable && !exports ? below : nest(below, reads, printing);
  const resolved = rel.keys.map(({ expression }) => resolve(expression, inner, printing));
  const asWritten = canGroupBy(resolved, rel.sets !== null);
  const draft = asWritten ? inner : withKeys(inner, rel, resolved, alsoNeeded([], calls, printing), printing);
  const keys = asWritten ? resolved : rel.keys.map(({ id }) => draft.values.get(id)!);
  const values = new Map<ColumnId, Expression>(rel.keys.map(({ id }, i) => [id, keys[i]!]));
  for (const { id, call } of aggregates) values.set(id, resolve(call, draft, printing));
  for (const { id, keys: places } of rel.groupings) {
    values.set(
      id,
      operator(
        'GROUPING_FUNCTION',
        places.map((place) => keys[place]!),
      ),
    );
  }
  const all = keys.length === 0 ? [] : [keys.map((_, i) => i)];
  return {
    ...draft,
    rank: 'group',
    values,
    group: { expressions: keys, sets: rel.sets ?? all },
    aggregated: new Set(aggregates.map(({ id }) => id)),
  };
}

/** DuckDB (1.5.5) can't export the state of an aggregate whose argument is a sub-query: "Cannot copy BoundSubqueryExpression". */
function exportsQuery(call: Expression, below: Draft, printing: Printing): boolean {
  if (!someExpression(call, (node) => node.class === 'FUNCTION' && node.export_state)) return false;
  return someExpression(resolve(call, below, printing), (node) => node.class === 'SUBQUERY');
}

/**
 * DuckDB finds keys again by how they are written. A constant would be a place in the list; volatile ones and sub-queries are not found;
 * with grouping sets a key within another one (`a` and `a + 1`) would become NULL in both.
 */
function canGroupBy(keys: readonly Expression[], sets: boolean): boolean {
  if (!sets) return keys.every(isFindable);
  const texts = new Set(keys.map(expressionKey));
  return texts.size === keys.length && keys.every((key) => key.class === 'COLUMN_REF');
}

function isFindable(key: Expression): boolean {
  if (key.class === 'CONSTANT' || key.class === 'PARAMETER' || isDelicate(key)) return false;
  return !someExpression(key, (node) => node.class === 'LAMBDA');
}

/** The keys computed in a derived table, under their ids. */
function withKeys(
  draft: Draft,
  rel: RelAggregate,
  keys: readonly Expression[],
  reads: ReadonlySet<ColumnId>,
  printing: Printing,
): Draft {
  const values = new Map([...draft.values, ...rel.keys.map(({ id }, i) => [id, keys[i]!] as const)]);
  return nest({ ...draft, values }, new Set([...reads, ...rel.keys.map(({ id }) => id)]), printing);
}

export function buildWindow(rel: RelWindow, needed: ReadonlySet<ColumnId>, printing: Printing): Draft {
  const windows = rel.windows.filter(({ id }) => needed.has(id));
  const calls = windows.map(({ call }) => call);
  const reads = alsoNeeded(needed, calls, printing);
  const below = printing.build(rel.input, reads, printing);
  const mergeable =
    atMost(below, 'window') &&
    below.qualify.length === 0 &&
    !calls.some((call) => namesAny(call, below.windowed, printing)) &&
    canMerge(below, calls, printing);
  const draft = mergeable ? below : nest(below, reads, printing);
  if (windows.length === 0) return draft;
  const values = new Map(draft.values);
  for (const { id, call } of windows) values.set(id, resolve(call, draft, printing));
  const aggregating = windows.filter(({ call }) => namesAny(call, draft.aggregated, printing));
  return {
    ...draft,
    rank: 'window',
    values,
    windowed: new Set([...draft.windowed, ...windows.map(({ id }) => id)]),
    aggregated: new Set([...draft.aggregated, ...aggregating.map(({ id }) => id)]),
  };
}

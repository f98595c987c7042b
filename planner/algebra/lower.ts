/** From the bound AST to operators. */
import type { BoundQuery } from '../bind/bound-query.ts';
import { SluiceError } from '../errors.ts';
import type { OutputColumn } from '../plan/plan.ts';
import type { OrderByNode } from '../sql/ast.ts';
import type { PlannerWorld } from '../world.ts';
import { exactly } from './lower-project.ts';
import { lowerNode } from './lower-query.ts';
import type { Lowered } from './lower-result.ts';
import { withoutIdleCasts } from './lower-set-casts.ts';
import { type Lowering, NotLowered, startLowering } from './lower-state.ts';
import { survey } from './lower-survey.ts';
import type { ColumnId, NoRel, Rel, RelQuery } from './rel.ts';
import { relProblems } from './rel-problems.ts';
import { columnTypes } from './types.ts';

/** What lowering needs of a plan's context. */
export interface LowerContext {
  readonly bound: BoundQuery;
  readonly world: PlannerWorld;
  /** The answer's columns, of which the operators must have the types. */
  readonly columns?: readonly Pick<OutputColumn, 'type'>[];
}

/**
 * The query as a tree of operators, or why it has none. Never raises for what it does not know; errors of the world (the engine is gone)
 * pass through.
 */
export async function lower(context: LowerContext): Promise<RelQuery | NoRel> {
  const { bound, world, columns } = context;
  if (bound.opaque !== null) return { reason: bound.opaque };
  try {
    const lowering = startLowering(bound, await survey(bound, world));
    const query = wholeQuery(
      lowering,
      lowerNode(lowering, bound.statement.node, { parent: null, ctes: null, role: 'top' }),
    );
    const types = await columnTypes(query, context);
    if (columns !== undefined && !(await areSame(world, typesOf(query.output, types), typesIn(columns))))
      return { reason: 'its operators give other types than the query' };
    const lowered = withoutIdleCasts({ ...query, types });
    const [problem] = relProblems(lowered);
    return problem === undefined ? lowered : { reason: `its operators do not fit together: ${problem}` };
  } catch (error) {
    if (error instanceof NotLowered) return { reason: error.message };
    // The original binds: the operators are at fault (unnest of a struct gives several columns).
    if (error instanceof SluiceError && error.errorClass === 'user')
      return { reason: `its operators do not bind: ${error.message.split('\n')[0]}` };
    throw error;
  }
}

function typesOf(ids: readonly ColumnId[], types: RelQuery['types']): readonly string[] {
  return ids.map((id) => types.get(id) ?? '');
}

function typesIn(columns: readonly Pick<OutputColumn, 'type'>[]): readonly string[] {
  return columns.map(({ type }) => type);
}

/** Are these texts names of the same types? The engine is asked where they differ: catalogs may spell a type in their own way. */
async function areSame(world: PlannerWorld, left: readonly string[], right: readonly string[]): Promise<boolean> {
  const unequal = left.flatMap((type, i) => (type === right[i] ? [] : [type, right[i] ?? '']));
  if (left.length !== right.length || unequal.includes('')) return false;
  if (unequal.length === 0) return true;
  const values = unequal.map((type, i) => `CAST(NULL AS ${type}) AS v${i}`);
  const { columns } = await world.describe(`SELECT ${values.join(', ')}`, []);
  return columns.every(({ type }, i) => type === columns[i - (i % 2)]!.type);
}

/** At the top an order is an operator, and no column is returned twice. */
function wholeQuery(lowering: Lowering, { rel, columns, order }: Lowered): Omit<RelQuery, 'types'> {
  const ids = columns.map(({ id }) => id);
  const distinct = exactly(lowering, rel, ids);
  const { shared, queries } = lowering;
  const sorted =
    order.kind !== 'by' || isSorted(distinct.rel, order.orders) ? distinct.rel : sort(distinct.rel, order.orders);
  return { root: sorted, output: distinct.output, shared, queries };
}

/** Has the cut at the top put the rows into this order already? A sub-query may have cut them in another one. */
function isSorted(rel: Rel, orders: readonly OrderByNode[]): boolean {
  return rel.op === 'order' && JSON.stringify(rel.orders) === JSON.stringify(orders);
}

function sort(input: Rel, orders: readonly OrderByNode[]): Rel {
  return { op: 'order', input, orders, limit: null, offset: null, percent: false };
}

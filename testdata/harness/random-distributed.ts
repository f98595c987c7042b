import { Draw, type Tape } from './random-draw.ts';
import { predicate, someValue } from './random-expressions.ts';
import { fromClause } from './random-joins.ts';
import { cut, type Select, select, selectText, wholeOrder } from './random-selects.ts';
import type { Context, Relation, Shared } from './random-tables.ts';

export interface DistributedQuery {
  readonly sql: string;
  /** Something is in it whose last digits DuckDB itself varies. */
  readonly tolerance: boolean;
  /** The choices that lead to this text. */
  readonly tape: Tape;
}

/** Levels of sub-queries. */
const depth = 2;

/**
 * A query over the data set `random` whose answer DuckDB determines: joins of every kind, sub-queries, WITH, windows, grouping sets, set
 * operations, sorted and cut. `from` is a seed, or choices made before.
 */
export function distributedQuery(from: number | Tape): DistributedQuery {
  const draw = typeof from === 'number' ? Draw.ofSeed(from) : Draw.ofTape(from);
  const shared: Shared = { aliases: 0, tolerance: false };
  const ctes: Relation[] = [];
  const definitions = draw.part((outer) =>
    outer.chance(0.25)
      ? outer.list(1, 2, (inner, index) => {
          const query = select(inner, { depth: 1, ctes: [...ctes], shared });
          const alias = `w${index}`;
          ctes.push(relationOf(alias, query));
          const materialized = inner.chance(0.2) ? inner.pick([' MATERIALIZED', ' NOT MATERIALIZED']) : '';
          return `${alias} AS${materialized} (${query.sql})`;
        })
      : [],
  );
  const context: Context = { depth, ctes, shared };
  const query = draw.part((inner) => select(inner, context, true));
  const body = draw.part((inner) => tail(inner, query, shared.tolerance));
  const sql = `${definitions.length === 0 ? '' : `WITH ${definitions.join(', ')} `}${body}`;
  return { sql, tolerance: shared.tolerance, tape: draw.tape };
}

function relationOf(alias: string, { columns, rows }: Select): Relation {
  return {
    alias,
    columns: columns.map((column) => ({ ...column, sql: `${alias}.${column.name}` })),
    unique: null,
    rows,
  };
}

/** ORDER BY of some or all columns, or with LIMIT. */
function tail(draw: Draw, query: Select, tolerance: boolean): string {
  if (!draw.chance(0.7)) return query.sql;
  if (draw.chance(0.4) && !tolerance) return cut(draw, query).sql;
  if (draw.chance(0.5)) return `${query.sql} ORDER BY ${wholeOrder(draw, query)}`;
  const some = draw.some(query.columns, 1, query.columns.length).map((column) => column.name);
  return `${query.sql} ORDER BY ${some.join(', ')}`;
}

/** A query and three others whose rows together are its rows, because a condition is true, false or unknown. */
export interface PartedQuery {
  readonly whole: string;
  readonly parts: readonly string[];
}

/** The query of a seed and its parts. */
export function partedQuery(seed: number): PartedQuery {
  const draw = Draw.ofSeed(seed);
  const context: Context = { depth: 1, ctes: [], shared: { aliases: 0, tolerance: false } };
  const { sql: from, scope, where } = draw.part((inner) => fromClause(inner, context));
  const items = draw.list(1, 4, (inner) => someValue(inner, scope, context));
  const condition = draw.part((inner) => predicate(inner, scope, context));
  const text = (more: readonly string[]) => {
    const all = [...where, ...more];
    return selectText(items, `FROM ${from}${all.length === 0 ? '' : ` WHERE ${all.join(' AND ')}`}`, 0).sql;
  };
  const parts = [`(${condition})`, `NOT (${condition})`, `(${condition}) IS NULL`];
  return { whole: text([]), parts: parts.map((part) => text([part])) };
}

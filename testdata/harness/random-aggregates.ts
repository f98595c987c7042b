import type { Draw } from './random-draw.ts';
import { columnOfKind, plainKinds, predicate, someColumn } from './random-expressions.ts';
import { type Column, type Context, type Kind, type Scope, totalOrder, type Value } from './random-tables.ts';

const numbers: readonly Kind[] = ['int', 'decimal', 'double'];

/** An aggregate whose value has the kind (any when null); null when there is none over this scope. */
export function aggregateOf(draw: Draw, scope: Scope, context: Context, kind: Kind | null): Value | null {
  const value = draw.part((inner) => (kind === null ? anyKind(inner, scope) : ofKind(inner, scope, kind)));
  if (value === null || !draw.chance(0.12)) return value;
  // The condition without sub-queries: DuckDB refuses them inside of an aggregate of a correlated sub-query.
  const filter = draw.part((inner) => predicate(inner, scope, { ...context, depth: 0 }, 1));
  return { ...value, sql: `${value.sql} FILTER (WHERE ${filter})` };
}

function ofKind(draw: Draw, scope: Scope, kind: Kind): Value | null {
  if (kind === 'int') return draw.part((inner) => counting(inner, scope));
  const column = columnOfKind(draw, scope.columns, [kind]);
  if (column === undefined) return null;
  const { exact } = column;
  if (kind === 'boolean') return { sql: `${draw.pick(['bool_or', 'bool_and'])}(${column.sql})`, kind, exact };
  const sums = (kind === 'decimal' || kind === 'double') && exact ? ['sum'] : [];
  return { sql: `${draw.pick(['max', 'min', ...sums])}(${column.sql})`, kind, exact };
}

/** Values of kind `int`. */
function counting(draw: Draw, scope: Scope): Value {
  const column = someColumn(draw, scope);
  const int = columnOfKind(draw, scope.columns, ['int']);
  const forms = ['count(*)', `count(${column.sql})`, `count(DISTINCT ${column.sql})`];
  if (int !== undefined) {
    forms.push(`max(${int.sql})`, `sum(${int.sql})`, `min(${int.sql})`, `sum(DISTINCT ${int.sql})`);
    forms.push(`bit_xor(${int.sql}::BIGINT)`);
  }
  return { sql: draw.pick(forms), kind: 'int', exact: true };
}

function anyKind(draw: Draw, scope: Scope): Value {
  if (!draw.chance(0.6)) return counting(draw, scope);
  const column = columnOfKind(draw, scope.columns, plainKinds);
  if (column === undefined) return { sql: 'count(*)', kind: 'int', exact: true };
  if (draw.chance(0.25)) return ordered(draw, column, scope);
  if (!numbers.includes(column.kind)) return ofKind(draw, { ...scope, columns: [column] }, column.kind)!;
  return numeric(draw, column);
}

/** Aggregates of numbers; those of an inexact DOUBLE only where no addition is in it. */
function numeric(draw: Draw, { sql, kind, exact }: Column): Value {
  const inexact = { kind: 'double', exact: false } as const;
  const always: readonly Value[] = [
    { sql: `max(${sql})`, kind, exact },
    { sql: `min(${sql})`, kind, exact },
    { sql: `median(${sql})`, ...inexact },
    { sql: `quantile_disc(${sql}, 0.25)`, kind, exact },
    { sql: `quantile_cont(${sql}, 0.9)`, ...inexact },
    { sql: `approx_count_distinct(${sql})`, kind: 'int', exact: true },
  ];
  const sums: readonly Value[] = [
    { sql: `sum(${sql})`, kind, exact },
    { sql: `avg(${sql})`, ...inexact },
    { sql: `avg(DISTINCT ${sql})`, ...inexact },
    { sql: `sum(DISTINCT ${sql})`, kind, exact },
  ];
  return draw.pick(exact ? [...sums, ...always] : always);
}

/** Aggregates that need an order, which is total. */
function ordered(draw: Draw, column: Column, scope: Scope): Value {
  const order = `ORDER BY ${totalOrder(scope).join(', ')}`;
  const { sql, kind, exact } = column;
  const forms: Value[] = [
    { sql: `list(${sql} ${order})`, kind: 'other', exact: true },
    { sql: `first(${sql} ${order})`, kind, exact },
    { sql: `histogram(${sql})`, kind: 'other', exact: true },
    { sql: `list(DISTINCT ${sql} ORDER BY ${sql} NULLS FIRST)`, kind: 'other', exact: true },
  ];
  if (kind === 'text') forms.push({ sql: `string_agg(${sql}, '|' ${order})`, kind, exact: true });
  const unique = scope.relations.length === 1 ? scope.relations[0]!.unique : null;
  if (unique?.length === 1) {
    forms.push(
      { sql: `arg_max(${sql}, ${unique[0]})`, kind, exact },
      { sql: `arg_min(${sql}, ${unique[0]})`, kind, exact },
    );
  }
  return draw.pick(forms);
}

/** One whose last digits DuckDB itself varies: only to be shown. */
export function varyingAggregate(draw: Draw, scope: Scope, context: Context): Value | null {
  const column = columnOfKind(draw, scope.columns, ['double', 'decimal']);
  if (column === undefined) return null;
  context.shared.tolerance = true;
  return { sql: draw.pick([`var_pop(${column.sql})`, `stddev(${column.sql})`]), kind: 'other', exact: false };
}

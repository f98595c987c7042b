import type { Draw } from './random-draw.ts';
import { columnOfKind, kindValue, literal, plainKinds, predicate, someColumn } from './random-expressions.ts';
import { type Column, type Context, type Kind, type Scope, totalOrder, type Value } from './random-tables.ts';

const directions = ['', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST'];
const bounds = [
  'UNBOUNDED PRECEDING',
  '2 PRECEDING',
  'CURRENT ROW',
  '1 FOLLOWING',
  '3 FOLLOWING',
  'UNBOUNDED FOLLOWING',
];
const exclusions = ['', '', '', ' EXCLUDE CURRENT ROW', ' EXCLUDE GROUP', ' EXCLUDE TIES'];
const numeric: readonly Kind[] = ['int', 'decimal', 'double'];

/** A window function over the rows of a scope, with an answer that does not depend on the order of ties. */
export function windowValue(draw: Draw, scope: Scope, context: Context): Value {
  const always = [ranking, aggregate];
  return draw.pick(tellsRows(scope) ? [...always, numbering, neighbour, aggregate] : always)(draw, scope, context);
}

/**
 * Every row has a name. Where it has not, functions that tell equal rows apart would each be determined, but not which of their values
 * come together in a row.
 */
const tellsRows = (scope: Scope) => scope.relations.every((relation) => relation.unique !== null);

/** A condition for QUALIFY. */
export function qualifyCondition(draw: Draw, scope: Scope, context: Context): string {
  if (draw.chance(0.7)) {
    const order =
      draw.chance(0.5) || !tellsRows(scope) ? `rank() ${ranks(draw, scope)}` : `row_number() ${rows(draw, scope)}`;
    return `${order} <= ${draw.pick(['1', '2', '5'])}`;
  }
  const value = draw.part((inner) => aggregate(inner, scope, context));
  const kind = value.kind === 'other' ? 'int' : value.kind;
  return numeric.includes(kind) ? `${value.sql} > ${literal(draw, kind)}` : `${value.sql} IS NOT NULL`;
}

function partition(draw: Draw, scope: Scope): string {
  const drawn = draw.list(0, 2, (inner) => partitionKey(inner, scope));
  // DuckDB errs with a key that stands twice (avoid-repeated-partition.ts): t.g and g are one after NATURAL JOIN.
  const keys = [...new Map(drawn.map((key) => [key.slice(key.lastIndexOf('.') + 1), key])).values()];
  return keys.length === 0 ? '' : `PARTITION BY ${keys.join(', ')} `;
}

function partitionKey(draw: Draw, scope: Scope): string {
  const keys = scope.columns.filter((column) => ['k', 'g', 's', 'kt', 'b', 'c0'].includes(column.name));
  const column = columnOfKind(draw, keys, plainKinds) ?? someColumn(draw, scope);
  return column.kind === 'int' && draw.chance(0.15) ? `${column.sql} % 3` : column.sql;
}

function orderKeys(draw: Draw, scope: Scope): string[] {
  return draw.list(1, 2, (inner) => `${someColumn(inner, scope).sql}${inner.pick(directions)}`);
}

/** An OVER whose order may have ties. */
function ranks(draw: Draw, scope: Scope): string {
  return `OVER (${partition(draw, scope)}ORDER BY ${orderKeys(draw, scope).join(', ')})`;
}

/** An OVER whose order has none but between equal rows. */
function rows(draw: Draw, scope: Scope, frame = ''): string {
  const keys = draw.list(0, 2, (inner) => `${someColumn(inner, scope).sql}${inner.pick(directions)}`);
  return `OVER (${partition(draw, scope)}ORDER BY ${[...keys, ...totalOrder(scope)].join(', ')}${frame})`;
}

type MakeWindow = (draw: Draw, scope: Scope, context: Context) => Value;

const ranking: MakeWindow = (draw, scope) => {
  const over = ranks(draw, scope);
  const [name, kind] = draw.pick([
    ['rank()', 'int'],
    ['dense_rank()', 'int'],
    ['percent_rank()', 'double'],
    ['cume_dist()', 'double'],
  ] as const);
  return { sql: `${name} ${over}`, kind, exact: kind === 'int' };
};

const numbering: MakeWindow = (draw, scope) => {
  const over = rows(draw, scope);
  return { sql: `${draw.pick(['row_number()', 'ntile(3)', 'ntile(7)'])} ${over}`, kind: 'int', exact: true };
};

const neighbour: MakeWindow = (draw, scope, context) => {
  const value = kindValue(draw, scope, { ...context, depth: 0 }, someColumn(draw, scope).kind);
  const nulls = draw.chance(0.2) ? ' IGNORE NULLS' : '';
  const call = draw.pick([
    `lag(${value.sql}${nulls})`,
    `lead(${value.sql}${nulls})`,
    `lag(${value.sql}, 2)`,
    `lead(${value.sql}, 3, ${value.kind === 'other' ? 'NULL' : literal(draw, value.kind)})`,
    `first_value(${value.sql}${nulls})`,
    `last_value(${value.sql}${nulls})`,
    `nth_value(${value.sql}, 2)`,
  ]);
  const framed = /^(first|last|nth)/.test(call) && draw.chance(0.4);
  const over = rows(draw, scope, framed ? ` ROWS ${between(draw)}` : '');
  return { ...value, sql: `${call} ${over}` };
};

const aggregate: MakeWindow = (draw, scope, context) => {
  const value = draw.part((inner) => windowAggregate(inner, scope));
  const filter = draw.chance(0.12)
    ? ` FILTER (WHERE ${draw.part((inner) => predicate(inner, scope, { ...context, depth: 0 }, 0))})`
    : '';
  const over = draw.pick([whole, running, tellsRows(scope) ? rowFrame : whole, running, rangeFrame, groupFrame])(
    draw,
    scope,
  );
  return { ...value, sql: `${value.sql}${filter} ${over}` };
};

function windowAggregate(draw: Draw, scope: Scope): Value {
  const column: Column = someColumn(draw, scope);
  const { sql, kind, exact } = column;
  const counted: Value = { sql: `count(${sql})`, kind: 'int', exact: true };
  const forms: Value[] = [{ sql: 'count(*)', kind: 'int', exact: true }, counted, { sql: `max(${sql})`, kind, exact }];
  forms.push({ sql: `min(${sql})`, kind, exact }, { sql: `count(DISTINCT ${sql})`, kind: 'int', exact: true });
  if (numeric.includes(kind) && exact) {
    forms.push({ sql: `sum(${sql})`, kind, exact }, { sql: `avg(${sql})`, kind: 'double', exact: false });
    forms.push({ sql: `sum(${sql})`, kind, exact });
  }
  return draw.pick(forms);
}

const whole = (draw: Draw, scope: Scope) => `OVER (${partition(draw, scope).trimEnd()})`;
const running = (draw: Draw, scope: Scope) => ranks(draw, scope);
const rowFrame = (draw: Draw, scope: Scope) => rows(draw, scope, ` ROWS ${between(draw)}${draw.pick(exclusions)}`);
const groupFrame = (draw: Draw, scope: Scope) => {
  const keys = orderKeys(draw, scope).join(', ');
  return `OVER (${partition(draw, scope)}ORDER BY ${keys} GROUPS ${between(draw)}${draw.pick(exclusions)})`;
};

/** RANGE with distances needs one key that is a number. */
function rangeFrame(draw: Draw, scope: Scope): string {
  const key = columnOfKind(draw, scope.columns, numeric);
  if (key === undefined) return running(draw, scope);
  const direction = draw.pick(directions);
  return `OVER (${partition(draw, scope)}ORDER BY ${key.sql}${direction} RANGE ${between(draw)})`;
}

function between(draw: Draw): string {
  const from = draw.below(bounds.length - 1);
  const to = Math.max(1, from) + draw.below(bounds.length - Math.max(1, from));
  return `BETWEEN ${bounds[from]} AND ${bounds[to]}`;
}

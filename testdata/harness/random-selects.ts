import type { Draw } from './random-draw.ts';
import { kindValue, plainKinds, someValue, where } from './random-expressions.ts';
import { groupedSelect } from './random-grouping.ts';
import { fromClause } from './random-joins.ts';
import type { Column, Context, Kind, Value } from './random-tables.ts';
import { qualifyCondition, windowValue } from './random-windows.ts';

/** A query with output columns `c0`, `c1` ...; `sql` can take ORDER BY and LIMIT behind it. */
export interface Select {
  readonly sql: string;
  readonly columns: readonly Column[];
  readonly rows: number;
}

/** `SELECT items <rest>`. */
export function selectText(items: readonly Value[], rest: string, rows: number, word = 'SELECT'): Select {
  const columns = items.map((item, i) => ({ ...item, name: `c${i}`, sql: `c${i}` }));
  return { sql: `${word} ${items.map((item, i) => `${item.sql} AS c${i}`).join(', ')} ${rest}`, columns, rows };
}

/** A query without WITH, for FROM and for WITH: sorted and cut now and then. */
export function select(draw: Draw, context: Context, varying = false): Select {
  const make = draw.pick([plainSelect, grouped, plainSelect, windowed, grouped, setOperation, distinct]);
  const query = draw.part((inner) => make(inner, context, varying));
  return draw.chance(0.15) && !varying ? cut(draw, query) : query;
}

/** Sorted by everything, so that it is certain which rows are left. */
export function cut(draw: Draw, query: Select): Select {
  const offset = draw.chance(0.25) ? ` OFFSET ${draw.pick(['1', '5', '2', '40'])}` : '';
  const count = draw.pick(['3', '10', '50', '10', '20', '3', '10', '50', '1', '20', '0']);
  const rows = Math.min(query.rows, Number(count));
  return { ...query, sql: `${query.sql} ORDER BY ${wholeOrder(draw, query)} LIMIT ${count}${offset}`, rows };
}

const directions = ['', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST'];

/** Every output column, those that can only be shown last. */
export function wholeOrder(draw: Draw, query: Select): string {
  const last = query.columns.filter((column) => column.kind === 'other');
  const first = draw.some(
    query.columns.filter((column) => column.kind !== 'other'),
    query.columns.length,
    query.columns.length,
  );
  return [...first, ...last].map((column) => `${column.name}${draw.pick(directions)}`).join(', ');
}

type Make = (draw: Draw, context: Context, varying: boolean) => Select;

const grouped: Make = groupedSelect;

/** Values of rows, of the given kinds or any. */
function plainSelect(draw: Draw, context: Context, _varying?: boolean, kinds?: readonly Kind[]): Select {
  const { sql: from, scope, where: joins, rows } = draw.part((inner) => fromClause(inner, context));
  const filter = draw.part((inner) => where(inner, scope, context));
  const items =
    kinds?.map((kind) => draw.part((inner) => kindValue(inner, scope, context, kind))) ??
    draw.list(1, 4, (inner) => someValue(inner, scope, context));
  return selectText(items, `FROM ${from}${both(filter, joins)}`, rows);
}

function both(filter: string, joins: readonly string[]): string {
  if (joins.length === 0) return filter;
  return `${filter === '' ? ' WHERE' : `${filter} AND`} ${joins.join(' AND ')}`;
}

/** Window functions beside plain values, with QUALIFY now and then. */
const windowed: Make = (draw, context) => {
  const { sql: from, scope, where: joins, rows } = draw.part((inner) => fromClause(inner, context));
  const filter = draw.part((inner) => where(inner, scope, { ...context, depth: 0 }));
  const values = draw.list(1, 2, (inner) => someValue(inner, scope, { ...context, depth: 0 }));
  const windows = draw.list(1, 3, (inner) => windowValue(inner, scope, context));
  const qualify = draw.chance(0.3) ? ` QUALIFY ${draw.part((inner) => qualifyCondition(inner, scope, context))}` : '';
  return selectText([...values, ...windows], `FROM ${from}${both(filter, joins)}${qualify}`, rows);
};

const distinct: Make = (draw, context) => {
  const query = draw.part((inner) => plainSelect(inner, context));
  if (!draw.chance(0.4)) return { ...query, sql: query.sql.replace('SELECT', 'SELECT DISTINCT') };
  const on = draw.some(query.columns, 1, 2);
  const rest = query.columns.filter((column) => !on.includes(column));
  const order = [...on, ...rest].map((column) => `${column.name}${draw.pick(directions)}`).join(', ');
  const words = `SELECT DISTINCT ON (${on.map((column) => column.name).join(', ')})`;
  return { ...query, sql: `SELECT * FROM (${query.sql.replace('SELECT', words)} ORDER BY ${order})` };
};

const words = ['UNION ALL', 'UNION', 'INTERSECT', 'EXCEPT', 'INTERSECT ALL', 'EXCEPT ALL'];

/** Two or three queries with columns of the same kinds. */
const setOperation: Make = (draw, context) => {
  const kinds = draw.list(1, 3, (inner) => inner.pick(plainKinds));
  const branch = (inner: Draw) => {
    const query = plainSelect(inner, context, false, kinds);
    return inner.chance(0.2) ? { ...query, sql: query.sql.replace('SELECT', 'SELECT DISTINCT') } : query;
  };
  const first = draw.part(branch);
  const others = draw.list(1, 2, (inner) => ({ word: inner.pick(words), query: inner.part(branch) }));
  const sql = others.reduce((left, { word, query }) => `${left} ${word} (${query.sql})`, `(${first.sql})`);
  const exact = kinds.map((_, i) => [first, ...others.map(({ query }) => query)].every((q) => q.columns[i]!.exact));
  const columns = first.columns.map((column, i) => ({ ...column, exact: exact[i]! }));
  // In a sub-query of its own, so that what follows belongs to the whole.
  return { sql: `SELECT * FROM (${sql})`, columns, rows: first.rows * 2 };
};

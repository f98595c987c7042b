import { aggregateOf, varyingAggregate } from './random-aggregates.ts';
import type { Draw } from './random-draw.ts';
import { conditions, kindValue, literal, predicate, someColumn, where } from './random-expressions.ts';
import { fromClause } from './random-joins.ts';
import { type Select, selectText } from './random-selects.ts';
import { type Column, type Context, type Relation, type Scope, scopeOf, type Value } from './random-tables.ts';
import { windowValue } from './random-windows.ts';

/** A query with GROUP BY, or with aggregates over all rows. `varying`: aggregates whose last digits vary may be shown. */
export function groupedSelect(draw: Draw, context: Context, varying: boolean): Select {
  const { sql: from, scope, where: joins, rows } = draw.part((inner) => fromClause(inner, context));
  const filter = draw.part((inner) => where(inner, scope, context));
  const keys = draw.list(0, 3, (inner) => key(inner, scope, context));
  const values = draw.list(1, 3, (inner) => aggregateOf(inner, scope, context, null)!);
  const group = draw.part((inner) => groupBy(inner, keys));
  const more = draw.part((inner) => furtherItems(inner, keys, values, group.sets, scope, context, varying));
  const items = [...keys, ...values, ...more];
  const having = draw.part((inner) =>
    inner.chance(0.5) ? conditions(inner, 'HAVING', (part) => havingCondition(part, scope, context)) : '',
  );
  const whole = joins.length === 0 ? filter : `${filter === '' ? ' WHERE' : `${filter} AND`} ${joins.join(' AND ')}`;
  const all = !group.sets && keys.length > 0 && more.length === 0 && draw.chance(0.1);
  return selectText(
    items,
    `FROM ${from}${whole}${all ? ' GROUP BY ALL' : group.sql}${having}`,
    keys.length === 0 ? 1 : Math.min(rows, 200),
  );
}

/** Something to group by; no constant, which GROUP BY would take for a place. */
function key(draw: Draw, scope: Scope, context: Context): Value {
  const narrow = scope.columns.filter((column) => ['k', 'g', 's', 'b', 'kt', 'dt', 'c0', 'c1'].includes(column.name));
  const column = someColumn(draw, narrow.length === 0 ? scope : { ...scope, columns: narrow });
  if (!draw.chance(0.2)) return column;
  const value = kindValue(draw, { ...scope, columns: [column] }, { ...context, depth: 0 }, column.kind);
  return value.sql.startsWith('CAST(') ? column : value;
}

interface Grouping {
  readonly sql: string;
  /** There are several grouping sets. */
  readonly sets: boolean;
}

function groupBy(draw: Draw, keys: readonly Value[]): Grouping {
  if (keys.length === 0) return { sql: draw.chance(0.05) ? ' GROUP BY ()' : '', sets: false };
  const texts = keys.map((item) => item.sql);
  const list = draw.pick([texts, texts.map((_, i) => String(i + 1)), texts]).join(', ');
  if (!draw.chance(0.3)) return { sql: ` GROUP BY ${list}`, sets: false };
  const some = () => `(${draw.some(texts, 0, texts.length).join(', ')})`;
  const forms: readonly (() => string)[] = [
    () => `ROLLUP (${texts.join(', ')})`,
    () => `CUBE (${texts.join(', ')})`,
    () => `GROUPING SETS ((${texts.join(', ')}), ${some()})`,
    () => `GROUPING SETS ((${texts.join(', ')}), ${some()}, ())`,
    () => `GROUPING SETS (${some()}, (${texts.join(', ')}), ${some()})`,
    () => (texts.length > 1 ? `${texts[0]}, ROLLUP (${texts.slice(1).join(', ')})` : `ROLLUP (${texts[0]})`),
  ];
  return { sql: ` GROUP BY ${draw.pick(forms)()}`, sets: true };
}

function furtherItems(
  draw: Draw,
  keys: readonly Value[],
  values: readonly Value[],
  sets: boolean,
  scope: Scope,
  context: Context,
  varying: boolean,
): Value[] {
  const items: Value[] = [];
  if (sets && draw.chance(0.6)) {
    const grouped = draw.some(keys, 1, keys.length).map((item) => item.sql);
    items.push({ sql: `grouping(${grouped.join(', ')})`, kind: 'int', exact: true });
  }
  if (draw.chance(0.2)) items.push({ sql: `count(*) * 2 + ${draw.pick(['1', 'count(*)'])}`, kind: 'int', exact: true });
  if (!sets && draw.chance(0.2)) items.push(draw.part((inner) => windowOverGroups(inner, keys, values, context)));
  if (varying && draw.chance(0.12)) {
    const value = varyingAggregate(draw, scope, context);
    if (value !== null) items.push(value);
  }
  return items;
}

/** A window over the groups: their keys tell them apart. */
function windowOverGroups(draw: Draw, keys: readonly Value[], values: readonly Value[], context: Context): Value {
  const usable = [...keys, ...values].filter(({ kind, sql }) => kind !== 'other' && !/FILTER|ORDER BY/.test(sql));
  const columns: Column[] = usable.map((value, i) => ({ ...value, name: `c${i}` }));
  const count: Column = { sql: 'count(*)', name: 'n', kind: 'int', exact: true };
  const relation: Relation = {
    alias: 'groups',
    columns: [...columns, count],
    unique: keys.map((item) => item.sql),
    rows: 60,
  };
  const ordered = keys.length === 0 ? { ...relation, unique: ['count(*)'] } : relation;
  return windowValue(draw, scopeOf([ordered]), { ...context, depth: 0 });
}

function havingCondition(draw: Draw, scope: Scope, context: Context): string {
  const value = draw.part((inner) => aggregateOf(inner, scope, { ...context, depth: 0 }, 'int'))!;
  const other = someColumn(draw, scope);
  const whole = `count(${other.sql}) > 0`;
  if (draw.chance(0.2) && context.depth > 0) return `${value.sql} < (SELECT count(*) FROM facts)`;
  if (draw.chance(0.1)) return `bool_or(${predicate(draw, scope, { ...context, depth: 0 }, 0)})`;
  return draw.pick([`count(*) > ${draw.pick(['0', '1'])}`, whole, `${value.sql} >= ${literal(draw, 'int')}`]);
}

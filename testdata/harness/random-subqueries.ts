import { aggregateOf } from './random-aggregates.ts';
import type { Draw } from './random-draw.ts';
import { comparable, predicate, someColumn, where } from './random-expressions.ts';
import {
  baseTable,
  type Column,
  type Context,
  deeper,
  type Kind,
  newAlias,
  type Relation,
  type Scope,
  scopeOf,
  type Value,
} from './random-tables.ts';

interface Inner {
  readonly from: string;
  readonly scope: Scope;
  readonly relation: Relation;
  readonly context: Context;
}

/** What a sub-query reads: a table, or a relation of WITH. */
function innerOf(draw: Draw, context: Context): Inner {
  const alias = newAlias(context);
  const inside = deeper(context);
  if (context.ctes.length > 0 && draw.chance(0.3)) {
    const cte = draw.pick(context.ctes);
    const relation = aliased(cte, alias);
    return { from: `${cte.alias} ${alias}`, scope: scopeOf([relation]), relation, context: inside };
  }
  const { from, relation } = baseTable(draw, alias, 300);
  return { from, scope: scopeOf([relation]), relation, context: inside };
}

/** The same columns under another name. */
export function aliased(relation: Relation, alias: string): Relation {
  const columns = relation.columns.map((column) => ({ ...column, sql: `${alias}.${column.name}` }));
  const unique = relation.unique?.map((name) => `${alias}.${name.split('.').at(-1)}`) ?? null;
  return { ...relation, alias, columns, unique };
}

/** `inner.x = outer.y`, mostly of keys, with further conditions now and then. */
function correlation(draw: Draw, inner: Inner, outer: Scope): string | null {
  const outerColumn = keyColumn(draw, outer);
  const innerColumn = comparable(draw, keysFirst(inner.relation.columns), outerColumn);
  if (innerColumn === undefined) return null;
  const operator = draw.chance(0.12) ? draw.pick(['<', '>', 'IS NOT DISTINCT FROM']) : '=';
  const parts = [`${innerColumn.sql} ${operator} ${outerColumn.sql}`];
  if (draw.chance(0.2)) {
    const left = someColumn(draw, inner.scope);
    const right = comparable(draw, outer.columns, left);
    if (right !== undefined) parts.push(`${left.sql} ${draw.pick(['<', '>', '<>'])} ${right.sql}`);
  }
  if (draw.chance(0.3)) parts.push(draw.part((deep) => predicate(deep, inner.scope, inner.context, 1)));
  return parts.join(' AND ');
}

const keyNames: ReadonlySet<string> = new Set(['k', 'g', 'id', 'kt']);

function keysFirst(columns: readonly Column[]): readonly Column[] {
  const keys = columns.filter((column) => keyNames.has(column.name));
  return keys.length === 0 ? columns : keys;
}

function keyColumn(draw: Draw, scope: Scope): Column {
  const columns = draw.chance(0.15) ? scope.columns : keysFirst(scope.columns);
  return someColumn(draw, { ...scope, columns });
}

/** A sub-query with one row of one value; null when there is none of the kind. */
export function scalarSubquery(draw: Draw, outer: Scope, context: Context, kind: Kind): Value | null {
  const inner = innerOf(draw, context);
  const link = draw.chance(0.6) ? correlation(draw, inner, outer) : null;
  const filter = link === null ? where(draw, inner.scope, inner.context) : ` WHERE ${link}`;
  const total = inner.relation.unique;
  if (total !== null && draw.chance(0.2)) {
    const column = draw.pick(inner.relation.columns);
    if (column.kind !== kind) return null;
    return {
      ...column,
      sql: `(SELECT ${column.sql} FROM ${inner.from}${filter} ORDER BY ${total.join(', ')} LIMIT 1)`,
    };
  }
  const value = aggregateOf(draw, inner.scope, inner.context, kind);
  if (value === null) return null;
  const having = draw.chance(0.1) ? ' HAVING count(*) > 2' : '';
  return { ...value, sql: `(SELECT ${value.sql} FROM ${inner.from}${filter}${having})` };
}

/** A condition with a sub-query; null when no columns fit. */
export function predicateSubquery(draw: Draw, outer: Scope, context: Context): string | null {
  return draw.pick([membership, existence, comparisonWithScalar, membership, existence, quantified])(
    draw,
    outer,
    context,
  );
}

function membership(draw: Draw, outer: Scope, context: Context): string | null {
  const inner = innerOf(draw, context);
  const left = keyColumn(draw, outer);
  const right = comparable(draw, keysFirst(inner.relation.columns), left);
  if (right === undefined) return null;
  const word = draw.pick(['IN', 'NOT IN']);
  const link = draw.chance(0.2) ? correlation(draw, inner, outer) : null;
  const filter = link === null ? where(draw, inner.scope, inner.context) : ` WHERE ${link}`;
  if (draw.chance(0.15)) {
    const left2 = keyColumn(draw, outer);
    const right2 = comparable(draw, keysFirst(inner.relation.columns), left2);
    if (right2 !== undefined)
      return `(${left.sql}, ${left2.sql}) ${word} (SELECT ${right.sql}, ${right2.sql} FROM ${inner.from}${filter})`;
  }
  const group = draw.chance(0.15) ? ` GROUP BY ${right.sql} HAVING count(*) > 1` : '';
  return `${left.sql} ${word} (SELECT ${right.sql} FROM ${inner.from}${filter}${group})`;
}

function existence(draw: Draw, outer: Scope, context: Context): string | null {
  const inner = innerOf(draw, context);
  const word = draw.pick(['EXISTS', 'NOT EXISTS']);
  const link = draw.chance(0.9) ? correlation(draw, inner, outer) : null;
  const filter = link === null ? where(draw, inner.scope, inner.context) : ` WHERE ${link}`;
  return `${word} (SELECT 1 FROM ${inner.from}${filter})`;
}

function comparisonWithScalar(draw: Draw, outer: Scope, context: Context): string | null {
  const column = someColumn(draw, outer);
  const value = draw.part((inner) => scalarSubquery(inner, outer, context, column.kind));
  return value === null ? null : `${column.sql} ${draw.pick(['=', '>', '<', '<>'])} ${value.sql}`;
}

function quantified(draw: Draw, outer: Scope, context: Context): string | null {
  const inner = innerOf(draw, context);
  const left = someColumn(draw, outer);
  const right = comparable(draw, inner.relation.columns, left);
  if (right === undefined) return null;
  const filter = where(draw, inner.scope, inner.context);
  return `${left.sql} ${draw.pick(['>', '<=', '='])} ${draw.pick(['ANY', 'ALL'])} (SELECT ${right.sql} FROM ${inner.from}${filter})`;
}

/** A relation that depends on those before it. */
export function lateral(draw: Draw, outer: Scope, context: Context): { from: string; relation: Relation } | null {
  const inner = innerOf(draw, context);
  const link = correlation(draw, inner, outer);
  if (link === null) return null;
  const alias = newAlias(context);
  if (inner.relation.unique !== null && draw.chance(0.4)) {
    const column = someColumn(draw, inner.scope);
    const order = `ORDER BY ${inner.relation.unique.join(', ')} LIMIT ${draw.pick(['1', '2', '3'])}`;
    const columns = [{ ...column, name: 'x0', sql: `${alias}.x0` }];
    return {
      from: `(SELECT ${column.sql} AS x0 FROM ${inner.from} WHERE ${link} ${order}) ${alias}`,
      relation: { alias, columns, unique: null, rows: 1 },
    };
  }
  const made = draw.list(1, 2, (item) => aggregateOf(item, inner.scope, inner.context, null)!);
  const columns = made.map((value, i) => ({ ...value, name: `x${i}`, sql: `${alias}.x${i}` }));
  const items = made.map((value, i) => `${value.sql} AS x${i}`);
  return {
    from: `(SELECT ${items.join(', ')} FROM ${inner.from} WHERE ${link}) ${alias}`,
    relation: { alias, columns, unique: null, rows: 1 },
  };
}

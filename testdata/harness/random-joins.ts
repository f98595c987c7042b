import type { Draw } from './random-draw.ts';
import { comparable, predicate } from './random-expressions.ts';
import { select } from './random-selects.ts';
import { aliased, lateral } from './random-subqueries.ts';
import {
  baseTable,
  type Column,
  type Context,
  columnOf,
  deeper,
  namedTable,
  newAlias,
  type Relation,
  type Scope,
  scopeOf,
  timesTable,
} from './random-tables.ts';

/** FROM, and the conditions of its comma joins, which belong into WHERE. */
export interface From {
  readonly sql: string;
  readonly scope: Scope;
  readonly where: readonly string[];
  /** About how many. */
  readonly rows: number;
  /** After a comma join: what a further join could name depends on where it binds. */
  readonly closed?: boolean;
}

interface Item {
  readonly from: string;
  readonly relation: Relation;
}

/** Rows that a join may give, as far as can be told. */
const mostJoinedRows = 6_000;
/** About as many rows of a table share a key. */
const rowsPerKey = 8;

/** FROM with up to three joins. */
export function fromClause(draw: Draw, context: Context): From {
  const first = draw.part((inner) => fromItem(inner, context, mostJoinedRows));
  let current: From = { sql: first.from, scope: scopeOf([first.relation]), where: [], rows: first.relation.rows };
  draw.list(0, 3, (inner) => {
    if (current.closed !== true) current = joined(inner, current, context);
  });
  return current;
}

/** A table, a relation of WITH, or a sub-query. */
function fromItem(draw: Draw, context: Context, mostRows: number): Item {
  const alias = newAlias(context);
  if (context.ctes.length > 0 && draw.chance(0.5)) {
    const cte = draw.pick(context.ctes);
    if (cte.rows <= mostRows) return { from: `${cte.alias} ${alias}`, relation: aliased(cte, alias) };
  }
  if (context.depth > 0 && draw.chance(0.25)) {
    const query = draw.part((inner) => select(inner, deeper(context)));
    const columns = query.columns.map(({ name, kind, exact }) => columnOf(alias, name, kind, exact));
    if (query.rows <= mostRows)
      return { from: `(${query.sql}) ${alias}`, relation: { alias, columns, unique: null, rows: query.rows } };
  }
  return baseTable(draw, alias, mostRows);
}

type Join = (draw: Draw, left: From, context: Context) => From | null;

function joined(draw: Draw, left: From, context: Context): From {
  if (left.rows > mostJoinedRows) return left;
  const join = draw.pick(joins);
  return join(draw, left, context) ?? joins[0]!(draw, left, context) ?? left;
}

/** The right side of a join by keys. */
const keyed = (draw: Draw, left: From, context: Context) =>
  draw.part((inner) => fromItem(inner, context, (mostJoinedRows * rowsPerKey) / Math.max(1, left.rows)));
/** The right side of a join that looks at every pair. */
const paired = (draw: Draw, left: From, context: Context) =>
  draw.part((inner) => fromItem(inner, context, mostJoinedRows / Math.max(1, left.rows)));

function extended(left: From, text: string, relation: Relation, merged: readonly Column[] = []): From {
  const rows = Math.max(left.rows, relation.rows, (left.rows * relation.rows) / rowsPerKey);
  return { ...left, sql: `${left.sql} ${text}`, scope: scopeOf([...left.scope.relations, relation], merged), rows };
}

/** `<word> right ON keys`. */
function onKeys(word: string): Join {
  return (draw, left, context) => {
    const right = keyed(draw, left, context);
    const condition = link(draw, left.scope, right.relation, context);
    return condition === null ? null : extended(left, `${word} ${right.from} ON ${condition}`, right.relation);
  };
}

/** `<word> right ON keys`; the columns of the right side are gone. */
function filtering(word: string): Join {
  return (draw, left, context) => {
    const right = keyed(draw, left, context);
    const condition = link(draw, left.scope, right.relation, context);
    const scope = scopeOf(left.scope.relations);
    return condition === null ? null : { ...left, sql: `${left.sql} ${word} ${right.from} ON ${condition}`, scope };
  };
}

const cross: Join = (draw, left, context) => {
  const right = paired(draw, left, context);
  const from = extended(left, `CROSS JOIN ${right.from}`, right.relation);
  return { ...from, rows: left.rows * right.relation.rows };
};

/** `, right` with its keys in WHERE. */
const comma: Join = (draw, left, context) => {
  const right = keyed(draw, left, context);
  const condition = link(draw, left.scope, right.relation, context);
  if (condition === null) return null;
  const from = extended(left, '', right.relation);
  return { ...from, sql: `${left.sql}, ${right.from}`, where: [...left.where, condition], closed: true };
};

/** Without an equality. */
const unequal: Join = (draw, left, context) => {
  const word = draw.pick(['JOIN', 'LEFT JOIN']);
  const right = paired(draw, left, context);
  const a = draw.pick(left.scope.columns);
  const b = comparable(draw, right.relation.columns, a);
  if (b === undefined) return null;
  const operator = draw.pick(['<', '>=', '<>']);
  const from = extended(left, `${word} ${right.from} ON ${a.sql} ${operator} ${b.sql}`, right.relation);
  return { ...from, rows: Math.max(left.rows, left.rows * right.relation.rows) };
};

/** USING over columns that both have once; the merged column can be named without a table. */
const using: Join = (draw, left, context) => {
  const [only, ...more] = left.scope.relations;
  if (more.length > 0) return null;
  const word = draw.pick(['JOIN', 'LEFT JOIN', 'FULL JOIN', 'RIGHT JOIN']);
  const right = keyed(draw, left, context);
  const both = only!.columns.filter(
    (column) =>
      ['k', 'g', 'c0', 'c1'].includes(column.name) &&
      right.relation.columns.some((other) => other.name === column.name && other.kind === column.kind),
  );
  if (both.length === 0) return null;
  const names = draw.some(both, 1, 2);
  const merged = names.map((column) => ({ ...column, sql: column.name }));
  return extended(left, `${word} ${right.from} USING (${names.map((c) => c.name).join(', ')})`, right.relation, merged);
};

/** NATURAL over one column of the same name. */
const natural: Join = (draw, left, context) => {
  const [only, ...more] = left.scope.relations;
  const name = draw.pick(['k', 'g', 'kt']);
  const key = only!.columns.find((column) => column.name === name);
  if (more.length > 0 || key === undefined) return null;
  const word = draw.pick(['NATURAL JOIN', 'NATURAL LEFT JOIN']);
  const inner = baseTable(draw, newAlias(context), 100);
  const alias = newAlias(context);
  const other = draw.pick(inner.relation.columns);
  const column = { ...other, name: 'n0', sql: `${alias}.n0` };
  const from = `(SELECT ${inner.relation.alias}.${name}, ${other.sql} AS n0 FROM ${inner.from}) ${alias}`;
  const relation: Relation = { alias, columns: [column], unique: null, rows: inner.relation.rows };
  return extended(left, `${word} ${from}`, relation, [{ ...key, sql: name }]);
};

/** The latest tick before; ticks have no two rows of one key and time. */
const asof: Join = (draw, left, context) => {
  const time = left.scope.columns.find((column) => column.kind === 'time');
  const key = left.scope.columns.find((column) => ['k', 'g', 'c0'].includes(column.name) && column.kind === 'int');
  if (time === undefined || key === undefined) return null;
  const { from, relation } = namedTable(timesTable, newAlias(context));
  const word = draw.pick(['ASOF JOIN', 'ASOF LEFT JOIN']);
  const operator = draw.pick(['>=', '>', '<=', '<']);
  const keys = `${key.sql} = ${relation.alias}.k AND ${time.sql} ${operator} ${relation.alias}.ts`;
  // With a NULL time the answer depends on the plan that DuckDB takes.
  const where = [...left.where, `${time.sql} IS NOT NULL`];
  return { ...extended(left, `${word} ${from} ON ${keys}`, relation), where };
};

const lateralJoin: Join = (draw, left, context) => {
  if (context.depth === 0) return null;
  const right = draw.part((inner) => lateral(inner, left.scope, context));
  if (right === null) return null;
  const form = draw.pick([`CROSS JOIN LATERAL ${right.from}`, `LEFT JOIN LATERAL ${right.from} ON true`]);
  return extended(left, form, right.relation);
};

/** A table with itself. */
const self: Join = (draw, left, context) => {
  const [only, ...more] = left.scope.relations;
  const name = left.sql.split(' ')[0]!;
  if (more.length > 0 || only?.unique === null || left.sql.startsWith('(')) return null;
  const word = draw.pick(['JOIN', 'LEFT JOIN', 'FULL JOIN']);
  const { from, relation } = namedTable(name, newAlias(context));
  const form = draw.pick([`${only!.alias}.id = ${relation.alias}.id`, `${only!.alias}.id = ${relation.alias}.id + 1`]);
  return extended(left, `${word} ${from} ON ${form}`, relation);
};

const joins: readonly Join[] = [
  onKeys('JOIN'),
  onKeys('LEFT JOIN'),
  onKeys('RIGHT JOIN'),
  onKeys('FULL JOIN'),
  filtering('SEMI JOIN'),
  filtering('ANTI JOIN'),
  using,
  comma,
  cross,
  unequal,
  self,
  natural,
  asof,
  lateralJoin,
];

/** The condition of a join by keys: one or two equalities, now and then of different types or with more conditions. */
function link(draw: Draw, left: Scope, right: Relation, context: Context): string | null {
  const first = equality(draw, left, right);
  if (first === null) return null;
  const parts = [first];
  if (draw.chance(0.2)) parts.push(equality(draw, left, right) ?? 'true');
  const both = scopeOf([...left.relations, right]);
  if (draw.chance(0.25)) parts.push(draw.part((inner) => predicate(inner, both, { ...context, depth: 0 }, 1)));
  return parts.join(' AND ');
}

const keyNames = ['k', 'g', 'kd', 'id', 'c0', 'c1', 'x0'];

function equality(draw: Draw, left: Scope, right: Relation): string | null {
  const keys = left.columns.filter((column) => keyNames.includes(column.name) && column.kind !== 'other');
  const a = draw.pick(keys.length > 0 && !draw.chance(0.15) ? keys : left.columns);
  const fitting = right.columns.filter((column) => keyNames.includes(column.name));
  const same = fitting.filter((column) => column.name === a.name);
  const b =
    (draw.chance(0.5) ? comparable(draw, same, a) : undefined) ??
    comparable(draw, fitting, a) ??
    comparable(draw, right.columns, a);
  const text = right.columns.find((column) => column.name === 'kt');
  if (a.kind === 'int' && text !== undefined && draw.chance(0.12))
    return draw.pick([`${a.sql}::VARCHAR = ${text.sql}`, `${a.sql} = TRY_CAST(${text.sql} AS INTEGER)`]);
  if (b === undefined) return null;
  if (draw.chance(0.1)) return `${a.sql} IS NOT DISTINCT FROM ${b.sql}`;
  if (a.kind === 'int' && draw.chance(0.1)) return `${a.sql} % 5 = ${b.sql}`;
  return `${a.sql} = ${b.sql}`;
}

import type { Draw } from './random-draw.ts';
import { predicateSubquery, scalarSubquery } from './random-subqueries.ts';
import type { Column, Context, Kind, Scope, Value } from './random-tables.ts';

/** Kinds that can be compared with each other without a cast. */
const families: Readonly<Record<Kind, readonly Kind[]>> = {
  int: ['int', 'decimal', 'double'],
  decimal: ['decimal', 'int', 'double'],
  double: ['double', 'int', 'decimal'],
  text: ['text'],
  date: ['date', 'time'],
  time: ['time', 'date'],
  boolean: ['boolean'],
  other: [],
};

export const plainKinds: readonly Kind[] = ['int', 'text', 'decimal', 'double', 'date', 'time', 'boolean'];

const literals: Readonly<Record<Kind, readonly string[]>> = {
  int: ['3', '0', '1', '7', '24', '100', '-1'],
  decimal: ['3', '0', '10.5', '-20.25', '99.99'],
  double: ['0', '2.5', '-10', '1e2', '33.25'],
  text: ["'a'", "''", "'B'", "'3'", "'x y'"],
  date: ["DATE '2024-01-20'", "DATE '2024-02-01'", "DATE '2024-01-01'"],
  time: ["TIMESTAMP '2024-01-05 12:00:00'", "TIMESTAMP '2024-01-02 00:00:00'", "DATE '2024-01-04'"],
  boolean: ['true', 'false', 'NULL::BOOLEAN'],
  other: ['NULL'],
};

export function literal(draw: Draw, kind: Kind): string {
  return draw.pick(literals[kind]);
}

/** A column of one of the kinds; undefined when there is none. */
export function columnOfKind(draw: Draw, columns: readonly Column[], wanted: readonly Kind[]): Column | undefined {
  const found = columns.filter((column) => wanted.includes(column.kind));
  return found.length === 0 ? undefined : draw.pick(found);
}

/** A column that can be compared with `other`. */
export function comparable(draw: Draw, columns: readonly Column[], other: Value): Column | undefined {
  return columnOfKind(
    draw,
    columns.filter((column) => column.sql !== other.sql),
    families[other.kind],
  );
}

/** Any column but those that can only be shown. */
export function someColumn(draw: Draw, scope: Scope): Column {
  return columnOfKind(draw, scope.columns, plainKinds) ?? scope.columns[0]!;
}

/** A value of the kind: a column, an expression over one, now and then a sub-query. */
export function kindValue(draw: Draw, scope: Scope, context: Context, kind: Kind): Value {
  return draw.part((inner) => {
    const column = columnOfKind(inner, scope.columns, [kind]);
    if (column === undefined) return { sql: `CAST(${literal(inner, kind)} AS ${typeNames[kind]})`, kind, exact: true };
    if (!inner.chance(0.35)) return column;
    if (context.depth > 0 && inner.chance(0.15))
      return inner.part((sub) => scalarSubquery(sub, scope, context, kind)) ?? column;
    return inner.part((deep) => expressions[kind](deep, column, scope, context));
  });
}

/** A value of any kind. */
export function someValue(draw: Draw, scope: Scope, context: Context): Value {
  return kindValue(draw, scope, context, someColumn(draw, scope).kind);
}

const typeNames: Readonly<Record<Kind, string>> = {
  int: 'INTEGER',
  decimal: 'DECIMAL(10, 2)',
  double: 'DOUBLE',
  text: 'VARCHAR',
  date: 'DATE',
  time: 'TIMESTAMP',
  boolean: 'BOOLEAN',
  other: 'VARCHAR',
};

type MakeValue = (draw: Draw, column: Column, scope: Scope, context: Context) => Value;

/** An expression over `column`, of its kind. */
const expressions: Readonly<Record<Kind, MakeValue>> = {
  int: (draw, column, scope, context) => {
    const { sql } = column;
    const other = columnOfKind(draw, scope.columns, ['int'])?.sql ?? '1';
    const forms = [`${sql} + 1`, `${sql} % 5`, `coalesce(${sql}, 0)`, `${sql} - ${other}`, `abs(${sql})`, `-${sql}`];
    return choose(draw, column, scope, context, [...forms, `nullif(${sql}, 3)`, `greatest(${sql}, ${other})`]);
  },
  decimal: (draw, column, scope, context) => {
    const { sql } = column;
    return choose(draw, column, scope, context, [`${sql} + 1`, `coalesce(${sql}, 0.5)`, `-${sql}`, `round(${sql}, 1)`]);
  },
  double: (draw, column, scope, context) => {
    const { sql } = column;
    if (draw.chance(0.3)) return { sql: `${sql} / 3`, kind: 'double', exact: false };
    // No negative zero: which of 0 and -0 DISTINCT keeps is for DuckDB's threads to decide.
    return choose(draw, column, scope, context, [`${sql} * 2`, `coalesce(${sql}, 0.5)`, `abs(${sql})`, `0 - ${sql}`]);
  },
  text: (draw, column, scope, context) => {
    const { sql } = column;
    const forms = [
      `upper(${sql})`,
      `coalesce(${sql}, 'none')`,
      `${sql} || '!'`,
      `left(${sql}, 1)`,
      `concat(${sql}, 'z')`,
    ];
    return choose(draw, column, scope, context, [...forms, `nullif(${sql}, '')`]);
  },
  date: (draw, column, scope, context) =>
    choose(draw, column, scope, context, [`${column.sql} + 1`, `coalesce(${column.sql}, DATE '2024-01-01')`]),
  time: (draw, column, scope, context) => {
    const { sql } = column;
    return choose(draw, column, scope, context, [`date_trunc('day', ${sql})::TIMESTAMP`, `${sql} + INTERVAL 1 HOUR`]);
  },
  boolean: (draw, column, scope, context) => {
    const whole = draw.part((inner) => predicate(inner, scope, context, 1));
    return choose(draw, column, scope, context, [`NOT ${column.sql}`, `(${whole})`, `coalesce(${column.sql}, false)`]);
  },
  other: (_draw, column) => column,
};

/** One of the forms, or a CASE over the column. */
function choose(draw: Draw, column: Column, scope: Scope, context: Context, forms: readonly string[]): Value {
  const { kind, exact } = column;
  if (!draw.chance(0.2)) return { sql: draw.pick(forms), kind, exact };
  const when = draw.part((inner) => predicate(inner, scope, context, 1));
  const otherwise = draw.pick([literal(draw, kind), 'NULL', draw.pick(forms)]);
  return { sql: `CASE WHEN ${when} THEN ${column.sql} ELSE ${otherwise} END`, kind, exact };
}

/** A condition over the columns of a scope; `levels` of AND, OR and NOT. */
export function predicate(draw: Draw, scope: Scope, context: Context, levels = 2): string {
  if (levels > 0 && draw.chance(0.35)) {
    const left = draw.part((inner) => predicate(inner, scope, context, levels - 1));
    const right = draw.part((inner) => predicate(inner, scope, context, levels - 1));
    return draw.pick([`${left} AND ${right}`, `(${left} OR ${right})`, `NOT (${left})`]);
  }
  if (context.depth > 0 && draw.chance(0.15)) {
    const found = draw.part((inner) => predicateSubquery(inner, scope, context));
    if (found !== null) return found;
  }
  return draw.part((inner) => comparison(inner, scope));
}

function comparison(draw: Draw, scope: Scope): string {
  const column = someColumn(draw, scope);
  const { sql, kind } = column;
  if (kind === 'boolean') return draw.pick([`${sql} IS NOT TRUE`, `NOT ${sql}`, sql, `${sql} IS NULL`]);
  const value = () => literal(draw, kind);
  const other = () => comparable(draw, scope.columns, column)?.sql ?? value();
  const forms: readonly (() => string)[] = [
    () => `${sql} IS NOT NULL`,
    () => `${sql} <> ${value()}`,
    () => `${sql} NOT IN (${value()}, ${value()}${draw.chance(0.05) ? ', NULL' : ''})`,
    () => `${sql} ${draw.pick(['>=', '<=', '<', '>', '='])} ${value()}`,
    () => `${sql} IS DISTINCT FROM ${other()}`,
    () => `${sql} NOT BETWEEN ${value()} AND ${value()}`,
    () => (kind === 'text' ? `${sql} NOT LIKE ${draw.pick(["'%a%'", "'x%'", "'_'"])}` : `${sql} >= ${value()}`),
    () => `(${sql} IS NULL OR ${sql} ${draw.pick(['>', '<', '='])} ${other()})`,
    () => `${sql} ${draw.pick(['<>', '<=', '>='])} ${other()}`,
    // These keep few rows.
    () => `${sql} ${draw.pick(['IN', 'IN', 'NOT IN'])} (${value()}, ${value()}${draw.chance(0.2) ? ', NULL' : ''})`,
    () => draw.pick([`${sql} IS NULL`, `${sql} = ${value()}`, `${sql} BETWEEN ${value()} AND ${value()}`]),
    () => draw.pick([`${sql} = ${other()}`, `${sql} IS NOT DISTINCT FROM ${other()}`, `${sql} > ${value()}`]),
  ];
  return draw.pick(forms)();
}

/** ` WHERE ...`, or nothing. */
export function where(draw: Draw, scope: Scope, context: Context): string {
  return conditions(draw, 'WHERE', (inner) => predicate(inner, scope, context));
}

/** ` <word> a AND b`, or nothing. */
export function conditions(draw: Draw, word: string, make: (draw: Draw) => string): string {
  const parts = draw.chance(0.5) ? draw.list(1, 2, make) : [];
  return parts.length === 0 ? '' : ` ${word} ${parts.join(' AND ')}`;
}

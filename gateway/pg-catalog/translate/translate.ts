import type { Node } from '../../../planner/sql/postgres.ts';
import { macros } from '../functions/index.ts';
import { elementOf, vectors } from '../pg-type-names.ts';
import type { CatalogShape } from '../relations.ts';
import { toText } from './casts.ts';
import { childScope, quoted, type Translation } from './context.ts';
import { unsupported } from './expression.ts';
import { printsAsText, select } from './select.ts';

/** A column of an answer. */
export interface OutputColumn {
  readonly name: string;
  /** PostgreSQL's name of the type that a client is told; undefined: by DuckDB's type. */
  readonly type: string | undefined;
}

/** A query in DuckDB's SQL, with marks for relations and macros. */
export interface TranslatedQuery {
  readonly sql: string;
  /** Undefined: as DuckDB tells. */
  readonly columns: readonly OutputColumn[] | undefined;
  readonly relations: ReadonlySet<string>;
  readonly functions: ReadonlySet<string>;
  /** DuckDB's types of $1, $2, ..., where the text tells. */
  readonly parameters: ReadonlyMap<number, string>;
  /** Those of them that PostgreSQL has as oid or oid[]. */
  readonly oidParameters: ReadonlyMap<number, number>;
}

/** Functions that are macros: those that are known, and counters. */
function macroNames(shape: CatalogShape): ReadonlySet<string> {
  return new Set([
    ...macros.keys(),
    ...[...shape.functionTypes.keys()].filter((name) => name.startsWith('pg_stat_get_')),
  ]);
}

function newTranslation(shape: CatalogShape): Translation {
  return {
    shape,
    macros: macroNames(shape),
    relations: new Set(),
    functions: new Set(),
    parameters: new Map(),
    oidParameters: new Map(),
    subqueries: 0,
    next: 0,
  };
}

/** Translates a SELECT. Raises 0A000 for what DuckDB has no form of. */
export function translate(shape: CatalogShape, statement: Node): TranslatedQuery {
  if (!('SelectStmt' in statement)) throw unsupported(Object.keys(statement)[0]!);
  const t = newTranslation(shape);
  const query = select(t, statement.SelectStmt, childScope(undefined));
  const { columns } = query;
  // Vectors leave as such: clients read them by their type.
  const asText = (type: string | undefined) => printsAsText(type) && !vectors.has(type!);
  let sql = query.sql;
  if (columns?.some(({ type }) => asText(type) || type === 'unknown')) {
    // By position: two columns may have one name.
    const names = columns.map((_, index) => `c${index + 1}`);
    const list = columns.map(({ type }, index) => {
      const value = { sql: names[index]!, type };
      const text = type === 'unknown' ? `CAST(${value.sql} AS VARCHAR)` : value.sql;
      return `${asText(type) ? toText(t, value).sql : text} AS ${names[index]}`;
    });
    sql = `SELECT ${list.join(', ')} FROM (${sql}) AS answer(${names.join(', ')})`;
  }
  return {
    sql,
    columns: columns?.map(({ name, type }) => ({ name, type: type === 'unknown' ? 'text' : type })),
    relations: t.relations,
    functions: t.functions,
    parameters: t.parameters,
    oidParameters: t.oidParameters,
  };
}

/** Translates the query of a view: columns are named and typed as the view has them. */
export function translateView(shape: CatalogShape, key: string, statement: Node): string {
  if (!('SelectStmt' in statement)) throw unsupported(Object.keys(statement)[0]!);
  const t = newTranslation(shape);
  const query = select(t, statement.SelectStmt, childScope(undefined));
  const wanted = shape.relations.get(key)?.columns ?? [];
  const list = wanted.map(({ name }) => quoted(name));
  const isText = (type: string) => ['name', 'text', 'varchar'].includes(type);
  const values = wanted.map(({ name, type }, index) => {
    const given = query.columns?.[index]?.type;
    const converted = isText(type) && given !== undefined && printsAsText(given) && elementOf(given) === undefined;
    const value = { sql: quoted(name), type: converted ? given : undefined };
    return `${converted ? toText(t, value).sql : value.sql} AS ${quoted(name)}`;
  });
  return `SELECT ${values.join(', ')} FROM (${query.sql}) AS answer(${list.join(', ')})`;
}

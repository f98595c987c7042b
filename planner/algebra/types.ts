/**
 * Types of all columns of a query, asked of DuckDB in one text: a chain of relations, each with all columns of the one before and what can be
 * computed of them, as if every column of the query stood in one row. Whether rows match, are grouped or exist changes no type.
 */
import type { BoundQuery } from '../bind/bound-query.ts';
import type { Expression, FunctionCall, SelectNode, TableRef } from '../sql/ast.ts';
import { baseTable, booleanConstant, columnRef, crossJoin, select, star, subquery, withAlias } from '../sql/build.ts';
import { printQuery } from '../sql/print.ts';
import { mapAst } from '../sql/walk.ts';
import type { PlannerWorld } from '../world.ts';
import { type ColumnId, queryNumber, type Rel, type RelQuery, type RelRows } from './rel.ts';
import { columnIdOf, inputsOf, queriesIn, referencedColumns, substitute } from './walk-rel.ts';

export interface TypesContext {
  readonly bound: Pick<BoundQuery, 'occurrences'>;
  readonly world: Pick<PlannerWorld, 'describe' | 'deserialize'>;
}

/** How a column comes to its type. */
type Source =
  | { readonly kind: 'known'; readonly type: string }
  | { readonly kind: 'copy'; readonly of: ColumnId }
  /** One row each for one row: expressions, window functions. */
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'many'; readonly expression: Expression }
  | { readonly kind: 'aggregate'; readonly expression: FunctionCall }
  | { readonly kind: 'rows'; readonly rel: RelRows };

/** DuckDB's type text by id, for every column that an operator of the query makes. Rejects when DuckDB can't bind it. */
export async function columnTypes(
  query: Omit<RelQuery, 'types'>,
  context: TypesContext,
): Promise<ReadonlyMap<ColumnId, string>> {
  const sources = sourcesOf(query, context);
  const types = new Map<ColumnId, string>();
  for (const [id, source] of sources) if (source.kind === 'known') types.set(id, source.type);
  const levels = levelsOf(sources, query);
  if (levels.length > 0) {
    const text = await printQuery(context.world as PlannerWorld, chain(levels, sources, query));
    const base = [...types].map(([id, type]) => `CAST(NULL AS ${type}) AS ${id}`);
    const row = base.length > 0 ? base.join(', ') : '1';
    const sql = `WITH ${relation(0)} AS (SELECT ${row}) SELECT * FROM (${text})`;
    for (const { name, type } of (await context.world.describe(sql, [])).columns)
      if (!types.has(name)) types.set(name, type);
  }
  for (const [id, source] of sources) {
    const type = source.kind === 'copy' ? types.get(origin(source.of, sources)) : undefined;
    if (type !== undefined) types.set(id, type);
  }
  return types;
}

function sourcesOf(query: Omit<RelQuery, 'types'>, { bound }: TypesContext): ReadonlyMap<ColumnId, Source> {
  const sources = new Map<ColumnId, Source>();
  const visit = (rel: Rel): void => {
    addSources(rel, bound.occurrences, sources);
    for (const input of inputsOf(rel)) visit(input);
  };
  visit(query.root);
  for (const rel of query.shared) visit(rel);
  for (const { rel } of query.queries) visit(rel);
  return sources;
}

function addSources(rel: Rel, occurrences: BoundQuery['occurrences'], sources: Map<ColumnId, Source>): void {
  const add = (id: ColumnId, kind: 'expression' | 'many', expression: Expression) =>
    sources.set(id, sourceOf(kind, expression));
  switch (rel.op) {
    case 'scan': {
      const table = occurrences[rel.occurrence]!.table;
      for (const { id, name } of rel.columns) {
        const type = table.columns.find((column) => column.name === name)?.type;
        if (type !== undefined) sources.set(id, { kind: 'known', type });
      }
      return;
    }
    case 'rows':
      for (const id of rel.columns) sources.set(id, { kind: 'rows', rel });
      return;
    case 'partial':
      for (const { id, type } of rel.columns) sources.set(id, { kind: 'known', type });
      return;
    case 'shared':
      for (const { id, from } of rel.columns) sources.set(id, { kind: 'copy', of: from });
      return;
    case 'project':
      for (const { id, expression } of rel.columns) add(id, rel.many ? 'many' : 'expression', expression);
      return;
    case 'aggregate':
      for (const { id, expression } of rel.keys) add(id, 'expression', expression);
      for (const { id, call } of rel.aggregates) {
        const counts = /^count(_star)?$/i.test(call.function_name);
        const expression: FunctionCall = { ...call, filter: null, alias: '' };
        sources.set(id, counts ? { kind: 'known', type: 'BIGINT' } : { kind: 'aggregate', expression });
      }
      for (const { id } of rel.groupings) sources.set(id, { kind: 'known', type: 'BIGINT' });
      return;
    case 'window':
      for (const { id, call } of rel.windows) add(id, 'expression', call);
      return;
    case 'set':
      rel.columns.forEach((id, i) => {
        sources.set(id, { kind: 'copy', of: rel.inputColumns[0]![i]! });
      });
      return;
    default:
      return;
  }
}

const plainTypes: ReadonlySet<string> = new Set(
  'BOOLEAN TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT FLOAT DOUBLE DATE TIMESTAMP VARCHAR'.split(
    ' ',
  ),
);

/** What needs no question: plain columns, constants, casts to plain types, tests. */
function sourceOf(kind: 'expression' | 'many', expression: Expression): Source {
  const id = columnIdOf(expression);
  if (id !== undefined) return { kind: 'copy', of: id };
  const type = plainType(expression);
  return type === undefined ? { kind, expression } : { kind: 'known', type };
}

function plainType(expression: Expression): string | undefined {
  switch (expression.class) {
    case 'CONSTANT': {
      const { type, is_null } = expression.value;
      return is_null ? undefined : named(type);
    }
    case 'CAST':
      return named(expression.cast_type);
    case 'CONJUNCTION':
      return 'BOOLEAN';
    default:
      return undefined;
  }
}

function named({ id, type_info }: { readonly id: string; readonly type_info: unknown }): string | undefined {
  return plainTypes.has(id) && (type_info === null || type_info === undefined) ? id : undefined;
}

/** The column that a chain of copies begins with. */
function origin(id: ColumnId, sources: ReadonlyMap<ColumnId, Source>): ColumnId {
  let current = id;
  for (let source = sources.get(current); source?.kind === 'copy'; source = sources.get(current)) current = source.of;
  return current;
}

/** Columns that are to be computed, in steps: each names only columns of steps before. */
function levelsOf(
  sources: ReadonlyMap<ColumnId, Source>,
  query: Omit<RelQuery, 'types'>,
): readonly (readonly ColumnId[])[] {
  const known = new Map<ColumnId, number>();
  const levelOf = (id: ColumnId): number => {
    const found = known.get(id);
    if (found !== undefined) return found;
    const source = sources.get(id);
    if (source === undefined || source.kind === 'known') return 0;
    if (source.kind === 'copy') return levelOf(source.of);
    known.set(id, 0);
    const level = 1 + Math.max(0, ...[...readBy(source, query)].map(levelOf));
    known.set(id, level);
    return level;
  };
  const levels: ColumnId[][] = [];
  for (const [id, source] of sources) {
    const level = source.kind === 'copy' ? 0 : levelOf(id);
    if (level === 0) continue;
    while (levels.length < level) levels.push([]);
    levels[level - 1]!.push(id);
  }
  return levels;
}

function readBy(
  source: Exclude<Source, { kind: 'known' | 'copy' }>,
  query: Omit<RelQuery, 'types'>,
): Iterable<ColumnId> {
  const part = partOf(source);
  const ids = new Set(referencedColumns(part, query.queries));
  for (const number of queriesIn(part)) for (const id of query.queries[number]?.columns ?? []) ids.add(id);
  return ids;
}

function partOf(source: Exclude<Source, { kind: 'known' | 'copy' }>): Expression {
  // The walks take any part of an AST.
  return source.kind === 'rows' ? (source.rel.node as unknown as Expression) : source.expression;
}

function relation(level: number): string {
  return `__types${level}`;
}

/** SELECT of every computed column, over `relation(0)`. */
function chain(
  levels: readonly (readonly ColumnId[])[],
  sources: ReadonlyMap<ColumnId, Source>,
  query: Omit<RelQuery, 'types'>,
): SelectNode {
  const origins = new Map<ColumnId, Expression>();
  for (const [id, source] of sources) if (source.kind === 'copy') origins.set(id, columnRef(origin(id, sources)));
  const prepare = <T>(part: T): T => substitute(withoutQueries(part, query), origins);
  const map = levels.slice(0, -1).map((ids, i) => ({
    key: relation(i + 1),
    value: {
      aliases: [],
      query: { node: step(ids, i, sources, prepare), named_param_map: [] },
      materialized: 'CTE_MATERIALIZE_DEFAULT',
      key_targets: [],
    },
  }));
  const last = levels.length - 1;
  return { ...step(levels[last]!, last, sources, prepare), cte_map: { map } };
}

/** `relation(level)` with one level more. */
function step(
  ids: readonly ColumnId[],
  level: number,
  sources: ReadonlyMap<ColumnId, Source>,
  prepare: <T>(part: T) => T,
): SelectNode {
  const input = relation(level);
  const list: Record<'expression' | 'aggregate' | 'many', Expression[]> = { expression: [], aggregate: [], many: [] };
  const rows = new Set<RelRows>();
  for (const id of ids) {
    const source = sources.get(id)!;
    if (source.kind === 'rows') rows.add(source.rel);
    else if (source.kind !== 'known' && source.kind !== 'copy')
      list[source.kind].push(withAlias(prepare(source.expression), id));
  }
  const tables: TableRef[] = [baseTable(input)];
  const columns: Expression[] = [star(input), ...list.expression];
  const add = (node: SelectNode, names: readonly ColumnId[]) => {
    const name = `__part${tables.length}`;
    tables.push(subquery(node, name));
    columns.push(...names.map((id) => columnRef(name, id)));
  };
  for (const kind of ['aggregate', 'many'] as const) {
    if (list[kind].length > 0)
      add(
        select(list[kind], baseTable(input)),
        list[kind].map(({ alias }) => alias),
      );
  }
  for (const rel of rows) add(prepare(rel.node), rel.columns);
  return select(
    columns,
    tables.reduce((left, right) => crossJoin(left, right)),
  );
}

/** Sub-queries give way to their column, or to a boolean. */
function withoutQueries<T>(part: T, { queries }: Pick<RelQuery, 'queries'>): T {
  return mapAst(part, {
    expression: (node) => {
      if (node.class !== 'SUBQUERY' || node.subquery.node.type !== 'SELECT_NODE') return undefined;
      const { from_table } = node.subquery.node;
      const number = from_table.type === 'BASE_TABLE' ? queryNumber(from_table.table_name) : undefined;
      const id = number === undefined ? undefined : queries[number]?.columns[0];
      const value = node.subquery_type === 'SCALAR' && id !== undefined ? columnRef(id) : booleanConstant(true);
      return withAlias(value as Expression, node.alias);
    },
  });
}

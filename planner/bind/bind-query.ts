import { parseable, postgresDialect } from '../dialect/postgres-dialect.ts';
import { SluiceError } from '../errors.ts';
import type { PlanRequest } from '../index.ts';
import type { Expression, Statement, TableRef } from '../sql/ast.ts';
import { splitStatements } from '../sql/lexer.ts';
import { parseExpressions, parseQuery } from '../sql/parse.ts';
import { printStatement } from '../sql/print.ts';
import { readHints } from '../sql/read-hints.ts';
import { hintedColumns, hintsOf, markHints } from '../sql/select-hints.ts';
import { rewrite, someExpression, walk } from '../sql/walk.ts';
import type { PlannerWorld } from '../world.ts';
import { bindWhole } from './bind-whole.ts';
import type { Block, BoundQuery, Occurrence, QueryShape } from './bound-query.ts';
import { describeText } from './describe-text.ts';
import { expandDefinitions } from './expand-definitions.ts';
import { isBuiltInType } from './known-functions.ts';
import { makeOutputNames } from './output-names.ts';
import { sameName } from './scope.ts';
import { type BindState, factsOf } from './state.ts';

/**
 * Parses and binds one query: resolves its names against the catalog and gives the one normalised form that every strategy
 * runs, with the facts that choosing a strategy needs. Rejects with 42601 (syntax), 42703 (a column that no relation in scope
 * has, all of them being known), 42501 (a file outside the declared folders), each with position in `request.sql`; 0A000 when
 * DuckDB has no AST for the statement.
 */
export async function bindQuery(request: PlanRequest, world: PlannerWorld): Promise<BoundQuery> {
  const { sql, parameters, catalog, settings } = request;
  const { hints, notices } = readHints(
    splitStatements(sql).flatMap((statement) => statement.hints),
    sql,
  );
  const postgres = settings.dialect === 'postgres';
  const text = postgres ? parseable(sql) : sql;
  const plain = await parseQuery(world, text);
  const parsed = markHints(plain, hints, sql, (name, schema) => catalog.lookup(schema, name) !== undefined);
  const { definitions, localColumns } = request;
  const options = definitions === undefined ? {} : { localColumns };
  const inDialect = postgres ? await postgresDialect(world, parsed, sql, catalog, options) : parsed;
  const expanded =
    definitions === undefined ? inDialect : await expandDefinitions(world, inDialect, catalog, definitions);
  const filled = await fillParameters(world, expanded, parameters);
  const { state, statement } = await bindWhole(world, filled, sql, catalog);
  noteUserTypes(state, statement);
  useHintedColumns(state, statement);
  const describeSql = expanded === parsed ? describeText(text, state.edits, parameters) : undefined;
  return {
    statement,
    ...shaped(state, statement),
    facts: factsOf(state),
    opaque: state.opaque,
    resolutions: state.resolutions,
    parameters: someExpression(statement, (node) => node.class === 'PARAMETER'),
    hints,
    notices,
    hinted: hintedBy(statement),
    outputNames: makeOutputNames(parsed, sql, settings.dialect),
    describeSql: describeSql ?? (await printStatement(world, statement)),
  };
}

/** Puts the literals in place of $1, $2 …; those without a value stay. */
async function fillParameters(
  world: PlannerWorld,
  statement: Statement,
  parameters: readonly string[] | null,
): Promise<Statement> {
  if (parameters === null || parameters.length === 0) return statement;
  const literals = await parseExpressions(world, parameters);
  const filled = rewrite(statement, {
    expression: (node): Expression | undefined => {
      if (node.class !== 'PARAMETER') return undefined;
      const literal = literals[Number(node.identifier) - 1];
      return literal === undefined ? undefined : { ...literal, alias: node.alias };
    },
  });
  const left = someExpression(filled, (node) => node.class === 'PARAMETER');
  return left ? filled : { ...filled, named_param_map: [] };
}

/** What hints ask of the stages of a statement. */
export function hintedBy(root: Statement): BoundQuery['hinted'] {
  let found: BoundQuery['hinted'] = null;
  walk(root, {
    query: (node) => {
      const hints = hintsOf(node);
      if (hints?.partial) found = 'partial';
      else if (hints !== undefined && hints.divisions.length > 0) found ??= 'divided';
      return undefined;
    },
  });
  return found;
}

/** Hints may divide a data set by columns that the query does not read. */
function useHintedColumns(state: BindState, root: Statement): void {
  walk(root, {
    query: (node) => {
      for (const { table, column } of hintedColumns(hintsOf(node))) {
        for (const occurrence of state.occurrences) {
          if (![occurrence.alias, occurrence.table.name].some((name) => sameName(name, table))) continue;
          const found = occurrence.table.columns.find(({ name }) => sameName(name, column));
          if (found !== undefined) occurrence.used.add(found.name);
        }
      }
      return undefined;
    },
  });
}

function noteUserTypes(state: BindState, root: unknown): void {
  if (Array.isArray(root)) {
    for (const element of root) noteUserTypes(state, element);
    return;
  }
  if (typeof root !== 'object' || root === null) return;
  const { id, type_info } = root as { id?: unknown; type_info?: { name?: unknown; schema?: unknown } | null };
  if (id === 'UNBOUND' && typeof type_info?.name === 'string') {
    const { name, schema } = type_info;
    const builtIn = isBuiltInType(name) && (!schema || schema === 'pg_catalog' || schema === 'main');
    if (!builtIn) state.lists.userTypes.add(name.toLowerCase());
  }
  for (const child of Object.values(root)) noteUserTypes(state, child);
}

/** Closes what binding left open and tells the form of the whole. */
function shaped(
  state: BindState,
  statement: Statement,
): { occurrences: readonly Occurrence[]; blocks: readonly Block[]; shape: QueryShape } {
  const blocks: readonly Block[] = state.blocks;
  const occurrences = state.occurrences.map(({ used, ...occurrence }): Occurrence => {
    const { columns } = occurrence.table;
    return {
      ...occurrence,
      repeated: occurrence.repeated || isCorrelated(blocks, occurrence.block),
      columns: columns.filter(({ name }) => used.has(name)).map(({ name }) => name),
    };
  });
  return { occurrences, blocks, shape: shapeOf(state, statement, blocks, occurrences) };
}

function isCorrelated(blocks: readonly Block[], id: number): boolean {
  for (let current: number | null = id; current !== null; current = blocks[current]!.parent) {
    if (blocks[current]!.correlated) return true;
  }
  return false;
}

function shapeOf(
  state: BindState,
  { node }: Statement,
  blocks: readonly Block[],
  occurrences: readonly Occurrence[],
): QueryShape {
  if (occurrences.length === 0) return { kind: 'local' };
  const block = blocks[0]!;
  const simple = blocks.length === 1 && block.node === node && block.otherRelations === 0;
  if (!simple || state.opaque !== null || !isPlainFrom(block.node.from_table)) return { kind: 'other' };
  if (occurrences.length === 1) return { kind: 'single', block, occurrence: occurrences[0]! };
  return { kind: 'join', block, from: block.node.from_table };
}

/** Nothing but data sets and joins. */
function isPlainFrom(ref: TableRef): boolean {
  let plain = true;
  walk(ref, {
    tableRef: ({ type }) => {
      plain &&= type === 'BASE_TABLE' || type === 'JOIN';
      return plain;
    },
  });
  return plain;
}

/** Is this what `serialize` says of a statement that has no AST (PIVOT …)? */
export function hasNoAst(error: unknown): boolean {
  return error instanceof SluiceError && error.sqlstate === '0A000';
}

import { sameName } from '../bind/scope.ts';
import type { BaseTable, ExpressionListRef, SubqueryRef, TableFunctionRef, TableRef } from '../sql/ast.ts';
import { booleanConstant, emptyTable, select, star, withAlias } from '../sql/build.ts';
import type { DivisionHint } from '../sql/select-hints.ts';
import { hasOwn, isUntyped, lowerAny, type Place } from './lower-expression.ts';
import { lowerJoin } from './lower-join.ts';
import { withDivisions } from './lower-partial.ts';
import { lowerCte, lowerNode } from './lower-query.ts';
import { type Lowered, type Ordering, unordered } from './lower-result.ts';
import { type Lowering, newId, refuse } from './lower-state.ts';
import type { Rel } from './rel.ts';
import { type CteFrame, findCte, type Level, nothingVisible, type Visible, withNames } from './scope.ts';

/** A FROM clause, or a part of it, as operators. */
export interface LoweredFrom extends Visible {
  readonly rel: Rel;
  readonly order: Ordering;
}

/** `outer`: what lateral sub-queries and arguments of table functions see. */
export interface FromPlace {
  readonly outer: Level | null;
  readonly ctes: CteFrame | null;
  /** Hints that divide relations of this FROM. */
  readonly divisions?: readonly DivisionHint[];
}

export function lowerFrom(lowering: Lowering, ref: TableRef, place: FromPlace): LoweredFrom {
  const { divisions = [], ...plain } = place;
  if (divisions.length === 0 || ref.type === 'JOIN') return lowerRef(lowering, ref, place);
  const lowered = lowerRef(lowering, ref, plain);
  const table = ref.type === 'BASE_TABLE' ? tableOf(lowering, ref) : '';
  return withDivisions(lowered, [lowered.relations[0]?.alias ?? '', table], divisions);
}

/** The client's name of a base table. */
function tableOf({ bound }: Lowering, ref: BaseTable): string {
  return bound.occurrences.find(({ scanName }) => scanName === ref.table_name)?.table.name ?? ref.table_name;
}

function lowerRef(lowering: Lowering, ref: TableRef, place: FromPlace): LoweredFrom {
  if (ref.sample !== null) refuse('a sample is taken of the whole');
  switch (ref.type) {
    case 'EMPTY':
      return { rel: oneRow(lowering), order: unordered, ...nothingVisible };
    case 'BASE_TABLE':
      return lowerBaseTable(lowering, ref, place);
    case 'JOIN':
      return lowerJoin(lowering, ref, place);
    case 'SUBQUERY':
      return lowerSubquery(lowering, ref, place);
    case 'TABLE_FUNCTION':
      return lowerTableFunction(lowering, ref, place);
    case 'EXPRESSION_LIST':
      return lowerValues(lowering, ref, place);
    default:
      return refuse(`a ${ref.type} in FROM is not divided`);
  }
}

/** FROM nothing: one row, whose column no one reads. */
function oneRow(lowering: Lowering): Rel {
  const id = newId(lowering);
  const rel: Rel = { op: 'rows', node: select([withAlias(booleanConstant(true), id)], emptyTable()), columns: [id] };
  lowering.single.add(rel);
  return rel;
}

function lowerBaseTable(lowering: Lowering, ref: BaseTable, { ctes }: FromPlace): LoweredFrom {
  const frame = ref.schema_name === '' ? findCte(ctes, ref.table_name) : undefined;
  if (frame !== undefined) return named(lowerCte(lowering, frame), ref.alias || ref.table_name, ref.column_name_alias);
  const occurrence = lowering.bound.occurrences.find(({ scanName }) => scanName === ref.table_name);
  if (occurrence === undefined) return refuse(`${ref.table_name} is not a data set`);
  if (occurrence.sampled) refuse('a sample is taken of the whole');
  const { id, table, alias } = occurrence;
  const needed = new Set(occurrence.columns);
  const all = table.columns.map(({ name }) => ({ name, id: needed.has(name) ? newId(lowering) : null }));
  for (const column of all)
    if (column.id !== null) lowering.scanned.set(column.id, { occurrence: id, name: column.name });
  const columns = all.flatMap((column) => (column.id === null ? [] : [{ id: column.id, name: column.name }]));
  const schema = sameName(alias, table.name) ? table.schema || undefined : undefined;
  return {
    rel: { op: 'scan', occurrence: id, columns },
    order: unordered,
    relations: [{ alias, schema, columns: withNames(all, ref.column_name_alias) }],
    merged: [],
  };
}

function named({ rel, columns, order }: Lowered, alias: string, names: readonly string[]): LoweredFrom {
  return { rel, order, relations: [{ alias, schema: undefined, columns: withNames(columns, names) }], merged: [] };
}

function lowerSubquery(lowering: Lowering, ref: SubqueryRef, { outer, ctes }: FromPlace): LoweredFrom {
  const lowered = lowerNode(lowering, ref.subquery.node, { parent: outer, ctes, role: 'from' });
  return named(lowered, ref.alias, ref.column_name_alias);
}

function expressionPlace(lowering: Lowering, { outer, ctes }: FromPlace): Place {
  return { lowering, level: outer, ctes, items: null, aliases: [], lambdas: new Set() };
}

/** Names of the columns of table functions that give the same rows everywhere. */
const functionColumns: Readonly<Record<string, string>> = {
  range: 'range',
  generate_series: 'generate_series',
  unnest: 'unnest',
};

function lowerTableFunction(lowering: Lowering, ref: TableFunctionRef, place: FromPlace): LoweredFrom {
  const call = ref.function;
  const name = call.function_name.toLowerCase();
  const column = functionColumns[name];
  if (column === undefined) return refuse(`the table function ${name} is not divided`);
  if (name === 'unnest' && call.children.length > 1) refuse('unnest with options is not divided');
  const children = lowerAny(expressionPlace(lowering, place), call.children);
  if (hasOwn(children, ({ class: kind }) => kind === 'SUBQUERY')) refuse(`${name} has a sub-query as argument`);
  const ordinality = ref.with_ordinality !== 'WITHOUT_ORDINALITY';
  const columns = (ordinality ? [column, 'ordinality'] : [column]).map((text) => ({ name: text, id: newId(lowering) }));
  const ids = columns.map(({ id }) => id);
  const table: TableFunctionRef = { ...ref, function: { ...call, children }, alias: '__f', column_name_alias: ids };
  const rel: Rel = { op: 'rows', node: select([star()], table), columns: ids };
  return named({ rel, columns, order: unordered }, ref.alias || name, ref.column_name_alias);
}

function lowerValues(lowering: Lowering, ref: ExpressionListRef, place: FromPlace): LoweredFrom {
  const values = lowerAny(expressionPlace(lowering, place), ref.values);
  if (hasOwn(values, ({ class: kind }) => kind === 'SUBQUERY')) refuse('VALUES has a sub-query');
  const columns = (ref.values[0] ?? []).map((_, index) => ({
    name: ref.expected_names[index] ?? `col${index}`,
    id: newId(lowering),
  }));
  if (columns.some((_, i) => values.every((row) => row[i] === undefined || isUntyped(row[i]))))
    refuse('a column of VALUES has no type');
  const ids = columns.map(({ id }) => id);
  const table: ExpressionListRef = { ...ref, values, alias: '__v', expected_names: ids };
  const rel: Rel = { op: 'rows', node: select([star()], table), columns: ids };
  return named({ rel, columns, order: unordered }, ref.alias, []);
}

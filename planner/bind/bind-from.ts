import type { DatasetTable } from '../catalog.ts';
import type {
  BaseTable,
  Expression,
  ExpressionListRef,
  JoinRef,
  PivotRef,
  ShowRef,
  SubqueryRef,
  TableFunctionRef,
  TableRef,
} from '../sql/ast.ts';
import { baseTable } from '../sql/build.ts';
import { bindAny, bindExpression, type Place } from './bind-expression.ts';
import { bindNode, bindStatement, type QueryPlace } from './bind-node.ts';
import { findCte, renamed } from './ctes.ts';
import { classOfTableFunction } from './known-functions.ts';
import { useMerged } from './resolve.ts';
import {
  indexOfName,
  noColumns,
  nothingVisible,
  type Relation,
  type Scope,
  sameName,
  unknownColumns,
  type Visible,
} from './scope.ts';
import { type BindState, makeOpaque, useAllColumns } from './state.ts';

export interface BoundFrom extends Visible {
  readonly ref: TableRef;
}

/** A FROM clause under work: `outer` is what lateral sub-queries and function arguments see. */
interface FromPlace extends QueryPlace {
  readonly block: number;
}

/** Binds a FROM clause. `outer`: what stands left of it in a join (lateral), and the scopes around the SELECT. */
export function bindFrom(state: BindState, ref: TableRef, place: FromPlace, outer: Scope | null): BoundFrom {
  switch (ref.type) {
    case 'EMPTY':
      return { ref, ...nothingVisible };
    case 'BASE_TABLE':
      return bindBaseTable(state, ref, place);
    case 'JOIN':
      return bindJoin(state, ref, place, outer);
    case 'SUBQUERY':
      return bindSubquery(state, ref, place, outer);
    case 'TABLE_FUNCTION':
      return bindTableFunction(state, ref, place, outer);
    case 'EXPRESSION_LIST':
      return bindValues(state, ref, place, outer);
    case 'PIVOT':
      return bindPivot(state, ref, place, outer);
    case 'SHOW_REF':
      return bindShow(state, ref, place);
    default:
      makeOpaque(state, 'a table reference is not understood');
      return { ref, ...visible({ alias: ref.alias, schema: undefined, columns: unknownColumns }) };
  }
}

function visible(...relations: readonly Relation[]): Visible {
  return { relations, merged: [] };
}

function noteSample(state: BindState, ref: TableRef): void {
  if (ref.sample !== null) state.flags.add('sample');
}

function bindBaseTable(state: BindState, ref: BaseTable, place: FromPlace): BoundFrom {
  noteSample(state, ref);
  const cte = ref.schema_name === '' ? findCte(place.ctes, ref.table_name) : undefined;
  if (cte !== undefined) {
    const columns = renamed(cte.columns, ref.column_name_alias);
    return { ref, ...visible({ alias: ref.alias || ref.table_name, schema: undefined, columns }) };
  }
  const found = ref.catalog_name === '' && ref.at_clause === null ? lookup(state, ref) : undefined;
  if (found !== undefined) return bindDataset(state, ref, found, place, fileAlias(ref));
  const written = [ref.catalog_name, ref.schema_name, ref.table_name].filter((part) => part !== '').join('.');
  if (state.files.get(ref) === null) {
    state.lists.tableFunctions.add(written);
    makeOpaque(state, `the file ${written} is read by the coordinator`);
  } else state.lists.localTables.add(written);
  const schema = ref.alias === '' && ref.schema_name !== '' ? ref.schema_name : undefined;
  return { ref, ...visible({ alias: ref.alias || ref.table_name, schema, columns: unknownColumns }) };
}

function lookup(state: BindState, ref: BaseTable): DatasetTable | undefined {
  return state.catalog.lookup(ref.schema_name || undefined, ref.table_name) ?? state.files.get(ref) ?? undefined;
}

/** `'dir/file.parquet'` is called `file`. */
function fileAlias(ref: BaseTable): string {
  const base = ref.table_name.split('/').at(-1)!;
  return /\.\w+$/.test(base) && ref.schema_name === '' ? base.replace(/\..*$/, '') : ref.table_name;
}

/** Puts a scan in place of a data set. */
function bindDataset(
  state: BindState,
  ref: BaseTable | TableFunctionRef,
  table: DatasetTable,
  place: FromPlace,
  name: string,
): BoundFrom {
  const id = state.occurrences.length;
  const scanName = `__scan${id}`;
  const block = state.blocks[place.block]!;
  const taken = block.occurrences.some((other) => sameName(state.occurrences[other]!.alias, ref.alias || name));
  const alias = ref.alias || (taken ? scanName : name);
  state.occurrences.push({
    id,
    scanName,
    table,
    alias,
    block: place.block,
    filters: [],
    sampled: ref.sample !== null,
    renamed: ref.column_name_alias.length > 0,
    repeated: place.repeated,
    used: new Set(),
  });
  block.occurrences.push(id);
  state.edits.push({ kind: 'table', at: ref.query_location, scanName, alias: ref.alias === '' ? alias : null });
  const scan: BaseTable = { ...baseTable(scanName, alias, ref.column_name_alias), sample: ref.sample };
  const names = table.columns.map((column) => column.name);
  const columns = renamed({ ...noColumns, names }, ref.column_name_alias);
  const schema = ref.alias === '' && ref.type === 'BASE_TABLE' ? table.schema || undefined : undefined;
  return { ref: scan, ...visible({ alias, schema, columns, dataset: { occurrence: id, table } }) };
}

function expressionPlace(state: BindState, place: FromPlace, scope: Scope | null): Place {
  return {
    state,
    scope: scope ?? { ...nothingVisible, parent: null, lateral: false },
    block: state.blocks[place.block]!,
    aliases: null,
    lambdas: new Set(),
    qualify: true,
    ctes: place.ctes,
    repeated: place.repeated,
  };
}

function bindJoin(state: BindState, ref: JoinRef, place: FromPlace, outer: Scope | null): BoundFrom {
  noteSample(state, ref);
  if (ref.ref_type === 'POSITIONAL') state.flags.add('positionalJoin');
  if (ref.ref_type === 'ASOF') state.flags.add('asofJoin');
  const left = bindFrom(state, ref.left, place, outer);
  const beside: Scope | null = left.relations.length === 0 ? outer : { ...left, parent: outer, lateral: true };
  const before = state.flags.has('lateralJoin');
  const firstInside = state.occurrences.length;
  state.flags.delete('lateralJoin');
  const right = bindFrom(state, ref.right, place, beside);
  if (state.flags.has('lateralJoin')) {
    for (let id = firstInside; id < state.occurrences.length; id++) state.occurrences[id]!.repeated = true;
  } else if (before) state.flags.add('lateralJoin');
  const names = joinNames(state, ref, left, right);
  const merged = [...left.merged, ...right.merged].filter(({ name }) => !names.some((other) => sameName(other, name)));
  for (const name of names) merged.push({ name, relations: mergedRelations(state, name, left, right) });
  const both: Visible = { relations: [...left.relations, ...right.relations], merged };
  const scope: Scope = { ...both, parent: outer, lateral: false };
  const condition = bindExpression(expressionPlace(state, place, scope), ref.condition);
  const bound: TableRef = { ...ref, left: left.ref, right: right.ref, condition };
  const leftOnly = ref.join_type === 'SEMI' || ref.join_type === 'ANTI';
  return { ref: bound, ...(leftOnly ? { relations: left.relations, merged: left.merged } : both) };
}

/** Columns that USING or NATURAL makes one. */
function joinNames(state: BindState, ref: JoinRef, left: Visible, right: Visible): readonly string[] {
  if (ref.ref_type !== 'NATURAL') return ref.using_columns;
  const all = [...left.relations, ...right.relations];
  if (all.some(({ columns }) => columns.open)) {
    for (const { dataset } of all) if (dataset !== undefined) useAllColumns(state, dataset.occurrence);
    makeOpaque(state, 'NATURAL JOIN with a relation whose columns are not known');
    return [];
  }
  const names = new Set(left.relations.flatMap(({ columns }) => columns.names));
  return [...names].filter((name) => right.relations.some(({ columns }) => indexOfName(columns.names, name) >= 0));
}

function mergedRelations(state: BindState, name: string, left: Visible, right: Visible): Relation[] {
  const having = [...left.relations, ...right.relations].filter(
    ({ columns }) => indexOfName(columns.names, name) >= 0 || columns.open,
  );
  for (const relation of having) useMerged(state, relation, name);
  return having;
}

function bindSubquery(state: BindState, ref: SubqueryRef, place: FromPlace, outer: Scope | null): BoundFrom {
  noteSample(state, ref);
  state.flags.add('subqueries');
  const bound = bindStatement(state, ref.subquery, { ...place, parent: outer, role: 'from' });
  const columns = renamed(bound.columns, ref.column_name_alias);
  return { ref: { ...ref, subquery: bound.statement }, ...visible({ alias: ref.alias, schema: undefined, columns }) };
}

function bindTableFunction(state: BindState, ref: TableFunctionRef, place: FromPlace, outer: Scope | null): BoundFrom {
  noteSample(state, ref);
  const name = ref.function.function_name.toLowerCase();
  const table = state.files.get(ref);
  if (table !== undefined && table !== null) return bindDataset(state, ref, table, place, ref.function.function_name);
  const kind = classOfTableFunction(name);
  if (kind === 'session' || (ref.function.schema !== '' && ref.function.schema !== 'main')) {
    state.lists.localTables.add(`${name}()`);
  } else state.lists.tableFunctions.add(name);
  if (kind === 'file') makeOpaque(state, `${name} with these arguments is run by the coordinator`);
  const arguments_ = expressionPlace(state, place, outer);
  const children = ref.function.children.map((child) => bindArgument(arguments_, child));
  const bound: TableRef = { ...ref, function: { ...ref.function, children } };
  const columns = renamed(unknownColumns, ref.column_name_alias);
  return { ref: bound, ...visible({ alias: ref.alias || name, schema: undefined, columns }) };
}

/** `header = true` is a named argument, not a comparison. */
function bindArgument(place: Place, argument: Expression): Expression {
  if (argument.class !== 'COMPARISON' || argument.left.class !== 'COLUMN_REF') return bindExpression(place, argument);
  return { ...argument, right: bindExpression(place, argument.right) };
}

function bindValues(state: BindState, ref: ExpressionListRef, place: FromPlace, outer: Scope | null): BoundFrom {
  const values = bindAny(expressionPlace(state, place, outer), ref.values);
  const width = ref.values[0]?.length ?? 0;
  const names = Array.from({ length: width }, (_, index) => ref.expected_names[index] ?? `col${index}`);
  const bound: TableRef = { ...ref, values };
  return { ref: bound, ...visible({ alias: ref.alias, schema: undefined, columns: { ...noColumns, names } }) };
}

/** PIVOT and UNPIVOT name columns in ways of their own: the source is bound, the rest stays. */
function bindPivot(state: BindState, ref: PivotRef, place: FromPlace, outer: Scope | null): BoundFrom {
  makeOpaque(state, 'PIVOT is run as a whole');
  const source = bindFrom(state, ref.source, place, outer);
  for (const { dataset } of source.relations) if (dataset !== undefined) useAllColumns(state, dataset.occurrence);
  const bound: TableRef = { ...ref, source: source.ref };
  return { ref: bound, ...visible({ alias: ref.alias, schema: undefined, columns: unknownColumns }) };
}

function bindShow(state: BindState, ref: ShowRef, place: FromPlace): BoundFrom {
  makeOpaque(state, 'DESCRIBE, SUMMARIZE and SHOW are run as a whole');
  const relation: Relation = { alias: ref.alias, schema: undefined, columns: unknownColumns };
  if (ref.query === null) {
    state.lists.localTables.add(`SHOW ${ref.table_name}`.trim());
    return { ref, ...visible(relation) };
  }
  const { node } = bindNode(state, ref.query, { ...place, parent: null, role: 'from' });
  const bound: TableRef = { ...ref, query: node };
  return { ref: bound, ...visible(relation) };
}

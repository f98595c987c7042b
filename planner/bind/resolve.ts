import type { ColumnRef } from '../sql/ast.ts';
import type { Resolution } from './bound-query.ts';
import { classOfFunction, isBareFunction } from './known-functions.ts';
import { type Found, findIn, hasOpen, indexOfName, type Relation, type Scope, sameName } from './scope.ts';
import { type BindState, makeOpaque, type OpenBlock, undefinedColumn, useAllColumns, useColumn } from './state.ts';

/** Aliases of a SELECT list, and whether a name means the alias or the column when both exist. */
export interface AliasView {
  /** Output name of each item of the SELECT list (null: it has none that can be referred to). */
  readonly names: readonly (string | null)[];
  readonly order: 'alias_first' | 'column_first';
}

/** Where an expression stands. */
export interface ExpressionPlace {
  readonly state: BindState;
  readonly scope: Scope;
  /** The SELECT that the expression belongs to; null for what stands in none (a LIMIT of a set operation). */
  readonly block: OpenBlock | null;
  readonly aliases: AliasView | null;
  /** Parameters of the lambdas around, in lower case. */
  readonly lambdas: ReadonlySet<string>;
  /** May references be written anew? Not where DuckDB makes a column's name of the text. */
  readonly qualify: boolean;
}

/** Finds what a column reference means, records it and gives the reference as the normalised SQL has it. */
export function resolveColumn(place: ExpressionPlace, node: ColumnRef): ColumnRef {
  const parts = node.column_names;
  if (place.lambdas.has(parts[0]!.toLowerCase())) return record(place, node, { kind: 'other' });
  const alias = parts.length === 1 ? aliasIndex(place.aliases, parts[0]!) : -1;
  if (alias >= 0 && place.aliases!.order === 'alias_first') return record(place, node, { kind: 'alias', index: alias });
  const own = findIn(place.scope, parts);
  if (isBareFunctionOf(own, parts)) return bareFunction(place, node);
  if (own.kind !== 'nothing') return accept(place, node, own, 0, place.scope);
  if (alias >= 0) return record(place, node, { kind: 'alias', index: alias });
  let depth = 1;
  for (let scope = place.scope.parent; scope !== null; scope = scope.parent, depth++) {
    const found = findIn(scope, parts);
    if (found.kind !== 'nothing') return accept(place, node, found, depth, scope);
  }
  if (parts.length === 1 && isBareFunction(parts[0]!)) return bareFunction(place, node);
  if (!hasOpen(place.scope) && !isOuterAlias(place, parts[0]!)) throw undefinedColumn(place.state, node, place.scope);
  makeOpaque(place.state, `the column ${parts.join('.')} could not be resolved`);
  return node;
}

/** DuckDB lets some sub-queries see the aliases of the SELECT around them. */
function isOuterAlias({ state, block }: ExpressionPlace, name: string): boolean {
  for (let current = block; current !== null; ) {
    if (current.node.select_list.some(({ alias }) => alias !== '' && sameName(alias, name))) return true;
    current = current.parent === null ? null : state.blocks[current.parent]!;
  }
  return false;
}

/** `current_user` beside a table whose columns are not known: taken for the function, and left as it is for the engine. */
function isBareFunctionOf(found: Found, parts: readonly string[]): boolean {
  if (parts.length > 1 || !isBareFunction(parts[0]!)) return false;
  return found.kind === 'column' && !found.relation.columns.names.includes(found.name);
}

function aliasIndex(aliases: AliasView | null, name: string): number {
  return aliases === null ? -1 : aliases.names.findIndex((alias) => alias !== null && sameName(alias, name));
}

function record(place: ExpressionPlace, node: ColumnRef, resolution: Resolution): ColumnRef {
  place.state.resolutions.set(node, resolution);
  return node;
}

function bareFunction(place: ExpressionPlace, node: ColumnRef): ColumnRef {
  const name = node.column_names[0]!.toLowerCase();
  const { lists } = place.state;
  (classOfFunction(name, '') === 'statement_time' ? lists.statementTimeFunctions : lists.sessionFunctions).add(name);
  return record(place, node, { kind: 'other' });
}

function accept(place: ExpressionPlace, node: ColumnRef, found: Found, depth: number, scope: Scope): ColumnRef {
  const { state } = place;
  if (depth > 0) markCorrelated(place, depth, scope);
  switch (found.kind) {
    case 'column':
      return acceptColumn(place, node, found, depth);
    case 'merged': {
      const occurrences = found.column.relations.flatMap((relation) => useMerged(state, relation, found.column.name));
      return record(place, node, { kind: 'merged', name: found.column.name, occurrences });
    }
    case 'row':
      if (found.relation.dataset !== undefined) useAllColumns(state, found.relation.dataset.occurrence);
      return record(place, node, { kind: 'other' });
    default:
      makeOpaque(state, `the column ${node.column_names.join('.')} could not be resolved`);
      return node;
  }
}

/** Everything between the block that reads and the FROM that is read depends on the outer row. */
function markCorrelated({ state, block, scope }: ExpressionPlace, depth: number, target: Scope): void {
  state.flags.add('correlated');
  if (target.lateral) state.flags.add('lateralJoin');
  let remaining = scopesOwned(scope, depth);
  for (let current = block; current !== null && remaining > 0; remaining--) {
    current.correlated = true;
    current = current.parent === null ? null : state.blocks[current.parent]!;
  }
}

/** How many SELECTs lie between: lateral scopes belong to the SELECT around them. */
function scopesOwned(scope: Scope, depth: number): number {
  let owned = 0;
  let current: Scope | null = scope;
  for (let i = 0; i < depth && current !== null; i++, current = current.parent) if (!current.lateral) owned++;
  return owned;
}

export function useMerged(state: BindState, relation: Relation, name: string): number[] {
  if (relation.dataset === undefined) return [];
  const { occurrence, table } = relation.dataset;
  const index = indexOfName(relation.columns.names, name);
  if (index >= 0) useColumn(state, occurrence, table.columns[index]!.name);
  return [occurrence];
}

function acceptColumn(
  place: ExpressionPlace,
  node: ColumnRef,
  { relation, name, rest }: Extract<Found, { kind: 'column' }>,
  depth: number,
): ColumnRef {
  const { state } = place;
  const index = relation.columns.names.indexOf(name);
  if (relation.dataset === undefined || index < 0) {
    return record(place, node, { kind: 'derived', relation: relation.alias, name, depth });
  }
  const { occurrence, table } = relation.dataset;
  const column = table.columns[index]!;
  useColumn(state, occurrence, column.name);
  const resolution: Resolution = {
    kind: 'column',
    occurrence,
    name: column.name,
    type: column.type,
    fields: rest,
    depth,
  };
  const qualified = [relation.alias, name, ...rest];
  schemaEdit(state, node, qualified);
  if (!place.qualify || relation.alias === '' || isShadowed(place.scope, relation, depth)) {
    return record(place, node, resolution);
  }
  return record(place, { ...node, column_names: qualified }, resolution);
}

/** `public.trades.price` means nothing once `trades` is a scan. */
function schemaEdit(state: BindState, node: ColumnRef, to: readonly string[]): void {
  if (node.column_names.length <= to.length || node.query_location < 0) return;
  state.edits.push({ kind: 'column', at: node.query_location, from: node.column_names, to });
}

/** Does a nearer FROM have a relation of the same alias? */
function isShadowed(scope: Scope, relation: Relation, depth: number): boolean {
  let current: Scope | null = scope;
  for (let i = 0; i < depth && current !== null; i++, current = current.parent) {
    if (current.relations.some(({ alias }) => sameName(alias, relation.alias))) return true;
  }
  return false;
}

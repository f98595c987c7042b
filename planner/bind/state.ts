import type { CatalogSnapshot, DatasetTable } from '../catalog.ts';
import { errors } from '../errors.ts';
import { nearestName } from '../nearest-name.ts';
import type { BaseTable, ColumnRef, QueryLocation, TableFunctionRef } from '../sql/ast.ts';
import { characterPosition, indexOfByte } from '../sql/positions.ts';
import type { AggregateCall, Block, Occurrence, QueryFacts, Resolution } from './bound-query.ts';
import { namesInScope, type Scope, sameName } from './scope.ts';

export type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A Block while it is made. */
export interface OpenBlock extends Writable<Omit<Block, 'aggregates' | 'occurrences'>> {
  aggregates: AggregateCall[];
  occurrences: number[];
}

export interface OpenOccurrence extends Writable<Omit<Occurrence, 'columns' | 'filters'>> {
  /** Names of `table.columns` that are read. */
  readonly used: Set<string>;
  filters: Occurrence['filters'];
}

type ListFact = {
  [K in keyof QueryFacts]: QueryFacts[K] extends readonly string[] ? K : never;
}[keyof QueryFacts];
type FlagFact = Exclude<keyof QueryFacts, ListFact>;

/** What binding collects on its way through the query. */
export interface BindState {
  /** The text that was parsed, for positions. */
  readonly source: string;
  readonly catalog: CatalogSnapshot;
  /** What `tableFunction` said of the file functions and file names in FROM. */
  readonly files: ReadonlyMap<BaseTable | TableFunctionRef, DatasetTable | null>;
  readonly occurrences: OpenOccurrence[];
  readonly blocks: OpenBlock[];
  readonly resolutions: Map<ColumnRef, Resolution>;
  readonly lists: Readonly<Record<ListFact, Set<string>>>;
  readonly flags: Set<FlagFact>;
  /** Edits of `source` that put scans in place of tables. */
  readonly edits: Edit[];
  opaque: string | null;
}

/** A place of the source (byte offset) where a name has to be replaced. */
export type Edit =
  | { readonly kind: 'table'; readonly at: QueryLocation; readonly scanName: string; readonly alias: string | null }
  | {
      readonly kind: 'column';
      readonly at: QueryLocation;
      readonly from: readonly string[];
      readonly to: readonly string[];
    };

export function newState(
  source: string,
  catalog: CatalogSnapshot,
  files: ReadonlyMap<BaseTable | TableFunctionRef, DatasetTable | null>,
): BindState {
  return {
    source,
    catalog,
    files,
    occurrences: [],
    blocks: [],
    resolutions: new Map(),
    lists: {
      setOperations: new Set(),
      aggregates: new Set(),
      volatileFunctions: new Set(),
      statementTimeFunctions: new Set(),
      sessionFunctions: new Set(),
      unknownFunctions: new Set(),
      tableFunctions: new Set(),
      userTypes: new Set(),
      localTables: new Set(),
    },
    flags: new Set(),
    edits: [],
    opaque: null,
  };
}

/** The first reason stays. */
export function makeOpaque(state: BindState, reason: string): void {
  state.opaque ??= reason;
}

/** 1-based position in characters of the source; undefined when DuckDB did not know it. */
export function positionOf(state: BindState, location: QueryLocation): number | undefined {
  return location < 0 ? undefined : characterPosition(state.source, indexOfByte(state.source, location));
}

export function undefinedColumn(state: BindState, node: ColumnRef, scope: Scope | null): Error {
  const name = node.column_names.join('.');
  const [relation = ''] = node.column_names;
  if (node.column_names.length > 1) {
    const aliases = relationsInScope(scope);
    if (!aliases.some((alias) => sameName(alias, relation)))
      return errors.missingFrom(relation, nearestName(relation, aliases), positionOf(state, node.query_location));
  }
  return errors.undefinedColumn(name, nearestName(name, namesInScope(scope)), positionOf(state, node.query_location));
}

export function useColumn(state: BindState, occurrence: number, name: string): void {
  state.occurrences[occurrence]!.used.add(name);
}

function relationsInScope(scope: Scope | null): string[] {
  const aliases: string[] = [];
  for (let current = scope; current !== null; current = current.parent)
    aliases.push(...current.relations.map(({ alias }) => alias));
  return aliases;
}

export function useAllColumns(state: BindState, occurrence: number): void {
  const { table, used } = state.occurrences[occurrence]!;
  for (const { name } of table.columns) used.add(name);
}

export function factsOf({ lists, flags }: BindState): QueryFacts {
  const sorted = (key: ListFact) => [...lists[key]].sort();
  const flag = (key: FlagFact) => flags.has(key);
  return {
    subqueries: flag('subqueries'),
    correlated: flag('correlated'),
    ctes: flag('ctes'),
    recursive: flag('recursive'),
    setOperations: sorted('setOperations'),
    windows: flag('windows'),
    aggregates: sorted('aggregates'),
    distinct: flag('distinct'),
    groupingSets: flag('groupingSets'),
    qualify: flag('qualify'),
    sample: flag('sample'),
    orderBy: flag('orderBy'),
    limit: flag('limit'),
    positionalJoin: flag('positionalJoin'),
    asofJoin: flag('asofJoin'),
    lateralJoin: flag('lateralJoin'),
    volatileFunctions: sorted('volatileFunctions'),
    statementTimeFunctions: sorted('statementTimeFunctions'),
    sessionFunctions: sorted('sessionFunctions'),
    unknownFunctions: sorted('unknownFunctions'),
    tableFunctions: sorted('tableFunctions'),
    userTypes: sorted('userTypes'),
    localTables: sorted('localTables'),
  };
}

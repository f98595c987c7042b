/**
 * Hints that belong to one SELECT: how relations of its FROM are divided, and that its text runs once per partition. They travel in the tree
 * as a common table expression that nothing reads, whose name holds them as JSON, so that whatever copies the tree keeps them.
 */

import { errors } from '../errors.ts';
import { nearestName } from '../nearest-name.ts';
import type { CteEntry, QueryNode, SelectNode, Statement, TableRef } from './ast.ts';
import { emptyTable, integerConstant, select, statement as statementOf } from './build.ts';
import type { Hint, PlacedHint, RepartitionBy } from './hints.ts';
import { characterPosition, indexOfByte } from './positions.ts';
import { walk } from './walk.ts';

type Repartition = Extract<Hint, { kind: 'repartition' }>;

/** One step of a division. `at`: 1-based character of the hint in the client's text; null: it stands in a view. */
export interface DivisionHint {
  readonly table: string;
  /** Null: one partition for each value of `by.column`. */
  readonly partitions: number | null;
  readonly by: RepartitionBy;
  readonly at: number | null;
}

export interface SelectHints {
  /** In the order in which they are written: later ones of a table divide the partitions of earlier ones. */
  readonly divisions: readonly DivisionHint[];
  /** Runs once per partition. */
  readonly partial: boolean;
  readonly at: number | null;
  /** The query is that of a view: one relation, wherever it stands. */
  readonly view?: true;
}

const markerPrefix = '__sluice ';

/** The hints of a query, put there by `markHints` or `markView`. */
export function hintsOf({ cte_map: { map } }: QueryNode): SelectHints | undefined {
  const marker = map.find(({ key }) => key.startsWith(markerPrefix));
  return marker === undefined ? undefined : (JSON.parse(marker.key.slice(markerPrefix.length)) as SelectHints);
}

export function isHintMarker(name: string): boolean {
  return name.startsWith(markerPrefix);
}

/** The query as one relation: a SELECT around it that runs once per partition takes it as a whole. */
export function markView(node: QueryNode): QueryNode {
  const hints = hintsOf(node) ?? { divisions: [], partial: false, at: null };
  const { map } = node.cte_map;
  const rest = map.filter(({ key }) => !isHintMarker(key));
  return { ...node, cte_map: { map: [marker({ ...hints, view: true }), ...rest] } };
}

function marker(hints: SelectHints): { readonly key: string; readonly value: CteEntry } {
  const node = select([integerConstant(1)], emptyTable());
  const value: CteEntry = {
    aliases: [],
    query: statementOf(node),
    materialized: 'CTE_MATERIALIZE_DEFAULT',
    key_targets: [],
  };
  return { key: `${markerPrefix}${JSON.stringify(hints)}`, value };
}

/**
 * The statement with every hint `partial_sql`, and those of `repartition` that need more than dividing files, at the SELECT behind whose keyword they
 * stand (or that begins next). `isDataSet`: is a name of FROM one? `located`: positions of the tree are those of `sql`; else the hints are a
 * view's, and errors have no position.
 *
 * Raises 42P01 for a table that is not in that FROM, 22023 for `partial_sql` with nothing that is divided, 42601 for a hint behind the last SELECT.
 */
export function markHints(
  statement: Statement,
  hints: readonly PlacedHint[],
  sql: string,
  isDataSet: (name: string, schema: string | undefined) => boolean,
  located = true,
): Statement {
  const wanted = hints.filter(({ kind }) => kind === 'repartition' || kind === 'partial_sql');
  if (wanted.length === 0) return statement;
  const starts = selectStarts(statement, sql);
  const ctes = cteNames(statement);
  const isFiles = (name: string, schema: string | undefined) =>
    !(schema === undefined && ctes.has(name.toLowerCase())) && isDataSet(name, schema);
  const bySelect = new Map<SelectNode, PlacedHint[]>();
  for (const hint of wanted) {
    const node = nextSelect(starts, hint.at ?? 0);
    if (node === undefined) {
      if (hint.kind === 'partial_sql')
        throw errors.syntax('hint "partial_sql" stands behind no SELECT', positionOf(sql, hint, located), placeHint);
      continue;
    }
    bySelect.set(node, [...(bySelect.get(node) ?? []), hint]);
  }
  const marked = new Map<QueryNode, SelectHints>();
  for (const [node, own] of bySelect) {
    const found = selectHints(node, own, sql, isFiles, located);
    if (found !== undefined) marked.set(node, found);
  }
  return marked.size === 0 ? statement : withMarkers(statement, marked);
}

const placeHint = 'Hints stand behind the keyword: SELECT /*+ partial_sql ... */ ...';

function positionOf(sql: string, { at }: PlacedHint, located: boolean): number | undefined {
  return located && at !== undefined ? characterPosition(sql, at) : undefined;
}

function cteNames(statement: Statement): ReadonlySet<string> {
  const names = new Set<string>();
  walk(statement, {
    query: ({ cte_map: { map } }) => {
      for (const { key } of map) names.add(key.toLowerCase());
      return undefined;
    },
  });
  return names;
}

/** Where the list of each SELECT begins, as JavaScript index; outer ones first. */
function selectStarts(
  statement: Statement,
  sql: string,
): readonly { readonly node: SelectNode; readonly start: number }[] {
  const starts: { readonly node: SelectNode; readonly start: number }[] = [];
  walk(statement, {
    query: (node) => {
      if (node.type !== 'SELECT_NODE') return undefined;
      let start = Number.POSITIVE_INFINITY;
      walk(node.select_list, {
        expression: ({ query_location: at }) => {
          // 0 is what `FROM t` without SELECT has.
          if (at > 0 && at < start) start = at;
          return undefined;
        },
      });
      if (start < Number.POSITIVE_INFINITY) starts.push({ node, start: indexOfByte(sql, start) });
      return undefined;
    },
  });
  return starts;
}

function nextSelect(
  starts: readonly { readonly node: SelectNode; readonly start: number }[],
  at: number,
): SelectNode | undefined {
  let best: { readonly node: SelectNode; readonly start: number } | undefined;
  for (const found of starts)
    if (found.start >= at && found.start < (best?.start ?? Number.POSITIVE_INFINITY)) best = found;
  return best?.node;
}

/** A relation of FROM by the names that a hint may give it. */
interface Leaf {
  readonly names: readonly string[];
  readonly dataSet: boolean;
}

/** Undefined: all of them divide files, which needs no mark. */
function selectHints(
  node: SelectNode,
  hints: readonly PlacedHint[],
  sql: string,
  isDataSet: (name: string, schema: string | undefined) => boolean,
  located: boolean,
): SelectHints | undefined {
  const partial = hints.find(({ kind }) => kind === 'partial_sql');
  const leaves = leavesOf(partial === undefined ? node.from_table : node, partial !== undefined, isDataSet);
  const divisions: DivisionHint[] = [];
  let deep = partial !== undefined;
  for (const hint of hints) {
    if (hint.kind !== 'repartition') continue;
    const at = positionOf(sql, hint, located);
    const leaf = leaves.find(({ names }) => names.includes(hint.table.toLowerCase()));
    const times = hints.filter((other) => other.kind === 'repartition' && sameTable(other, hint)).length;
    if (needsStages(hint, leaf, times)) deep = true;
    if (leaf === undefined && deep) throw notInFrom(hint, leaves, at);
    divisions.push({ table: hint.table, partitions: hint.partitions, by: hint.by, at: at ?? null });
  }
  if (!deep) return undefined;
  for (const { table, at } of divisions)
    if (!leaves.some(({ names }) => names.includes(table.toLowerCase())))
      throw notInFrom({ table }, leaves, at ?? undefined);
  return {
    divisions,
    partial: partial !== undefined,
    at: partial === undefined ? null : (positionOf(sql, partial, located) ?? null),
  };
}

function sameTable(a: Repartition, b: Repartition): boolean {
  return a.table.toLowerCase() === b.table.toLowerCase();
}

/** Is it more than dividing the files of a data set among tasks? */
function needsStages({ by, partitions }: Repartition, leaf: Leaf | undefined, times: number): boolean {
  if (times > 1) return true;
  if (by.kind === 'files' || by.kind === 'rows') return leaf !== undefined && !leaf.dataSet;
  return !(by.kind === 'column' && partitions === null);
}

function notInFrom({ table }: Pick<Repartition, 'table'>, leaves: readonly Leaf[], at: number | undefined): Error {
  const near = nearestName(
    table,
    leaves.flatMap(({ names }) => names),
  );
  return errors.missingFrom(table, near, at);
}

/** Relations of a FROM clause; `nested`: also those in sub-queries. */
function leavesOf(
  root: unknown,
  nested: boolean,
  isDataSet: (name: string, schema: string | undefined) => boolean,
): readonly Leaf[] {
  const leaves: Leaf[] = [];
  const add = (ref: TableRef): boolean | undefined => {
    if (ref.type === 'BASE_TABLE') {
      const names = [ref.alias, ref.table_name].filter((name) => name !== '').map((name) => name.toLowerCase());
      leaves.push({ names, dataSet: isDataSet(ref.table_name, ref.schema_name || undefined) });
    } else if (ref.alias !== '') leaves.push({ names: [ref.alias.toLowerCase()], dataSet: false });
    return ref.type === 'SUBQUERY' && !nested ? false : undefined;
  };
  walk(root, { tableRef: add });
  return leaves;
}

function withMarkers(statement: Statement, marked: ReadonlyMap<QueryNode, SelectHints>): Statement {
  const place = (root: unknown): unknown => {
    if (Array.isArray(root)) return root.map(place);
    if (typeof root !== 'object' || root === null) return root;
    const copy: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(root)) copy[key] = place(value);
    const hints = marked.get(root as QueryNode);
    if (hints === undefined) return copy;
    const node = copy as unknown as SelectNode;
    return { ...node, cte_map: { map: [marker(hints), ...node.cte_map.map] } };
  };
  return place(statement) as Statement;
}

/** Columns that divisions name, qualified by their relation: what has to be read beside the query's own columns. */
export function hintedColumns(
  hints: SelectHints | undefined,
): readonly { readonly table: string; readonly column: string }[] {
  return (hints?.divisions ?? []).flatMap(({ table, by }) => {
    switch (by.kind) {
      case 'hash':
        return by.columns.map((column) => ({ table, column }));
      case 'range':
      case 'column':
        return [{ table, column: by.column }];
      default:
        return [];
    }
  });
}

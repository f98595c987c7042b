import {
  type CommonTableExpr,
  type Node,
  type ResTarget,
  type SelectStmt,
  stringsOf,
} from '../../../planner/sql/postgres.ts';
import { coerce, coerceAll, commonType, commonTypmod, resolved, toBoolean } from './coerce.ts';
import type { Column, CommonTable, Expr, Query, SetTree, SortItem, Target } from './expr.ts';
import { outputName } from './output-names.ts';
import { readExpression } from './read-expression.ts';
import { readFrom } from './read-from.ts';
import { readDistinct, readGroup, readSort } from './read-sort.ts';
import { readWindows } from './read-windows.ts';
import { newScope, type Scope, starColumns } from './scope.ts';
import { typeOids } from './type-facts.ts';
import { unprintable } from './unprintable.ts';

function targetsOf(scope: Scope, { name, val, indirection }: ResTarget): readonly Target[] {
  if (val === undefined || indirection !== undefined) return unprintable('a column');
  if ('ColumnRef' in val && (val.ColumnRef.fields ?? []).some((field) => 'A_Star' in field))
    return starColumns(scope, val.ColumnRef.fields ?? []);
  return [{ name: name ?? outputName(val) ?? '?column?', expr: readExpression(scope, val) }];
}

function readTargets(scope: Scope, nodes: readonly Node[]): readonly Target[] {
  return nodes.flatMap((node) =>
    'ResTarget' in node ? targetsOf(scope, node.ResTarget) : unprintable('a select list'),
  );
}

function columnsOf(targets: readonly Target[]): readonly Column[] {
  return targets.map(({ name, expr: { type, typmod } }) => ({ name, type, typmod }));
}

type Limits = Pick<Query, 'limit' | 'offset'>;

function readLimits(scope: Scope, { limitCount, limitOffset, limitOption }: SelectStmt): Limits {
  if (limitOption === 'LIMIT_OPTION_WITH_TIES') return unprintable('WITH TIES');
  const read = (node: Node | undefined) =>
    node && coerce(scope.facts, readExpression({ ...scope, items: [] }, node), typeOids.int8, 'a', 'implicit');
  return { limit: read(limitCount), offset: read(limitOffset) };
}

/** Literals of no type stay so where the other side of a UNION will tell it. */
function readSelect(scope: Scope, select: SelectStmt, resolves: boolean): Omit<Query, 'tables' | 'recursive'> {
  const { facts } = scope;
  const { fromClause = [], whereClause, havingClause, groupClause = [], targetList = [], windowClause = [] } = select;
  if (select.groupDistinct || select.intoClause || select.lockingClause) return unprintable('a clause of SELECT');
  const from = readFrom(scope, fromClause);
  readWindows(scope, windowClause);
  let targets = readTargets(scope, targetList);
  const condition = (node: Node | undefined) => node && toBoolean(facts, readExpression(scope, node));
  const where = condition(whereClause);
  const having = condition(havingClause);
  const order = readSort(scope, select.sortClause ?? [], targets);
  const group = readGroup(scope, groupClause, targets);
  const distinct = select.distinctClause && readDistinct(scope, select.distinctClause, targets, order);
  if (resolves) targets = targets.map((target) => ({ ...target, expr: resolved(facts, target.expr) }));
  return {
    body: { kind: 'select', distinct, targets, from, where, group, having, windows: [...scope.windows.values()] },
    entries: scope.entries,
    order,
    ...readLimits(scope, select),
    columns: columnsOf(targets),
  };
}

function readValues(scope: Scope, select: SelectStmt): Omit<Query, 'tables' | 'recursive'> {
  const lists = (select.valuesLists ?? []).map((node) => ('List' in node ? (node.List.items ?? []) : []));
  if (select.sortClause || select.limitCount || select.limitOffset) return unprintable('a sorted VALUES');
  const rows = lists.map((list) => list.map((node) => readExpression(scope, node)));
  const width = rows[0]?.length ?? 0;
  if (rows.some((row) => row.length !== width)) return unprintable('lists of other lengths');
  const types = Array.from({ length: width }, (_, at) => {
    const column = rows.map((row) => row[at]!);
    const type = commonType(scope.facts, column);
    return { type, typmod: commonTypmod(type, column) };
  });
  return {
    body: {
      kind: 'values',
      rows: rows.map((row) => row.flatMap((expr, at) => coerceAll(scope.facts, [expr], types[at]!.type))),
    },
    entries: [],
    order: [],
    limit: undefined,
    offset: undefined,
    columns: types.map((each, at) => ({ ...each, name: `column${at + 1}` })),
  };
}

const setWords = { SETOP_UNION: 'UNION', SETOP_INTERSECT: 'INTERSECT', SETOP_EXCEPT: 'EXCEPT' } as const;

interface ReadSet {
  readonly tree: SetTree;
  /** With types of what is not resolved yet. */
  readonly columns: readonly Column[];
}

function readLeaf(scope: Scope, select: SelectStmt): ReadSet {
  const query = readQuery(scope, select, false);
  return { tree: { kind: 'leaf', query }, columns: query.columns };
}

/** Literals of a leaf as the types that the whole has. */
function typedLeaf(scope: Scope, tree: SetTree, columns: readonly Column[]): SetTree {
  if (tree.kind !== 'leaf' || tree.query.body.kind !== 'select') return tree;
  const { body } = tree.query;
  const targets = body.targets.map((target, at) =>
    target.expr.type === typeOids.unknown
      ? { ...target, expr: coerce(scope.facts, target.expr, columns[at]!.type, 'i', 'implicit') }
      : target,
  );
  return { kind: 'leaf', query: { ...tree.query, body: { ...body, targets }, columns: columnsOf(targets) } };
}

function readSet(scope: Scope, select: SelectStmt): ReadSet {
  const { op = 'SETOP_NONE', larg, rarg, all = false } = select;
  const nested = select.sortClause || select.limitCount || select.limitOffset || select.withClause;
  if (op === 'SETOP_NONE' || larg === undefined || rarg === undefined || nested) return readLeaf(scope, select);
  const [left, right] = [readSet(scope, larg), readSet(scope, rarg)];
  if (left.columns.length !== right.columns.length) return unprintable('unequal numbers of columns');
  const columns = left.columns.map((column, at) => {
    const both = [column, right.columns[at]!];
    const type = commonType(scope.facts, both);
    return { name: column.name, type, typmod: commonTypmod(type, both) };
  });
  const typed = (side: ReadSet) => typedLeaf(scope, side.tree, columns);
  return { tree: { kind: 'set', op: setWords[op], all, left: typed(left), right: typed(right) }, columns };
}

/** ORDER BY of the whole: a name or a place of its columns. */
function sortSet(scope: Scope, nodes: readonly Node[], columns: readonly Column[]): readonly SortItem[] {
  const targets = columns.map(({ name, type, typmod }): Target => {
    const expr: Expr = { kind: 'parameter', type, typmod };
    return { name, expr };
  });
  const order = readSort({ ...newScope(scope, undefined) }, nodes, targets);
  return order.every(({ position }) => position > 0) ? order : unprintable('an expression over a set');
}

function readSets(scope: Scope, select: SelectStmt): Omit<Query, 'tables' | 'recursive'> {
  const { sortClause = [], limitCount, limitOffset, withClause, ...rest } = select;
  const { tree, columns } = readSet(scope, rest);
  const order = sortSet(scope, sortClause, columns);
  return { body: { kind: 'sets', tree }, entries: [], order, ...readLimits(scope, select), columns };
}

const materialized = {
  CTEMaterializeDefault: '',
  CTEMaterializeAlways: 'MATERIALIZED ',
  CTEMaterializeNever: 'NOT MATERIALIZED ',
} as const;

function named(columns: readonly Column[], names: readonly string[]): readonly Column[] {
  if (names.length > columns.length) return unprintable('too many names');
  return columns.map((column, at) => ({ ...column, name: names[at] ?? column.name }));
}

function readTable(scope: Scope, cte: CommonTableExpr, recursive: boolean): CommonTable {
  const { ctename: name = '', ctequery, aliascolnames, search_clause, cycle_clause } = cte;
  if (ctequery === undefined || !('SelectStmt' in ctequery) || search_clause || cycle_clause)
    return unprintable('a WITH query');
  const names = stringsOf(aliascolnames);
  const { SelectStmt: select } = ctequery;
  // A query that names itself has the columns of its first part.
  if (
    recursive &&
    select.larg !== undefined &&
    JSON.stringify(select.rarg).includes(`"relname":${JSON.stringify(name)}`)
  )
    scope.tables.set(name, named(readQuery(scope, select.larg).columns, names));
  const query = readQuery(scope, select);
  scope.tables.set(name, named(query.columns, names));
  return { name, columns: names, materialized: materialized[cte.ctematerialized ?? 'CTEMaterializeDefault'], query };
}

/** Reads a query inside of another one's scope. Raises `Unprintable` for what this room does not know. */
export function readQuery(parent: Scope, select: SelectStmt, resolves = true): Query {
  const scope = newScope(parent, parent);
  const recursive = select.withClause?.recursive === true;
  const tables = (select.withClause?.ctes ?? []).map((node) =>
    'CommonTableExpr' in node ? readTable(scope, node.CommonTableExpr, recursive) : unprintable('a WITH query'),
  );
  const isSet = (select.op ?? 'SETOP_NONE') !== 'SETOP_NONE';
  const read = select.valuesLists !== undefined ? readValues : isSet ? readSets : undefined;
  const query = read === undefined ? readSelect(scope, select, resolves) : read(scope, select);
  return { tables, recursive, ...query };
}

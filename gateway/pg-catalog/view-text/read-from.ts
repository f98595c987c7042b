/** FROM: what can be named, and how it is joined. */
import {
  type Alias,
  type JoinExpr,
  type Node,
  type RangeFunction,
  type RangeSubselect,
  type RangeVar,
  stringsOf,
} from '../../../planner/sql/postgres.ts';
import { chooseOperator } from './calls.ts';
import { coerce, commonType, commonTypmod, toBoolean } from './coerce.ts';
import type { Column, Expr, FromItem, RangeEntry } from './expr.ts';
import { outputName } from './output-names.ts';
import { readExpression } from './read-expression.ts';
import { readQuery } from './read-query.ts';
import { commonTable, itemOf, type NamedItem, newScope, type Scope } from './scope.ts';
import { unprintable } from './unprintable.ts';

interface Read {
  readonly item: FromItem;
  readonly names: readonly NamedItem[];
}

/** Names that an alias gives to the first columns. */
function renamed(columns: readonly Column[], alias: Alias | undefined): readonly Column[] {
  const names = stringsOf(alias?.colnames);
  if (names.length > columns.length) return unprintable('too many names');
  return columns.map((column, index) => ({ ...column, name: names[index] ?? column.name }));
}

function added(scope: Scope, entry: RangeEntry): Read {
  scope.entries.push(entry);
  return { item: { kind: 'entry', entry }, names: [itemOf(entry)] };
}

function relation(scope: Scope, range: RangeVar): Read {
  const { schemaname: schema, relname = '', alias } = range;
  if (range.catalogname !== undefined || range.inh !== true) return unprintable('a name of many parts');
  const table = schema === undefined ? commonTable(scope, relname) : undefined;
  const common = { alias: alias?.aliasname, name: alias?.aliasname ?? relname };
  if (table !== undefined) {
    const columns = renamed(table, alias);
    const source = { kind: 'cte', name: relname } as const;
    return added(scope, { ...common, source, columns, renamed: alias?.colnames !== undefined });
  }
  const found = scope.find(schema, relname) ?? unprintable(`the relation ${relname}`);
  if (found.plain && commonTable(scope, found.name) !== undefined) return unprintable('a hidden name');
  const known = found.columns ?? unprintable(`the columns of ${relname}`);
  const columns = renamed(known, alias);
  const source = { kind: 'relation', shown: found.shown, name: found.name } as const;
  const differs = columns.some(({ name }, index) => name !== known[index]!.name);
  return added(scope, { ...common, source, columns, renamed: differs });
}

/** What may name what stands before it in FROM. While FROM is read, `scope` itself has no names yet. */
function afterwards(scope: Scope, names: readonly NamedItem[]): Scope {
  return { ...newScope(scope, scope), items: [...names] };
}

function subselect(scope: Scope, range: RangeSubselect, before: readonly NamedItem[]): Read {
  const { alias, subquery } = range;
  const lateral = range.lateral === true;
  if (alias?.aliasname === undefined || subquery === undefined || !('SelectStmt' in subquery))
    return unprintable('a query without a name');
  const query = readQuery(lateral ? afterwards(scope, before) : scope, subquery.SelectStmt);
  const columns = renamed(query.columns, alias);
  const { aliasname: name } = alias;
  const source = { kind: 'subquery', query, lateral } as const;
  return added(scope, { source, columns, alias: name, name, renamed: alias.colnames !== undefined });
}

function tableFunction(scope: Scope, range: RangeFunction, before: readonly NamedItem[]): Read {
  const [list, more] = range.functions ?? [];
  const node = list !== undefined && 'List' in list ? list.List.items?.[0] : undefined;
  if (node === undefined || more !== undefined || !('FuncCall' in node) || range.ordinality || range.coldeflist)
    return unprintable('a function in FROM');
  const call = readExpression(afterwards(scope, before), node);
  if (call.kind !== 'function' || call.format !== 'call') return unprintable('a function in FROM');
  const plain = scope.facts.types.get(call.type)?.kind;
  if (plain !== 'b' && plain !== 'e') return unprintable('a function that gives rows');
  const { aliasname, colnames } = range.alias ?? {};
  const name = aliasname ?? outputName(node) ?? '';
  const columns = renamed([{ name, type: call.type, typmod: call.typmod }], { colnames: colnames ?? [] });
  const lateral = range.lateral === true || names(call, new Set(before.map(({ entry }) => entry)));
  return added(scope, { source: { kind: 'function', call, lateral }, columns, alias: aliasname, name, renamed: true });
}

/** Does an expression have a column of one of these? */
function names(value: unknown, entries: ReadonlySet<RangeEntry | undefined>): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const found = value as { kind?: string; entry?: RangeEntry };
  if (found.kind === 'column') return entries.has(found.entry);
  return Object.values(value).some((each) => names(each, entries));
}

const joins = {
  JOIN_INNER: 'JOIN',
  JOIN_LEFT: 'LEFT JOIN',
  JOIN_RIGHT: 'RIGHT JOIN',
  JOIN_FULL: 'FULL JOIN',
} as const;

interface OpenColumn {
  readonly name: string;
  readonly expr: Expr;
}

function openColumns(items: readonly NamedItem[]): readonly OpenColumn[] {
  return items.flatMap((item) => (item.open ? item.columns : []));
}

function oneOf(columns: readonly OpenColumn[], name: string): Expr {
  const found = columns.filter((column) => column.name === name);
  return found.length === 1 ? found[0]!.expr : unprintable(`the column ${name} of USING`);
}

/** The column that USING makes of two: one of them, unless both may be missing or they have to be converted. */
function mergedColumn(scope: Scope, type: keyof typeof joins, name: string, left: Expr, right: Expr): Expr {
  chooseOperator(scope.facts, '=', [left, right]);
  const common = commonType(scope.facts, [left, right]);
  const typmod = commonTypmod(common, [left, right]);
  const taken = { JOIN_INNER: [left, right], JOIN_LEFT: [left], JOIN_RIGHT: [right], JOIN_FULL: [] }[type];
  const same = (side: Expr) => coerce(scope.facts, side, common, 'i', 'implicit') === side && side.typmod === typmod;
  return taken.find(same) ?? { kind: 'merged', name, type: common, typmod };
}

function joinNames(scope: Scope, type: keyof typeof joins, using: readonly string[], left: Read, right: Read) {
  const [ofLeft, ofRight] = [openColumns(left.names), openColumns(right.names)];
  const merged = using.map((name) => ({
    name,
    expr: mergedColumn(scope, type, name, oneOf(ofLeft, name), oneOf(ofRight, name)),
  }));
  const rest = [...ofLeft, ...ofRight].filter(({ name }) => !using.includes(name));
  const closed = [...left.names, ...right.names].map((item) => ({ ...item, open: false }));
  return [...closed, { name: undefined, entry: undefined, columns: [...merged, ...rest], open: true }];
}

function join(scope: Scope, node: JoinExpr, before: readonly NamedItem[]): Read {
  const { jointype, larg, rarg, alias, join_using_alias: usingAlias, quals } = node;
  if (alias !== undefined || usingAlias !== undefined || larg === undefined || rarg === undefined)
    return unprintable('a join with a name');
  const type = jointype !== undefined && jointype in joins ? (jointype as keyof typeof joins) : unprintable('a join');
  const left = readFromItem(scope, larg, before);
  const right = readFromItem(scope, rarg, [...before, ...left.names]);
  const ofRight = new Set(openColumns(right.names).map(({ name }) => name));
  const using = node.isNatural
    ? openColumns(left.names).flatMap(({ name }) => (ofRight.has(name) ? name : []))
    : stringsOf(node.usingClause);
  const names = using.length === 0 ? [...left.names, ...right.names] : joinNames(scope, type, using, left, right);
  const on = quals && toBoolean(scope.facts, readExpression(afterwards(scope, names), quals));
  return { item: { kind: 'join', type: joins[type], left: left.item, right: right.item, using, on }, names };
}

function readFromItem(scope: Scope, node: Node, before: readonly NamedItem[]): Read {
  if ('RangeVar' in node) return relation(scope, node.RangeVar);
  if ('RangeSubselect' in node) return subselect(scope, node.RangeSubselect, before);
  if ('RangeFunction' in node) return tableFunction(scope, node.RangeFunction, before);
  return 'JoinExpr' in node ? join(scope, node.JoinExpr, before) : unprintable('something in FROM');
}

/** Reads FROM into the scope. */
export function readFrom(scope: Scope, nodes: readonly Node[]): readonly FromItem[] {
  const names: NamedItem[] = [];
  const items = nodes.map((node) => {
    const read = readFromItem(scope, node, names);
    names.push(...read.names);
    return read.item;
  });
  const named = names.flatMap(({ name }) => name ?? []);
  if (new Set(named).size < named.length) return unprintable('a name that is given twice');
  scope.items.push(...names);
  return items;
}

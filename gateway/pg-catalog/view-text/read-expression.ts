import { type A_Const, type Node, type SubLink, stringsOf, type TypeCast } from '../../../planner/sql/postgres.ts';
import { chooseOperator } from './calls.ts';
import { arrayOf, cast, coerce, coerceAll, commonType, commonTypmod, constant, resolved, toBoolean } from './coerce.ts';
import type { Expr } from './expr.ts';
import { readCall } from './read-function.ts';
import { operator, readOperator } from './read-operator.ts';
import { readQuery } from './read-query.ts';
import { namedColumn, type Scope } from './scope.ts';
import { typeOids } from './type-facts.ts';
import { readTypeName } from './type-names.ts';
import { unprintable } from './unprintable.ts';
import { readValueFunction } from './value-functions.ts';

type Kind = Node extends infer N ? (N extends N ? keyof N : never) : never;
type Fields<K extends Kind> = Extract<Node, Readonly<Record<K, unknown>>>[K];

const truth = { type: typeOids.bool, typmod: -1 };
const maxInteger = 2n ** 63n - 1n;

function readConstant({ isnull, ival, fval, sval, boolval }: A_Const): Expr {
  if (isnull) return constant(typeOids.unknown, null);
  if (ival !== undefined) return constant(typeOids.int4, String(ival.ival ?? 0));
  if (sval !== undefined) return constant(typeOids.unknown, sval.sval ?? '');
  if (boolval !== undefined) return constant(typeOids.bool, String(boolval.boolval ?? false));
  const text = fval?.fval ?? '';
  if (/^-?\d+$/.test(text))
    return constant(BigInt(text) <= maxInteger && BigInt(text) >= -maxInteger ? typeOids.int8 : typeOids.numeric, text);
  const [, sign, whole, rest] = /^(-?)0*(\d*)(\.\d+)$/.exec(text) ?? unprintable('a number');
  return constant(typeOids.numeric, `${sign}${whole === '' ? '0' : whole}${rest}`);
}

function readCast(scope: Scope, { arg, typeName }: TypeCast): Expr {
  if (arg === undefined) return unprintable('a cast');
  const to = readTypeName(scope.facts, typeName);
  if ('A_ArrayExpr' in arg) {
    const element = scope.facts.types.get(to.type)?.element || unprintable('an array as something else');
    const items = (arg.A_ArrayExpr.elements ?? []).map((node) => readExpression(scope, node));
    const args = items.map((item) => cast(scope.facts, item, { type: element, typmod: to.typmod }));
    return { kind: 'array', args, ...to };
  }
  return cast(scope.facts, readExpression(scope, arg), to);
}

function readArray(scope: Scope, nodes: readonly Node[]): Expr {
  if (nodes.length === 0 || nodes.some((node) => 'A_ArrayExpr' in node)) return unprintable('an array of arrays');
  const items = nodes.map((node) => readExpression(scope, node));
  const element = commonType(scope.facts, items);
  if (scope.facts.types.get(element)?.element !== 0) return unprintable('an array of arrays');
  const args = coerceAll(scope.facts, items, element);
  return { kind: 'array', args, type: arrayOf(scope.facts, element), typmod: commonTypmod(element, args) };
}

/** Values of which one is taken. */
function alike(scope: Scope, nodes: readonly Node[]) {
  const items = nodes.map((node) => readExpression(scope, node));
  const type = commonType(scope.facts, items);
  const args = coerceAll(scope.facts, items, type);
  return { args, type, typmod: commonTypmod(type, args) };
}

function readCase(scope: Scope, { arg, args = [], defresult }: Fields<'CaseExpr'>): Expr {
  const { facts } = scope;
  const value = arg && resolved(facts, readExpression(scope, arg));
  const rows = args.map((node) => ('CaseWhen' in node ? node.CaseWhen : unprintable('WHEN')));
  const whens = rows.map(({ expr }) => {
    const when = readExpression(scope, expr ?? unprintable('WHEN'));
    if (value === undefined) return toBoolean(facts, when);
    const compared = operator(scope, '=', [{ kind: 'case value', type: value.type, typmod: value.typmod }, when]);
    return compared.kind === 'operator' ? compared.args[1]! : unprintable('WHEN');
  });
  const otherwise = defresult === undefined ? constant(typeOids.unknown, null) : readExpression(scope, defresult);
  const results = [otherwise, ...rows.map(({ result }) => readExpression(scope, result ?? unprintable('THEN')))];
  const type = commonType(facts, results);
  const [last, ...thens] = coerceAll(facts, results, type);
  return {
    kind: 'case',
    arg: value,
    whens: whens.map((when, at) => ({ when, result: thens[at]! })),
    otherwise: last!,
    ...{ type, typmod: commonTypmod(type, [last!, ...thens]) },
  };
}

const sublinks = {
  EXISTS_SUBLINK: 'exists',
  EXPR_SUBLINK: 'value',
  ARRAY_SUBLINK: 'array',
  ANY_SUBLINK: 'any',
  ALL_SUBLINK: 'all',
} as const;

function readSublink(scope: Scope, { subLinkType, subselect, testexpr, operName }: SubLink): Expr {
  if (subselect === undefined || !('SelectStmt' in subselect)) return unprintable('a query');
  const of = sublinks[subLinkType as keyof typeof sublinks] ?? unprintable('a query of another kind');
  const query = readQuery(scope, subselect.SelectStmt);
  const common = { kind: 'sublink', of, query, name: '', left: undefined } as const;
  if (of === 'exists') return { ...common, ...truth };
  const [column, more] = query.columns;
  if (column === undefined || more !== undefined) return unprintable('a query of several columns');
  const { type, typmod } = column;
  if (of === 'value') return { ...common, type, typmod };
  if (of === 'array') return { ...common, type: arrayOf(scope.facts, type), typmod };
  const [name = '=', rest] = stringsOf(operName);
  if (testexpr === undefined || rest !== undefined) return unprintable('a comparison with a query');
  const left = readExpression(scope, testexpr);
  const { args } = chooseOperator(scope.facts, name, [left, { kind: 'parameter', type, typmod }]);
  return { ...common, name, left: args[0]!, ...truth };
}

const logicWords = { AND_EXPR: 'AND', OR_EXPR: 'OR', NOT_EXPR: 'NOT' } as const;

function readElement(scope: Scope, { arg, indirection = [] }: Fields<'A_Indirection'>): Expr {
  const [first, more] = indirection;
  if (arg === undefined || more !== undefined || first === undefined || !('A_Indices' in first))
    return unprintable('a field');
  const { is_slice: slice, uidx } = first.A_Indices;
  const value = readExpression(scope, arg);
  const element = scope.facts.types.get(value.type)?.element || 0;
  if (slice || uidx === undefined || element === 0) return unprintable('a part of something');
  const at = coerce(scope.facts, readExpression(scope, uidx), typeOids.int4, 'a', 'implicit');
  return { kind: 'element', arg: value, at, type: element, typmod: value.typmod };
}

const readers: { readonly [K in Kind]?: (scope: Scope, fields: Fields<K>) => Expr } = {
  A_Const: (_, fields) => readConstant(fields),
  ColumnRef: (scope, { fields = [] }) => namedColumn(scope, fields),
  A_Expr: readOperator,
  FuncCall: readCall,
  TypeCast: readCast,
  CaseExpr: readCase,
  SubLink: readSublink,
  SQLValueFunction: (_, fields) => readValueFunction(fields),
  A_Indirection: readElement,
  A_ArrayExpr: (scope, { elements = [] }) => readArray(scope, elements),
  GroupingFunc: (scope, { args = [] }) => ({
    kind: 'grouping',
    args: args.map((node) => readExpression(scope, node)),
    ...{ type: typeOids.int4, typmod: -1 },
  }),
  CoalesceExpr: (scope, { args = [] }) => ({ kind: 'coalesce', ...alike(scope, args) }),
  MinMaxExpr: (scope, { op, args = [] }) => ({
    kind: 'extreme',
    word: op === 'IS_LEAST' ? 'LEAST' : 'GREATEST',
    ...alike(scope, args),
  }),
  BoolExpr: (scope, { boolop = 'AND_EXPR', args = [] }) => ({
    kind: 'logic',
    op: logicWords[boolop],
    args: args.map((node) => toBoolean(scope.facts, readExpression(scope, node))),
    ...truth,
  }),
  NullTest: (scope, { arg = unprintable('NULL'), nulltesttype }) => ({
    kind: 'test',
    arg: readExpression(scope, arg),
    words: nulltesttype === 'IS_NOT_NULL' ? 'IS NOT NULL' : 'IS NULL',
    ...truth,
  }),
  BooleanTest: (scope, { arg = unprintable('a test'), booltesttype = 'IS_TRUE' }) => ({
    kind: 'test',
    arg: toBoolean(scope.facts, readExpression(scope, arg)),
    words: booltesttype.replaceAll('_', ' '),
    ...truth,
  }),
};

/** Reads an expression. Raises `Unprintable` for a kind that is not listed above, and for what PostgreSQL would refuse. */
export function readExpression(scope: Scope, node: Node): Expr {
  const [kind, fields] = Object.entries(node)[0] ?? [];
  const read = readers[kind as Kind] as ((scope: Scope, fields: unknown) => Expr) | undefined;
  return read === undefined ? unprintable(`the node ${kind}`) : read(scope, fields);
}

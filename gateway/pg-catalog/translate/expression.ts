import { errors } from '../../../planner/errors.ts';
import {
  type A_ArrayExpr,
  type A_Const,
  type A_Indirection,
  type ColumnRef,
  type Node,
  type SQLValueFunction,
  type SubLink,
  stringsOf,
  type TypeCast,
} from '../../../planner/sql/postgres.ts';
import { elementOf, isArray, namedOids, storedType, vectors } from '../pg-type-names.ts';
import { castTo, typeNameOf } from './casts.ts';
import { macroCall, quoted, quotedText, type Scope, type Translation, type Typed } from './context.ts';
import { functionCall } from './function-call.ts';
import { noteParameter, type Operation, operator } from './operators.ts';
import { select } from './select.ts';

/** Columns that every table has and no list of columns names. */
const systemColumns: Readonly<Record<string, Typed>> = {
  xmin: { sql: 'CAST(1 AS BIGINT)', type: 'xid' },
  xmax: { sql: 'CAST(0 AS BIGINT)', type: 'xid' },
  cmin: { sql: 'CAST(0 AS BIGINT)', type: 'cid' },
  cmax: { sql: 'CAST(0 AS BIGINT)', type: 'cid' },
  ctid: { sql: "'(0,1)'", type: 'tid' },
};

function constant({ ival, fval, boolval, sval, bsval, isnull }: A_Const): Typed {
  if (isnull) return { sql: 'NULL', type: 'unknown' };
  if (ival !== undefined) return { sql: String(ival.ival ?? 0), type: 'int4' };
  if (fval !== undefined) return { sql: fval.fval ?? '0', type: /^\d+$/.test(fval.fval ?? '') ? 'int8' : 'numeric' };
  if (boolval !== undefined) return { sql: String(boolval.boolval ?? false), type: 'bool' };
  if (sval !== undefined) {
    const literal = sval.sval ?? '';
    return { sql: quotedText(literal), type: 'unknown', literal };
  }
  return { sql: `CAST(${quotedText((bsval?.bsval ?? '').slice(1))} AS BIT)`, type: 'bit' };
}

function resolve(scope: Scope, relation: string | undefined, column: string): Typed | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    for (const { alias, columns } of at.relations) {
      if (relation !== undefined && alias !== relation) continue;
      const found = columns?.find(({ name }) => name === column);
      if (found !== undefined) return { sql: alias, type: found.type };
    }
  }
  return undefined;
}

/** Raises 42703 for a name that nothing in FROM has, when all of FROM is known: DuckDB would take it for a name of the answer. */
export function checkColumn(node: Node, scope: Scope): void {
  const names = 'ColumnRef' in node ? stringsOf(node.ColumnRef.fields) : [];
  const [name] = names;
  if (name === undefined || !('ColumnRef' in node) || node.ColumnRef.fields?.length !== 1) return;
  if (resolve(scope, undefined, name) !== undefined || systemColumn(scope, undefined, name) !== undefined) return;
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    if (at.relations.some(({ alias, columns }) => columns === undefined || alias === name)) return;
  }
  throw errors.undefinedColumn(name);
}

function systemColumn(scope: Scope, relation: string | undefined, column: string): Typed | undefined {
  const candidates = scope.relations.filter(({ alias }) => relation === undefined || alias === relation);
  if (candidates.length === 0 || candidates.some(({ oid }) => oid === undefined)) return undefined;
  if (column === 'tableoid') return { sql: String(candidates[0]!.oid), type: 'oid' };
  return Object.hasOwn(systemColumns, column) ? systemColumns[column] : undefined;
}

function columnRef({ fields }: ColumnRef, scope: Scope): Typed {
  const star = fields?.at(-1) !== undefined && 'A_Star' in fields.at(-1)!;
  const names = stringsOf(fields);
  if (star) return { sql: [...names.slice(-1).map(quoted), '*'].join('.'), type: undefined };
  const [relation, column] = names.length > 1 ? names.slice(-2) : [undefined, names[0]!];
  const found = resolve(scope, relation, column!);
  if (found === undefined) {
    const system = systemColumn(scope, relation, column!);
    if (system !== undefined) return system;
  }
  // Qualified, so that a macro with a table of its own does not take it for that table's column.
  const owner = relation ?? found?.sql;
  return {
    sql: [owner, column].flatMap((name) => (name === undefined ? [] : quoted(name))).join('.'),
    type: found?.type,
  };
}

function indirection(t: Translation, { arg, indirection = [] }: A_Indirection, scope: Scope): Typed {
  let value = expression(t, arg!, scope);
  for (const step of indirection) {
    if ('String' in step) {
      const field = step.String.sval ?? '';
      value = { sql: `struct_extract(${value.sql}, ${quotedText(field)})`, type: fieldTypes[field] };
    } else if ('A_Indices' in step && !step.A_Indices.is_slice) {
      const index = expression(t, step.A_Indices.uidx!, scope).sql;
      const base = value.type !== undefined && vectors.has(value.type) ? `${index} + 1` : index;
      value = { sql: `(${value.sql})[${base}]`, type: value.type === undefined ? undefined : elementOf(value.type) };
    } else if ('A_Indices' in step) {
      const [from, to] = [step.A_Indices.lidx, step.A_Indices.uidx].map((bound) =>
        bound === undefined ? '' : expression(t, bound, scope).sql,
      );
      value = { sql: `(${value.sql})[${from}:${to}]`, type: value.type };
    } else {
      throw unsupported('a field list of this kind');
    }
  }
  return value;
}

/** Of the records that functions here give. */
const fieldTypes: Readonly<Record<string, string>> = {
  n: 'int4',
  grantee: 'oid',
  grantor: 'oid',
  is_grantable: 'bool',
};

function array(t: Translation, { elements = [] }: A_ArrayExpr, scope: Scope): Typed {
  const items = elements.map((element) => expression(t, element, scope));
  const type = items.find((item) => item.type !== undefined && item.type !== 'unknown')?.type ?? 'text';
  return { sql: `[${items.map(({ sql }) => sql).join(', ')}]`, type: `_${type}` };
}

const valueFunctions: Readonly<
  Record<string, { readonly macro?: string; readonly sql?: string; readonly type: string }>
> = {
  SVFOP_CURRENT_USER: { macro: 'current_user', type: 'name' },
  SVFOP_USER: { macro: 'current_user', type: 'name' },
  SVFOP_CURRENT_ROLE: { macro: 'current_user', type: 'name' },
  SVFOP_SESSION_USER: { macro: 'session_user', type: 'name' },
  SVFOP_CURRENT_CATALOG: { macro: 'current_database', type: 'name' },
  SVFOP_CURRENT_SCHEMA: { macro: 'current_schema', type: 'name' },
  SVFOP_CURRENT_DATE: { sql: 'current_date', type: 'date' },
  SVFOP_CURRENT_TIME: { sql: 'current_time', type: 'timetz' },
  SVFOP_CURRENT_TIMESTAMP: { sql: 'now()', type: 'timestamptz' },
  SVFOP_LOCALTIME: { sql: 'CAST(now() AS TIME)', type: 'time' },
  SVFOP_LOCALTIMESTAMP: { sql: 'CAST(now() AS TIMESTAMP)', type: 'timestamp' },
};

function valueFunction(t: Translation, { op }: SQLValueFunction): Typed {
  const found = valueFunctions[(op ?? '').replace(/_N$/, '')];
  if (found === undefined) throw unsupported(String(op));
  return found.macro === undefined ? { sql: found.sql!, type: found.type } : macroCall(t, found.macro, [], found.type);
}

function subLink(t: Translation, link: SubLink, scope: Scope): Typed {
  t.subqueries++;
  const query = select(t, (link.subselect as { SelectStmt: object }).SelectStmt, scope);
  const type = query.columns?.[0]?.type;
  switch (link.subLinkType) {
    case 'EXISTS_SUBLINK':
      return { sql: `EXISTS (${query.sql})`, type: 'bool' };
    case 'EXPR_SUBLINK':
      return { sql: `(${query.sql})`, type };
    case 'ARRAY_SUBLINK':
      return { sql: `ARRAY(${query.sql})`, type: type === undefined ? undefined : `_${type}` };
    case 'ANY_SUBLINK':
    case 'ALL_SUBLINK': {
      const test = expression(t, link.testexpr!, scope).sql;
      const name = stringsOf(link.operName).at(-1) ?? '=';
      if (link.subLinkType === 'ANY_SUBLINK' && name === '=')
        return { sql: `(${test} IN (${query.sql}))`, type: 'bool' };
      const word = link.subLinkType === 'ANY_SUBLINK' ? 'ANY' : 'ALL';
      return { sql: `(${test} ${name} ${word} (${query.sql}))`, type: 'bool' };
    }
    default:
      throw unsupported(String(link.subLinkType));
  }
}

function cast(t: Translation, { arg, typeName }: TypeCast, scope: Scope): Typed {
  const type = typeNameOf(typeName);
  const size = typeName?.typmods?.[0];
  const length = size !== undefined && 'A_Const' in size ? size.A_Const.ival?.ival : undefined;
  if (type === 'interval') return { sql: `CAST(${expression(t, arg!, scope).sql} AS INTERVAL)`, type };
  let value = expression(t, arg!, scope);
  if (value.type === undefined && 'ParamRef' in arg!) {
    // The name of an object is sent as text.
    const given = namedOids.has(type) ? 'text' : type;
    noteParameter(t, value, given);
    value = { ...value, type: given };
    if (given === type && !isArray(type)) return { sql: `CAST(${value.sql} AS ${storedType(type)})`, type };
  }
  return castTo(t, value, type, type === 'varchar' || type === 'bpchar' ? length : undefined);
}

/** The first type that is known. */
export function commonType(values: readonly Typed[]): string | undefined {
  return values.find(({ type }) => type !== undefined && type !== 'unknown')?.type ?? values[0]?.type;
}

/** @throws SluiceError 0A000 */
export function unsupported(what: string): Error {
  return errors.featureNotSupported(`${what} in a query on the catalogs`);
}

type Handler = (t: Translation, node: Record<string, unknown>, scope: Scope) => Typed;

const list = (t: Translation, nodes: unknown, scope: Scope) =>
  ((nodes ?? []) as Node[]).map((node) => expression(t, node, scope));

/** One for each kind of node. */
const handlers: Readonly<Record<string, Handler>> = {
  A_Const: (_t, node) => constant(node as A_Const),
  ColumnRef: (_t, node, scope) => columnRef(node as ColumnRef, scope),
  ParamRef: (_t, node) => ({ sql: `$${String(node.number ?? 1)}`, type: undefined }),
  A_Expr: (t, node, scope) => operator(t, node as Operation, scope),
  A_Indirection: (t, node, scope) => indirection(t, node as A_Indirection, scope),
  A_ArrayExpr: (t, node, scope) => array(t, node as A_ArrayExpr, scope),
  FuncCall: (t, node, scope) => functionCall(t, node, scope),
  SQLValueFunction: (t, node) => valueFunction(t, node as SQLValueFunction),
  SubLink: (t, node, scope) => subLink(t, node as SubLink, scope),
  TypeCast: (t, node, scope) => cast(t, node as TypeCast, scope),
  CollateClause: (t, node, scope) => expression(t, node.arg as Node, scope),
  BoolExpr: (t, node, scope) => {
    const args = list(t, node.args, scope).map(({ sql }) => sql);
    if (node.boolop === 'NOT_EXPR') return { sql: `(NOT ${args[0]})`, type: 'bool' };
    return { sql: `(${args.join(node.boolop === 'AND_EXPR' ? ' AND ' : ' OR ')})`, type: 'bool' };
  },
  NullTest: (t, node, scope) => {
    const word = node.nulltesttype === 'IS_NULL' ? 'IS NULL' : 'IS NOT NULL';
    return { sql: `(${expression(t, node.arg as Node, scope).sql} ${word})`, type: 'bool' };
  },
  BooleanTest: (t, node, scope) => {
    const word = String(node.booltesttype).replaceAll('_', ' ').replace('UNKNOWN', 'NULL');
    return { sql: `(CAST(${expression(t, node.arg as Node, scope).sql} AS BOOLEAN) ${word})`, type: 'bool' };
  },
  CoalesceExpr: (t, node, scope) => {
    const given = list(t, node.args, scope);
    const lists = given.some(({ type, sql }) => type?.startsWith('_') || /\barray_agg\(/.test(sql));
    // DuckDB reads no `{}` as a list of records.
    const args = lists ? given.map((arg) => (arg.sql === "'{}'" ? { ...arg, sql: '[]' } : arg)) : given;
    return { sql: `COALESCE(${args.map(({ sql }) => sql).join(', ')})`, type: commonType(args) };
  },
  MinMaxExpr: (t, node, scope) => {
    const args = list(t, node.args, scope);
    const name = node.op === 'IS_GREATEST' ? 'greatest' : 'least';
    return { sql: `${name}(${args.map(({ sql }) => sql).join(', ')})`, type: commonType(args) };
  },
  RowExpr: (t, node, scope) => ({
    sql: `(${list(t, node.args, scope)
      .map(({ sql }) => sql)
      .join(', ')})`,
    type: 'record',
  }),
  List: (t, node, scope) => ({
    sql: `(${list(t, node.items, scope)
      .map(({ sql }) => sql)
      .join(', ')})`,
    type: undefined,
  }),
  GroupingFunc: (t, node, scope) => ({
    sql: `grouping(${list(t, node.args, scope)
      .map(({ sql }) => sql)
      .join(', ')})`,
    type: 'int4',
  }),
  CaseExpr: (t, node, scope) => caseExpression(t, node, scope),
};

function caseExpression(t: Translation, node: Record<string, unknown>, scope: Scope): Typed {
  const subject = node.arg === undefined ? '' : ` ${expression(t, node.arg as Node, scope).sql}`;
  const results: Typed[] = [];
  const whens = ((node.args ?? []) as { CaseWhen: { expr: Node; result: Node } }[]).map(({ CaseWhen }) => {
    const result = expression(t, CaseWhen.result, scope);
    results.push(result);
    return `WHEN ${expression(t, CaseWhen.expr, scope).sql} THEN ${result.sql}`;
  });
  const otherwise = node.defresult === undefined ? undefined : expression(t, node.defresult as Node, scope);
  if (otherwise !== undefined) results.push(otherwise);
  const type = commonType(results);
  return {
    sql: `CASE${subject} ${whens.join(' ')}${otherwise === undefined ? '' : ` ELSE ${otherwise.sql}`} END`,
    type: type === 'unknown' ? 'text' : type,
  };
}

/** Translates an expression. Raises 0A000 for what DuckDB has no form of. */
export function expression(t: Translation, node: Node, scope: Scope): Typed {
  const [kind, fields] = Object.entries(node)[0]!;
  const handler = handlers[kind];
  if (handler === undefined) throw unsupported(kind);
  return handler(t, fields as Record<string, unknown>, scope);
}

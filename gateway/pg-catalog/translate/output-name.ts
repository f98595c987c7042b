import { type Node, stringsOf } from '../../../planner/sql/postgres.ts';

const fixedNames: Readonly<Record<string, string>> = {
  A_ArrayExpr: 'array',
  CoalesceExpr: 'coalesce',
  GroupingFunc: 'grouping',
  RowExpr: 'row',
};

const valueNames: Readonly<Record<string, string>> = {
  SVFOP_CURRENT_DATE: 'current_date',
  SVFOP_CURRENT_TIME: 'current_time',
  SVFOP_CURRENT_TIMESTAMP: 'current_timestamp',
  SVFOP_LOCALTIME: 'localtime',
  SVFOP_LOCALTIMESTAMP: 'localtimestamp',
  SVFOP_CURRENT_ROLE: 'current_role',
  SVFOP_CURRENT_USER: 'current_user',
  SVFOP_USER: 'user',
  SVFOP_SESSION_USER: 'session_user',
  SVFOP_CURRENT_CATALOG: 'current_catalog',
  SVFOP_CURRENT_SCHEMA: 'current_schema',
};

interface Found {
  readonly name: string;
  /** A cast's own name gives way to that of what is cast. */
  readonly weak: boolean;
}

function find(node: Node | undefined): Found | undefined {
  if (node === undefined) return undefined;
  const strong = (name: string | undefined): Found | undefined =>
    name === undefined ? undefined : { name, weak: false };
  if ('ColumnRef' in node) return strong(stringsOf(node.ColumnRef.fields).at(-1));
  if ('FuncCall' in node) return strong(stringsOf(node.FuncCall.funcname).at(-1));
  if ('A_Indirection' in node) {
    const field = stringsOf(node.A_Indirection.indirection).at(-1);
    return field === undefined ? find(node.A_Indirection.arg) : strong(field);
  }
  if ('A_Expr' in node) return node.A_Expr.kind === 'AEXPR_NULLIF' ? strong('nullif') : undefined;
  if ('TypeCast' in node) {
    const inner = find(node.TypeCast.arg);
    if (inner !== undefined && !inner.weak) return inner;
    const name = stringsOf(node.TypeCast.typeName?.names).at(-1);
    return name === undefined ? undefined : { name, weak: true };
  }
  if ('CollateClause' in node) return find(node.CollateClause.arg);
  if ('MinMaxExpr' in node) return strong(node.MinMaxExpr.op === 'IS_GREATEST' ? 'greatest' : 'least');
  if ('SQLValueFunction' in node) return strong(valueNames[(node.SQLValueFunction.op ?? '').replace(/_N$/, '')]);
  if ('CaseExpr' in node) return find(node.CaseExpr.defresult) ?? { name: 'case', weak: true };
  if ('SubLink' in node) {
    if (node.SubLink.subLinkType === 'EXISTS_SUBLINK') return strong('exists');
    if (node.SubLink.subLinkType === 'ARRAY_SUBLINK') return strong('array');
    if (node.SubLink.subLinkType !== 'EXPR_SUBLINK') return undefined;
    const query = (node.SubLink.subselect as { SelectStmt?: { targetList?: Node[] } }).SelectStmt;
    const first = query?.targetList?.[0];
    if (first === undefined || !('ResTarget' in first)) return undefined;
    return first.ResTarget.name === undefined ? find(first.ResTarget.val) : strong(first.ResTarget.name);
  }
  return strong(fixedNames[Object.keys(node)[0]!]);
}

/** The name that PostgreSQL gives a column without AS. */
export function outputName(node: Node | undefined): string {
  return find(node)?.name ?? '?column?';
}

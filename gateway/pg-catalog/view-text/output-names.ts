import { type Node, type SubLink, stringsOf } from '../../../planner/sql/postgres.ts';

interface Named {
  readonly name: string;
  /** A name that is better than that of a type. */
  readonly strong: boolean;
}

const strong = (name: string | undefined): Named | undefined =>
  name === undefined ? undefined : { name, strong: true };

type Kind = Node extends infer N ? (N extends N ? keyof N : never) : never;
type Fields<K extends Kind> = Extract<Node, Readonly<Record<K, unknown>>>[K];

const kinds: { readonly [K in Kind]?: (fields: Fields<K>) => Named | undefined } = {
  ColumnRef: ({ fields }) => strong(stringsOf(fields).at(-1)),
  A_Indirection: ({ indirection, arg }) => strong(stringsOf(indirection).at(-1)) ?? named(arg),
  FuncCall: ({ funcname }) => strong(stringsOf(funcname).at(-1)),
  A_Expr: ({ kind }) => (kind === 'AEXPR_NULLIF' ? strong('nullif') : undefined),
  TypeCast: ({ arg, typeName }) => {
    const inner = named(arg);
    const type = stringsOf(typeName?.names).at(-1);
    return inner?.strong || type === undefined ? inner : { name: type, strong: false };
  },
  CaseExpr: ({ defresult }) => {
    const last = named(defresult);
    return last?.strong ? last : { name: 'case', strong: false };
  },
  SubLink: sublinkName,
  A_ArrayExpr: () => strong('array'),
  GroupingFunc: () => strong('grouping'),
  CoalesceExpr: () => strong('coalesce'),
  MinMaxExpr: ({ op }) => strong(op === 'IS_LEAST' ? 'least' : 'greatest'),
  SQLValueFunction: ({ op = '' }) => strong(valueFunctionNames(op)),
};

function valueFunctionNames(op: string): string {
  const name = op.replace(/^SVFOP_/, '').replace(/_N$/, '');
  return name.toLowerCase();
}

function sublinkName({ subLinkType: type, subselect }: SubLink): Named | undefined {
  if (type === 'EXISTS_SUBLINK') return strong('exists');
  if (type === 'ARRAY_SUBLINK') return strong('array');
  if (type !== 'EXPR_SUBLINK' || subselect === undefined || !('SelectStmt' in subselect)) return undefined;
  let { SelectStmt: select } = subselect;
  while (select.larg !== undefined) select = select.larg;
  const [first] = select.targetList ?? [];
  if (first === undefined || !('ResTarget' in first)) return undefined;
  return strong(first.ResTarget.name) ?? (first.ResTarget.val && named(first.ResTarget.val));
}

function named(node: Node | undefined): Named | undefined {
  const [kind, fields] = Object.entries(node ?? {})[0] ?? [];
  return kind === undefined
    ? undefined
    : (kinds[kind as Kind] as ((fields: unknown) => Named | undefined) | undefined)?.(fields);
}

/** PostgreSQL's name for a column that was given none; undefined: it has none either. */
export function outputName(node: Node): string | undefined {
  return named(node)?.name;
}

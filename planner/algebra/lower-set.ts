import { sameName } from '../bind/scope.ts';
import type { Expression, OrderByNode, QueryNode, SetOperationNode } from '../sql/ast.ts';
import { cast, nullConstant } from '../sql/build.ts';
import { hasOwn, type Place, reference } from './lower-expression.ts';
import { limited, modifiersOf, placeInList } from './lower-order.ts';
import { lowerNode, type QueryPlace, withCtes } from './lower-query.ts';
import { type Lowered, mixedOrder, type Ordering } from './lower-result.ts';
import { type Lowering, newId, refuse, type SetColumnType } from './lower-state.ts';
import type { Rel, SetKind } from './rel.ts';

/** UNION, INTERSECT, EXCEPT: arms cast to the types of the whole. */
export function lowerSet(lowering: Lowering, node: SetOperationNode, place: QueryPlace): Lowered {
  const arms = armsOf(node, place).map(({ arm, ctes }) => lowerNode(lowering, arm, { ...place, ctes, role: 'arm' }));
  const names = node.setop_type === 'UNION_BY_NAME' ? allNames(arms) : null;
  const types = lowering.survey.setTypes.get(node);
  const width = names?.length ?? arms[0]!.columns.length;
  if (types === undefined || types === null) return refuse('the types of a set operation are not known');
  if (types.length !== width) return refuse('a set operation returns other columns than expected');
  const inputs = arms.map((arm) => castArm(lowering, arm, names, types));
  const outputs = (names ?? arms[0]!.columns.map(({ name }) => name)).map((name) => ({ name, id: newId(lowering) }));
  const rel: Rel = {
    op: 'set',
    kind: kindOf(node),
    inputs: inputs.map(({ rel: input }) => input),
    inputColumns: inputs.map(({ columns }) => columns),
    columns: outputs.map(({ id }) => id),
  };
  const lowered: Lowered = { rel, columns: outputs, order: mixedOrder(...arms.map(({ order }) => order)) };
  return sorted(lowering, node, place, lowered, arms);
}

function kindOf({ setop_type, setop_all }: SetOperationNode): SetKind {
  switch (setop_type) {
    case 'UNION':
    case 'UNION_BY_NAME':
      return setop_all ? 'union_all' : 'union';
    case 'INTERSECT':
      return setop_all ? 'intersect_all' : 'intersect';
    case 'EXCEPT':
      return setop_all ? 'except_all' : 'except';
    default:
      return refuse(`a ${setop_type} is not divided`);
  }
}

/** A chain of one kind of UNION, which the AST nests to the right, has all its arms side by side. */
function armsOf(
  node: SetOperationNode,
  { ctes, parent }: QueryPlace,
): readonly { readonly arm: QueryNode; readonly ctes: QueryPlace['ctes'] }[] {
  const { left, right } = node;
  const first = { arm: left, ctes };
  if (!isContinued(node, right)) return [first, { arm: right, ctes }];
  return [first, ...armsOf(right, { ctes: withCtes(right, { ctes, parent }), parent, role: 'arm' })];
}

/** Is `right` the rest of the chain that `node` begins? */
export function isContinued(node: SetOperationNode, right: QueryNode): right is SetOperationNode {
  return (
    right.type === 'SET_OPERATION_NODE' &&
    right.setop_type === node.setop_type &&
    right.setop_all === node.setop_all &&
    right.modifiers.length === 0 &&
    (node.setop_type === 'UNION' || node.setop_type === 'UNION_BY_NAME')
  );
}

/** UNION BY NAME: names of the first arm, then those that each further one adds. */
function allNames(arms: readonly Lowered[]): readonly string[] {
  const names: string[] = [];
  for (const { columns } of arms) {
    for (const { name } of columns) {
      if (name === '') refuse('UNION BY NAME of columns without names');
      if (!names.some((other) => sameName(other, name))) names.push(name);
    }
  }
  return names;
}

function castArm(
  lowering: Lowering,
  { rel, columns }: Lowered,
  names: readonly string[] | null,
  types: readonly SetColumnType[],
): { readonly rel: Rel; readonly columns: readonly string[] } {
  if (names === null && columns.length !== types.length) return refuse('the arms of a set operation differ in width');
  const cells = types.map(({ type }, i) => {
    const column = names === null ? columns[i] : columns.find(({ name }) => sameName(name, names[i]!));
    const value = column === undefined || isNull(rel, column.id) ? nullConstant() : reference(column.id);
    return { id: newId(lowering), expression: cast(value, type) };
  });
  return { rel: { op: 'project', input: rel, columns: cells, many: false }, columns: cells.map(({ id }) => id) };
}

/** A bare NULL takes the type of the other arms, which a column of its own could not. */
function isNull(rel: Rel, id: string): boolean {
  const value = valueIn(rel, id);
  return value?.class === 'CONSTANT' && value.value.is_null;
}

function valueIn(rel: Rel, id: string): Expression | undefined {
  if (rel.op === 'project') return rel.columns.find((column) => column.id === id)?.expression;
  if (rel.op === 'distinct' || rel.op === 'order' || rel.op === 'filter') return valueIn(rel.input, id);
  if (rel.op === 'rows') return rel.node.select_list.find(({ alias }) => alias === id);
  return undefined;
}

/** ORDER BY and LIMIT of a set operation: sort keys are output columns by place or by the name that an arm gives them. */
function sorted(
  lowering: Lowering,
  node: SetOperationNode,
  { parent, ctes }: QueryPlace,
  lowered: Lowered,
  arms: readonly Lowered[],
): Lowered {
  const { distinct, orders, limit } = modifiersOf(node);
  if (distinct !== null) return refuse('DISTINCT of a set operation');
  const own = orders.flatMap((order) => sortNodes(order, lowered, arms));
  const order: Ordering = own.length > 0 ? { kind: 'by', orders: own } : lowered.order;
  if (limit === null) return { ...lowered, order };
  if (order.kind === 'lost') return refuse('LIMIT over rows that were sorted before');
  const place: Place = { lowering, level: parent, ctes, items: null, aliases: [], lambdas: new Set() };
  return { ...lowered, rel: limited(place, lowered.rel, own, limit), order };
}

function sortNodes(order: OrderByNode, { columns }: Lowered, arms: readonly Lowered[]): readonly OrderByNode[] {
  const { expression } = order;
  if (expression.class === 'STAR') return columns.map(({ id }) => ({ ...order, expression: reference(id) }));
  if (expression.class === 'COLLATE') {
    const id = columns[columnIndex(expression.child, columns, arms)]!.id;
    return [{ ...order, expression: { ...expression, child: reference(id) } }];
  }
  return [{ ...order, expression: reference(columns[columnIndex(expression, columns, arms)]!.id) }];
}

function columnIndex(key: Expression, columns: Lowered['columns'], arms: readonly Lowered[]): number {
  if (key.class === 'CONSTANT') return placeInList(key, columns);
  if (
    key.class !== 'COLUMN_REF' ||
    key.column_names.length !== 1 ||
    hasOwn(key, ({ class: kind }) => kind === 'SUBQUERY')
  )
    return refuse('a set operation is sorted by an expression');
  const name = key.column_names[0]!;
  for (const list of [columns, ...arms.map((arm) => arm.columns)]) {
    const hits = list.flatMap((column, i) => (sameName(column.name, name) ? [i] : []));
    if (hits.length > 1) refuse(`the column ${name} is ambiguous`);
    if (hits.length === 1) return hits[0]!;
  }
  return refuse(`the column ${name} of a set operation is not found`);
}

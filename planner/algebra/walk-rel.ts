/** Reading and copying trees of operators. Everything here is pure; what an expression names is remembered by node. */
import type { Expression } from '../sql/ast.ts';
import { cast, withAlias } from '../sql/build.ts';
import { rewrite, walk } from '../sql/walk.ts';
import { type ColumnId, type Division, queryNumber, type Rel, type RelQuery, type RelSubquery } from './rel.ts';

type Queries = readonly RelSubquery[];

const idPattern = /^__c\d+$/;

/** The id that an expression is; undefined for every other expression (parameters of lambdas, `current_date`, ...). */
export function columnIdOf(expression: Expression): ColumnId | undefined {
  if (expression.class !== 'COLUMN_REF' || expression.column_names.length !== 1) return undefined;
  const name = expression.column_names[0]!;
  return idPattern.test(name) ? name : undefined;
}

const knownColumns = new WeakMap<Rel, readonly ColumnId[]>();

/** Ids of the columns that an operator gives, in order. */
export function columnsOf(rel: Rel): readonly ColumnId[] {
  const known = knownColumns.get(rel);
  if (known !== undefined) return known;
  const columns = findColumns(rel);
  knownColumns.set(rel, columns);
  return columns;
}

const knownSets = new WeakMap<Rel, ReadonlySet<ColumnId>>();

/** The same as a set. */
export function columnSetOf(rel: Rel): ReadonlySet<ColumnId> {
  const known = knownSets.get(rel);
  if (known !== undefined) return known;
  const columns = new Set(columnsOf(rel));
  knownSets.set(rel, columns);
  return columns;
}

function findColumns(rel: Rel): readonly ColumnId[] {
  switch (rel.op) {
    case 'scan':
    case 'shared':
    case 'project':
      return rel.columns.map(({ id }) => id);
    case 'rows':
    case 'input':
    case 'set':
      return rel.columns;
    case 'partial':
      return rel.columns.map(({ id }) => id);
    case 'filter':
    case 'distinct':
    case 'order':
    case 'repartition':
      return columnsOf(rel.input);
    case 'join':
      return rel.kind === 'semi' || rel.kind === 'anti'
        ? columnsOf(rel.left)
        : [...columnsOf(rel.left), ...columnsOf(rel.right)];
    case 'lateral':
      return [...columnsOf(rel.left), ...columnsOf(rel.right)];
    case 'aggregate':
      return [...rel.keys, ...rel.aggregates, ...rel.groupings].map(({ id }) => id);
    case 'window':
      return [...columnsOf(rel.input), ...rel.windows.map(({ id }) => id)];
  }
}

/** Ids that the operator itself makes, those of its inputs left out. */
export function madeBy(rel: Rel): readonly ColumnId[] {
  switch (rel.op) {
    case 'scan':
    case 'shared':
    case 'project':
    case 'rows':
    case 'input':
    case 'set':
    case 'aggregate':
    case 'partial':
      return columnsOf(rel);
    case 'window':
      return rel.windows.map(({ id }) => id);
    default:
      return [];
  }
}

/** Its inputs, left to right. Sub-queries of expressions and shared trees are none. */
export function inputsOf(rel: Rel): readonly Rel[] {
  switch (rel.op) {
    case 'scan':
    case 'rows':
    case 'shared':
    case 'input':
      return [];
    case 'join':
    case 'lateral':
      return [rel.left, rel.right];
    case 'set':
    case 'partial':
      return rel.inputs;
    default:
      return [rel.input];
  }
}

/** The same operator over other inputs, as many as before; itself when they are the same. */
export function withInputs(rel: Rel, inputs: readonly Rel[]): Rel {
  const before = inputsOf(rel);
  if (before.every((input, i) => input === inputs[i])) return rel;
  switch (rel.op) {
    case 'scan':
    case 'rows':
    case 'shared':
    case 'input':
      return rel;
    case 'join':
    case 'lateral':
      return { ...rel, left: inputs[0]!, right: inputs[1]! };
    case 'set':
    case 'partial':
      return { ...rel, inputs };
    default:
      return { ...rel, input: inputs[0]! };
  }
}

/** Copies bottom-up: `map` is asked for every operator after its inputs; what stays the same is shared. */
export function mapRel(rel: Rel, map: (rel: Rel) => Rel): Rel {
  return map(
    withInputs(
      rel,
      inputsOf(rel).map((input) => mapRel(input, map)),
    ),
  );
}

/** Is there an operator in the tree (sub-queries left out) for which `test` holds? */
export function someRel(rel: Rel, test: (rel: Rel) => boolean): boolean {
  return test(rel) || inputsOf(rel).some((input) => someRel(input, test));
}

/** The operator's own expressions. Those of `rows` are its whole node, which `referencedBy` reads. */
export function expressionsOf(rel: Rel): readonly Expression[] {
  switch (rel.op) {
    case 'scan':
    case 'shared':
    case 'input':
    case 'set':
    case 'rows':
      return [];
    case 'filter':
    case 'join':
    case 'lateral':
      return rel.conditions;
    case 'project':
      return rel.columns.map(({ expression }) => expression);
    case 'aggregate':
      return [...rel.keys.map(({ expression }) => expression), ...rel.aggregates.map(({ call }) => call)];
    case 'window':
      return rel.windows.map(({ call }) => call);
    case 'distinct':
      return [...(rel.on ?? []), ...rel.orders.map(({ expression }) => expression)];
    case 'order':
      return [...rel.orders.map(({ expression }) => expression), rel.limit, rel.offset].filter((part) => part !== null);
    case 'repartition':
      return rel.steps.flatMap(expressionsOfDivision);
    case 'partial':
      return rel.fields.flatMap((fields) => fields.map(({ expression }) => expression));
  }
}

function expressionsOfDivision(step: Division): readonly Expression[] {
  switch (step.kind) {
    case 'hash':
      return step.keys;
    case 'range':
      return [step.key];
    case 'number':
      return [step.value];
    default:
      return [];
  }
}

function mapDivision(step: Division, map: <T extends Expression>(expression: T) => T): Division {
  switch (step.kind) {
    case 'hash':
      return { ...step, keys: step.keys.map(map) };
    case 'range':
      return { ...step, key: map(step.key) };
    case 'number':
      return { ...step, value: map(step.value) };
    default:
      return step;
  }
}

/** The operator with every own expression mapped. `map` must give calls for calls (aggregates, windows). */
export function mapExpressions(rel: Rel, map: <T extends Expression>(expression: T) => T): Rel {
  switch (rel.op) {
    case 'scan':
    case 'shared':
    case 'input':
    case 'set':
    case 'rows':
      return rel;
    case 'filter':
    case 'join':
    case 'lateral':
      return { ...rel, conditions: rel.conditions.map(map) };
    case 'project':
      return { ...rel, columns: rel.columns.map(({ id, expression }) => ({ id, expression: map(expression) })) };
    case 'aggregate':
      return {
        ...rel,
        keys: rel.keys.map(({ id, expression }) => ({ id, expression: map(expression) })),
        aggregates: rel.aggregates.map(({ id, call }) => ({ id, call: map(call) })),
      };
    case 'window':
      return { ...rel, windows: rel.windows.map(({ id, call }) => ({ id, call: map(call) })) };
    case 'distinct':
      return { ...rel, on: rel.on?.map(map) ?? null, orders: mapOrders(rel.orders, map) };
    case 'order':
      return {
        ...rel,
        orders: mapOrders(rel.orders, map),
        limit: rel.limit === null ? null : map(rel.limit),
        offset: rel.offset === null ? null : map(rel.offset),
      };
    case 'repartition':
      return { ...rel, steps: rel.steps.map((step) => mapDivision(step, map)) };
    case 'partial':
      return {
        ...rel,
        fields: rel.fields.map((fields) =>
          fields.map(({ name, expression }) => ({ name, expression: map(expression) })),
        ),
      };
  }
}

function mapOrders<T extends { readonly expression: Expression }>(
  orders: readonly T[],
  map: (expression: Expression) => Expression,
): readonly T[] {
  return orders.map((order) => ({ ...order, expression: map(order.expression) }));
}

/** What an expression (or any AST node) names: ids, and numbers of placeholder tables. */
interface Names {
  readonly ids: readonly ColumnId[];
  readonly queries: readonly number[];
}

const knownNames = new WeakMap<object, Names>();

function namesIn(node: object): Names {
  const known = knownNames.get(node);
  if (known !== undefined) return known;
  const ids = new Set<ColumnId>();
  const queries = new Set<number>();
  walk(node, {
    expression: (part) => {
      const id = columnIdOf(part);
      if (id !== undefined) ids.add(id);
      return undefined;
    },
    tableRef: (ref) => {
      const number = ref.type === 'BASE_TABLE' ? queryNumber(ref.table_name) : undefined;
      if (number !== undefined) queries.add(number);
      return undefined;
    },
  });
  const names = { ids: [...ids], queries: [...queries] };
  knownNames.set(node, names);
  return names;
}

/** Numbers of the sub-queries that stand in an expression itself (not inside of those). */
export function queriesIn(expression: Expression): readonly number[] {
  return namesIn(expression).queries;
}

/** Ids that an expression needs: those it names and those that its sub-queries take from outside. */
export function referencedColumns(expression: Expression, queries: Queries): ReadonlySet<ColumnId> {
  const ids = new Set<ColumnId>();
  addReferenced(expression, queries, ids);
  return ids;
}

function addReferenced(node: object, queries: Queries, ids: Set<ColumnId>): void {
  const names = namesIn(node);
  for (const id of names.ids) ids.add(id);
  for (const number of names.queries) for (const id of queries[number]?.outer ?? []) ids.add(id);
}

/** Ids that the operator's own expressions need. */
export function referencedBy(rel: Rel, queries: Queries): ReadonlySet<ColumnId> {
  const ids = new Set<ColumnId>();
  if (rel.op === 'rows') addReferenced(rel.node, queries, ids);
  else if (rel.op === 'set') for (const columns of rel.inputColumns) for (const id of columns) ids.add(id);
  else for (const expression of expressionsOf(rel)) addReferenced(expression, queries, ids);
  return ids;
}

/** Ids that a tree (or an expression) names but does not make: what it takes from outer operators. */
export function freeColumns(part: Rel | Expression, { queries }: Pick<RelQuery, 'queries'>): ReadonlySet<ColumnId> {
  if ('class' in part) return referencedColumns(part, queries);
  const made = new Set<ColumnId>();
  const named = new Set<ColumnId>();
  const visit = (rel: Rel): void => {
    for (const id of madeBy(rel)) made.add(id);
    for (const id of referencedBy(rel, queries)) named.add(id);
    for (const input of inputsOf(rel)) visit(input);
  };
  visit(part);
  for (const id of made) named.delete(id);
  return named;
}

/**
 * The expression with ids replaced, each by what `values` has for it. Works on any part of an AST. Does not reach into
 * `RelQuery.queries`: a correlated sub-query goes on naming its ids.
 */
export function substitute<T>(root: T, values: ReadonlyMap<ColumnId, Expression>): T {
  if (values.size === 0) return root;
  return rewrite(root, {
    expression: (node) => {
      const id = columnIdOf(node);
      const value = id === undefined ? undefined : values.get(id);
      if (value === undefined) return undefined;
      // The alias is a field's name in struct_pack(a := __c1).
      return withAlias(node === (root as unknown) ? value : asOperand(value), node.alias);
    },
  });
}

/**
 * A value in place of the column that had it. DuckDB takes literals for any type that fits (`tinyint + 5` is a TINYINT); a column has its own
 * type, and so has a cast.
 */
function asOperand(value: Expression): Expression {
  if (value.class !== 'CONSTANT' || value.value.is_null) return value;
  return cast(withAlias(value, ''), value.value.type);
}

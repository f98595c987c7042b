/**
 * Sub-queries that become joins, so that their relations can be divided like any other:
 * - EXISTS, NOT EXISTS and IN as conditions: semi and anti joins;
 * - aggregates without GROUP BY whose rows are bound to the outer row by equalities alone: grouped by the inner sides, joined to the outer
 *   row; no group means what the aggregate gives over no rows (0 for counts, else NULL);
 * - EXISTS anywhere else, bound by equalities alone: a join with the distinct inner sides.
 * What is of no such form stays as it is.
 */
import type { ColumnId, Rel, RelAggregate, RelFilter, RelProject, RelQuery, RelSubquery } from '../algebra/rel.ts';
import { usedQueries } from '../algebra/rules/trees.ts';
import {
  columnSetOf,
  columnsOf,
  freeColumns,
  inputsOf,
  queriesIn,
  referencedColumns,
  substitute,
  withInputs,
} from '../algebra/walk-rel.ts';
import type { Expression, SubqueryExpression } from '../sql/ast.ts';
import { columnRef, comparison, functionCall, integerConstant, operator, withAlias } from '../sql/build.ts';
import { rewrite } from '../sql/walk.ts';
import { hasCollation } from '../strategies/order.ts';
import type { PlanContext } from '../strategies/strategy.ts';
import { describeTypes } from './describe-types.ts';
import { type Pulled, pullConditions } from './pull-conditions.ts';
import {
  bindingsOf,
  isExact,
  isNullRejecting,
  isStrict,
  numberOf,
  rowsOnly,
  semiForm,
  subqueriesIn,
} from './subquery-forms.ts';

/** The same query with as few sub-queries in expressions as can be; the very query when it has none. */
export async function decorrelate(context: PlanContext, query: RelQuery): Promise<RelQuery> {
  if (usedQueries(query).size === 0) return query;
  const work = new Decorrelation(context, query);
  const shared: Rel[] = [];
  for (const rel of query.shared) shared.push(await work.tree(rel));
  const root = await work.tree(query.root);
  return { ...query, root, shared, queries: work.queries, types: work.types };
}

/** Aggregates that give NULL over no rows; those of `zeroes` give 0. */
const nulls: ReadonlySet<string> = new Set([
  'sum',
  'min',
  'max',
  'avg',
  'mean',
  'median',
  'stddev',
  'stddev_samp',
  'variance',
  'var_samp',
  'bool_and',
  'bool_or',
]);
const zeroes: ReadonlySet<string> = new Set(['count', 'count_star']);

/** A tree to be joined to the outer one, at most one row for each outer row. */
interface Lookup {
  readonly rel: Rel;
  readonly conditions: readonly Expression[];
  /** What stands for the sub-query when the row is there, or NULLs in its place. */
  readonly value: Expression;
  /** `value` is NULL when there is no row. */
  readonly strict: boolean;
}

class Decorrelation {
  readonly queries: RelSubquery[];
  readonly types: Map<ColumnId, string>;
  readonly #context: PlanContext;
  readonly #done = new Set<number>();
  readonly #collations: boolean;
  #next: number;

  constructor(context: PlanContext, query: RelQuery) {
    this.#context = context;
    this.queries = [...query.queries];
    this.types = new Map(query.types);
    this.#collations = hasCollation(context.bound.statement);
    this.#next = 1 + Math.max(-1, ...[...query.types.keys()].map((id) => Number(id.slice('__c'.length))));
  }

  newColumn(type: string): ColumnId {
    const id = `__c${this.#next++}`;
    this.types.set(id, type);
    return id;
  }

  async tree(rel: Rel): Promise<Rel> {
    const inputs: Rel[] = [];
    for (const input of inputsOf(rel)) inputs.push(await this.#sameColumns(rel, input));
    const over = withInputs(rel, inputs);
    switch (over.op) {
      case 'filter':
        return this.#filter(over);
      case 'project':
        return this.#project(over);
      case 'join': {
        const held = over.kind === 'inner' ? over.conditions.filter((part) => queriesIn(part).length > 0) : [];
        if (held.length === 0) return over;
        const conditions = over.conditions.filter((part) => !held.includes(part));
        return this.#filter({ op: 'filter', input: { ...over, conditions }, conditions: held });
      }
      default:
        return over;
    }
  }

  /** An input; without columns added by joins where the operator above takes whole rows. */
  async #sameColumns(above: Rel, input: Rel): Promise<Rel> {
    const rel = await this.tree(input);
    if (above.op !== 'distinct' || columnsOf(rel).length === columnsOf(input).length) return rel;
    return {
      op: 'project',
      input: rel,
      columns: columnsOf(input).map((id) => ({ id, expression: columnRef(id) })),
      many: false,
    };
  }

  /** The sub-query with its own tree done. */
  async #query(number: number): Promise<RelSubquery> {
    if (!this.#done.has(number)) {
      this.#done.add(number);
      const before = this.queries[number]!;
      const rel = await this.tree(before.rel);
      this.queries[number] = { ...before, rel, outer: [...freeColumns(rel, this)] };
    }
    return this.queries[number]!;
  }

  async #filter(rel: RelFilter): Promise<Rel> {
    const plain = rel.conditions.filter((condition) => queriesIn(condition).length === 0);
    let input: Rel = plain.length === 0 ? rel.input : { op: 'filter', input: rel.input, conditions: plain };
    const left: Expression[] = [];
    for (const condition of rel.conditions) {
      if (queriesIn(condition).length === 0) continue;
      const joined = await this.#semiJoin(input, condition);
      if (joined === undefined) left.push(condition);
      else input = joined;
    }
    const conditions: Expression[] = [];
    for (const condition of left) {
      const found = await this.#lookUp(input, condition, isNullRejecting(condition));
      input = found.input;
      conditions.push(found.expression);
    }
    return conditions.length === 0 ? input : { op: 'filter', input, conditions };
  }

  async #project(rel: RelProject): Promise<Rel> {
    let { input } = rel;
    const columns: RelProject['columns'][number][] = [];
    for (const column of rel.columns) {
      const found = await this.#lookUp(input, column.expression, false);
      input = found.input;
      columns.push({ id: column.id, expression: found.expression });
    }
    return input === rel.input ? { ...rel, columns } : { ...rel, input, columns };
  }

  async #semiJoin(input: Rel, condition: Expression): Promise<Rel | undefined> {
    const form = semiForm(condition);
    if (form === undefined) return undefined;
    const query = await this.#query(numberOf(form.node));
    const { child } = form.node;
    if (form.node.subquery_type === 'ANY') {
      if (child === null || queriesIn(child).length > 0 || query.columns.length !== 1) return undefined;
      const pulled = this.#pull(query.rel);
      if (pulled === undefined) return undefined;
      const equal = comparison('COMPARE_EQUAL', withAlias(child, ''), columnRef(query.columns[0]!));
      if (!this.#sees([input, pulled.rel], [equal, ...pulled.conditions])) return undefined;
      return this.#pushedJoin(input, pulled, [equal, ...pulled.conditions]);
    }
    if (query.outer.length === 0) return undefined;
    const rows = rowsOnly(query.rel);
    const pulled = rows === undefined ? undefined : this.#pull(rows);
    if (pulled === undefined || !this.#sees([input, pulled.rel], pulled.conditions)) return undefined;
    return { op: 'join', kind: form.kind, left: input, right: pulled.rel, conditions: pulled.conditions };
  }

  /** Do the conditions name only columns of these trees, none from further out? */
  #sees(rels: readonly Rel[], conditions: readonly Expression[]): boolean {
    const columns = new Set(rels.flatMap(columnsOf));
    return conditions.every((part) => [...referencedColumns(part, this.queries)].every((id) => columns.has(id)));
  }

  /** IN: tested before inner joins of rows that it looks at with others. */
  #pushedJoin(left: Rel, right: Pulled, conditions: readonly Expression[]): Rel {
    const inner = columnSetOf(right.rel);
    const named = conditions
      .flatMap((part) => [...referencedColumns(part, this.queries)])
      .filter((id) => !inner.has(id));
    const sees = (rel: Rel) => {
      const columns = columnSetOf(rel);
      return named.every((id) => columns.has(id));
    };
    const push = (rel: Rel): Rel => {
      if (rel.op === 'filter') return { ...rel, input: push(rel.input) };
      if (rel.op === 'join' && rel.kind === 'inner') {
        if (sees(rel.left)) return { ...rel, left: push(rel.left) };
        if (sees(rel.right)) return { ...rel, right: push(rel.right) };
      }
      return { op: 'join', kind: 'semi', left: rel, right: right.rel, conditions };
    };
    return push(left);
  }

  #pull(rel: Rel): Pulled | undefined {
    return pullConditions(rel, {
      query: this,
      newColumn: (type) => this.newColumn(type),
      typeOf: (id) => this.types.get(id)!,
    });
  }

  /** The expression with sub-queries replaced by columns that joins put beside those of `input`. */
  async #lookUp(input: Rel, expression: Expression, rejectsNulls: boolean) {
    const lookups = new Map<Expression, Expression>();
    let joined = input;
    for (const node of subqueriesIn(expression)) {
      const lookup = await this.#lookupOf(joined, node);
      if (lookup === undefined) continue;
      const { rel, conditions, value, strict } = lookup;
      const kind = rejectsNulls && strict ? 'inner' : 'left';
      joined = { op: 'join', kind, left: joined, right: rel, conditions };
      lookups.set(node, withAlias(value, node.alias));
    }
    if (lookups.size === 0) return { input, expression };
    return { input: joined, expression: rewrite(expression, { expression: (node) => lookups.get(node) }) };
  }

  async #lookupOf(input: Rel, node: SubqueryExpression): Promise<Lookup | undefined> {
    const query = await this.#query(numberOf(node));
    if (query.outer.length === 0) return undefined;
    if (node.subquery_type === 'SCALAR') return this.#scalar(input, query);
    if (node.subquery_type === 'EXISTS' || node.subquery_type === 'NOT_EXISTS')
      return this.#exists(input, query, node.subquery_type);
    return undefined;
  }

  async #scalar(input: Rel, query: RelSubquery): Promise<Lookup | undefined> {
    let rel = query.rel;
    let value: Expression = columnRef(query.columns[0]!);
    while (rel.op === 'project' && !rel.many) {
      value = substitute(value, new Map(rel.columns.map(({ id, expression }) => [id, expression])));
      rel = rel.input;
    }
    if (rel.op !== 'aggregate' || queriesIn(value).length > 0) return undefined;
    const { keys, sets, groupings, aggregates } = rel;
    if (keys.length > 0 || sets !== null || groupings.length > 0) return undefined;
    const known = aggregates.every(({ call }) => nulls.has(call.function_name) || zeroes.has(call.function_name));
    const pulled = known ? this.#pull(rel.input) : undefined;
    if (pulled === undefined) return undefined;
    const inner = columnSetOf(pulled.rel);
    const isOwn = (call: Expression) => [...referencedColumns(call, this.queries)].every((id) => inner.has(id));
    if (!aggregates.every(({ call }) => isOwn(call) && queriesIn(call).length === 0)) return undefined;
    const grouped = await this.#groupedBy(input, pulled, aggregates);
    if (grouped === undefined) return undefined;
    const counts = new Map(
      aggregates
        .filter(({ call }) => zeroes.has(call.function_name))
        .map(({ id }) => [id, operator('OPERATOR_COALESCE', [columnRef(id), integerConstant(0)])]),
    );
    const made = new Set(aggregates.map(({ id }) => id));
    const strict = isStrict(value, made, new Set(counts.keys()));
    return { ...grouped, value: withAlias(substitute(value, counts), ''), strict };
  }

  async #exists(input: Rel, query: RelSubquery, type: 'EXISTS' | 'NOT_EXISTS'): Promise<Lookup | undefined> {
    const rows = rowsOnly(query.rel);
    const pulled = rows === undefined ? undefined : this.#pull(rows);
    if (pulled === undefined) return undefined;
    const id = this.newColumn('BIGINT');
    const grouped = await this.#groupedBy(input, pulled, [{ id, call: functionCall('count_star', []) }]);
    if (grouped === undefined) return undefined;
    const test = type === 'EXISTS' ? 'OPERATOR_IS_NOT_NULL' : 'OPERATOR_IS_NULL';
    return { ...grouped, value: operator(test, [columnRef(id)]), strict: false };
  }

  /** One row for each combination of the inner sides; undefined when something else than equalities binds the rows, or types forbid it. */
  async #groupedBy(outer: Rel, pulled: Pulled, aggregates: RelAggregate['aggregates']) {
    const bindings = bindingsOf(pulled);
    if (bindings === undefined || bindings.length === 0 || this.#collations) return undefined;
    const inner = await this.#typesOf(
      pulled.rel,
      bindings.map((binding) => binding.inner),
    );
    if (
      !this.#sees(
        [outer],
        bindings.map((binding) => binding.outer),
      )
    )
      return undefined;
    const types = await this.#typesOf(
      outer,
      bindings.map((binding) => binding.outer),
    );
    if (!bindings.every((_, i) => isExact(inner[i]!, types[i]!))) return undefined;
    const keys = bindings.map((binding, i) => ({
      id: this.newColumn(inner[i]!),
      expression: withAlias(binding.inner, ''),
    }));
    const conditions = bindings.map((binding, i) =>
      comparison(binding.comparison.type, withAlias(binding.outer, ''), columnRef(keys[i]!.id)),
    );
    const rel: RelAggregate = { op: 'aggregate', input: pulled.rel, keys, sets: null, aggregates, groupings: [] };
    return { rel, conditions };
  }

  #typesOf(rel: Rel, expressions: readonly Expression[]): Promise<readonly string[]> {
    return describeTypes(
      { context: this.#context, queries: this.queries, typeOf: (id) => this.types.get(id)! },
      rel,
      expressions,
    );
  }
}

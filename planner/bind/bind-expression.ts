import type { ColumnRef, Expression, FunctionCall, Lambda, Star, SubqueryExpression, WindowCall } from '../sql/ast.ts';
import { rewrite } from '../sql/walk.ts';
import { bindStatement } from './bind-node.ts';
import type { CteFrame } from './ctes.ts';
import { classOfFunction, isAggregate } from './known-functions.ts';
import { type ExpressionPlace, resolveColumn } from './resolve.ts';
import { findIn, sameName } from './scope.ts';
import { makeOpaque, useAllColumns, useColumn } from './state.ts';

/** An expression's place, with what its sub-queries need. */
export interface Place extends ExpressionPlace {
  readonly ctes: CteFrame | null;
  readonly repeated: boolean;
}

/** Binds an expression and everything below it; gives it as the normalised SQL has it. */
export function bindExpression<T extends Expression | null>(place: Place, root: T): T {
  return root === null ? root : (bindAny(place, root) as T);
}

/** The same for any part of the AST that holds expressions (ORDER BY nodes, lists …). */
export function bindAny<T>(place: Place, root: T): T {
  return rewrite(root, { expression: (node) => bindOne(place, node) });
}

/** Undefined: nothing to replace here, go on with the children. */
function bindOne(place: Place, node: Expression): Expression | undefined {
  switch (node.class) {
    case 'COLUMN_REF':
      return resolveColumn(place, node);
    case 'SUBQUERY':
      return bindSubquery(place, node);
    case 'LAMBDA':
      return bindLambda(place, node);
    case 'STAR':
      return bindStar(place, node);
    case 'FUNCTION':
      noteFunction(place, node);
      return bindAggregateArguments(place, node);
    case 'WINDOW':
      noteWindow(place, node);
      return undefined;
    default:
      if (node.type === 'POSITIONAL_REFERENCE') notePositional(place);
      return undefined;
  }
}

/** The arguments of an aggregate mean columns, in HAVING too, where other names mean aliases. */
function bindAggregateArguments(place: Place, node: FunctionCall): FunctionCall | undefined {
  if (
    place.aliases?.order !== 'alias_first' ||
    classOfFunction(node.function_name.toLowerCase(), node.schema) !== 'aggregate'
  ) {
    return undefined;
  }
  const inside: Place = { ...place, aliases: { ...place.aliases, order: 'column_first' } };
  const { children, filter, order_bys } = node;
  return { ...node, ...bindAny(inside, { children, filter, order_bys }) };
}

/** `#1` counts the columns of FROM. */
function notePositional({ state, scope }: Place): void {
  for (const { dataset } of scope.relations) {
    if (dataset === undefined) continue;
    useAllColumns(state, dataset.occurrence);
    makeOpaque(state, 'a column is named by its place');
  }
}

function bindSubquery(place: Place, node: SubqueryExpression): SubqueryExpression {
  place.state.flags.add('subqueries');
  const { statement } = bindStatement(place.state, node.subquery, {
    parent: place.scope,
    ctes: place.ctes,
    role: 'expression',
    block: place.block?.id ?? null,
    repeated: place.repeated,
  });
  return { ...node, child: bindExpression(place, node.child), subquery: statement };
}

/** The left side names parameters; in `json -> 'path'` it is an operand. */
function bindLambda(place: Place, node: Lambda): Expression | undefined {
  const names = lambdaNames(node.lhs);
  if (names === null || node.expr.class === 'CONSTANT') return undefined;
  for (const name of names) noteLambdaName(place, name);
  const lambdas = new Set([...place.lambdas, ...names.map((name) => name.toLowerCase())]);
  const inner: Place = { ...place, lambdas };
  return { ...node, lhs: bindExpression(inner, node.lhs), expr: bindExpression(inner, node.expr) };
}

/** `x -> y` may as well be JSON's arrow when `x` is a column: the engine decides. */
function noteLambdaName({ state, scope }: Place, name: string): void {
  const found = findIn(scope, [name]);
  if (found.kind === 'nothing') return;
  for (const { dataset } of scope.relations) if (dataset !== undefined) useAllColumns(state, dataset.occurrence);
  makeOpaque(state, `the lambda parameter ${name} has the name of a column`);
}

function lambdaNames(lhs: Expression): readonly string[] | null {
  const single = (node: Expression) =>
    node.class === 'COLUMN_REF' && node.column_names.length === 1 ? node : undefined;
  if (lhs.class === 'FUNCTION' && lhs.function_name === 'row') {
    const names = lhs.children.map(single);
    return names.every((name): name is ColumnRef => name !== undefined)
      ? names.map((name) => name.column_names[0]!)
      : null;
  }
  const name = single(lhs);
  return name === undefined ? null : [name.column_names[0]!];
}

/**
 * Marks what the star covers as read; excluded columns too, which the relation must have for the list to bind. COLUMNS(…) and ORDER BY ALL
 * may cover anything.
 */
function bindStar(place: Place, node: Star): Star | undefined {
  const { state, scope } = place;
  const wanted = node.relation_name;
  for (const { alias, dataset } of scope.relations) {
    if (wanted !== '' && !sameName(alias, wanted)) continue;
    if (dataset !== undefined) useAllColumns(state, dataset.occurrence);
  }
  // `struct.*`: the column is read whole.
  if (wanted !== '' && !scope.relations.some(({ alias }) => sameName(alias, wanted))) markStarColumn(place, wanted);
  // The argument of COLUMNS names columns by pattern or lambda, not by reference.
  if (node.columns) return node;
  const replace_list = node.replace_list.map(({ key, value }) => ({ key, value: bindExpression(place, value) }));
  return { ...node, replace_list };
}

function markStarColumn({ state, scope }: Place, name: string): void {
  const found = findIn(scope, [name]);
  if (found.kind === 'column' && found.relation.dataset !== undefined) {
    const { occurrence, table } = found.relation.dataset;
    const index = found.relation.columns.names.indexOf(found.name);
    if (index >= 0) useColumn(state, occurrence, table.columns[index]!.name);
  } else {
    for (const { id } of state.occurrences) useAllColumns(state, id);
    makeOpaque(state, `${name}.* could not be resolved`);
  }
}

function noteFunction({ state, block }: Place, node: FunctionCall): void {
  const name = node.function_name.toLowerCase();
  switch (classOfFunction(name, node.schema)) {
    case 'aggregate':
      state.lists.aggregates.add(name);
      block?.aggregates.push({
        name,
        distinct: node.distinct,
        ordered: node.order_bys.orders.length > 0,
        filtered: node.filter !== null,
      });
      break;
    case 'volatile':
      state.lists.volatileFunctions.add(name);
      if (block !== null) block.volatile = true;
      break;
    case 'statement_time':
      state.lists.statementTimeFunctions.add(name);
      break;
    case 'session':
      state.lists.sessionFunctions.add(name);
      break;
    case 'unknown':
      state.lists.unknownFunctions.add(name);
      break;
    default:
      if (name === 'age' && node.children.length === 1) state.lists.statementTimeFunctions.add(name);
  }
}

function noteWindow({ state, block }: Place, node: WindowCall): void {
  state.flags.add('windows');
  if (block !== null) block.windows = true;
  const name = node.function_name.toLowerCase();
  if (!isAggregate(name) && node.type === 'WINDOW_AGGREGATE' && classOfFunction(name, node.schema) === 'unknown') {
    state.lists.unknownFunctions.add(name);
  }
}

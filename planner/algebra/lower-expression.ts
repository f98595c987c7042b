import { isBareFunction } from '../bind/known-functions.ts';
import { sameName } from '../bind/scope.ts';
import type { ColumnRef, Expression, FunctionCall, Lambda, Operator, SubqueryExpression } from '../sql/ast.ts';
import { baseTable, columnRef, nullConstant, select, star, statement, withAlias } from '../sql/build.ts';
import { rewrite, walkOwn } from '../sql/walk.ts';
import { exactly } from './lower-project.ts';
import { lowerNode } from './lower-query.ts';
import { type Lowering, refuse } from './lower-state.ts';
import { queryRelation } from './rel.ts';
import { type CteFrame, columnValue, findColumn, findIn, type Level } from './scope.ts';
import { columnIdOf, freeColumns } from './walk-rel.ts';

/** Where an expression stands. */
export interface Place {
  readonly lowering: Lowering;
  readonly level: Level | null;
  readonly ctes: CteFrame | null;
  /** The n-th item of the SELECT list, for references to its alias; null where aliases mean nothing. */
  readonly items: ((index: number) => Expression) | null;
  /** Aliases of the SELECT list, '' for items without. */
  readonly aliases: readonly string[];
  /** Parameters of the lambdas around, in lower case. */
  readonly lambdas: ReadonlySet<string>;
}

/** The expression over column ids. Its alias stays: it is a field's name in struct_pack(a := x). */
export function lowerExpression<T extends Expression>(place: Place, root: T): T {
  return lowerAny(place, root);
}

/** The same for any part of the AST that holds expressions. */
export function lowerAny<T>(place: Place, root: T): T {
  return rewrite(root, { expression: (node) => lowerOne(place, node) });
}

/** Undefined: nothing to replace here, go on with the children. */
function lowerOne(place: Place, node: Expression): Expression | undefined {
  switch (node.class) {
    case 'COLUMN_REF':
      return lowerColumn(place, node);
    case 'SUBQUERY':
      return lowerSubquery(place, node);
    case 'LAMBDA':
      return lowerLambda(place, node);
    case 'FUNCTION':
      return lowerPack(place, node);
    case 'STAR':
      return refuse('a star stands within an expression');
    case 'PARAMETER':
      return refuse('the value of a parameter is not known');
    default:
      return node.type === 'POSITIONAL_REFERENCE' ? lowerPositional(place, node) : undefined;
  }
}

function lowerColumn(place: Place, node: ColumnRef): Expression {
  const { lowering, level, items, lambdas } = place;
  const parts = node.column_names;
  if (lambdas.has(parts[0]!.toLowerCase())) return node;
  const resolution = lowering.bound.resolutions.get(node);
  if (resolution === undefined) return refuse(`the column ${parts.join('.')} is not resolved`);
  if (resolution.kind === 'alias') {
    if (items === null) return refuse(`the alias ${parts[0]} is used where aliases are not known`);
    return withAlias(items(resolution.index), node.alias);
  }
  const found =
    level === null ? undefined : (findIn(level, parts) ?? aliasOf(place, parts) ?? findColumn(level.parent, parts));
  if (found !== undefined) {
    if (resolution.kind === 'column' && !isScanned(lowering, found, resolution))
      return refuse(`the column ${parts.join('.')} is resolved in two ways`);
    return withAlias(found, node.alias);
  }
  if (resolution.kind === 'other' && parts.length === 1 && isBareFunction(parts[0]!)) return node;
  return refuse(`the column ${parts.join('.')} is not found`);
}

/** Is it the column, or a field of it, that binding found? */
function isScanned(
  lowering: Lowering,
  value: Expression,
  { occurrence, name }: { occurrence: number; name: string },
): boolean {
  if (value.class === 'FUNCTION' && value.children[0] !== undefined)
    return isScanned(lowering, value.children[0], { occurrence, name });
  const id = columnIdOf(value);
  const column = id === undefined ? undefined : lowering.scanned.get(id);
  return column?.occurrence === occurrence && column.name === name;
}

/** An alias that binding took for a column of a relation of which it did not know all columns. */
function aliasOf({ items, aliases }: Place, parts: readonly string[]): Expression | undefined {
  if (items === null || parts.length > 1) return undefined;
  const index = aliases.findIndex((alias) => alias !== '' && sameName(alias, parts[0]!));
  return index < 0 ? undefined : items(index);
}

/** `struct_pack(a)` names the field after the column. */
function lowerPack(place: Place, node: FunctionCall): FunctionCall | undefined {
  if (node.function_name.toLowerCase() !== 'struct_pack') return undefined;
  const children = node.children.map((child) => {
    const lowered = lowerExpression(place, child);
    if (child.alias !== '' || child.class !== 'COLUMN_REF') return lowered;
    return withAlias(lowered, fieldName(place, child));
  });
  return { ...node, children };
}

function fieldName(place: Place, node: ColumnRef): string {
  const resolution = place.lowering.bound.resolutions.get(node);
  if (resolution?.kind === 'column' && resolution.fields.length === 0) return resolution.name;
  return resolution?.kind === 'derived' ? resolution.name : refuse('the name of a struct field is not known');
}

function lowerLambda(place: Place, node: Lambda): Lambda | undefined {
  const names: string[] = [];
  const parameters = node.lhs.class === 'FUNCTION' && node.lhs.function_name === 'row' ? node.lhs.children : [node.lhs];
  for (const parameter of parameters) {
    const resolution = parameter.class === 'COLUMN_REF' ? place.lowering.bound.resolutions.get(parameter) : undefined;
    // Otherwise it is JSON's arrow.
    if (parameter.class !== 'COLUMN_REF' || resolution?.kind !== 'other') return undefined;
    names.push(parameter.column_names[0]!.toLowerCase());
  }
  const inner: Place = { ...place, lambdas: new Set([...place.lambdas, ...names]) };
  return { ...node, expr: lowerExpression(inner, node.expr) };
}

/** `#2` is the second column of FROM. */
function lowerPositional({ level }: Place, node: Expression): Expression {
  const { index } = node as Expression & { readonly index?: number };
  const column = level?.relations.flatMap(({ columns }) => columns)[(index ?? 0) - 1];
  return column === undefined ? refuse('a column is named by its place') : withAlias(columnValue(column), node.alias);
}

/** The sub-query becomes one of the query's own, a placeholder table takes its place. */
function lowerSubquery(place: Place, node: SubqueryExpression): SubqueryExpression {
  const { lowering, level, ctes } = place;
  const exists = node.subquery_type === 'EXISTS' || node.subquery_type === 'NOT_EXISTS';
  const role = exists ? 'exists' : 'expression';
  const lowered = lowerNode(lowering, node.subquery.node, { parent: level, ctes, role });
  const all = lowered.columns.map(({ id }) => id);
  const { rel, output } = exists
    ? { rel: lowered.rel, output: [...new Set(all)] }
    : exactly(lowering, lowered.rel, all);
  const number = lowering.queries.length;
  lowering.queries.push({ rel, columns: output, outer: [...freeColumns(rel, lowering)] });
  const child = node.child === null ? null : lowerExpression(place, node.child);
  return { ...node, child, subquery: statement(select([star()], baseTable(queryRelation(number)))) };
}

/** Is there such a node in the expression itself, sub-queries left out? */
export function hasOwn(root: unknown, test: (node: Expression) => boolean): boolean {
  let found = false;
  walkOwn(root, (node) => {
    found ||= test(node);
    return !found;
  });
  return found;
}

export function isUnnest(node: Expression): boolean {
  return node.class === 'FUNCTION' && node.function_name.toLowerCase() === 'unnest';
}

export function isGrouping(node: Expression): node is Operator {
  return node.class === 'OPERATOR' && node.type === 'GROUPING_FUNCTION';
}

/** Does the value carry a collation on? A comparison uses it up. */
export function hasCollation(root: Expression): boolean {
  return hasOwn(uncompared(root), ({ class: kind }) => kind === 'COLLATE');
}

/** The expression without what is compared in it. */
function uncompared(root: Expression): Expression {
  return rewrite<Expression>(root, {
    expression: (node) => (node.class === 'COMPARISON' || node.class === 'BETWEEN' ? nullConstant() : undefined),
  });
}

/** NULL that takes its type from where it stands: as a column of a stage it would have another one. */
export function isUntyped(node: Expression): boolean {
  switch (node.class) {
    case 'CONSTANT':
      return node.value.is_null;
    case 'CASE':
      return [...node.case_checks.map(({ then_expr }) => then_expr), node.else_expr].every(isUntyped);
    case 'OPERATOR':
      return node.type === 'OPERATOR_COALESCE' && node.children.every(isUntyped);
    case 'FUNCTION':
      return untypedCall(node.function_name.toLowerCase(), node.children);
    default:
      return false;
  }
}

function untypedCall(name: string, children: readonly Expression[]): boolean {
  if (name === 'struct_pack' || name === 'row') return children.some(isUntyped);
  if (name === 'list_value') return children.length > 0 && children.every(isUntyped);
  return name === 'nullif' && children[0] !== undefined && isUntyped(children[0]);
}

export function reference(id: string): ColumnRef {
  return columnRef(id);
}

import type { Expression, QueryNode, TableRef } from './ast.ts';

/**
 * Walks and maps over the AST without knowing every class: a node is told by the fields that all of its kind have. Whatever
 * DuckDB adds is walked through as well.
 */
type JsonObject = { readonly [key: string]: unknown };

export function isExpression(value: unknown): value is Expression {
  return typeof value === 'object' && value !== null && 'class' in value && typeof value.class === 'string';
}

export function isQueryNode(value: unknown): value is QueryNode {
  return isObject(value) && 'cte_map' in value && 'modifiers' in value;
}

export function isTableRef(value: unknown): value is TableRef {
  return isObject(value) && 'sample' in value && 'query_location' in value && !('class' in value);
}

/** Nodes that nothing stands below: most of a tree. */
function isLeaf(node: JsonObject): boolean {
  return node.class === 'COLUMN_REF' || node.class === 'CONSTANT';
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Called before the children of a node; `false` leaves them out. */
export interface Visitor {
  readonly expression?: (node: Expression) => boolean | undefined;
  readonly query?: (node: QueryNode) => boolean | undefined;
  readonly tableRef?: (node: TableRef) => boolean | undefined;
}

/** Visits `root` and everything below it, in the order of the text as far as DuckDB keeps it. */
export function walk(root: unknown, visitor: Visitor): void {
  if (Array.isArray(root)) {
    for (const element of root) if (typeof element === 'object') walk(element, visitor);
    return;
  }
  if (!isObject(root)) return;
  if (visitNode(root, visitor) === false || isLeaf(root)) return;
  for (const key in root) {
    const child = root[key];
    if (typeof child === 'object' && child !== null) walk(child, visitor);
  }
}

function visitNode(node: JsonObject, visitor: Visitor): boolean | undefined {
  const { expression, query, tableRef } = visitor;
  if (isExpression(node)) return expression?.(node);
  if (isQueryNode(node)) return query?.(node);
  return tableRef !== undefined && isTableRef(node) ? tableRef(node) : undefined;
}

/**
 * What to put in place of a node. In `rewrite` these are asked before the children: a node that is replaced is not looked into,
 * undefined goes on with its children. In `mapAst` they are asked after the children, with the node as it is then.
 */
export interface Mapper {
  readonly expression?: (node: Expression) => Expression | undefined;
  readonly query?: (node: QueryNode) => QueryNode | undefined;
  readonly tableRef?: (node: TableRef) => TableRef | undefined;
}

/** Top-down copy with replacements; parts without any are shared with `root`. */
export function rewrite<T>(root: T, mapper: Mapper): T {
  return mapValue(root, mapper, undefined) as T;
}

/** Bottom-up copy with replacements; parts without any are shared with `root`. */
export function mapAst<T>(root: T, mapper: Mapper): T {
  return mapValue(root, undefined, mapper) as T;
}

function mapValue(value: unknown, before: Mapper | undefined, after: Mapper | undefined): unknown {
  if (Array.isArray(value)) return mapArray(value, before, after);
  if (!isObject(value)) return value;
  const replaced = before === undefined ? undefined : replacement(value, before);
  if (replaced !== undefined) return replaced;
  const copy = isLeaf(value) ? value : mapObject(value, before, after);
  return (after === undefined ? undefined : replacement(copy, after)) ?? copy;
}

function mapArray(values: readonly unknown[], before: Mapper | undefined, after: Mapper | undefined): unknown {
  let copy: unknown[] | undefined;
  for (let i = 0; i < values.length; i++) {
    const mapped = mapValue(values[i], before, after);
    if (mapped !== values[i]) {
      copy ??= [...values];
      copy[i] = mapped;
    }
  }
  return copy ?? values;
}

function mapObject(node: JsonObject, before: Mapper | undefined, after: Mapper | undefined): JsonObject {
  let copy: Record<string, unknown> | undefined;
  for (const key in node) {
    const child = node[key];
    if (typeof child !== 'object' || child === null) continue;
    const mapped = mapValue(child, before, after);
    if (mapped !== child) {
      copy ??= { ...node };
      copy[key] = mapped;
    }
  }
  return copy ?? node;
}

function replacement(node: JsonObject, mapper: Mapper): unknown {
  const { expression, query, tableRef } = mapper;
  if (isExpression(node)) return expression?.(node);
  if (isQueryNode(node)) return query?.(node);
  return tableRef !== undefined && isTableRef(node) ? tableRef(node) : undefined;
}

/** Visits the expressions of one SELECT: `root` and below, but not what stands inside nested queries. */
export function walkOwn(root: unknown, visit: (node: Expression) => boolean | undefined): void {
  walk(root, { expression: visit, query: (node) => node === root });
}

/** Is there an expression at or below `root` (nested queries included) for which `test` holds? */
export function someExpression(root: unknown, test: (node: Expression) => boolean): boolean {
  let found = false;
  walk(root, {
    expression: (node) => {
      found ||= test(node);
      return !found;
    },
    query: () => !found,
  });
  return found;
}

/** The parts of a conjunction, nested ANDs flattened; none for null. */
export function conjunctsOf(condition: Expression | null): readonly Expression[] {
  if (condition === null) return [];
  if (condition.class !== 'CONJUNCTION' || condition.type !== 'CONJUNCTION_AND') return [condition];
  return condition.children.flatMap(conjunctsOf);
}

/**
 * A text that two expressions share exactly when they are written alike: positions, outer alias and the letter case of
 * functions aside. After binding (names qualified) equal texts mean equal values, unless volatile.
 */
export function expressionKey(expression: Expression): string {
  const known = keys.get(expression);
  if (known !== undefined) return known;
  const key = textWithoutPositions(expression.alias === '' ? expression : { ...expression, alias: '' });
  keys.set(expression, key);
  return key;
}

const keys = new WeakMap<object, string>();

/** A part of the AST as JSON without positions. */
export function textWithoutPositions(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(textWithoutPositions).join()}]`;
  let text = '{';
  for (const key in value) {
    if (key === 'query_location') continue;
    const member = (value as JsonObject)[key];
    if (member !== undefined) text += `${text === '{' ? '' : ','}"${key}":${textWithoutPositions(member)}`;
  }
  return `${text}}`;
}

const weights = new WeakMap<object, number>();

/** How many nodes it has. */
export function weightOf(expression: Expression): number {
  const known = weights.get(expression);
  if (known !== undefined) return known;
  let weight = 0;
  walk(expression, {
    expression: () => {
      weight++;
      return undefined;
    },
  });
  weights.set(expression, weight);
  return weight;
}

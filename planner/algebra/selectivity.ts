/** Which part of the rows a condition keeps: guesses by its kind, better ones where ranges and distinct counts are known. */
import { readConstant, readValue } from '../passes/pruning/values.ts';
import type { Comparison, Expression } from '../sql/ast.ts';
import { conjunctsOf, walk } from '../sql/walk.ts';
import type { ColumnId } from './rel.ts';
import { type ColumnFacts, scalarNumber } from './scan-facts.ts';
import { columnIdOf } from './walk-rel.ts';

/** Facts of the columns that conditions name, as they are before the conditions. */
export interface SelectivityScope {
  /** Undefined for columns of outer operators, which are like constants. */
  readonly column: (id: ColumnId) => ColumnFacts | undefined;
  readonly type: (id: ColumnId) => string | undefined;
  /** Distinct values that the n-th sub-query gives; undefined when not known. */
  readonly subqueryRows: (subquery: Expression) => number | undefined;
}

/** Comparisons with what is not known, one bound of a range, patterns, other tests. */
const guesses = { equal: 0.05, range: 0.3, pattern: 0.1, other: 0.25, unequal: 0.9, exists: 0.5 } as const;

/** Never nothing at all: a guess of no rows would make everything above it free. */
const least = 1e-9;

/** Of the conjunction of all, taken as independent but for bounds of one column. */
export function selectivityOf(conditions: readonly Expression[], scope: SelectivityScope): number {
  const ranges = new Map<ColumnId, Range>();
  let part = 1;
  for (const condition of conditions.flatMap(conjunctsOf)) {
    if (!addBounds(condition, scope, ranges)) part *= selectivityOfOne(condition, scope);
  }
  for (const [id, range] of ranges) part *= partOfRange(range, scope.column(id)!);
  return Math.max(least, Math.min(1, part));
}

interface Range {
  low: number;
  high: number;
}

function partOfRange({ low, high }: Range, { min, max, nulls }: ColumnFacts): number {
  if (min === null || max === null) return guesses.range;
  const from = Math.max(low, min);
  const to = Math.min(high, max);
  if (to < from) return least;
  if (max === min) return 1 - nulls;
  return Math.max(1 / (max - min + 1), (to - from) / (max - min)) * (1 - nulls);
}

/** Notes `column < constant` and BETWEEN; false for everything else. */
function addBounds(condition: Expression, scope: SelectivityScope, ranges: Map<ColumnId, Range>): boolean {
  if (condition.class === 'BETWEEN') {
    const id = knownColumn(condition.input, scope);
    const bounds = id === undefined ? [] : [condition.lower, condition.upper].map((side) => numberFor(id, side, scope));
    if (id === undefined || bounds.includes(undefined)) return false;
    narrow(ranges, id, bounds[0]!, bounds[1]!);
    return true;
  }
  if (condition.class !== 'COMPARISON') return false;
  const { type, left, right } = condition;
  const lower = type === 'COMPARE_GREATERTHAN' || type === 'COMPARE_GREATERTHANOREQUALTO';
  const upper = type === 'COMPARE_LESSTHAN' || type === 'COMPARE_LESSTHANOREQUALTO';
  if (!lower && !upper) return false;
  const onLeft = knownColumn(left, scope);
  const id = onLeft ?? knownColumn(right, scope);
  if (id === undefined) return false;
  const value = numberFor(id, onLeft === undefined ? left : right, scope);
  if (value === undefined) return false;
  if (lower === (onLeft !== undefined)) narrow(ranges, id, value, Number.POSITIVE_INFINITY);
  else narrow(ranges, id, Number.NEGATIVE_INFINITY, value);
  return true;
}

function narrow(ranges: Map<ColumnId, Range>, id: ColumnId, low: number, high: number): void {
  const range = ranges.get(id) ?? { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  ranges.set(id, { low: Math.max(range.low, low), high: Math.min(range.high, high) });
}

/** A plain column of which minimum and maximum are known. */
function knownColumn(expression: Expression, scope: SelectivityScope): ColumnId | undefined {
  const id = columnIdOf(expression);
  if (id === undefined) return undefined;
  const facts = scope.column(id);
  return facts === undefined || facts.min === null || facts.max === null ? undefined : id;
}

function numberFor(id: ColumnId, expression: Expression, scope: SelectivityScope): number | undefined {
  const constant = readConstant(expression);
  if (constant?.kind === 'value') return scalarNumber(constant.value);
  const type = scope.type(id);
  if (constant?.kind !== 'literal' || type === undefined) return undefined;
  const value = readValue(constant.text, type);
  return value === undefined ? undefined : scalarNumber(value);
}

function selectivityOfOne(condition: Expression, scope: SelectivityScope): number {
  switch (condition.class) {
    case 'CONJUNCTION': {
      if (condition.type === 'CONJUNCTION_AND') return selectivityOf(condition.children, scope);
      const misses = condition.children.map((child) => 1 - selectivityOf([child], scope));
      return 1 - misses.reduce((product, miss) => product * miss, 1);
    }
    case 'COMPARISON':
      return comparison(condition, scope);
    case 'BETWEEN':
      return guesses.range * guesses.range;
    case 'OPERATOR':
      return operator(condition.type, condition.children, scope);
    case 'SUBQUERY':
      return subquery(condition, scope);
    case 'FUNCTION':
      return /^(?:!?~~\*?|(?:not_)?(?:i?like|prefix|suffix|contains|regexp)\w*)$/.test(condition.function_name)
        ? pattern(condition.function_name)
        : guesses.other;
    case 'CONSTANT':
      return condition.value.is_null ? least : 1;
    case 'CAST': {
      const constant = readConstant(condition);
      return constant?.kind === 'value' && constant.value.kind === 'boolean' && !constant.value.value ? least : 1;
    }
    default:
      return 0.5;
  }
}

function pattern(name: string): number {
  return name.startsWith('!') || name.startsWith('not_') ? 1 - guesses.pattern : guesses.pattern;
}

function comparison({ type, left, right }: Comparison, scope: SelectivityScope): number {
  const distinct = Math.max(distinctOf(left, scope), distinctOf(right, scope));
  switch (type) {
    case 'COMPARE_EQUAL':
    case 'COMPARE_NOT_DISTINCT_FROM':
      return distinct > 0 ? 1 / distinct : guesses.equal;
    case 'COMPARE_NOTEQUAL':
    case 'COMPARE_DISTINCT_FROM':
      return distinct > 1 ? 1 - 1 / distinct : guesses.unequal;
    default:
      return guesses.range;
  }
}

/** Values that an expression over known columns may have at most; 0 when none is known. */
export function distinctOf(expression: Expression, scope: Pick<SelectivityScope, 'column'>): number {
  const id = columnIdOf(expression);
  if (id !== undefined) return scope.column(id)?.distinct ?? 0;
  if (expression.class === 'COMPARISON' || expression.class === 'CONJUNCTION') return 2;
  if (
    expression.class === 'FUNCTION' &&
    /^(?:date_part|year|month|day|quarter|dayofweek|weekday|week|hour)$/.test(expression.function_name)
  )
    return 12;
  let distinct = 0;
  let unknown = false;
  walk(expression, {
    expression: (node) => {
      const part = columnIdOf(node);
      const facts = part === undefined ? undefined : scope.column(part);
      if (facts === undefined) return undefined;
      if (facts.distinct === null) unknown = true;
      else distinct = Math.max(1, distinct) * facts.distinct;
      return undefined;
    },
  });
  return unknown ? 0 : distinct;
}

function operator(type: string, children: readonly Expression[], scope: SelectivityScope): number {
  const [first, ...rest] = children;
  if (first === undefined) return guesses.other;
  const id = columnIdOf(first);
  const nulls = id === undefined ? undefined : scope.column(id)?.nulls;
  switch (type) {
    case 'OPERATOR_NOT':
      return 1 - selectivityOf([first], scope);
    case 'OPERATOR_IS_NULL':
      return nulls ?? 0.05;
    case 'OPERATOR_IS_NOT_NULL':
      return 1 - (nulls ?? 0.05);
    case 'COMPARE_IN':
    case 'COMPARE_NOT_IN': {
      const distinct = distinctOf(first, scope);
      const part = Math.min(1, distinct > 0 ? rest.length / distinct : rest.length * guesses.equal);
      return type === 'COMPARE_IN' ? part : 1 - part;
    }
    default:
      return guesses.other;
  }
}

function subquery(condition: Extract<Expression, { class: 'SUBQUERY' }>, scope: SelectivityScope): number {
  if (condition.subquery_type !== 'ANY' || condition.child === null) return guesses.exists;
  const distinct = distinctOf(condition.child, scope);
  const rows = scope.subqueryRows(condition);
  if (condition.comparison_type !== 'COMPARE_EQUAL' || distinct === 0 || rows === undefined) return guesses.exists;
  return Math.min(1, rows / distinct);
}

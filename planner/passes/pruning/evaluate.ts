/**
 * Three-valued evaluation of a predicate over all rows that a file (or row group) may hold: which of true, false and NULL can
 * come out? A file may be left out when `true` can't. Everything not understood can be anything.
 */
import type { Comparison, Expression } from '../../sql/ast.ts';
import { type Constant, compareValues, readConstant, readValue, type Scalar } from './values.ts';

/** A set of outcomes, as bits. */
export type Outcomes = number;
export const canBeTrue = 1;
export const canBeFalse = 2;
export const canBeNull = 4;
export const anything: Outcomes = canBeTrue | canBeFalse | canBeNull;

/** What is known of a column within a file or row group. */
export type Domain =
  /** Every row has this value (null: NULL). */
  | { readonly kind: 'exact'; readonly value: Scalar | null }
  /** Values lie between min and max, both included; NULLs as said. */
  | { readonly kind: 'range'; readonly min: Scalar; readonly max: Scalar; readonly nulls: boolean }
  /** Nothing is known of the values, but of NULLs. `none`: no NULL; `maybe`. */
  | { readonly kind: 'unknown'; readonly nulls: 'none' | 'maybe' };

/** The column that an expression is, with its type; undefined when it is not a plain column. */
export type ColumnOf = (expression: Expression) => { readonly name: string; readonly type: string } | undefined;
export type DomainOf = (column: string) => Domain;

export interface PruningScope {
  readonly columnOf: ColumnOf;
  readonly domainOf: DomainOf;
}

/** The outcomes that `expression` can have on the rows of the scope. */
export function outcomes(expression: Expression, scope: PruningScope): Outcomes {
  const column = scope.columnOf(expression);
  if (column !== undefined) return booleanColumn(scope.domainOf(column.name));
  const evaluate = evaluators[expression.class];
  return evaluate === undefined ? anything : evaluate(expression, scope);
}

type Evaluator = (expression: Expression, scope: PruningScope) => Outcomes;

const constantOutcome: Evaluator = (expression) => {
  const constant = readConstant(expression);
  if (constant?.kind === 'null') return canBeNull;
  if (constant?.kind !== 'value' || constant.value.kind !== 'boolean') return anything;
  return constant.value.value ? canBeTrue : canBeFalse;
};

const evaluators: Readonly<Record<string, Evaluator>> = {
  CONSTANT: constantOutcome,
  CAST: constantOutcome,
  CONJUNCTION: (expression, scope) => {
    const { type, children } = expression as Extract<Expression, { class: 'CONJUNCTION' }>;
    const sets = children.map((child) => outcomes(child, scope));
    return type === 'CONJUNCTION_AND' ? sets.reduce(and) : negate(sets.map(negate).reduce(and));
  },
  COMPARISON: (expression, scope) => {
    const { type, left, right } = expression as Comparison;
    return comparison(type, left, right, scope);
  },
  BETWEEN: (expression, scope) => {
    const { input, lower, upper } = expression as Extract<Expression, { class: 'BETWEEN' }>;
    return and(
      comparison('COMPARE_GREATERTHANOREQUALTO', input, lower, scope),
      comparison('COMPARE_LESSTHANOREQUALTO', input, upper, scope),
    );
  },
  OPERATOR: (expression, scope) => {
    const { type, children } = expression as Extract<Expression, { class: 'OPERATOR' }>;
    return operator(type, children, scope);
  },
};

function operator(type: string, children: readonly Expression[], scope: PruningScope): Outcomes {
  const [first, ...rest] = children;
  if (first === undefined) return anything;
  switch (type) {
    case 'OPERATOR_NOT':
      return negate(outcomes(first, scope));
    case 'OPERATOR_IS_NULL':
      return isNull(first, scope);
    case 'OPERATOR_IS_NOT_NULL':
      return negate(isNull(first, scope));
    case 'COMPARE_IN':
      return inList(first, rest, scope);
    case 'COMPARE_NOT_IN':
      return negate(inList(first, rest, scope));
    default:
      return anything;
  }
}

function inList(input: Expression, list: readonly Expression[], scope: PruningScope): Outcomes {
  // The list is brought to one type; with values of several kinds it is not clear which.
  const kinds = new Set(list.map((item) => kindOf(readConstant(item))));
  kinds.delete('null');
  if (list.length === 0 || kinds.size > 1) return anything;
  const sets = list.map((item) => comparison('COMPARE_EQUAL', input, item, scope));
  return negate(sets.map(negate).reduce(and));
}

function kindOf(constant: Constant | undefined): string {
  if (constant === undefined) return 'other';
  return constant.kind === 'value' ? constant.value.kind : constant.kind;
}

function isNull(expression: Expression, scope: PruningScope): Outcomes {
  const column = scope.columnOf(expression);
  if (column === undefined) return anything & ~canBeNull;
  const domain = scope.domainOf(column.name);
  if (domain.kind === 'exact') return domain.value === null ? canBeTrue : canBeFalse;
  if (domain.kind === 'range') return domain.nulls ? canBeTrue | canBeFalse : canBeFalse;
  return domain.nulls === 'none' ? canBeFalse : canBeTrue | canBeFalse;
}

function booleanColumn(domain: Domain): Outcomes {
  if (domain.kind !== 'exact') return anything;
  if (domain.value === null) return canBeNull;
  if (domain.value.kind !== 'boolean') return anything;
  return domain.value.value ? canBeTrue : canBeFalse;
}

function negate(set: Outcomes): Outcomes {
  return (set & canBeNull) | (set & canBeTrue ? canBeFalse : 0) | (set & canBeFalse ? canBeTrue : 0);
}

/** Every outcome that a AND b can have when a and b vary freely: never too few. */
function and(a: Outcomes, b: Outcomes): Outcomes {
  if (a === 0 || b === 0) return 0;
  let set = 0;
  if (a & canBeTrue && b & canBeTrue) set |= canBeTrue;
  if (a & canBeFalse || b & canBeFalse) set |= canBeFalse;
  if ((a & canBeNull && b & ~canBeFalse) || (b & canBeNull && a & ~canBeFalse)) set |= canBeNull;
  return set;
}

const flipped: Readonly<Record<string, string>> = {
  COMPARE_LESSTHAN: 'COMPARE_GREATERTHAN',
  COMPARE_GREATERTHAN: 'COMPARE_LESSTHAN',
  COMPARE_LESSTHANOREQUALTO: 'COMPARE_GREATERTHANOREQUALTO',
  COMPARE_GREATERTHANOREQUALTO: 'COMPARE_LESSTHANOREQUALTO',
};

function comparison(type: string, left: Expression, right: Expression, scope: PruningScope): Outcomes {
  const column = scope.columnOf(left);
  if (column === undefined) {
    // A constant on the left: turn it round. Two constants or two expressions: not our matter.
    return scope.columnOf(right) === undefined ? anything : comparison(flipped[type] ?? type, right, left, scope);
  }
  const constant = readConstant(right);
  if (constant === undefined) return anything;
  const domain = scope.domainOf(column.name);
  if (constant.kind === 'null') return compareWithNull(type, domain);
  const value = constant.kind === 'value' ? constant.value : readValue(constant.text, column.type);
  if (value === undefined || !sameFamily(value, column.type)) return anything;
  return compareDomain(type, domain, value);
}

/** The constant must be of the column's family: else DuckDB casts the column, by rules that are not repeated here. */
function sameFamily(value: Scalar, type: string): boolean {
  if (value.kind === 'text') return type === 'VARCHAR';
  if (value.kind === 'boolean') return type === 'BOOLEAN';
  if (value.kind === 'time') return type === 'DATE' || type === 'TIMESTAMP';
  return type.startsWith('DECIMAL') || /^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/.test(type);
}

const distinctTypes: ReadonlySet<string> = new Set(['COMPARE_DISTINCT_FROM', 'COMPARE_NOT_DISTINCT_FROM']);

function compareWithNull(type: string, domain: Domain): Outcomes {
  if (!distinctTypes.has(type)) return canBeNull;
  if (domain.kind !== 'exact') return canBeTrue | canBeFalse;
  const distinct = domain.value !== null;
  return distinct === (type === 'COMPARE_DISTINCT_FROM') ? canBeTrue : canBeFalse;
}

function compareDomain(type: string, domain: Domain, value: Scalar): Outcomes {
  if (domain.kind === 'unknown') return anything;
  const distinct = distinctTypes.has(type);
  if (domain.kind === 'exact' && domain.value === null) {
    return distinct ? (type === 'COMPARE_DISTINCT_FROM' ? canBeTrue : canBeFalse) : canBeNull;
  }
  const [min, max] = domain.kind === 'exact' ? [domain.value!, domain.value!] : [domain.min, domain.max];
  const low = compareValues(min, value);
  const high = compareValues(max, value);
  const test = tests[type];
  if (low === undefined || high === undefined || low > high || test === undefined) return anything;
  const nulls = domain.kind === 'range' && domain.nulls;
  const nullOutcome = !nulls ? 0 : distinct ? (type === 'COMPARE_DISTINCT_FROM' ? canBeTrue : canBeFalse) : canBeNull;
  return test(low, high) | nullOutcome;
}

type Sign = -1 | 0 | 1;
const bits = (isTrue: boolean, isFalse: boolean): Outcomes => (isTrue ? canBeTrue : 0) | (isFalse ? canBeFalse : 0);
const equal = (low: Sign, high: Sign): Outcomes => bits(low <= 0 && high >= 0, low !== 0 || high !== 0);
const less = (low: Sign, high: Sign): Outcomes => bits(low < 0, high >= 0);
const lessOrEqual = (low: Sign, high: Sign): Outcomes => bits(low <= 0, high > 0);

/** `low` and `high`: how min and max compare with the constant. */
const tests: Readonly<Record<string, (low: Sign, high: Sign) => Outcomes>> = {
  COMPARE_EQUAL: equal,
  COMPARE_NOT_DISTINCT_FROM: equal,
  COMPARE_NOTEQUAL: (low, high) => negate(equal(low, high)),
  COMPARE_DISTINCT_FROM: (low, high) => negate(equal(low, high)),
  COMPARE_LESSTHAN: less,
  COMPARE_GREATERTHANOREQUALTO: (low, high) => negate(less(low, high)),
  COMPARE_LESSTHANOREQUALTO: lessOrEqual,
  COMPARE_GREATERTHAN: (low, high) => negate(lessOrEqual(low, high)),
};

import { sameName } from '../bind/scope.ts';
import type { Expression, JoinRef } from '../sql/ast.ts';
import { comparison, operator } from '../sql/build.ts';
import { conjunctsOf } from '../sql/walk.ts';
import { lowerExpression } from './lower-expression.ts';
import { type FromPlace, type LoweredFrom, lowerFrom } from './lower-from.ts';
import { mixedOrder } from './lower-result.ts';
import { type Lowering, refuse } from './lower-state.ts';
import type { JoinKind, Rel } from './rel.ts';
import { columnOf, findColumn, type Level, type MergedColumn, type Visible } from './scope.ts';
import { columnSetOf, freeColumns } from './walk-rel.ts';

const joinKinds: Readonly<Record<string, JoinKind>> = {
  INNER: 'inner',
  LEFT: 'left',
  RIGHT: 'right',
  FULL: 'full',
  SEMI: 'semi',
  ANTI: 'anti',
};

export function lowerJoin(lowering: Lowering, ref: JoinRef, place: FromPlace): LoweredFrom {
  const kind = kindOf(ref);
  const left = lowerFrom(lowering, ref.left, place);
  const beside: Level | null =
    left.relations.length === 0 ? place.outer : { relations: left.relations, merged: left.merged, parent: place.outer };
  const right = lowerFrom(lowering, ref.right, { ...place, outer: beside });
  const merged = mergedColumns(ref, left, right);
  const both: Visible = {
    relations: [...left.relations, ...right.relations],
    merged: [...withoutNames(left, merged), ...withoutNames(right, merged), ...merged],
  };
  const level: Level = { ...both, parent: place.outer };
  const on = { lowering, level, ctes: place.ctes, items: null, aliases: [], lambdas: new Set<string>() };
  const conditions = [
    ...usingConditions(ref, merged),
    ...conjunctsOf(ref.condition).map((condition) => lowerExpression(on, condition)),
  ];
  const rel = joined(lowering, kind, left.rel, right.rel, conditions);
  const visible = kind === 'semi' || kind === 'anti' ? { relations: left.relations, merged: left.merged } : both;
  return { ...visible, rel, order: mixedOrder(left.order, right.order) };
}

function kindOf({ ref_type, join_type }: JoinRef): JoinKind {
  const kind = joinKinds[join_type];
  switch (ref_type) {
    case 'REGULAR':
    case 'NATURAL':
    case 'DEPENDENT':
      return kind ?? refuse(`a ${join_type} join is not divided`);
    case 'CROSS':
      return 'inner';
    case 'ASOF':
      if (kind === 'inner') return 'asof';
      return kind === 'left' ? 'asof_left' : refuse(`an ASOF ${join_type} join is not divided`);
    default:
      return refuse('a positional join needs all rows in order');
  }
}

function joined(lowering: Lowering, kind: JoinKind, left: Rel, right: Rel, conditions: readonly Expression[]): Rel {
  const ofLeft = columnSetOf(left);
  if (![...freeColumns(right, lowering)].some((id) => ofLeft.has(id)))
    return { op: 'join', kind, left, right, conditions };
  if (kind !== 'inner' && kind !== 'left') refuse(`a lateral ${kind} join is not divided`);
  return { op: 'lateral', kind: kind === 'left' ? 'left' : 'inner', left, right, conditions };
}

/** What USING or NATURAL compares, and what stands for the column afterwards. */
interface Merge extends MergedColumn {
  readonly left: Expression;
  readonly right: Expression;
}

function mergedColumns(ref: JoinRef, left: Visible, right: Visible): readonly Merge[] {
  return joinNames(ref, left, right).map((name) => {
    const leftValue = findColumn({ ...left, parent: null }, [name]) ?? refuse(`the column ${name} is not found`);
    const rightValue = findColumn({ ...right, parent: null }, [name]) ?? refuse(`the column ${name} is not found`);
    const relations = [...having(left, name), ...having(right, name)];
    return { name, left: leftValue, right: rightValue, relations, value: mergedValue(ref, leftValue, rightValue) };
  });
}

function mergedValue({ join_type }: JoinRef, left: Expression, right: Expression): Expression {
  if (join_type === 'RIGHT') return right;
  return join_type === 'FULL' ? operator('OPERATOR_COALESCE', [left, right]) : left;
}

function joinNames(ref: JoinRef, left: Visible, right: Visible): readonly string[] {
  if (ref.ref_type !== 'NATURAL') return ref.using_columns;
  const names = new Set(left.relations.flatMap(({ columns }) => columns.map(({ name }) => name)));
  if (names.has('')) refuse('NATURAL JOIN with columns without names');
  return [...names].filter((name) => right.relations.some((relation) => columnOf(relation, name) !== undefined));
}

function having({ relations }: Visible, name: string): Visible['relations'] {
  return relations.filter((relation) => columnOf(relation, name) !== undefined);
}

function withoutNames({ merged }: Visible, by: readonly MergedColumn[]): readonly MergedColumn[] {
  return merged.filter(({ name }) => !by.some((other) => sameName(other.name, name)));
}

/** The last column of ASOF's USING is the one that is not to be later. */
function usingConditions({ ref_type }: JoinRef, merged: readonly Merge[]): readonly Expression[] {
  return merged.map(({ left, right }, i) => {
    const nearest = ref_type === 'ASOF' && i === merged.length - 1;
    return comparison(nearest ? 'COMPARE_GREATERTHANOREQUALTO' : 'COMPARE_EQUAL', left, right);
  });
}

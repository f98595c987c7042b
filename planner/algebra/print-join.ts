/** Drafts of joins: FROM trees. */
import type { Expression, JoinRef, TableRef } from '../sql/ast.ts';
import { booleanConstant, conjunction } from '../sql/build.ts';
import { alsoNeeded, type Draft, draftOf, isDelicate, nest, type Printing, resolve } from './print-draft.ts';
import type { ColumnId, JoinKind, RelJoin, RelLateral } from './rel.ts';
import { freeColumns, queriesIn, substitute } from './walk-rel.ts';

/** May a side's WHERE stand above the join instead? */
type Hoist = Readonly<Record<'left' | 'right', boolean>>;

interface JoinForm extends Pick<JoinRef, 'join_type' | 'ref_type'> {
  readonly hoist: Hoist;
}

const leftOnly: Hoist = { left: true, right: false };

const forms: Readonly<Record<JoinKind, JoinForm>> = {
  inner: { join_type: 'INNER', ref_type: 'REGULAR', hoist: { left: true, right: true } },
  left: { join_type: 'LEFT', ref_type: 'REGULAR', hoist: leftOnly },
  right: { join_type: 'RIGHT', ref_type: 'REGULAR', hoist: { left: false, right: true } },
  full: { join_type: 'FULL', ref_type: 'REGULAR', hoist: { left: false, right: false } },
  semi: { join_type: 'SEMI', ref_type: 'REGULAR', hoist: leftOnly },
  anti: { join_type: 'ANTI', ref_type: 'REGULAR', hoist: leftOnly },
  asof: { join_type: 'INNER', ref_type: 'ASOF', hoist: leftOnly },
  asof_left: { join_type: 'LEFT', ref_type: 'ASOF', hoist: leftOnly },
};

export function buildJoin(rel: RelJoin, needed: ReadonlySet<ColumnId>, printing: Printing): Draft {
  const { kind, conditions } = rel;
  const form = forms[kind];
  const reads = alsoNeeded(needed, conditions, printing);
  const left = side(printing.build(rel.left, reads, printing), form.hoist.left, reads, printing);
  const right = side(printing.build(rel.right, reads, printing), form.hoist.right, reads, printing);
  const both = new Map([...left.values, ...right.values]);
  const seen = draftOf(left.from, both);
  const resolved = conditions.map((condition) => resolve(condition, seen, printing));
  // A sub-query in ON is not understood by every kind of join.
  const above = kind === 'inner' ? resolved.filter((_, i) => queriesIn(conditions[i]!).length > 0) : [];
  const on = resolved.filter((condition) => !above.includes(condition));
  const from = joinRef(left.from, right.from, form, on);
  const values = kind === 'semi' || kind === 'anti' ? left.values : both;
  return { ...draftOf(from, values), where: [...left.where, ...right.where, ...above] };
}

/** `right` is printed after `left`, whose names it sees. */
export function buildLateral(rel: RelLateral, needed: ReadonlySet<ColumnId>, printing: Printing): Draft {
  const taken = freeColumns(rel.right, printing.query);
  const reads = new Set([...alsoNeeded(needed, rel.conditions, printing), ...taken]);
  const left = side(printing.build(rel.left, reads, printing), false, reads, printing);
  const right = side(printing.build(rel.right, reads, printing), false, reads, printing);
  const values = new Map([...left.values, ...right.values]);
  const seen = draftOf(left.from, values);
  const resolved = rel.conditions.map((condition) => resolve(condition, seen, printing));
  const rightFrom = substitute(right.from, left.values);
  if (rel.kind === 'inner') {
    const from = joinRef(left.from, rightFrom, forms.inner, []);
    return { ...draftOf(from, values), where: [...left.where, ...resolved] };
  }
  const on = resolved.length > 0 ? resolved : [booleanConstant(true)];
  return { ...draftOf(joinRef(left.from, rightFrom, forms.left, on), values), where: left.where };
}

/** A side as a plain relation: every column a plain one of FROM, which an outer join can make NULL. */
function side(draft: Draft, hoist: boolean, reads: ReadonlySet<ColumnId>, printing: Printing): Draft {
  const isPlain =
    draft.rank === 'rows' &&
    draft.from.type !== 'EMPTY' &&
    draft.where.every((condition) => hoist && !isDelicate(condition)) &&
    [...draft.values].every(([id, value]) => !reads.has(id) || value.class === 'COLUMN_REF');
  return isPlain ? draft : nest(draft, reads, printing);
}

function joinRef(left: TableRef, right: TableRef, form: JoinForm, on: readonly Expression[]): TableRef {
  const base = {
    type: 'JOIN',
    alias: '',
    sample: null,
    query_location: -1,
    using_columns: [],
    delim_flipped: false,
    duplicate_eliminated_columns: [],
  } as const;
  if (on.length === 0 && form === forms.inner) {
    return { ...base, left, right, condition: null, join_type: 'INNER', ref_type: 'CROSS' };
  }
  const { join_type, ref_type } = form;
  const condition = conjunction(on) ?? booleanConstant(true);
  return { ...base, left, right, condition, join_type, ref_type };
}

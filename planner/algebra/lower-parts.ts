import type { Expression } from '../sql/ast.ts';
import type { Output } from './lower-items.ts';
import type { SortKey } from './lower-order.ts';
import type { Ordering } from './lower-result.ts';
import type { Rel } from './rel.ts';

/** A SELECT's expressions while operators are put below them. */
export interface Parts {
  readonly outputs: readonly Output[];
  readonly having: readonly Expression[];
  readonly qualify: readonly Expression[];
  readonly keys: readonly SortKey[];
  /** DISTINCT ON; null without. */
  readonly on: readonly SortKey[] | null;
}

/** Rows so far, and their order. */
export interface Stream {
  readonly rel: Rel;
  readonly order: Ordering;
}

/** Every expression of the SELECT passed through `apply`. */
export function mapParts(
  { outputs, having, qualify, keys, on }: Parts,
  apply: (expression: Expression) => Expression,
): Parts {
  const key = (sort: SortKey): SortKey =>
    sort.target.kind === 'output'
      ? sort
      : { ...sort, target: { kind: 'value', expression: apply(sort.target.expression) } };
  return {
    outputs: outputs.map((output) => ({ ...output, expression: apply(output.expression) })),
    having: having.map(apply),
    qualify: qualify.map(apply),
    keys: keys.map(key),
    on: on?.map(key) ?? null,
  };
}

/** All of them but the keys that are outputs. */
export function expressionsOf({ outputs, having, qualify, keys, on }: Parts): readonly Expression[] {
  const values = [...keys, ...(on ?? [])].flatMap(({ target }) => (target.kind === 'value' ? [target.expression] : []));
  return [...outputs.map(({ expression }) => expression), ...having, ...qualify, ...values];
}

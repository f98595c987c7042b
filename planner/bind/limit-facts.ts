import type { Expression, LimitModifier } from '../sql/ast.ts';
import { isRawNumber } from '../sql/json.ts';
import type { LimitFacts } from './bound-query.ts';

type Bound = number | 'expression' | null;

/** LIMIT and OFFSET as numbers where they are constant. */
export function limitFacts({ type, limit, offset }: LimitModifier): LimitFacts {
  if (type === 'LIMIT_PERCENT_MODIFIER') return { limit: 'expression', offset: constantOf(offset) };
  return { limit: constantOf(limit), offset: constantOf(offset) };
}

/** Parameters come as `CAST('7' AS BIGINT)`. LIMIT NULL is no limit. */
function constantOf(node: Expression | null): Bound {
  if (node === null) return null;
  if (node.class === 'CAST')
    return node.child.class === 'CONSTANT' ? numberOf(node.child.value.value ?? null) : 'expression';
  if (node.class !== 'CONSTANT') return 'expression';
  return node.value.is_null ? null : numberOf(node.value.value);
}

function numberOf(value: unknown): Bound {
  if (value === null) return null;
  const text = isRawNumber(value) ? value.rawNumber : value;
  const number = typeof text === 'string' || typeof text === 'number' ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) && number >= 0 ? number : 'expression';
}

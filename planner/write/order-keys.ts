/** What `order_by` of a data set says, where it is made of columns alone. */
import type { RangeKey, SessionSettings } from '../plan/plan.ts';
import { TokenCursor } from '../sql/token-cursor.ts';

/**
 * The columns of `a DESC, "b" NULLS FIRST`, as `names` spells them; undefined when an item is anything else. Raises 42601 for text that can't be cut into
 * words.
 */
export function orderKeys(
  orderBy: string,
  names: readonly string[],
  nullOrder: SessionSettings['nullOrder'],
): readonly RangeKey[] | undefined {
  const cursor = new TokenCursor(orderBy);
  const keys: RangeKey[] = [];
  do {
    if (!/^["\p{L}_]/u.test(cursor.value)) return undefined;
    const name = cursor.name();
    const column = names.find((own) => own.toLowerCase() === name.toLowerCase());
    if (column === undefined) return undefined;
    const descending = cursor.accept('desc');
    if (!descending) cursor.accept('asc');
    let nullsFirst = descending && nullOrder === 'nulls_last_on_asc_first_on_desc';
    if (cursor.accept('nulls')) {
      nullsFirst = cursor.accept('first');
      if (!nullsFirst) cursor.expect('last');
    }
    keys.push({ column, descending, nullsFirst });
  } while (cursor.accept(','));
  return cursor.atEnd ? keys : undefined;
}

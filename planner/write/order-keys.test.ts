import { expect, test } from 'vitest';
import { orderKeys } from './order-keys.ts';

const names = ['a', 'B c'];
const key = (column: string, descending = false, nullsFirst = false) => ({ column, descending, nullsFirst });

test('columns with directions', () => {
  expect(orderKeys('A', names, 'nulls_last')).toEqual([key('a')]);
  expect(orderKeys('"b c" DESC, a asc nulls first', names, 'nulls_last')).toEqual([
    key('B c', true),
    key('a', false, true),
  ]);
  expect(orderKeys('a desc, "B c" DESC NULLS LAST', names, 'nulls_last_on_asc_first_on_desc')).toEqual([
    key('a', true, true),
    key('B c', true),
  ]);
});

test.each(['lower(a)', 'a + 1', 'a COLLATE NOCASE', '1', 'missing', "'a'", 'a b'])(
  '%s is no list of columns',
  (text) => {
    expect(orderKeys(text, names, 'nulls_last')).toBeUndefined();
  },
);

import { expect, it } from 'vitest';
import { tableText } from './table-text.ts';

it('prints rows as psql does', () => {
  expect(
    tableText(
      ['name', 'n', 'note'],
      [
        ['a', '1', null],
        ['longer', '-20.5', 'x'],
      ],
    ),
  ).toEqual([
    '  name  |   n   | note',
    '--------+-------+------',
    ' a      |     1 |',
    ' longer | -20.5 | x',
    '(2 rows)',
  ]);
});

it('counts one row as one and none as none, and cuts what is wide', () => {
  expect(tableText(['x'], []).at(-1)).toBe('(0 rows)');
  const lines = tableText(['x'], [['y'.repeat(500)]]);
  expect(lines.at(-1)).toBe('(1 row)');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(70);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SluiceError } from '../../../planner/errors.ts';
import { copyFormat } from './copy-format.ts';
import { parseCopy } from './copy-statement.ts';
import { LineRows } from './line-rows.ts';
import type { RowSink } from './row-reader.ts';

/** Rows as they come, cut into pieces at these places. */
function read(copy: string, data: Buffer, cuts: readonly number[] = [], columns = ['a', 'b']) {
  const rows: (string | null)[][] = [];
  let row: (string | null)[] = [];
  const sink: RowSink = {
    full: false,
    field: (_, bytes, from, to) => void row.push(bytes.toString('utf8', from, to)),
    nullField: () => void row.push(null),
    endRow: () => {
      rows.push(row);
      row = [];
    },
  };
  const none = columns.map(() => false);
  const format = copyFormat(parseCopy(copy)!);
  const reader = new LineRows({ format, relation: 't', columns, forceNull: none, forceNotNull: none, sink });
  const places = [...new Set(cuts.map((cut) => cut % (data.length + 1)))].sort((x, y) => x - y);
  let from = 0;
  for (const to of [...places, data.length]) {
    reader.push(data.subarray(from, to));
    reader.run();
    from = to;
  }
  reader.end();
  reader.run();
  return rows;
}

function failure(work: () => unknown): SluiceError {
  try {
    work();
  } catch (error) {
    if (error instanceof SluiceError) return error;
  }
  throw new Error('no error');
}

const text = 'COPY t FROM STDIN';
const csv = 'COPY t FROM STDIN CSV';

describe('LineRows', () => {
  it('reads the same however the bytes are cut', () => {
    const cell = fc.option(
      fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0') && Buffer.from(value).toString() === value),
    );
    const cuts = fc.array(fc.nat(), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell)), cuts, (rows, places) => {
        const escaped = (value: string | null) =>
          value === null
            ? '\\N'
            : value.replaceAll(/[\\\t\n\r]/g, (mark) => `\\${{ '\t': 't', '\n': 'n', '\r': 'r' }[mark] ?? mark}`);
        const quoted = (value: string | null) => (value === null ? '' : `"${value.replaceAll('"', '""')}"`);
        const lines = rows.map((row) => `${row.map(escaped).join('\t')}\n`).join('');
        const fields = rows.map((row) => `${row.map(quoted).join(',')}\r\n`).join('');
        expect(read(text, Buffer.from(lines), places)).toEqual(rows);
        expect(read(csv, Buffer.from(fields), places)).toEqual(rows);
      }),
      { numRuns: 200 },
    );
  });

  it('tells the line, the column and the value of an error', () => {
    const error = failure(() => read(text, Buffer.from('1\t2\n3\n')));
    expect([error.sqlstate, error.message, error.context]).toEqual([
      ...['22P04', 'missing data for column "b"', 'COPY t, line 2: "3"'],
    ]);
    const long = failure(() => read(csv, Buffer.from(`${'ä'.repeat(200)}\n`)));
    expect(long.context).toBe(`COPY t, line 1: "${'ä'.repeat(50)}..."`);
  });

  it('refuses bytes that are not UTF-8, after the lines before them', () => {
    const bytes = Buffer.from('1\t2\nx\t\xff\n', 'latin1');
    for (const cuts of [[], [3], [4, 5, 6]]) {
      const error = failure(() => read(text, bytes, cuts));
      expect([error.sqlstate, error.context]).toEqual(['22021', 'COPY t, line 2']);
      expect(error.message).toContain('0xff');
    }
    expect(failure(() => read(text, Buffer.from('1\t\0\n'))).message).toContain('0x00');
  });
});

import { describe, expect, it } from 'vitest';
import { SluiceError } from '../../../planner/errors.ts';
import { copyFormat } from './copy-format.ts';
import { parseCopy } from './copy-statement.ts';

function state(text: string): string {
  try {
    copyFormat(parseCopy(text)!);
  } catch (error) {
    if (error instanceof SluiceError) return error.sqlstate;
  }
  return 'none';
}

describe('COPY statements', () => {
  it('reads both syntaxes alike', () => {
    for (const [today, old] of [
      ['COPY t FROM STDIN (FORMAT csv, HEADER)', 'COPY t FROM STDIN WITH CSV HEADER'],
      ['COPY t TO STDOUT (FORMAT binary)', 'COPY BINARY t TO STDOUT'],
      ["COPY t FROM STDIN (DELIMITER '|', NULL 'x')", "COPY t FROM STDIN USING DELIMITERS '|' NULL AS 'x'"],
      ['COPY t TO STDOUT (FORMAT csv, FORCE_QUOTE (a, b))', 'COPY t TO STDOUT CSV FORCE QUOTE a, b'],
    ] as const) {
      expect(copyFormat(parseCopy(old)!)).toEqual(copyFormat(parseCopy(today)!));
    }
  });

  it('leaves files to others', () => {
    for (const text of [
      "COPY t FROM 'file.csv'",
      "COPY (SELECT 1) TO 'x.parquet'",
      "COPY t TO 'stdout'",
      'COPY t FROM PROGRAM x',
    ]) {
      expect(parseCopy(text)).toBeUndefined();
    }
  });

  it('reads names, lists, queries and conditions', () => {
    const copy = parseCopy('COPY s."T x" (a, "B") FROM STDIN (FORMAT text) WHERE a > 1')!;
    expect([copy.table?.schema, copy.table?.name, copy.columns, copy.where]).toEqual(['s', 'T x', ['a', 'B'], 'a > 1']);
    const text = "COPY (SELECT (1), ')') TO STDOUT";
    const { query } = parseCopy(text)!;
    expect(text.slice(query!.start, query!.end)).toBe("SELECT (1), ')'");
  });

  it('refuses what PostgreSQL refuses', () => {
    expect(state('COPY t FROM STDIN (NOPE)')).toBe('42601');
    expect(state("COPY t FROM STDIN (DELIMITER 'ab')")).toBe('0A000');
    expect(state("COPY t FROM STDIN (FORMAT 'xml')")).toBe('22023');
    expect(state('COPY t FROM STDIN CSV NOPE')).toBe('42601');
  });
});

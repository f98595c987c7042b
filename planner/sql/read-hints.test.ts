import { describe, expect, test } from 'vitest';
import { splitStatements } from './lexer.ts';
import { readHints } from './read-hints.ts';

const read = (text: string) => {
  const { hints, notices } = readHints([{ text, start: 3 }], `/*+${text}*/ SELECT 1`);
  return { hints: hints.map(({ at: _, ...hint }) => hint), notices };
};

describe('readHints', () => {
  test.each<[string, readonly unknown[]]>([
    ['strategy(two_phase)', [{ kind: 'strategy', strategy: 'two_phase' }]],
    [
      'STRATEGY( Auto ) partitions(4)',
      [
        { kind: 'strategy', strategy: 'auto' },
        { kind: 'partitions', partitions: 4 },
      ],
    ],
    ['repartition(t, 8)', [{ kind: 'repartition', table: 't', partitions: 8, by: { kind: 'files' } }]],
    ['repartition(public.t, 8, by_rows)', [{ kind: 'repartition', table: 't', partitions: 8, by: { kind: 'rows' } }]],
    [
      'repartition("My T", by => day)',
      [{ kind: 'repartition', table: 'My T', partitions: null, by: { kind: 'column', column: 'day' } }],
    ],
    [
      'repartition(t, 8, hash_by => (a, "B b"))',
      [{ kind: 'repartition', table: 't', partitions: 8, by: { kind: 'hash', columns: ['a', 'B b'] } }],
    ],
    [
      'repartition(t, 8, hash_by => a)',
      [{ kind: 'repartition', table: 't', partitions: 8, by: { kind: 'hash', columns: ['a'] } }],
    ],
    [
      'repartition(t, 8, range_by => c)',
      [{ kind: 'repartition', table: 't', partitions: 8, by: { kind: 'range', column: 'c' } }],
    ],
    [
      'repartition(t, 8, shuffle)',
      [{ kind: 'repartition', table: 't', partitions: 8, by: { kind: 'shuffle', seed: 0 } }],
    ],
    [
      'repartition(t, 8, shuffle => 42)',
      [{ kind: 'repartition', table: 't', partitions: 8, by: { kind: 'shuffle', seed: 42 } }],
    ],
    [
      'repartition(t, 8, by => bucket)',
      [{ kind: 'repartition', table: 't', partitions: 8, by: { kind: 'column', column: 'bucket' } }],
    ],
    ['partial_sql', [{ kind: 'partial_sql' }]],
    ['partial_sql()', [{ kind: 'partial_sql' }]],
    [
      'broadcast(t), colocate(a, b, c)',
      [
        { kind: 'broadcast', table: 't' },
        { kind: 'colocate', tables: ['a', 'b', 'c'] },
      ],
    ],
    ["task(memory => '2GB', threads => 1)", [{ kind: 'task', memoryBytes: 2e9, threads: 1 }]],
    ["task(memory => '1.5 GiB')", [{ kind: 'task', memoryBytes: 1.5 * 2 ** 30, threads: null }]],
    ["checkpoint('it''s')", [{ kind: 'checkpoint', name: "it's" }]],
    ['', []],
  ])('%s', (text, hints) => {
    const { hints: got, notices } = read(text);
    expect(got).toEqual(hints);
    expect(notices.filter(({ severity }) => severity === 'WARNING')).toEqual([]);
  });

  test.each([
    ['strategy(fast)', 'it takes one of auto, local'],
    ['strategy(gather, direct)', 'it takes one of'],
    ['partitions(0)', 'a number from 1'],
    ['partitions(-1)', '"-" is unexpected'],
    ['partitions(1e9)', 'a number from 1'],
    ['repartition(t)', 'it takes (table, n)'],
    ['repartition(t, 4, sideways)', 'it takes (table, n)'],
    ['repartition(t, 4, by_rows, 5)', 'it takes (table, n)'],
    ['repartition(t, 4, shuffle => x)', 'it takes (table, n)'],
    ['repartition(t, 4, hash_on => x)', 'it takes (table, n)'],
    ['task()', 'memory =>'],
    ["task(memory => 'much')", 'memory =>'],
    ['colocate(a)', 'two or more'],
    ['partitions(4', 'its ")" is missing'],
    ['partitions(4 5)', '"5" is unexpected'],
  ])('refuses %s', (text, problem) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ sqlstate: '42601', position: 4, message: expect.stringContaining(problem) }),
    );
  });

  test('says where a misspelt hint stands, and which one may be meant', () => {
    expect(() => read('partitions(2) repartitoin(t, 4)')).toThrow(
      expect.objectContaining({ sqlstate: '42601', position: 18, hint: 'Did you mean "repartition"?' }),
    );
  });

  test.each([
    ['SeqScan(t)', 'seqscan', 'there is no such hint'],
    ['constructor(1)', 'constructor', 'there is no such hint'],
    ['(1)', '(', 'a hint begins with its name'],
  ])('warns of %s, which is none of ours', (text, name, problem) => {
    const { hints, notices } = read(text);
    expect(hints).toEqual([]);
    expect(notices[0]).toMatchObject({ severity: 'WARNING', message: expect.stringContaining(`"${name}" is ignored`) });
    expect(notices[0]!.message).toContain(problem);
  });

  test('goes on behind hints of other tools', () => {
    const { hints } = read('SeqScan(t) partitions(2)');
    expect(hints).toEqual([{ kind: 'partitions', partitions: 2 }]);
  });

  test('reads what the lexer collected', () => {
    const sql = 'SELECT /*+ partitions(3) */ 1 /*+ strategy(direct) */';
    const { hints } = readHints(splitStatements(sql)[0]!.hints, sql);
    expect(hints.map(({ at }) => at)).toEqual([11, 34]);
  });
});

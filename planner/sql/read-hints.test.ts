import { describe, expect, test } from 'vitest';
import { splitStatements } from './lexer.ts';
import { readHints } from './read-hints.ts';

const read = (text: string) => readHints([{ text, start: 0 }]);

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
    ['repartition(t, 8, shuffle)', [{ kind: 'repartition', table: 't', partitions: 8, by: { kind: 'shuffle' } }]],
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
    ['strategy(fast)', 'strategy', 'it takes one of auto, local'],
    ['strategy(gather, direct)', 'strategy', 'it takes one of'],
    ['partitions(0)', 'partitions', 'a number from 1'],
    ['partitions(-1)', 'partitions', '"-" is unexpected'],
    ['partitions(1e9)', 'partitions', 'a number from 1'],
    ['repartition(t)', 'repartition', 'it takes (table, n)'],
    ['repartition(t, 4, sideways)', 'repartition', 'it takes (table, n)'],
    ['repartition(t, 4, by_rows, 5)', 'repartition', 'it takes (table, n)'],
    ['task()', 'task', 'memory =>'],
    ["task(memory => 'much')", 'task', 'memory =>'],
    ['colocate(a)', 'colocate', 'two or more'],
    ['partitions(4', 'partitions', 'its ")" is missing'],
    ['partitions(4 5)', 'partitions', '"5" is unexpected'],
    ["checkpoint('a", "checkpoint('a", 'unterminated'],
    ['constructor(1)', 'constructor', 'there is no such hint'],
    ['(1)', '(', 'a hint begins with its name'],
  ])('warns of %s', (text, name, problem) => {
    const { hints, notices } = read(text);
    expect(hints).toEqual([]);
    expect(notices[0]).toMatchObject({
      severity: 'WARNING',
      message: expect.stringContaining(`hint "${name}" is ignored`),
    });
    expect(notices[0]!.message).toContain(problem);
  });

  test('names the nearest hint, and goes on with the rest', () => {
    const { hints, notices } = read('repartitoin(t, 4) partitions(2)');
    expect(hints).toEqual([{ kind: 'partitions', partitions: 2 }]);
    expect(notices).toMatchObject([{ hint: 'Did you mean "repartition"?' }]);
  });

  test.each([
    ['broadcast(t)', true],
    ['colocate(a, b)', true],
    ['partial_sql', true],
    ['checkpoint(x)', true],
    ['task(threads => 1)', true],
    ['repartition(t, 2, hash_by => a)', true],
    ['repartition(t, 2, by_rows)', false],
    ['repartition(t, by => day)', false],
    ['strategy(direct)', false],
  ])('%s waits for a later stage: %s', (text, waits) => {
    const { notices } = read(text);
    expect(notices.map(({ severity }) => severity)).toEqual(waits ? ['NOTICE'] : []);
  });

  test('reads what the lexer collected', () => {
    const [statement] = splitStatements('SELECT /*+ partitions(3) */ 1 /*+ strategy(direct) */');
    expect(readHints(statement!.hints).hints).toHaveLength(2);
  });
});

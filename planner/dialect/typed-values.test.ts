import { describe, expect, it } from 'vitest';
import { typedValues } from './typed-values.ts';

const columns = [
  { name: 'id', type: 'INTEGER', hive: false },
  { name: 'Tags', type: 'VARCHAR[]', hive: false },
  { name: 'raw', type: 'BLOB', hive: false },
  { name: 'good', type: 'BOOLEAN', hive: false },
  { name: 's', type: 'VARCHAR', hive: false },
];

function typed(text: string): Promise<string> {
  return typedValues(text, async (schema, name) => (`${schema}.${name}` === '.t' ? columns : undefined));
}

describe('constants of columns', () => {
  it.each([
    [
      `INSERT INTO t VALUES (1, '{a,"b c",NULL}', '\\x00ff', 'off', '{x}'), (2, '{}', 'plain', 't', '\\x00')`,
      `INSERT INTO t VALUES (1, ['a', 'b c', NULL], CAST('\\x00ff' AS bytea), false, '{x}'), (2, [], 'plain', 't', '\\x00')`,
    ],
    [
      `INSERT INTO t (s, tags) VALUES ('{a}', '{a}') ON CONFLICT DO NOTHING`,
      `INSERT INTO t (s, tags) VALUES ('{a}', ['a']) ON CONFLICT DO NOTHING`,
    ],
    [
      `UPDATE t SET "Tags" = '{it''s}', good = 'yes', s = '{}' || s WHERE tags = '{}'`,
      `UPDATE t SET "Tags" = ['it''s'], good = true, s = '{}' || s WHERE tags = '{}'`,
    ],
    [`INSERT INTO t (tags) VALUES ('{a}'::text[])`, undefined],
    [`INSERT INTO t (tags) VALUES ('{a')`, undefined],
    [`INSERT INTO other (tags) VALUES ('{a}')`, undefined],
    [`INSERT INTO t (tags) SELECT '{a}'`, undefined],
    [`DELETE FROM t WHERE tags = '{a}'`, undefined],
  ])('%s', async (text, expected) => {
    expect(await typed(text)).toBe(expected ?? text);
  });
});

describe('rows that are shorter than the table', () => {
  it.each([
    ['INSERT INTO t VALUES (1), (2)', 'INSERT INTO t ("id") VALUES (1), (2)'],
    [`INSERT INTO "t" VALUES (1, '{}')`, `INSERT INTO "t" ("id", "Tags") VALUES (1, [])`],
    ['INSERT INTO t VALUES (1, NULL, NULL, NULL, NULL)', undefined],
    ['INSERT INTO t VALUES (1, NULL, NULL, NULL, NULL, 6)', undefined],
    ['INSERT INTO t (id, s) VALUES (1)', undefined],
    ['INSERT INTO t DEFAULT VALUES', undefined],
  ])('%s', async (text, expected) => {
    expect(await typed(text)).toBe(expected ?? text);
  });
});

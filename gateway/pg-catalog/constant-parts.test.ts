import { expect, it } from 'vitest';
import { parsePostgres } from '../../planner/sql/postgres.ts';
import { constantParts } from './constant-parts.ts';
import { catalogShape } from './relations.ts';

async function partsOf(sql: string): Promise<string> {
  const { parts, whole } = constantParts(await catalogShape(), (await parsePostgres(sql))!, sql);
  const texts = parts.map(({ start, end, alone }) => `${sql.slice(start, end)}${alone ? '*' : ''}`);
  return `${texts.join(', ')}${whole ? '' : ' …'}`;
}

it.each([
  ['SELECT current_user, a FROM t', 'current_user*'],
  ['SELECT current_user AS u, a FROM t WHERE b = current_schema()', 'current_user, current_schema()'],
  ["SELECT 'ä', 't'::regclass, 'a''b'::pg_catalog.regclass::oid FROM t", "'t'::regclass*, 'a''b'::pg_catalog.regclass"],
  ["SELECT CAST('t' AS regclass) FROM t", "CAST('t' AS regclass)*"],
  ["SELECT pg_size_pretty(pg_relation_size('t'::regclass)) FROM t", "pg_size_pretty(pg_relation_size('t'::regclass))*"],
  [
    "INSERT INTO t VALUES (current_user, has_table_privilege('t', 'SELECT'))",
    "current_user, has_table_privilege('t', 'SELECT')",
  ],
  // What hangs on rows, parameters or relations is no constant.
  ['SELECT format_type(a, NULL), current_user FROM t', 'current_user* …'],
  ['SELECT to_regclass($1) FROM t', ' …'],
  ["SELECT count(*) FROM t, pg_class WHERE oid = 't'::regclass", "'t'::regclass …"],
  ['WITH pg_class AS (SELECT 1) SELECT current_user FROM pg_class', 'current_user*'],
  ['SELECT a FROM t', ' …'],
])('%s', async (sql, expected) => {
  expect(await partsOf(sql)).toBe(expected);
});

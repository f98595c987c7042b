/** Joins and sub-queries through stages give the answer that one DuckDB gives, however rows lie. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerDifference, type TextAnswer } from '../../testdata/harness/local-executor.ts';
import { makePlanData, type PlanData } from '../../testdata/harness/plan-data.ts';
import { inTurn } from '../../testdata/harness/slice.ts';
import type { PlannerSettings } from '../index.ts';
import { makePlan } from '../make-plan.ts';
import { explainText } from '../plan/explain-text.ts';

let data: PlanData;
beforeAll(async () => {
  data = await makePlanData();
});
afterAll(() => data.close());

type Case = readonly [sql: string, declined?: 'declined'];

const joins: readonly Case[] = [
  ['SELECT t.id, u.id FROM facts t JOIN regions u ON t.i8 = u.i8 AND t.g = u.g WHERE t.id % 5 = 0'],
  ['SELECT count(*), sum(t.i32), max(u.s) FROM facts t JOIN regions u USING (s)'],
  ['SELECT t.id, u.id FROM facts t LEFT JOIN regions u ON t.i8 = u.i8 AND u.b WHERE t.g = 2'],
  ['SELECT t.id, u.id FROM facts t RIGHT JOIN regions u ON t.i8 = u.i8 AND t.g = 1'],
  ['SELECT s, t.id, u.id FROM (FROM facts WHERE g = 1) t FULL JOIN (FROM regions WHERE g = 2) u USING (s)'],
  ['SELECT t.g, d.g, name, count(t.id) FROM dim d LEFT JOIN facts t ON d.g = t.g GROUP BY ALL'],
  ['SELECT t.g, d.g, name, count(t.id) FROM dim d RIGHT JOIN facts t ON d.g = t.g GROUP BY ALL'],
  ['SELECT t.g, d.g, name, count(t.id) FROM dim d FULL JOIN facts t ON d.g = t.g GROUP BY ALL'],
  ['SELECT count(*) FROM facts t SEMI JOIN regions u ON t.i8 = u.i8 AND t.id <> u.id'],
  ['SELECT count(*), count(i8) FROM facts t ANTI JOIN (FROM regions WHERE b) u ON t.i8 = u.i8 AND t.g > u.g'],
  ['SELECT count(*) FROM facts t ANTI JOIN dim d ON t.g = d.g'],
  // Keys of different types, expressions, NULLs on both sides, keys that are not hashed alike.
  ['SELECT count(*) FROM facts t JOIN regions u ON t.i8 = u.i32 % 100'],
  ['SELECT count(*) FROM facts t JOIN regions u ON t.d4 = u.i8'],
  ['SELECT count(*) FROM facts t JOIN regions u ON t.d9 = u.d4'],
  ['SELECT count(*) FROM facts t JOIN regions u ON t.x = u.i8'],
  ['SELECT count(*) FROM facts t JOIN regions u ON t.dt = u.ts'],
  ['SELECT count(*) FROM facts t JOIN regions u ON upper(t.s) = upper(u.s) AND t.g + 1 = u.g'],
  ['SELECT count(*) FROM facts t JOIN regions u ON t.i8 IS NOT DISTINCT FROM u.i8 AND t.g = u.g'],
  ['SELECT count(*) FROM facts t LEFT JOIN regions u ON t.i8 IS NOT DISTINCT FROM u.i8'],
  ['SELECT count(*) FROM facts t JOIN regions u ON t.s COLLATE NOCASE = upper(u.s) AND t.id < 90', 'declined'],
  ['SELECT count(*) FROM facts t JOIN regions u ON t.f = u.i8 AND t.g = 1'],
  // No equality.
  ['SELECT count(*) FROM facts t, dim d WHERE t.g < d.g'],
  ['SELECT t.id, u.id FROM facts t LEFT JOIN regions u ON t.id > u.id + 400'],
  ['SELECT count(*), count(t.id), count(u.id) FROM (FROM facts LIMIT 40) t FULL JOIN regions u ON t.id > u.id + 20'],
  ['SELECT count(*) FROM facts CROSS JOIN dim'],
  ['SELECT count(*), max(u.id) FROM facts t ASOF JOIN regions u ON t.g = u.g AND t.ts >= u.ts'],
  ['SELECT count(*), max(u.id) FROM facts t ASOF LEFT JOIN regions u ON t.g = u.g AND t.ts < u.ts'],
  // Several joins.
  ['SELECT name, count(*) FROM facts t JOIN regions u USING (i8) JOIN dim d ON d.g = u.g GROUP BY name'],
  ['SELECT count(*) FROM facts a JOIN regions b ON a.i8 = b.i8 JOIN facts c ON c.i8 = b.i8 AND c.g = a.g'],
  ['SELECT count(*) FROM facts a JOIN regions b ON a.id = b.id JOIN facts c ON c.i16 = b.i16'],
  [
    'SELECT a.g, count(*) FROM facts a LEFT JOIN regions b ON a.id = b.id LEFT JOIN regions c ON c.i16 = b.i16 GROUP BY a.g',
  ],
  ['SELECT b.s, count(*) FROM facts a LEFT JOIN regions b ON a.s = b.s AND b.g = 1 GROUP BY b.s'],
  [
    'SELECT coalesce(a.s, b.s) AS k, count(*) FROM facts a FULL JOIN (FROM regions WHERE g = 1) b ON a.s = b.s GROUP BY k',
  ],
  [
    'SELECT s, count(*), sum(n) FROM facts JOIN (SELECT s, count(*) AS n FROM regions GROUP BY s) q USING (s) GROUP BY s',
  ],
  [
    'SELECT q.s, n, m FROM (SELECT s, count(*) AS n FROM facts GROUP BY s) q JOIN (SELECT s, max(id) AS m FROM regions GROUP BY s) p USING (s)',
  ],
  ['SELECT t.id, v FROM facts t, unnest([t.i8, t.g]) l(v) WHERE t.id < 60'],
  ['SELECT t.id, q.m FROM facts t, LATERAL (SELECT max(u.id) AS m FROM regions u WHERE u.g = t.g AND u.id < t.id) q'],
  [
    'SELECT d.name, q.* FROM dim d LEFT JOIN LATERAL (SELECT t.id FROM facts t WHERE t.g = d.g ORDER BY t.i64 LIMIT 2) q ON true',
  ],
];

const doubles: readonly Case[] = [
  ['WITH w AS (SELECT sum(d9) AS a, count(*) AS b FROM facts) SELECT x.b, y.a FROM w x JOIN w y ON x.b = y.a'],
  ['WITH w AS (SELECT max(id) AS a, min(id) AS b FROM facts) SELECT x.b, y.a FROM w x JOIN w y ON x.b <= y.a'],
  ['SELECT a.id, b.id FROM facts a JOIN facts b ON a.i8 = b.i8 AND a.id < b.id'],
  ['SELECT a.id, b.s FROM facts a JOIN facts b ON a.i8 = b.i8 WHERE a.b AND NOT b.b'],
  ['SELECT count(*) FROM (SELECT s, i8 FROM facts) a JOIN (SELECT i8, s FROM facts) b ON a.i8 = b.i8 AND a.s > b.s'],
  ["SELECT count(*) FROM facts a JOIN facts b ON a.s = b.s AND a.s <> '__c1' AND b.s <> '__c2'"],
  [
    'SELECT count(*) FROM facts a SEMI JOIN facts b ON a.i8 = b.i8 AND a.id > b.id ANTI JOIN facts c ON c.i8 = a.i8 AND c.g > a.g',
  ],
  ['SELECT g, count(*) FROM facts GROUP BY g UNION ALL SELECT g, count(*) FROM facts GROUP BY g'],
  [
    'SELECT (SELECT max(i32) FROM facts WHERE b), (SELECT max(i32) FROM facts WHERE b), (SELECT max(i32) FROM facts WHERE NOT b)',
  ],
  [
    'SELECT count(*) FROM (SELECT i8, max(id) AS m FROM facts GROUP BY i8) a JOIN (SELECT i8, max(id) AS m FROM facts GROUP BY i8) b ON a.m = b.m',
  ],
];

const subqueries: readonly Case[] = [
  ['SELECT count(*) FROM facts WHERE i8 IN (SELECT i8 FROM regions WHERE b)'],
  ['SELECT count(*) FROM facts WHERE i8 NOT IN (SELECT i8 FROM regions WHERE i8 > 90)'],
  ['SELECT count(*) FROM facts WHERE i8 NOT IN (SELECT i8 FROM regions WHERE i8 IS NOT NULL AND b)'],
  ['SELECT count(*) FROM facts WHERE i8 NOT IN (SELECT i8 FROM regions WHERE id < 0)'],
  ['SELECT id, i8 IN (SELECT i8 FROM regions WHERE g = 3) AS found FROM facts'],
  ['SELECT count(*) FROM facts WHERE g IN (SELECT g FROM dim) OR i8 IN (SELECT i8 FROM regions WHERE b)'],
  ['SELECT count(*) FROM facts t WHERE EXISTS (SELECT 1 FROM regions u WHERE u.i8 = t.i8 AND u.id <> t.id)'],
  ['SELECT count(*) FROM facts t WHERE NOT EXISTS (SELECT 1 FROM regions u WHERE u.i8 = t.i8 AND u.b)'],
  ['SELECT count(*) FROM facts t WHERE NOT EXISTS (SELECT 1 FROM regions u WHERE u.i8 = t.i8 AND u.g = t.g LIMIT 3)'],
  ['SELECT count(*) FROM facts t WHERE EXISTS (SELECT 1 FROM regions u WHERE u.i8 = t.i8) OR t.g = 2'],
  ['SELECT id, EXISTS (SELECT 1 FROM regions u WHERE u.s = t.s AND u.g = 1) AS e FROM facts t'],
  ['SELECT count(*) FROM facts t WHERE EXISTS (SELECT 1 FROM regions u WHERE u.ts > t.ts AND u.g = 1)'],
  ['SELECT count(*) FROM facts t WHERE i32 > (SELECT avg(i32) FROM regions u WHERE u.g = t.g)'],
  ['SELECT id, (SELECT count(*) FROM regions u WHERE u.i8 = t.i8) AS n FROM facts t'],
  ['SELECT id, (SELECT sum(i16) + count(*) FROM regions u WHERE u.i8 = t.i8 AND u.b) AS n FROM facts t'],
  ['SELECT id, (SELECT coalesce(max(id), -1) + t.g FROM regions u WHERE u.s = t.s AND u.g = t.g) AS n FROM facts t'],
  [
    "SELECT id, (SELECT count(*) FROM regions u WHERE u.i8 = t.s) AS n FROM (SELECT id, '0' || abs(i8) AS s FROM facts) t",
  ],
  ['SELECT id, (SELECT max(u.i32) FROM regions u WHERE u.g < t.g) AS n FROM facts t'],
  ['SELECT id, (SELECT name FROM dim d WHERE d.g = t.g) AS n FROM facts t'],
  ['SELECT id, (SELECT u.s FROM regions u WHERE u.id = t.id ORDER BY u.s LIMIT 1) AS n FROM facts t'],
  ['SELECT g, sum(i32) FROM facts GROUP BY g HAVING sum(i32) > (SELECT avg(i32) FROM regions)'],
  ['SELECT count(*) FROM facts WHERE i32 > (SELECT max(i32) - 1000000 FROM regions) AND g = (SELECT min(g) FROM dim)'],
  ['SELECT count(*) FROM facts t JOIN regions u ON t.i8 = u.i8 AND t.id > (SELECT avg(id) FROM regions)'],
  ['SELECT count(*) FROM facts t LEFT JOIN regions u ON t.i8 = u.i8 AND u.id IN (SELECT id FROM facts WHERE b)'],
  [
    'SELECT count(*) FROM facts t WHERE EXISTS (SELECT 1 FROM regions u WHERE u.i8 = t.i8 AND EXISTS (SELECT 1 FROM dim d WHERE d.g = u.g AND d.g <> t.g))',
  ],
  [
    'SELECT count(*) FROM facts t WHERE t.i8 IN (SELECT u.i8 FROM regions u WHERE u.g = t.g AND u.i16 > (SELECT avg(i16) FROM facts x WHERE x.g = u.g))',
  ],
  [
    'WITH t AS (SELECT g, s, sum(i32) AS v FROM facts GROUP BY g, s) SELECT a.g, count(*) FROM t a JOIN t b ON a.s = b.s AND a.g < b.g GROUP BY a.g',
  ],
  ['WITH t AS (SELECT g, sum(i32) AS v FROM facts GROUP BY g) SELECT * FROM t WHERE v = (SELECT max(v) FROM t)'],
  ['WITH t AS MATERIALIZED (SELECT * FROM facts WHERE b) SELECT count(*) FROM t a JOIN t b USING (i8)'],
  ['SELECT any_value(n) FROM (SELECT count(*) AS n FROM facts WHERE g = ANY (SELECT g FROM dim WHERE g > 1))'],
  ['SELECT count(*) FROM facts WHERE i8 > ALL (SELECT i8 FROM regions WHERE i8 < 20)'],
];

const ways: readonly Partial<PlannerSettings>[] = [
  { partitions: null },
  { partitions: 1, broadcastMaxBytes: 0 },
  { partitions: 2 },
  { partitions: 3, broadcastMaxBytes: 0 },
  { partitions: 7 },
  { partitions: 7, broadcastMaxBytes: 0 },
  // Some relations are small enough to be read whole, others are not.
  { partitions: 3, broadcastMaxBytes: 4_000 },
];

async function check(sql: string, settings: Partial<PlannerSettings>, expected: TextAnswer, declined: boolean) {
  const request = data.request(sql, { strategy: 'stages', ...settings });
  const made = await makePlan(request, data.world);
  const said = explainText(made).join('\n');
  if (!declined) expect(said.split('\n')[0], said).toBe('strategy: stages');
  const difference = answerDifference(expected, await data.executor.run(made, request.session), false);
  if (difference !== null) throw new Error(`${JSON.stringify(settings)}: ${difference}\n${said}`);
}

describe.each([
  ['joins', joins],
  ['sub-queries', subqueries],
  ['the same twice', doubles],
] as const)('%s', (_, cases) => {
  test.each(cases.map((one, place) => [place, ...one] as const))('%i: %s', async (place, ...one) => {
    const [sql, declined] = one as unknown as Case;
    const expected = await data.executor.original(sql, data.request(sql).session);
    for (const way of inTurn(ways, place, 1)) await check(sql, way, expected, declined !== undefined);
  });
});

const golden: Readonly<Record<string, readonly [sql: string, settings: Partial<PlannerSettings>]>> = {
  'join-broadcast': ['SELECT t.id, name FROM facts t JOIN dim d ON t.g = d.g', {}],
  'join-hash': ['SELECT t.id, u.id FROM facts t JOIN regions u ON t.d4 = u.i8', { broadcastMaxBytes: 0 }],
  'join-stays': [
    'SELECT a.i8, count(*) FROM facts a JOIN regions b ON a.i8 = b.i8 JOIN facts c ON c.i8 = b.i8 GROUP BY a.i8',
    { broadcastMaxBytes: 0 },
  ],
  'join-left-small': ['SELECT name, t.id FROM dim d LEFT JOIN facts t ON d.g = t.g', { broadcastMaxBytes: 4_000 }],
  'join-ranged': ['SELECT u.g, count(*) FROM facts t JOIN regions u ON t.id = u.id GROUP BY u.g', { partitions: null }],
  'join-ranged-groups': [
    'SELECT t.id, count(*) FROM facts t LEFT JOIN regions u ON t.id = u.id GROUP BY t.id',
    { partitions: null },
  ],
  'join-computed-by-each': [
    'SELECT t.id FROM facts t JOIN dim d ON t.g = d.g JOIN dim e ON e.name = d.name WHERE t.i32 > (SELECT max(i32) - 9 FROM facts)',
    { partitions: null },
  ],
  'join-implied': [
    'SELECT count(*) FROM facts a, regions b, dim d WHERE a.g = b.g AND a.g = d.g AND b.id < 5',
    { broadcastMaxBytes: 4_000 },
  ],
  'join-full': ['SELECT t.id, u.id FROM facts t FULL JOIN regions u ON t.i8 = u.i8', {}],
  'join-full-inequality': ['SELECT t.id, u.id FROM facts t FULL JOIN regions u ON t.i8 < u.i8', {}],
  'join-reduced-group': [
    'SELECT name, n FROM dim d JOIN (SELECT i32 AS g, count(*) AS n FROM facts GROUP BY i32) q USING (g)',
    { broadcastMaxBytes: 4_000 },
  ],
  'subquery-exists': [
    'SELECT count(*) FROM facts t WHERE EXISTS (SELECT 1 FROM regions u WHERE u.i8 = t.i8 AND u.id <> t.id)',
    { broadcastMaxBytes: 0 },
  ],
  'subquery-scalar': [
    'SELECT count(*) FROM facts t WHERE i32 > (SELECT avg(i32) FROM regions u WHERE u.s = t.s)',
    { broadcastMaxBytes: 0 },
  ],
  'subquery-count': [
    'SELECT id, (SELECT count(*) FROM regions u WHERE u.s = t.s) AS n FROM facts t',
    { broadcastMaxBytes: 0 },
  ],
  'subquery-not-in': ['SELECT count(*) FROM facts WHERE i8 NOT IN (SELECT i8 FROM regions)', { broadcastMaxBytes: 0 }],
  'subquery-in-place': ['SELECT id, (SELECT max(u.i32) FROM regions u WHERE u.g < t.g) AS n FROM facts t', {}],
  'same-once': [
    'SELECT a.id, b.s FROM facts a JOIN facts b ON a.i8 = b.i8 WHERE NOT EXISTS (SELECT 1 FROM facts c WHERE c.i8 = a.i8 AND c.id < a.id)',
    { broadcastMaxBytes: 0 },
  ],
  'shared-once': [
    'WITH t AS (SELECT s, sum(i32) AS v FROM facts GROUP BY s) SELECT a.s FROM t a JOIN t b ON a.v < b.v',
    {},
  ],
};
test.each(Object.keys(golden))('golden plan: %s', async (name) => {
  const [sql, settings] = golden[name]!;
  const made = await makePlan(data.request(sql, { strategy: 'stages', partitions: 3, ...settings }), data.world);
  expect(made.strategy).toBe('stages');
  const lines = explainText(made).slice(made.decisions.length + 1);
  // Estimates and the sizes of files are no part of the rule.
  const text = [sql, ...lines.filter((line) => !line.startsWith('scan '))].join('\n');
  const stable = text.replaceAll(/,? about \d+ bytes/g, '').replaceAll(/about \d+ rows/g, 'rows');
  await expect(`${stable}\n`).toMatchFileSnapshot(`../../testdata/golden/stages-${name}.txt`);
});

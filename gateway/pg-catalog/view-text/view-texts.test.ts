import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openInstance } from '../../../worker/engine/instance.ts';
import { Seed } from '../catalog-state.ts';
import { catalogShape, seedFolder } from '../relations.ts';
import { DynamicRows } from '../state/dynamic-rows.ts';
import type { TypeFacts } from './type-facts.ts';
import { typeOids } from './type-facts.ts';
import { viewTexts } from './view-texts.ts';

const { int4, text, varchar, date, numeric } = typeOids;
const people = [
  ['id', int4, -1],
  ['name', text, -1],
  ['city', varchar, 24],
  ['born', date, -1],
  ['score', numeric, ((10 << 16) | 2) + 4],
] as const;

let facts: TypeFacts;
let close: () => void;

beforeAll(async () => {
  const instance = await openInstance({
    ...{ path: ':memory:', threads: 1, memoryBytes: 256 << 20, maxTempBytes: 1 << 20 },
    ...{ tempDirectory: '', allowedDirectories: [seedFolder] },
  });
  const connection = await instance.connect();
  await connection.run('CREATE SCHEMA seed');
  facts = await new Seed(connection, await catalogShape()).facts();
  close = () => {
    connection.closeSync();
    instance.closeSync();
  };
});
afterAll(() => close());

function addRelation(
  rows: DynamicRows,
  oid: number,
  kind: string,
  name: string,
  columns: readonly (readonly [string, number, number])[],
) {
  rows.add('pg_class', { oid, relname: name, relnamespace: 2200, relkind: kind });
  for (const [attname, atttypid, atttypmod] of columns)
    rows.add('pg_attribute', { attrelid: oid, attname, atttypid, atttypmod });
}

/** The texts of views with these columns; the first is `v1`. Undefined: as it was stored. */
async function shown(...views: readonly (readonly [query: string, columns: string])[]) {
  const rows = new DynamicRows();
  rows.add('search_path', { position: 0, name: 'public' });
  addRelation(rows, 1, 'r', 'people', people);
  for (const [at, [query, columns]] of views.entries()) {
    const oid = at + 2;
    addRelation(
      rows,
      oid,
      'v',
      `v${at + 1}`,
      columns.split(' ').map((name) => [name, text, -1] as const),
    );
    rows.add('view_queries', { oid, query, names: [] });
  }
  const found = await viewTexts(facts, rows);
  return views.map((_, at) => found.find(({ oid }) => oid === at + 2));
}

async function definition(query: string, columns: string): Promise<string | undefined> {
  return (await shown([query, columns]))[0]?.definition;
}

describe('the text of a view', () => {
  it.each([
    ['SELECT id FROM people WHERE id > 18', ' SELECT people.id\n   FROM people\n  WHERE (people.id > 18);'],
    [
      "SELECT id FROM people WHERE city IN ('a', 'b') AND score > 1",
      " SELECT people.id\n   FROM people\n  WHERE (((people.city)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])) AND (people.score > (1)::numeric));",
    ],
    [
      "SELECT p.id FROM people p LEFT JOIN people q USING (id) WHERE p.born < '2020-1-2' ORDER BY 1 DESC LIMIT 3",
      " SELECT p.id\n   FROM (people p\n     LEFT JOIN people q USING (id))\n  WHERE (p.born < '2020-01-02'::date)\n  ORDER BY p.id DESC\n LIMIT 3;",
    ],
    [
      'SELECT id FROM people WHERE id IN (SELECT id FROM people)',
      ' SELECT people.id\n   FROM people\n  WHERE (people.id IN ( SELECT people_1.id\n           FROM people people_1));',
    ],
    [
      "SELECT 'x' AS id UNION ALL SELECT name FROM people",
      " SELECT 'x'::text AS id\nUNION ALL\n SELECT people.name AS id\n   FROM people;",
    ],
  ])('%s', async (query, expected) => {
    expect(await definition(query, 'id')).toBe(expected);
  });

  it('has fewer parentheses in the pretty form, and lines of a width', async () => {
    const [view] = await shown(['SELECT id, id + 1 * 2 AS b, name FROM people WHERE NOT id = 1', 'id b name']);
    expect(view?.pretty).toBe(
      ' SELECT people.id,\n    people.id + 1 * 2 AS b,\n    people.name\n   FROM people\n  WHERE NOT people.id = 1;',
    );
    const wrapped = view!.wrapped();
    const at = (width: number) =>
      wrapped
        .filter((each) => each.width <= width)
        .at(-1)
        ?.text.split('\n   FROM')[0];
    expect(at(0)).toBe(' SELECT people.id,\n    people.id + 1 * 2 AS b,\n    people.name');
    expect(at(42)).toBe(' SELECT people.id, people.id + 1 * 2 AS b,\n    people.name');
    expect(at(200)).toBe(' SELECT people.id, people.id + 1 * 2 AS b, people.name');
  });

  it('tells types of columns of other views as PostgreSQL has them', async () => {
    const [, above] = await shown(['SELECT city AS c FROM people', 'c'], ["SELECT c FROM v1 WHERE c = 'x'", 'c']);
    expect(above?.definition).toBe(" SELECT v1.c\n   FROM v1\n  WHERE ((v1.c)::text = 'x'::text);");
  });

  it.each([
    ['SELECT id FROM nowhere', 'a relation that is gone'],
    ['SELECT nothing AS id FROM people', 'a column that is gone'],
    ['SELECT * FROM people', 'other columns'],
    ['SELECT no_such_function(id) AS id FROM people', 'a function that PostgreSQL has not'],
    ['SELECT id FROM people WHERE id = date', 'no column'],
    ['SELECT id FROM people WHERE (id, name) = (1, 2)', 'rows'],
    ["SELECT id FROM people WHERE born < 'soon'", 'a literal in another form'],
    ['SELECT id FROM people WHERE id > name', 'an operator that PostgreSQL has not'],
    ['SELECT id FROM v1', 'itself'],
    ['SELECT id FROM people; SELECT 2', 'two statements'],
    ['SELECT id FROM', 'no statement'],
    ['CREATE TABLE t (id integer)', 'another statement'],
  ])('%s: is not known (%s)', async (query) => {
    expect(await definition(query, 'id')).toBeUndefined();
  });

  it('of a view of one that is not known is not known either', async () => {
    expect(await shown(['SELECT (id, 1) = (1, 1) AS id FROM people', 'id'], ['SELECT id FROM v1', 'id'])).toEqual([
      undefined,
      undefined,
    ]);
  });
});

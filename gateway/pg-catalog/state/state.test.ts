import { describe, expect, it } from 'vitest';
import { buildState, type StateInput } from './build-state.ts';
import { defaultText, indexItems, viewQuery } from './definition-text.ts';
import { Oids } from './oids.ts';

const here = { database: 'local', schema: 'public' };
const column = (table: string, name: string, type = 'INTEGER') => ({
  ...here,
  table,
  name,
  type,
  nullable: true,
  default: null,
  comment: null,
});
const input: StateInput = {
  metadata: {
    schemas: [{ ...here, comment: null }],
    tables: [
      { ...here, name: 'a', comment: 'first' },
      { ...here, name: 'b', comment: null },
    ],
    columns: [column('a', 'id'), column('a', 'mood', "ENUM('sad', 'ok')"), column('b', 'a_id')],
    constraints: [
      {
        ...here,
        table: 'b',
        type: 'FOREIGN KEY',
        text: '',
        expression: null,
        columns: ['a_id'],
        referencedTable: 'a',
        referencedColumns: ['id'],
      },
      {
        ...here,
        table: 'a',
        type: 'PRIMARY KEY',
        text: '',
        expression: null,
        columns: ['id'],
        referencedTable: null,
        referencedColumns: [],
      },
    ],
    indexes: [],
    views: [],
    sequences: [],
    types: [{ ...here, name: 'mood', kind: 'ENUM', labels: ['sad', 'ok'], comment: null }],
  },
  functions: [],
  rowCounts: [],
  datasets: [],
  database: 'd',
  user: 'u',
  sessionUser: 'u',
  book: undefined,
  searchPath: ['u', 'public'],
};

describe('buildState', () => {
  it('gives the same OIDs each time, from 16384 on', () => {
    const classes = () => buildState(input).of('pg_class');
    expect(classes()).toEqual(classes());
    for (const { oid } of classes()) expect(oid).toBeGreaterThanOrEqual(16_384);
  });

  it('links a foreign key to the index of what it refers to', () => {
    const rows = buildState(input);
    const [index] = rows.of('pg_index');
    const foreign = rows.of('pg_constraint').find(({ contype }) => contype === 'f');
    expect(foreign).toMatchObject({ conname: 'b_a_id_fkey', conkey: [1], confkey: [1], conindid: index!.indexrelid });
  });

  it('knows an enum column by its labels', () => {
    const rows = buildState(input);
    const type = rows.of('pg_type').find(({ typname }) => typname === 'mood');
    expect(rows.of('pg_attribute').find(({ attname }) => attname === 'mood')).toMatchObject({ atttypid: type!.oid });
    expect(rows.of('pg_enum').map(({ enumlabel }) => enumlabel)).toEqual(['sad', 'ok']);
  });

  it('leaves schemas that are not there out of the search path', () => {
    const path = buildState(input).of('search_path');
    const names = (implicit: boolean) =>
      path.filter((row) => Number(row.position) >= 0 === implicit).map((row) => row.name);
    expect(names(true)).toEqual(['pg_catalog', 'public']);
    expect(names(false)).toEqual(['public']);
  });
});

describe('Oids', () => {
  it('tells objects of one name apart by their kind', () => {
    const oids = new Oids();
    const all = [oids.of('class', 'public', 't'), oids.of('type', 'public', 't'), oids.of('class', 'other', 't')];
    expect(new Set(all).size).toBe(3);
    expect(oids.of('class', 'public', 't')).toBe(all[0]);
  });
});

describe('texts', () => {
  it('of defaults', () => {
    expect(defaultText("'x'", 'text')).toBe("'x'::text");
    expect(defaultText("CAST('t' AS BOOLEAN)", 'boolean')).toBe('true');
    expect(defaultText("nextval('s')", 'integer')).toBe("nextval('s'::regclass)");
    expect(defaultText('0', 'integer')).toBe('0');
  });

  it('of indexes', () => {
    expect(indexItems('CREATE INDEX i ON public.t(a, lower(b || \',)\'), "c,d");')).toEqual([
      'a',
      "lower(b || ',)')",
      '"c,d"',
    ]);
    expect(indexItems('CREATE INDEX i ON t((lower(b)), ((a + 1)));')).toEqual(['lower(b)', '((a + 1))']);
    expect(indexItems('CREATE INDEX')).toEqual([]);
  });

  it('of views', () => {
    expect(viewQuery('CREATE VIEW public.v AS SELECT 1 AS a;')).toBe(' SELECT 1 AS a;');
    expect(viewQuery('CREATE VIEW "a as b"."v"(x, y) AS SELECT 1, 2;')).toBe(' SELECT 1, 2;');
  });
});

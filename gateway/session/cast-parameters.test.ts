import { expect, it } from 'vitest';
import { castParameters } from './cast-parameters.ts';
import { parseTemplate } from './parameters.ts';

it.each<[string, readonly (readonly [number, string])[]]>([
  [
    'VALUES ($1::TEXT[], $2 :: bytea, $3::int)',
    [
      [1, 'VARCHAR[]'],
      [2, 'BLOB'],
      [3, 'INTEGER'],
    ],
  ],
  [
    'SELECT CAST($2 AS INTEGER[]), cast( $1 AS bytea)',
    [
      [2, 'INTEGER[]'],
      [1, 'BLOB'],
    ],
  ],
  ["SELECT $1::text[][], $2::other[], $3, '$4::text[]', $4::text, $5::varchar(3)[]", [[4, 'VARCHAR']]],
  [
    'SELECT $1::timestamp with time zone, $2 ::timestamp without time zone, $3::timestamptz LIMIT $4::integer',
    [
      [1, 'TIMESTAMP WITH TIME ZONE'],
      [2, 'TIMESTAMP'],
      [3, 'TIMESTAMP WITH TIME ZONE'],
      [4, 'INTEGER'],
    ],
  ],
])('%s', (text, expected) => {
  expect([...castParameters(parseTemplate(text))]).toEqual(expected);
});

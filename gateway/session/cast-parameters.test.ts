import { expect, it } from 'vitest';
import { castParameters } from './cast-parameters.ts';
import { parseTemplate } from './parameters.ts';

it.each<[string, readonly (readonly [number, string])[]]>([
  [
    'VALUES ($1::TEXT[], $2 :: bytea, $3::int)',
    [
      [1, 'VARCHAR[]'],
      [2, 'BLOB'],
    ],
  ],
  [
    'SELECT CAST($2 AS INTEGER[]), cast( $1 AS bytea)',
    [
      [2, 'INTEGER[]'],
      [1, 'BLOB'],
    ],
  ],
  ["SELECT $1::text[][], $2::other[], $3, '$4::text[]', $4::text, $5::varchar(3)[]", []],
])('%s', (text, expected) => {
  expect([...castParameters(parseTemplate(text))]).toEqual(expected);
});

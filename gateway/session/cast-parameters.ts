import type { Template } from './parameters.ts';

/** DuckDB's names of types, alone or as elements. */
const names: Readonly<Record<string, string>> = {
  text: 'VARCHAR',
  varchar: 'VARCHAR',
  int: 'INTEGER',
  int4: 'INTEGER',
  integer: 'INTEGER',
  int8: 'BIGINT',
  bigint: 'BIGINT',
  int2: 'SMALLINT',
  smallint: 'SMALLINT',
  float8: 'DOUBLE',
  double: 'DOUBLE',
  float4: 'FLOAT',
  real: 'FLOAT',
  bool: 'BOOLEAN',
  boolean: 'BOOLEAN',
  uuid: 'UUID',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
  timestamptz: 'TIMESTAMP WITH TIME ZONE',
  interval: 'INTERVAL',
  time: 'TIME',
};

const zoned = /^\s*(?:::|as\s)\s*time(?:stamp)?\s+with\s+time\s+zone\b/i;

/**
 * Types of parameters that stand in a cast, `$1::text[]`: as in PostgreSQL they are of that type. DuckDB tells no
 * parameter's type when it could not find that of another, and reads these from text in other forms. By place in the parameters.
 */
export function castParameters({ parts, numbers }: Template): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const [index, number] of numbers.entries()) {
    const after = parts[index + 1]!;
    const cast = /\bcast\(\s*$/i.test(parts[index]!);
    const written = (cast ? /^\s+as\s+(\w+)((?:\[\])?)\s*\)/i : /^\s*::\s*(\w+)((?:\[\])?)(?![\w[(.])/i).exec(after);
    if (written === null) continue;
    const [, name, list] = written;
    const element = names[name!.toLowerCase()];
    if (list === '[]' && element !== undefined) found.set(number, `${element}[]`);
    else if (list === '' && /^(?:bytea|blob)$/i.test(name!)) found.set(number, 'BLOB');
    else if (list === '' && element !== undefined)
      found.set(number, zoned.test(after) ? `${element} WITH TIME ZONE` : element);
  }
  return found;
}

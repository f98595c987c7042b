import { openNumeric } from '../../../planner/dialect/postgres-casts.ts';
import type { DeclaredColumn } from '../../pg-catalog/state/declared.ts';
import { TokenReader } from './tokens.ts';

/** Of a session, as its setting `sluice.dialect` says. */
export type Dialect = 'postgres' | 'duckdb';

export interface DeclaredType {
  /** As DuckDB takes it. */
  readonly type: string;
  /** How the catalogs show it, where that is not what DuckDB's type says. */
  readonly shown: DeclaredColumn['type'];
  /** SERIAL: the column gets a sequence. */
  readonly serial: boolean;
}

const serials: Readonly<Record<string, string>> = {
  serial: 'INTEGER',
  serial4: 'INTEGER',
  bigserial: 'BIGINT',
  serial8: 'BIGINT',
  smallserial: 'SMALLINT',
  serial2: 'SMALLINT',
};

/** OID, OID of the array, what a length adds to the modifier, the length without one. */
interface Shown {
  readonly oid: number;
  readonly array: number;
  readonly overhead: number;
  readonly length?: number;
  /** DuckDB's name where it does not take a length. */
  readonly plain?: string;
}

const varchar: Shown = { oid: 1043, array: 1015, overhead: 4, plain: 'VARCHAR' };
const character: Shown = { oid: 1042, array: 1014, overhead: 4, length: 1, plain: 'VARCHAR' };
const shownTypes: Readonly<Record<string, Shown>> = {
  varchar,
  'character varying': varchar,
  'char varying': varchar,
  character,
  char: character,
  bpchar: { ...character, length: -5 },
  name: { oid: 19, array: 1003, overhead: 0, plain: 'VARCHAR' },
  jsonb: { oid: 3802, array: 3807, overhead: 0, plain: 'JSON' },
};
/** Types whose precision DuckDB does not take: it becomes the modifier, and nothing is rounded. */
const precise: Readonly<Record<string, Shown>> = {
  timestamp: { oid: 1114, array: 1115, overhead: 0 },
  timestamptz: { oid: 1184, array: 1185, overhead: 0 },
  'timestamp with time zone': { oid: 1184, array: 1185, overhead: 0 },
  'timestamp without time zone': { oid: 1114, array: 1115, overhead: 0 },
  time: { oid: 1083, array: 1183, overhead: 0 },
  'time without time zone': { oid: 1083, array: 1183, overhead: 0 },
};

const decimal: Shown = {
  oid: 1700,
  array: 1231,
  overhead: 0,
  plain: `DECIMAL(${openNumeric.width},${openNumeric.scale})`,
};
/** Types without precision that PostgreSQL does not round; DuckDB would, to three decimals. */
const open: Readonly<Record<string, Shown>> = { numeric: decimal, decimal, dec: decimal };

/** Reads a column's type as it was written in that dialect. */
export function readDeclaredType(written: string, dialect: Dialect): DeclaredType {
  const reader = new TokenReader(written);
  if (reader.accept('pg_catalog', '.')) return readDeclaredType(reader.rest(), dialect);
  const words: string[] = [];
  let length: string | undefined;
  while (reader.kind === 'word' || reader.word === '(') {
    if (reader.word === '(') length = reader.parentheses();
    else words.push(reader.skip()!.word);
  }
  const array = words.at(-1) === 'array' && words.pop() !== undefined;
  const dimensions = `${array ? '[]' : ''}${array ? '' : reader.rest()}`;
  const name = words.join(' ');
  const serial = serials[name];
  if (serial !== undefined && dimensions === '') return { type: serial, shown: undefined, serial: true };
  const others = length !== undefined ? precise : dialect === 'postgres' ? open : {};
  const shown = shownTypes[name] ?? others[name];
  if (shown === undefined || !/^((\[\d*\])*)$/.test(dimensions.replace(/\s/g, '')))
    return { type: array ? `${name}${length ?? ''}[]` : written, shown: undefined, serial: false };
  const digits = length === undefined ? shown.length : Number(length.slice(1, -1));
  const typmod = digits === undefined ? -1 : digits + shown.overhead;
  const oid = dimensions === '' ? shown.oid : shown.array;
  return { type: `${shown.plain ?? name}${dimensions}`, shown: { oid, typmod }, serial: false };
}

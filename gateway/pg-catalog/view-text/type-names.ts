import { type Node, stringsOf, type TypeName } from '../../../planner/sql/postgres.ts';
import { arrayOf } from './coerce.ts';
import type { Typed } from './expr.ts';
import { sqlNameOf, type TypeFacts, typeOids } from './type-facts.ts';
import { unprintable } from './unprintable.ts';

/** PostgreSQL's names of types that SQL calls otherwise, in two parts: modifiers stand between them. */
const sqlNames: Readonly<Record<number, readonly [string, string]>> = {
  [typeOids.bool]: ['boolean', ''],
  [typeOids.int2]: ['smallint', ''],
  [typeOids.int4]: ['integer', ''],
  [typeOids.int8]: ['bigint', ''],
  [typeOids.float4]: ['real', ''],
  [typeOids.float8]: ['double precision', ''],
  [typeOids.numeric]: ['numeric', ''],
  [typeOids.varchar]: ['character varying', ''],
  [typeOids.time]: ['time', ' without time zone'],
  [typeOids.timetz]: ['time', ' with time zone'],
  [typeOids.timestamp]: ['timestamp', ' without time zone'],
  [typeOids.timestamptz]: ['timestamp', ' with time zone'],
  [typeOids.interval]: ['interval', ''],
  [typeOids.char]: ['"char"', ''],
};

const lengths: ReadonlySet<number> = new Set([typeOids.varchar, typeOids.bpchar]);
const precisions: ReadonlySet<number> = new Set([
  ...[typeOids.time, typeOids.timetz, typeOids.timestamp, typeOids.timestamptz],
]);

function modifierText(type: number, typmod: number): string {
  if (typmod < 0) return '';
  if (lengths.has(type)) return `(${typmod - 4})`;
  if (type === typeOids.numeric) return `(${((typmod - 4) >> 16) & 0xffff},${(typmod - 4) & 0x7ff})`;
  return precisions.has(type) ? `(${typmod})` : unprintable('a modifier');
}

/** A type as `::` shows it. */
export function typeText(facts: TypeFacts, { type, typmod }: Typed): string {
  const fact = facts.types.get(type) ?? unprintable(`the type ${type}`);
  if (fact.element !== 0) return `${typeText(facts, { type: fact.element, typmod })}[]`;
  if (type === typeOids.bpchar) return typmod < 0 ? 'bpchar' : `character(${typmod - 4})`;
  const [before, after] = sqlNames[type] ?? [sqlNameOf(facts, fact.name), ''];
  return `${before}${modifierText(type, typmod)}${after}`;
}

function modifierOf(type: number, given: readonly number[]): number {
  const [first = 0, second = 0] = given;
  if (lengths.has(type) && given.length === 1) return first + 4;
  if (type === typeOids.numeric && given.length <= 2) return ((first << 16) | second) + 4;
  return precisions.has(type) && given.length === 1 ? first : unprintable('a modifier');
}

function whole(node: Node): number {
  return 'A_Const' in node && node.A_Const.ival !== undefined
    ? (node.A_Const.ival.ival ?? 0)
    : unprintable('a modifier');
}

/** The type that a text names. Raises `Unprintable` for those that PostgreSQL has not. */
export function readTypeName(facts: TypeFacts, typeName: TypeName | undefined): Typed {
  const names = stringsOf(typeName?.names);
  const qualified = names.length === 2 && names[0] === 'pg_catalog';
  if (typeName?.setof || typeName?.pct_type || (names.length !== 1 && !qualified)) return unprintable('a type');
  const fact = facts.typesByName.get(names.at(-1)!) ?? unprintable(`the type ${names.join('.')}`);
  if (fact.kind !== 'b' && fact.kind !== 'e') return unprintable('a type of another kind');
  const given = (typeName?.typmods ?? []).map(whole);
  const typmod = given.length === 0 ? -1 : modifierOf(fact.oid, given);
  const bounds = typeName?.arrayBounds ?? [];
  if (bounds.length === 0) return { type: fact.oid, typmod };
  return typmod < 0 ? { type: arrayOf(facts, fact.oid), typmod } : unprintable('an array of sized values');
}

/** What `anyelement` and its like stand for in a call. */
import { arrayOf, canCoerce, commonType } from './coerce.ts';
import { type TypeFacts, typeOids } from './type-facts.ts';
import { unprintable } from './unprintable.ts';

const elements: ReadonlySet<number> = new Set([typeOids.anyelement, typeOids.anynonarray, typeOids.anyenum]);
const compatible: ReadonlySet<number> = new Set([typeOids.anycompatible, typeOids.anycompatiblenonarray]);
const others: ReadonlySet<number> = new Set([3831, 4537, 5080, 4538]);
const { unknown, anyarray, anycompatiblearray } = typeOids;

export interface Signature {
  readonly args: readonly number[];
  readonly result: number;
}

/** The element type of an array; undefined: it is none. */
function elementOf(facts: TypeFacts, type: number): number | undefined {
  return facts.types.get(type)?.element || undefined;
}

/** The one element type that arguments agree on; undefined: no argument says it. */
function elementType(facts: TypeFacts, args: readonly number[], given: readonly number[]): number | undefined {
  const found = new Set<number>();
  for (const [at, declared] of args.entries()) {
    const type = given[at]!;
    if (type === unknown) continue;
    if (elements.has(declared)) found.add(type);
    if (declared === anyarray) found.add(elementOf(facts, type) ?? unprintable('no array'));
    const is = facts.types.get(type);
    if (declared === typeOids.anynonarray && is?.element !== 0) unprintable('an array');
    if (declared === typeOids.anyenum && is?.kind !== 'e') unprintable('no enum');
  }
  return found.size > 1 ? unprintable('arguments of several types') : [...found][0];
}

function compatibleType(facts: TypeFacts, args: readonly number[], given: readonly number[]): number | undefined {
  const types = args.flatMap((declared, at) => {
    const type = given[at]!;
    if (compatible.has(declared)) return type;
    if (declared !== anycompatiblearray || type === unknown) return [];
    return elementOf(facts, type) ?? unprintable('no array');
  });
  return types.length === 0
    ? undefined
    : commonType(
        facts,
        types.map((type) => ({ type, typmod: -1 })),
      );
}

/** Is there one type for each of the two families? */
function haveOneType(facts: TypeFacts, args: readonly number[], given: readonly number[]): boolean {
  const same = new Set<number>();
  const alike = new Set<string | undefined>();
  for (const [at, declared] of args.entries()) {
    const type = given[at]!;
    if (type === unknown) continue;
    const item = elementOf(facts, type);
    if (elements.has(declared)) same.add(type);
    if (declared === anyarray && item !== undefined) same.add(item);
    if (compatible.has(declared)) alike.add(facts.types.get(type)?.category);
    if (declared === anycompatiblearray && item !== undefined) alike.add(facts.types.get(item)?.category);
  }
  return same.size <= 1 && alike.size <= 1;
}

/** Could the arguments be of these declared types? */
export function agrees(facts: TypeFacts, { args }: Pick<Signature, 'args'>, given: readonly number[]): boolean {
  if (!haveOneType(facts, args, given)) return false;
  return args.every((declared, at) => {
    const type = given[at]!;
    if (type === unknown) return true;
    const is = facts.types.get(type);
    if (declared === anyarray || declared === anycompatiblearray) return is !== undefined && is.element !== 0;
    if (declared === typeOids.anyenum) return is?.kind === 'e';
    if (declared === typeOids.anynonarray || declared === typeOids.anycompatiblenonarray) return is?.element === 0;
    return others.has(declared) ? false : canCoerce(facts, type, declared, 'i');
  });
}

/** A signature with types in place of what stands for them. Raises `Unprintable` where arguments do not say them. */
export function actualSignature(facts: TypeFacts, { args, result }: Signature, given: readonly number[]): Signature {
  const element = elementType(facts, args, given);
  const common = compatibleType(facts, args, given);
  const known = (type: number | undefined) => type ?? unprintable('a type that nothing says');
  const actual = (declared: number): number => {
    if (elements.has(declared)) return known(element);
    if (declared === anyarray) return arrayOf(facts, known(element));
    if (compatible.has(declared)) return known(common);
    if (declared === anycompatiblearray) return arrayOf(facts, known(common));
    return others.has(declared) ? unprintable('a range') : declared;
  };
  return { args: args.map(actual), result: actual(result) };
}

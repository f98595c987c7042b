import type { Expr, Format, Typed } from './expr.ts';
import { inputText } from './input-text.ts';
import { type TypeFacts, typeOids } from './type-facts.ts';
import { unprintable } from './unprintable.ts';

/** How far a conversion may go: by itself, into a column, by a cast. */
export type CoercionContext = 'i' | 'a' | 'e';

const reach: Readonly<Record<CoercionContext, number>> = { i: 0, a: 1, e: 2 };

/** Types that stand for others in declarations. */
export const polymorphic: ReadonlySet<number> = new Set([
  ...[typeOids.anyelement, typeOids.anyarray, typeOids.anynonarray, typeOids.anyenum],
  ...[typeOids.anycompatible, typeOids.anycompatiblearray, typeOids.anycompatiblenonarray],
  ...[3831, 4537, 5080, 4538],
]);

/** Types whose casts to themselves apply a length or a precision. */
const sized: ReadonlySet<number> = new Set([
  ...[typeOids.bpchar, typeOids.varchar, typeOids.numeric, typeOids.bit, typeOids.varbit, typeOids.time],
  ...[typeOids.timetz, typeOids.timestamp, typeOids.timestamptz, typeOids.interval],
]);

type Pathway = 'function' | 'relabel' | 'through' | undefined;

/** How a value of one type becomes one of the other; `through`: by its text, or element by element. */
function pathway(facts: TypeFacts, from: number, to: number, context: CoercionContext): Pathway {
  const cast = facts.casts.get(`${from}>${to}`);
  if (cast !== undefined) {
    if (reach[cast.context] > reach[context]) return undefined;
    return cast.method === 'f' ? 'function' : cast.method === 'b' ? 'relabel' : 'through';
  }
  const [source, target] = [facts.types.get(from), facts.types.get(to)];
  if (source === undefined || target === undefined) return undefined;
  if (source.element !== 0 && target.element !== 0) {
    return pathway(facts, source.element, target.element, context) === undefined ? undefined : 'through';
  }
  if (context !== 'i' && target.category === 'S') return 'through';
  return context === 'e' && source.category === 'S' ? 'through' : undefined;
}

export function canCoerce(facts: TypeFacts, from: number, to: number, context: CoercionContext): boolean {
  if (from === to || to === typeOids.any || polymorphic.has(to) || from === typeOids.unknown) return true;
  return pathway(facts, from, to, context) !== undefined;
}

export function constant(type: number, text: string | null, typmod = -1): Expr {
  return { kind: 'constant', type, typmod, text };
}

/** An untyped literal as one of a type. */
function fromUnknown(facts: TypeFacts, expr: Expr & { readonly kind: 'constant' }, to: number): Expr {
  return constant(to, expr.text === null ? null : inputText(facts, to, expr.text));
}

/** A value as one of a type, whatever its modifier. Raises `Unprintable` where PostgreSQL would raise an error. */
export function coerce(facts: TypeFacts, expr: Expr, to: number, context: CoercionContext, format: Format): Expr {
  if (expr.type === to || to === typeOids.any || polymorphic.has(to)) return expr;
  if (expr.type === typeOids.unknown) {
    if (expr.kind === 'constant') return fromUnknown(facts, expr, to);
    return unprintable('a value of no type');
  }
  const way = pathway(facts, expr.type, to, context);
  if (way === undefined) return unprintable(`no cast from ${expr.type} to ${to}`);
  const common = { type: to, typmod: -1, format };
  if (way === 'function') return { ...common, kind: 'function', name: '', args: [expr], variadic: false };
  return { ...common, kind: way, arg: expr };
}

function hidden(expr: Expr): Expr {
  if (expr.kind !== 'function' && expr.kind !== 'relabel' && expr.kind !== 'through') return expr;
  return expr.format === 'explicit' || expr.format === 'implicit' ? { ...expr, format: 'implicit' } : expr;
}

/** A cast with its modifier. */
export function cast(facts: TypeFacts, expr: Expr, { type, typmod }: Typed): Expr {
  const result = coerce(facts, expr, type, 'e', 'explicit');
  if (typmod === result.typmod) return result;
  const inner = result !== expr && result.kind !== 'constant' ? hidden(result) : result;
  const common = { type, typmod, format: 'explicit' as const };
  if (typmod >= 0 && sized.has(type)) return { ...common, kind: 'function', name: '', args: [inner], variadic: false };
  if (typmod >= 0) return unprintable('a modifier of another type');
  return { ...common, kind: 'relabel', arg: inner };
}

/** Without its type a value is a text. */
export function resolved(facts: TypeFacts, expr: Expr): Expr {
  return expr.type === typeOids.unknown ? coerce(facts, expr, typeOids.text, 'i', 'implicit') : expr;
}

/** The type of which all can be, as PostgreSQL chooses it. */
export function commonType(facts: TypeFacts, exprs: readonly Typed[]): number {
  const [first = { type: typeOids.unknown, typmod: -1 }, ...rest] = exprs;
  let found: number = first.type;
  for (const { type } of rest) {
    if (type === typeOids.unknown || type === found) continue;
    const [current, next] = [facts.types.get(found), facts.types.get(type)];
    if (found === typeOids.unknown) found = type;
    else if (current === undefined || next === undefined || current.category !== next.category)
      unprintable('values of different kinds');
    else if (!current.preferred && canCoerce(facts, found, type, 'i') && !canCoerce(facts, type, found, 'i'))
      found = type;
  }
  return found === typeOids.unknown ? typeOids.text : found;
}

/** The modifier that all have. */
export function commonTypmod(type: number, exprs: readonly Typed[]): number {
  const [first] = exprs;
  const same = first !== undefined && exprs.every((each) => each.type === type && each.typmod === first.typmod);
  return same ? first.typmod : -1;
}

export function coerceAll(facts: TypeFacts, exprs: readonly Expr[], type: number): readonly Expr[] {
  return exprs.map((expr) => coerce(facts, expr, type, 'i', 'implicit'));
}

export function toBoolean(facts: TypeFacts, expr: Expr): Expr {
  return coerce(facts, expr, typeOids.bool, 'a', 'implicit');
}

/** The array type over a type. */
export function arrayOf(facts: TypeFacts, type: number): number {
  return facts.types.get(type)?.array || unprintable('no array of the type');
}

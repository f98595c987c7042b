import { chooseCallable } from './choose-callable.ts';
import { coerce } from './coerce.ts';
import type { Expr } from './expr.ts';
import { actualSignature, agrees } from './generic-types.ts';
import { type CallableFact, type FunctionFact, type TypeFacts, typeOids } from './type-facts.ts';
import { unprintable } from './unprintable.ts';

/** A function or operator with the arguments as it takes them. */
export interface Chosen<T extends CallableFact> {
  readonly fact: T;
  readonly args: readonly Expr[];
  readonly result: number;
  /** Arguments that its declaration takes as one array. */
  readonly spread: boolean;
}

interface Spread<T extends CallableFact> {
  readonly fact: T;
  readonly args: readonly number[];
  readonly spread: boolean;
}

function chosen<T extends CallableFact>(
  facts: TypeFacts,
  candidates: readonly Spread<T>[],
  args: readonly Expr[],
  given: readonly number[],
): Chosen<T> | undefined {
  const fitting = candidates.filter((candidate) => agrees(facts, candidate, given));
  const found = chooseCallable(facts, fitting, given);
  if (found === undefined) return undefined;
  const actual = actualSignature(facts, { args: found.args, result: found.fact.result }, given);
  const coerced = args.map((arg, at) => coerce(facts, arg, actual.args[at]!, 'i', 'implicit'));
  return { fact: found.fact, args: coerced, result: actual.result, spread: found.spread };
}

const typesOf = (args: readonly Expr[]) => args.map(({ type }) => type);

/** Raises `Unprintable` where there is none, or none that is surely the one. */
export function chooseOperator(facts: TypeFacts, name: string, args: readonly Expr[]): Chosen<CallableFact> {
  const candidates = (facts.operators.get(name) ?? [])
    .filter((fact) => fact.args.length === args.length)
    .map((fact) => ({ fact, args: fact.args, spread: false }));
  const given = typesOf(args);
  const known = given.find((type) => type !== typeOids.unknown);
  // A literal beside a value is first tried as one of the value's type.
  const same = known === undefined ? given : given.map((type) => (type === typeOids.unknown ? known : type));
  const exact = candidates.filter((each) => each.args.every((type, at) => type === same[at]));
  const found =
    (exact.length === 1 ? chosen(facts, exact, args, same) : undefined) ?? chosen(facts, candidates, args, given);
  return found ?? unprintable(`the operator ${name}`);
}

/** The last argument of VARIADIC functions as often as it is given. */
function spreadOut(fact: FunctionFact, count: number): Spread<FunctionFact> | undefined {
  const fixed = fact.args.length - 1;
  if (fact.variadic === 0 || count < fixed + 1) return undefined;
  const rest = Array.from({ length: count - fixed }, () => fact.variadic);
  return { fact, args: [...fact.args.slice(0, fixed), ...rest], spread: true };
}

/** The same for functions, also those that aggregate. `variadic`: the call says VARIADIC. */
export function chooseFunction(
  facts: TypeFacts,
  name: string,
  args: readonly Expr[],
  variadic: boolean,
): Chosen<FunctionFact> {
  const all = facts.functions.get(name) ?? [];
  const plain = all
    .filter((fact) => fact.args.length === args.length && (!variadic || fact.variadic !== 0))
    .filter((fact) => variadic || fact.variadic !== typeOids.any)
    .map((fact) => ({ fact, args: fact.args, spread: false }));
  const spread = variadic ? [] : all.flatMap((fact) => spreadOut(fact, args.length) ?? []);
  return chosen(facts, [...plain, ...spread], args, typesOf(args)) ?? unprintable(`the function ${name}`);
}

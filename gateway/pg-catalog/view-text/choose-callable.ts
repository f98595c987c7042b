/** Which of several functions or operators of a name PostgreSQL takes, by the types of the arguments. */
import { canCoerce } from './coerce.ts';
import { type TypeFacts, typeOids } from './type-facts.ts';

interface Candidate {
  readonly args: readonly number[];
}

const { unknown } = typeOids;

function best<T>(candidates: readonly T[], score: (candidate: T) => number): readonly T[] {
  const scores = candidates.map(score);
  const highest = Math.max(...scores);
  return candidates.filter((_, index) => scores[index] === highest);
}

/** The category that literals are taken for; undefined: the candidates do not agree. */
function slotOf(facts: TypeFacts, candidates: readonly Candidate[], at: number) {
  let category = '';
  let preferred = false;
  let conflict = false;
  for (const { args } of candidates) {
    const type = facts.types.get(args[at]!);
    const current = type?.category ?? '';
    if (category === '' || (current === 'S' && category !== 'S')) {
      category = current;
      preferred = type?.preferred ?? false;
    } else if (current === category) preferred ||= type?.preferred ?? false;
    else conflict = true;
  }
  return conflict && category !== 'S' ? undefined : { category, preferred };
}

function byCategories<T extends Candidate>(
  facts: TypeFacts,
  candidates: readonly T[],
  given: readonly number[],
): readonly T[] {
  const slots = given.map((type, at) => (type === unknown ? slotOf(facts, candidates, at) : null));
  if (slots.includes(undefined)) return candidates;
  const kept = candidates.filter(({ args }) =>
    slots.every((slot, at) => {
      const type = facts.types.get(args[at]!);
      return !slot || (type?.category === slot.category && (type.preferred || !slot.preferred));
    }),
  );
  return kept.length === 0 ? candidates : kept;
}

/** As if literals were of the type that all other arguments have. */
function byKnownType<T extends Candidate>(facts: TypeFacts, candidates: readonly T[], given: readonly number[]) {
  const known = new Set(given.filter((type) => type !== unknown));
  const [only] = known;
  if (only === undefined || known.size > 1) return undefined;
  const fitting = candidates.filter(({ args }) => args.every((type) => canCoerce(facts, only, type, 'i')));
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** Undefined: none fits, or it is not clear which. */
export function chooseCallable<T extends Candidate>(
  facts: TypeFacts,
  all: readonly T[],
  given: readonly number[],
): T | undefined {
  const exact = all.find(({ args }) => args.every((type, at) => type === given[at]));
  if (exact !== undefined) return exact;
  let candidates: readonly T[] = all.filter(({ args }) =>
    args.every((type, at) => canCoerce(facts, given[at]!, type, 'i')),
  );
  if (candidates.length <= 1) return candidates[0];
  const matches = (type: number, at: number) => given[at] !== unknown && type === given[at];
  candidates = best(candidates, ({ args }) => args.filter(matches).length);
  if (candidates.length === 1) return candidates[0];
  const preferred = (type: number, at: number) => {
    const [to, from] = [facts.types.get(type), facts.types.get(given[at]!)];
    return matches(type, at) || (given[at] !== unknown && to?.preferred === true && to.category === from?.category);
  };
  candidates = best(candidates, ({ args }) => args.filter(preferred).length);
  if (candidates.length === 1 || !given.includes(unknown)) return candidates.length === 1 ? candidates[0] : undefined;
  candidates = byCategories(facts, candidates, given);
  return candidates.length === 1 ? candidates[0] : byKnownType(facts, candidates, given);
}

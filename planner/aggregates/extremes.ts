import { type Aggregate, none, partialCall } from './aggregate.ts';

/** Aggregates that merge by themselves and don't care for doubles: min, max, AND, OR. Never by state: text would be lost. */
export const extremes: Aggregate = {
  names: ['min', 'max', 'bit_and', 'bit_or', 'bool_and', 'bool_or'],
  distinct: 'ignored',
  rule: (use) => {
    if (use.argumentTypes.length !== 1) return none('only the form with one argument is merged');
    return { kind: 'merge', partials: [partialCall(use.name, 1)], merge: `${use.name}(__p0)` };
  },
};

/** bit_xor merges by itself, but doubles cancel out. */
export const bitXor: Aggregate = {
  names: ['bit_xor'],
  distinct: 'rows',
  rule: () => ({ kind: 'merge', partials: [partialCall('bit_xor', 1)], merge: 'bit_xor(__p0)' }),
};

import type { Transaction } from '../transaction.ts';

/** Does what commits, and tells the clock and the log of it. Raises 40001, with nothing done, when another commit stands against it. */
export async function committing<T>({ commits, keys }: Transaction, work: () => Promise<T>): Promise<T> {
  const facts = keys.facts();
  const entry = facts === undefined ? undefined : commits.log.enter(facts);
  let committed = false;
  try {
    const counted = () => commits.during(work);
    const result = await (keys.changes > 0 ? commits.definitions.during(counted) : counted());
    committed = true;
    return result;
  } finally {
    if (entry !== undefined) commits.log.leave(entry, committed);
  }
}

/** Raised, within this room only, where it is not known for sure what PostgreSQL would print: the text that was stored is shown then. */
export class Unprintable extends Error {}

/** Never returns. `what`: for whoever looks for the reason. */
export function unprintable(what: string): never {
  throw new Unprintable(what);
}

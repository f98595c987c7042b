/** Names for the parts of a query, so that what one plan found out about their sizes can be told to the next plan of the same request. */
import type { Rel, RelQuery } from '../algebra/rel.ts';
import { inputsOf } from '../algebra/walk-rel.ts';
import type { ExpectedRows } from '../plan/plan.ts';
import type { Open } from './open.ts';

/**
 * Operators of the query are named by their place in it, which is the same whenever the same request is planned; those that a plan makes on top of
 * them (joins in another order) by what they are made of. Two parts may get one name, so what is known by a name is a better guess, never proof.
 */
export class QueryParts {
  readonly #names = new Map<Rel, string | undefined>();
  /** The operator of the query that a fragment's tree stands for. */
  readonly #compiled = new WeakMap<Rel, Rel>();
  readonly #known: ReadonlyMap<string, number>;
  #next = 0;

  constructor(query: RelQuery, known: readonly ExpectedRows[]) {
    this.#known = new Map(known.map(({ of, rows }) => [of, rows]));
    for (const rel of [query.root, ...query.shared, ...query.queries.map((part) => part.rel)]) this.#number(rel);
  }

  /** Rows that an earlier plan found a part to have. */
  knownRows(rel: Rel): number | undefined {
    if (this.#known.size === 0) return undefined;
    const name = this.#nameOf(rel);
    return name === undefined ? undefined : this.#known.get(name);
  }

  /** `open` is what became of an operator of the query. */
  compiled(rel: Rel, open: Open): void {
    this.#compiled.set(open.rel, rel);
  }

  /** What is expected of a fragment that ends as an operator of the query does; undefined for every other (a partial aggregate, ...). */
  expected({ rel, rows }: Open): ExpectedRows | undefined {
    const part = this.#partOf(rel);
    const of = part === undefined ? undefined : this.#nameOf(part);
    return of === undefined ? undefined : { of, rows: Math.round(rows) };
  }

  /** Columns that are left out or added change no number of rows. */
  #partOf(rel: Rel): Rel | undefined {
    return this.#compiled.get(rel) ?? (rel.op === 'project' && !rel.many ? this.#partOf(rel.input) : undefined);
  }

  #number(rel: Rel): void {
    if (this.#names.has(rel)) return;
    this.#names.set(rel, String(this.#next++));
    for (const input of inputsOf(rel)) this.#number(input);
  }

  /** undefined: it reads what stages leave, whose names say nothing. */
  #nameOf(rel: Rel): string | undefined {
    if (this.#names.has(rel)) return this.#names.get(rel);
    const inputs = inputsOf(rel).map((input) => this.#nameOf(input));
    const named = rel.op !== 'input' && inputs.every((name) => name !== undefined);
    const name = named ? `${rel.op}${rel.op === 'join' ? ` ${rel.kind}` : ''}(${inputs.join()})` : undefined;
    this.#names.set(rel, name);
    return name;
  }
}

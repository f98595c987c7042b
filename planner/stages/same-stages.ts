/** Stages that compute the same under other names: a relation that a query names twice is read, filtered and moved once. */
import type { ColumnId, Rel, RelSubquery } from '../algebra/rel.ts';
import { mapRel } from '../algebra/walk-rel.ts';
import type { SelectNode } from '../sql/ast.ts';
import { columnRef, withAlias } from '../sql/build.ts';
import { textWithoutPositions } from '../sql/walk.ts';
import type { PlanContext } from '../strategies/strategy.ts';
import { repartitionHint } from '../strategies/tasks.ts';
import type { Builder, Closed, Draft } from './builder.ts';

/** A draft that is one of a kind. */
interface Known {
  readonly draft: number;
  readonly columns: readonly ColumnId[];
}

const names = /__(scan|in|c)\d+/g;

export class SameStages {
  readonly #context: PlanContext;
  readonly #builder: Builder;
  readonly #known = new Map<string, Known>();
  /** Drafts that are another one, with the names of their columns there. */
  readonly #same = new Map<number, { readonly known: Known; readonly columns: ReadonlyMap<ColumnId, ColumnId> }>();
  /** How many drafts have the same sign. */
  readonly #signs = new Map<string, number>();
  /** Constants that look like our names could be taken for them. */
  readonly #off: boolean;

  constructor(context: PlanContext, builder: Builder) {
    this.#context = context;
    this.#builder = builder;
    const { sql, parameters } = context.request;
    this.#off = names.test(sql) || names.test((parameters ?? []).join());
    names.lastIndex = 0;
    for (const draft of builder.drafts) {
      const sign = this.#sign(draft);
      this.#signs.set(sign, (this.#signs.get(sign) ?? 0) + 1);
    }
  }

  /** Is the draft, whose inputs were replaced before, the same as an earlier one? Then nothing has to be made of it. */
  isSame(number: number, draft: Draft, columns: readonly ColumnId[], node: SelectNode): boolean {
    if (this.#off || draft.exchange.kind === 'result' || this.#signs.get(this.#sign(draft)) === 1) return false;
    if (this.#isBranch(number)) return false;
    const key = this.#key(draft, columns, node);
    const known = this.#known.get(key);
    if (known === undefined) {
      this.#known.set(key, { draft: number, columns });
      return false;
    }
    const there = new Map(columns.map((id, i) => [id, known.columns[i]!]));
    this.#same.set(number, { known, columns: there });
    return true;
  }

  /** Is it read as one relation with others? Rows of equal branches of a UNION count twice. */
  #isBranch(number: number): boolean {
    const inputs = this.#builder.drafts.flatMap(({ open }) => open.inputs);
    return inputs.some(({ stages }) => stages.length > 1 && stages.includes(number));
  }

  /** The draft and the sub-queries over what its inputs are the same as; undefined when nothing changes. */
  replaced(
    draft: Draft,
    queries: readonly RelSubquery[],
  ): { readonly draft: Draft; readonly queries: readonly RelSubquery[] } | undefined {
    const inputs = new Map<string, { readonly read: ReturnType<Builder['read']>; readonly number: number }>();
    for (const { relation, stages, mode, even } of draft.open.inputs) {
      const same = stages.length === 1 && !even ? this.#same.get(stages[0]!) : undefined;
      if (same === undefined) continue;
      const { open, exchange } = this.#builder.drafts[same.known.draft]!;
      const { rows, bytes } = open;
      const closed: Closed = { ...same.known, exchange, rows, bytes, ordered: false };
      inputs.set(relation, { read: this.#builder.read(closed, mode), number: stages[0]! });
    }
    if (inputs.size === 0) return undefined;
    const replace = (rel: Rel) =>
      mapRel(rel, (part): Rel => {
        const other = part.op === 'input' ? inputs.get(part.relation) : undefined;
        if (other === undefined || part.op !== 'input') return part;
        const there = this.#same.get(other.number)!.columns;
        const columns = part.columns.flatMap((id) =>
          there.has(id) ? [{ id, expression: columnRef(there.get(id)!) }] : [],
        );
        return { op: 'project', input: other.read.rel, columns, many: false };
      });
    const kept = draft.open.inputs.filter(({ relation }) => !inputs.has(relation));
    const added = [...inputs.values()].flatMap(({ read }) => read.inputs);
    const all = new Map([...kept, ...added].map((input) => [input.relation, input]));
    return {
      draft: { ...draft, open: { ...draft.open, rel: replace(draft.open.rel), inputs: [...all.values()] } },
      queries: queries.map((query) => ({ ...query, rel: replace(query.rel) })),
    };
  }

  /** Drafts of which it differs are not the same; it is had for less than the key. */
  #sign({ open: { tasks }, exchange }: Draft): string {
    const table = tasks.kind === 'scan' ? this.#context.bound.occurrences[tasks.occurrence]!.table : undefined;
    return `${exchange.kind} ${tasks.kind} ${table?.schema} ${table?.name}`;
  }

  /** The text with names in the order in which they appear, and what the names stand for. */
  #key({ open, exchange }: Draft, columns: readonly ColumnId[], node: SelectNode): string {
    const seen = new Map<string, string>();
    const meant: unknown[] = [];
    const read = new Set(
      open.inputs.flatMap(({ stages }) => stages.flatMap((id) => this.#builder.drafts[id]!.columns)),
    );
    // The name under which a plain column goes on says nothing: what reads it goes by its place.
    const list = node.select_list.map((item) => (item.class === 'COLUMN_REF' ? withAlias(item, '') : item));
    const text = textWithoutPositions({ ...node, select_list: list }).replace(names, (name, kind: string) => {
      const known = seen.get(name);
      if (known !== undefined) return known;
      const own = `__${kind}#${seen.size}`;
      seen.set(name, own);
      // Columns of other stages are not to be taken for each other.
      if (read.has(name)) meant.push(name);
      if (kind === 'scan') meant.push(this.#scan(Number(name.slice('__scan'.length)), open));
      if (kind === 'in') {
        const input = open.inputs.find(({ relation }) => relation === name);
        meant.push([input?.stages, input?.mode, input?.even ?? null]);
      }
      return own;
    });
    const keys =
      exchange.kind === 'hash' || exchange.kind === 'range'
        ? exchange.keys.map(({ column, ...how }) => [columns.indexOf(column), how])
        : exchange.kind === 'number'
          ? [columns.indexOf(exchange.column)]
          : [];
    const tasks = open.tasks.kind === 'scan' ? ['scan', open.tasks.division ?? null] : open.tasks;
    const partitions = 'partitions' in exchange ? exchange.partitions : 0;
    const named = (id: number) => seen.get(`__scan${id}`) ?? id;
    const ranged = open.rangedScans.map(({ occurrence, column, along }) => [
      named(occurrence),
      column,
      named(along.occurrence),
      along.column,
    ]);
    return JSON.stringify([text, meant, tasks, exchange.kind, keys, partitions, ranged]);
  }

  #scan(id: number, { tasks, bucketScans = [] }: Draft['open']): unknown {
    const occurrence = this.#context.bound.occurrences[id]!;
    const { schema, name, format, columns, options } = occurrence.table;
    const divided = tasks.kind === 'scan' && tasks.occurrence === id;
    const hint = divided ? repartitionHint(this.#context, occurrence) : undefined;
    const how = bucketScans.includes(id) ? 'buckets' : divided;
    return [schema, name, format, columns, options, this.#context.files[id], how, hint ?? null];
  }
}

/**
 * Stages in the making. A fragment that is closed becomes a draft; only when the whole query is compiled are the drafts that something
 * reads pruned to the columns that are needed, printed, bound and divided into tasks (finish-stages.ts).
 */

import type { ColumnId, Rel, RelInput } from '../algebra/rel.ts';
import { columnsOf } from '../algebra/walk-rel.ts';
import type { InputMode, RangeKey, StageInput } from '../plan/plan.ts';
import { StagesDeclined } from './declined.ts';
import type { Distribution, Open, TaskSource } from './open.ts';

/** A column to hash by, and the type that it is cast to before: rows that may be equal on both sides of a join must be hashed as one type. */
export interface HashKey {
  readonly column: ColumnId;
  readonly type: string;
}

/**
 * `plain`: rows stay with their task; `hash`: rows equal in all keys get one partition; `range`: partitions one after another are the order of the keys,
 * rows equal in all of them are in one; `result`: to the result step.
 */
export type Exchange =
  | { readonly kind: 'plain' }
  | { readonly kind: 'hash'; readonly keys: readonly HashKey[]; readonly partitions: number }
  | { readonly kind: 'range'; readonly keys: readonly RangeKey[]; readonly partitions: number }
  /** The column, an INTEGER from 0 to `partitions` - 1, is the row's partition. */
  | { readonly kind: 'number'; readonly column: ColumnId; readonly partitions: number }
  /** `sorted`: the tasks one after another are in the query's order, rows that are equal in it in one task. */
  | { readonly kind: 'result'; readonly sorted?: true };

/** A closed fragment, to be read by later ones. */
export interface Closed {
  /** Place in `Builder.drafts`; the id of its stage is given at the end. */
  readonly draft: number;
  readonly columns: readonly ColumnId[];
  readonly exchange: Exchange;
  readonly rows: number;
  readonly bytes: number;
  /** The tasks one after another give DuckDB's own order. */
  readonly ordered: boolean;
}

/** A stage before it is printed. */
export interface Draft {
  readonly open: Open;
  /** Its columns; those that nothing reads are left out at the end, but for `result`. */
  readonly columns: readonly ColumnId[];
  readonly exchange: Exchange;
}

export class Builder {
  readonly #drafts: Draft[] = [];
  readonly #relations = new Map<string, string>();

  get drafts(): readonly Draft[] {
    return this.#drafts;
  }

  /** Ends a fragment. `columns`: all of its relation unless told; for `result` exactly these, in this order. */
  close(open: Open, exchange: Exchange, columns: readonly ColumnId[] = columnsOf(open.rel)): Closed {
    const draft = this.#drafts.length;
    this.#drafts.push({ open, columns, exchange });
    const { rows, bytes, distribution } = open;
    const ordered = distribution.kind === 'split' ? distribution.ordered : distribution.kind !== 'hash';
    return { draft, columns, exchange, rows, bytes, ordered };
  }

  /**
   * A new fragment that reads what was left. `partition` needs a hash or range exchange; `all` gives each task everything (distribution `all`);
   * `share` cuts it into `tasks` shares. Several closed fragments have the same columns, and the same keys for `partition`: their rows follow
   * each other.
   */
  read(closed: Closed | readonly Closed[], mode: InputMode, tasks = 1): Open {
    const all = 'draft' in closed ? [closed] : closed;
    const first = all[0];
    if (first === undefined) throw new StagesDeclined('an input without stages');
    const relation = this.#relation(
      all.map(({ draft }) => draft),
      mode,
    );
    const rel: RelInput = { op: 'input', relation, columns: first.columns };
    const input: StageInput = { relation, stages: all.map(({ draft }) => draft), mode, required: false };
    return {
      rel,
      ...lies(all, mode, tasks),
      inputs: [input],
      wholeScans: [],
      rangedScans: [],
      rows: all.reduce((sum, { rows }) => sum + rows, 0),
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      why: [],
    };
  }

  /** The same fragment over the whole of what it reads a share of; undefined when it is not just that. */
  readWhole({ rel, inputs, wholeScans, why, rows, bytes }: Open): Open | undefined {
    const [input] = inputs;
    if (inputs.length !== 1 || input?.mode !== 'share' || wholeScans.length > 0) return undefined;
    const relation = this.#relation(input.stages, 'all');
    const reread = overInput(rel, relation);
    if (reread === undefined) return undefined;
    return {
      rel: reread,
      distribution: { kind: 'all' },
      tasks: { kind: 'one' },
      inputs: [{ ...input, relation, mode: 'all' }],
      wholeScans,
      rangedScans: [],
      rows,
      bytes,
      why,
    };
  }

  /** One name for each set of stages and mode, so that a fragment that reads it twice has it once. */
  #relation(drafts: readonly number[], mode: InputMode): string {
    const key = `${drafts.join()} ${mode}`;
    const known = this.#relations.get(key);
    if (known !== undefined) return known;
    const relation = `__in${this.#relations.size}`;
    this.#relations.set(key, relation);
    return relation;
  }
}

/** Filters and projections over another input. */
function overInput(rel: Rel, relation: string): Rel | undefined {
  if (rel.op === 'input') return { ...rel, relation };
  if (rel.op !== 'filter' && rel.op !== 'project') return undefined;
  const input = overInput(rel.input, relation);
  return input === undefined ? undefined : { ...rel, input };
}

function lies(
  all: readonly Closed[],
  mode: InputMode,
  tasks: number,
): { readonly distribution: Distribution; readonly tasks: TaskSource } {
  if (mode === 'all') return { distribution: { kind: 'all' }, tasks: { kind: 'one' } };
  if (mode === 'share')
    return {
      distribution: { kind: 'split', ordered: all.length === 1 && all[0]!.ordered, keys: [] },
      tasks: { kind: 'shares', tasks },
    };
  const { exchange } = all[0]!;
  if (exchange.kind === 'range') {
    const columns = exchange.keys.map(({ column }) => column);
    return {
      distribution: { kind: 'split', ordered: false, keys: columns },
      tasks: { kind: 'partitions', partitions: exchange.partitions },
    };
  }
  if (exchange.kind === 'number')
    return {
      distribution: { kind: 'split', ordered: false, keys: [] },
      tasks: { kind: 'partitions', partitions: exchange.partitions },
    };
  if (exchange.kind !== 'hash') throw new StagesDeclined('partitions of a stage that was not divided');
  const { keys, partitions } = exchange;
  return {
    distribution: {
      kind: 'hash',
      keys: keys.map(({ column }) => [column]),
      types: keys.map(({ type }) => type),
      partitions,
    },
    tasks: { kind: 'partitions', partitions },
  };
}

/** Inputs of two fragments that become one, each relation once. */
export function mergeInputs(...lists: readonly (readonly StageInput[])[]): readonly StageInput[] {
  const merged = new Map<string, StageInput>();
  for (const input of lists.flat()) merged.set(input.relation, input);
  return [...merged.values()];
}

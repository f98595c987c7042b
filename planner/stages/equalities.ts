/** The conditions of a join by which both sides can be hashed. */
import type { ColumnId, RelColumn } from '../algebra/rel.ts';
import { columnIdOf, columnSetOf, columnsOf, queriesIn, referencedColumns } from '../algebra/walk-rel.ts';
import type { Expression } from '../sql/ast.ts';
import { columnRef } from '../sql/build.ts';
import type { Compiler } from './compile.ts';
import { commonHashType } from './key-types.ts';
import type { Open } from './open.ts';

/** Rows can only match when `left`, cast to `type`, is equal to `right`, cast to `type`. */
export interface Equality {
  readonly left: ColumnId;
  readonly right: ColumnId;
  readonly type: string;
}

/** Both sides, perhaps with columns added that hold what is compared, and the equalities between them. */
export interface Equalities {
  readonly left: Open;
  readonly right: Open;
  readonly pairs: readonly Equality[];
}

/** `a = b` with `a` of the one side and `b` of the other, the one of `left` first. */
export function sidesOf(
  condition: Expression,
  left: ReadonlySet<ColumnId>,
  right: ReadonlySet<ColumnId>,
): readonly [Expression, Expression] | undefined {
  if (condition.class !== 'COMPARISON' || queriesIn(condition).length > 0) return undefined;
  if (condition.type !== 'COMPARE_EQUAL' && condition.type !== 'COMPARE_NOT_DISTINCT_FROM') return undefined;
  const over = (expression: Expression, side: ReadonlySet<ColumnId>) => {
    const ids = referencedColumns(expression, []);
    return ids.size > 0 && [...ids].every((id) => side.has(id));
  };
  if (over(condition.left, left) && over(condition.right, right)) return [condition.left, condition.right];
  if (over(condition.right, left) && over(condition.left, right)) return [condition.right, condition.left];
  return undefined;
}

/** Finds the equalities between two fragments; conditions whose types have no common hash are none. */
export async function findEqualities(
  left: Open,
  right: Open,
  conditions: readonly Expression[],
  compiler: Compiler,
): Promise<Equalities> {
  const [ofLeft, ofRight] = [columnSetOf(left.rel), columnSetOf(right.rel)];
  const sides = conditions.map((condition) => sidesOf(condition, ofLeft, ofRight)).filter((pair) => pair !== undefined);
  const [lefts, rights] = [new Columns(left, compiler), new Columns(right, compiler)];
  const pairs = new Map<string, Equality>();
  for (const [a, b] of sides) {
    const types = await Promise.all([lefts.typeOf(a), rights.typeOf(b)]);
    const type = commonHashType(...types);
    if (type === undefined || !compiler.hashable(type)) continue;
    const pair = { left: lefts.columnOf(a, types[0]), right: rights.columnOf(b, types[1]), type };
    pairs.set(`${pair.left} ${pair.right}`, pair);
  }
  return { left: lefts.open(), right: rights.open(), pairs: [...pairs.values()] };
}

/** Columns for expressions over one side. */
class Columns {
  readonly #open: Open;
  readonly #compiler: Compiler;
  readonly #added: RelColumn[] = [];

  constructor(open: Open, compiler: Compiler) {
    this.#open = open;
    this.#compiler = compiler;
  }

  async typeOf(expression: Expression): Promise<string> {
    const id = columnIdOf(expression);
    if (id !== undefined) return this.#compiler.typeOf(id);
    const [type] = await this.#compiler.typesOf(this.#open.rel, [expression]);
    return type!;
  }

  columnOf(expression: Expression, type: string): ColumnId {
    const plain = columnIdOf(expression);
    if (plain !== undefined) return plain;
    const id = this.#compiler.newColumn(type);
    this.#added.push({ id, expression });
    return id;
  }

  open(): Open {
    if (this.#added.length === 0) return this.#open;
    const kept = columnsOf(this.#open.rel).map((id) => ({ id, expression: columnRef(id) }));
    return {
      ...this.#open,
      rel: { op: 'project', input: this.#open.rel, columns: [...kept, ...this.#added], many: false },
    };
  }
}

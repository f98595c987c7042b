/** Pieces of groupings that are computed in several steps. */
import { mergeableNames } from '../aggregates/index.ts';
import { pickNames } from '../aggregates/picks.ts';
import type { ColumnId, Rel, RelAggregate, RelColumn } from '../algebra/rel.ts';
import { columnIdOf } from '../algebra/walk-rel.ts';
import type { Expression, FunctionCall } from '../sql/ast.ts';
import { cast, columnRef, withAlias } from '../sql/build.ts';
import { parseExpressions } from '../sql/parse.ts';
import { expressionKey, rewrite } from '../sql/walk.ts';
import type { Compiler } from './compile.ts';
import { passed } from './group-keys.ts';

/** Names in templates that are aggregates; everything else in them is a scalar function over these. */
const aggregateNames: ReadonlySet<string> = new Set([...mergeableNames, ...pickNames, 'list']);

/** Aggregates and what is computed from them, in the making. */
class Lifted {
  readonly calls: { readonly id: ColumnId; readonly call: FunctionCall }[] = [];
  readonly #known = new Map<string, ColumnId>();
  readonly #compiler: Compiler;

  constructor(compiler: Compiler) {
    this.#compiler = compiler;
  }

  /** The expression over columns that hold its aggregates. One that is nothing but a call gets the id itself. */
  lift(expression: Expression, id: ColumnId): Expression {
    return rewrite(expression, {
      expression: (node) =>
        node.class === 'FUNCTION' && aggregateNames.has(node.function_name)
          ? columnRef(this.#column(withAlias(node, ''), node === expression ? id : undefined))
          : undefined,
    });
  }

  #column(call: FunctionCall, own: ColumnId | undefined): ColumnId {
    const key = expressionKey(call);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    // Never leaves the fragment: what it is for is computed from it at once.
    const id = own ?? this.#compiler.newColumn('BLOB');
    this.#known.set(key, id);
    this.calls.push({ id, call });
    return id;
  }
}

/** Columns of a partial step by the text of their expression, so that `sum(x)` and `avg(x)` share one. */
export class PartialColumns {
  readonly list: RelColumn[] = [];
  readonly #known = new Map<string, ColumnId>();

  add(expression: Expression, newId: () => ColumnId): ColumnId {
    const bare = withAlias(expression, '');
    const key = expressionKey(bare);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const id = newId();
    this.#known.set(key, id);
    this.list.push({ id, expression: bare });
    return id;
  }
}

/** Values over the columns `given`, cast where they do not come out in the type that the query has. */
export async function withTypes(
  values: readonly RelColumn[],
  given: readonly ColumnId[],
  compiler: Compiler,
): Promise<readonly RelColumn[]> {
  if (values.length === 0) return values;
  const input: Rel = { op: 'input', relation: '__partials', columns: given };
  const expressions = values.map(({ expression }) => expression);
  const types = await compiler.typesOf(input, expressions);
  const wanted = values.map(({ id }) => compiler.typeOf(id));
  const casts = await parseExpressions(
    compiler.context.world,
    wanted.map((type) => `CAST(NULL AS ${type})`),
  );
  return values.map(({ id, expression }, i) => {
    const target = casts[i]!;
    const same = types[i] === wanted[i] || target.class !== 'CAST';
    return { id, expression: same ? expression : cast(expression, target.cast_type) };
  });
}

/** The grouping with `values`, expressions over aggregates, in place of its calls. */
export function grouped(rel: RelAggregate, values: readonly RelColumn[], compiler: Compiler): Rel {
  const lifted = new Lifted(compiler);
  const columns = values.map(({ id, expression }) => ({ id, expression: lifted.lift(expression, id) }));
  const aggregate: RelAggregate = { ...rel, aggregates: lifted.calls };
  const plain = columns.every(({ id, expression }, i) => columnIdOf(expression) === id && lifted.calls[i]?.id === id);
  if (plain && lifted.calls.length === columns.length) return aggregate;
  const ids = (list: readonly { readonly id: ColumnId }[]) => passed(list.map(({ id }) => id));
  return {
    op: 'project',
    input: aggregate,
    columns: [...ids(rel.keys), ...columns, ...ids(rel.groupings)],
    many: false,
  };
}

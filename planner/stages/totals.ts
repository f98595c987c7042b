/** `sum(x) OVER ()`: an aggregate over all rows, given to every task, instead of all rows in one task. */
import { mergeableNames } from '../aggregates/index.ts';
import type { RelAggregate, RelJoin, RelWindow } from '../algebra/rel.ts';
import type { FunctionCall, WindowCall } from '../sql/ast.ts';
import { functionCall } from '../sql/build.ts';
import type { Compiler } from './compile.ts';
import { groupParts } from './compile-aggregate.ts';
import { isRaw } from './group-keys.ts';
import { toAll, together } from './moves.ts';
import type { Open } from './open.ts';

const mergeable: ReadonlySet<string> = new Set(mergeableNames);

/** Is the call one aggregate of all rows, the same for each of them, that can be merged? */
export function isTotal(call: WindowCall): boolean {
  const whole =
    call.start === 'UNBOUNDED_PRECEDING' &&
    (call.end === 'UNBOUNDED_FOLLOWING' || call.end === 'CURRENT_ROW_RANGE') &&
    call.exclude_clause === 'NO_OTHER';
  const bare = call.partitions.length === 0 && call.orders.length === 0 && call.arg_orders.length === 0;
  return whole && bare && !call.ignore_nulls && mergeable.has(call.function_name);
}

/** Adds the columns of `windows`, all of which are totals. A data set is read twice, anything else is kept by a stage. */
export async function withTotals(open: Open, windows: RelWindow['windows'], compiler: Compiler): Promise<Open> {
  const { rows, bytes } = open;
  const [main, counted] = isRaw(open.rel) && open.inputs.length === 0 ? [open, open] : kept(open, compiler);
  const rel: RelAggregate = {
    op: 'aggregate',
    input: counted.rel,
    keys: [],
    sets: null,
    aggregates: windows.map(({ id, call }) => ({ id, call: asAggregate(call) })),
    groupings: [],
  };
  const size = { rows: 1, bytes: windows.length * 16 };
  const totals = toAll(await groupParts([counted], rel, { ...size, groups: 1 }, compiler), compiler);
  const joined: RelJoin = { op: 'join', kind: 'inner', left: main.rel, right: totals.rel, conditions: [] };
  const { distribution, tasks } = main;
  const lies = distribution.kind === 'split' ? { ...distribution, ordered: false } : distribution;
  const made = together(joined, [main, totals], { distribution: lies, tasks }, { rows, bytes });
  return { ...made, why: [...made.why, 'beside aggregates of all rows'] };
}

/** Two readers of what a stage leaves. */
function kept(open: Open, compiler: Compiler): readonly [Open, Open] {
  const { builder } = compiler;
  const closed = builder.close(open, { kind: 'plain' });
  const tasks = compiler.partitions(closed.bytes);
  return [builder.read(closed, 'share', tasks), builder.read(closed, 'share', tasks)];
}

function asAggregate({ function_name, children, filter_expr, distinct }: WindowCall): FunctionCall {
  return functionCall(function_name, children, { filter: filter_expr, distinct });
}

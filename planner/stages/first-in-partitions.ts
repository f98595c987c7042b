/**
 * `row_number() OVER (PARTITION BY k ORDER BY x) <= 3` and the like: a row that is beyond the third of its task is beyond the third of all, so
 * each task leaves out what can't be asked for before rows move.
 */
import type { ColumnId, RelFilter, RelWindow } from '../algebra/rel.ts';
import { columnIdOf, columnsOf } from '../algebra/walk-rel.ts';
import type { Expression } from '../sql/ast.ts';
import { columnRef, comparison, integerConstant } from '../sql/build.ts';
import type { Compiler } from './compile.ts';
import { passed } from './group-keys.ts';
import type { Open } from './open.ts';

/** Functions whose value for a row never falls when rows are added to its partition. */
const growing: ReadonlySet<string> = new Set(['row_number', 'rank', 'dense_rank', 'rank_dense']);
/** More rows than this of each partition are not worth a window of their own. */
const maxFirst = 10_000;

/** How many first rows of each partition the filter lets through at most; undefined when that can't be said. */
export function firstInPartitions({ input, conditions }: RelFilter): number | undefined {
  if (input.op !== 'window' || input.windows.length !== 1) return undefined;
  const [{ id, call }] = input.windows as [RelWindow['windows'][number]];
  if (!growing.has(call.function_name) || call.orders.length === 0 || call.arg_orders.length > 0) return undefined;
  const bounds = conditions.map((condition) => boundOf(condition, id)).filter((bound) => bound !== undefined);
  return bounds.length === 0 || Math.min(...bounds) > maxFirst ? undefined : Math.min(...bounds);
}

const flipped: Readonly<Record<string, string>> = {
  COMPARE_GREATERTHAN: 'COMPARE_LESSTHAN',
  COMPARE_GREATERTHANOREQUALTO: 'COMPARE_LESSTHANOREQUALTO',
  COMPARE_EQUAL: 'COMPARE_EQUAL',
};

/** The greatest value of the column with which the condition may hold. */
function boundOf(condition: Expression, id: ColumnId): number | undefined {
  if (condition.class === 'BETWEEN')
    return columnIdOf(condition.input) === id ? wholeNumber(condition.upper) : undefined;
  if (condition.class !== 'COMPARISON') return undefined;
  const straight = columnIdOf(condition.left) === id;
  if (!straight && columnIdOf(condition.right) !== id) return undefined;
  const type = straight ? condition.type : flipped[condition.type];
  const bound = wholeNumber(straight ? condition.right : condition.left);
  if (bound === undefined) return undefined;
  if (type === 'COMPARE_LESSTHAN') return Math.max(0, bound - 1);
  return type === 'COMPARE_LESSTHANOREQUALTO' || type === 'COMPARE_EQUAL' ? bound : undefined;
}

function wholeNumber(expression: Expression): number | undefined {
  if (expression.class !== 'CONSTANT' || expression.value.is_null) return undefined;
  const { value } = expression.value;
  const { id } = expression.value.type;
  return (id === 'INTEGER' || id === 'BIGINT') && typeof value === 'number' && value >= 0 ? value : undefined;
}

/** The fragment with only the first rows of each partition of each task. */
export function onlyFirst(open: Open, { call }: RelWindow['windows'][number], most: number, compiler: Compiler): Open {
  const place = compiler.newColumn('BIGINT');
  const columns = columnsOf(open.rel);
  const numbered: RelWindow = { op: 'window', input: open.rel, windows: [{ id: place, call }] };
  const condition = comparison('COMPARE_LESSTHANOREQUALTO', columnRef(place), integerConstant(most));
  const filtered: RelFilter = { op: 'filter', input: numbered, conditions: [condition] };
  // Without partitions each task leaves so many; how many partitions there are nobody knows.
  const rows = call.partitions.length > 0 ? open.rows : Math.min(open.rows, most * compiler.settings.slots);
  return {
    ...open,
    rel: { op: 'project', input: filtered, columns: passed(columns), many: false },
    rows,
    bytes: open.rows > 0 ? (open.bytes * rows) / open.rows : open.bytes,
    why: [...open.why, `the first ${most} of each partition of each task`],
  };
}

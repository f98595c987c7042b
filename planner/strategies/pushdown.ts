import { mayMerge } from '../aggregates/index.ts';
import { groupKeys, isRowwise } from './keyed.ts';
import { modifiersOf } from './order.ts';
import { concatenated, constantLimit } from './rowwise.ts';
import { type ScatterForm, scatterForm } from './scatter-form.ts';
import { declined, type Strategy } from './strategy.ts';

/** Every task runs the whole SELECT over its part; the answer is the tasks' answers one after another. */
export const pushdown: Strategy = {
  name: 'pushdown',
  async plan(context) {
    const answer = scatterForm(context);
    if ('reason' in answer) return declined(answer.reason);
    const { form } = answer;
    const { orders, other } = modifiersOf(form.node);
    if (orders.length > 0) return declined('ORDER BY has to be merged');
    if (other || constantLimit(form) === 'expression') return declined('LIMIT is not a constant');
    const rowwise = isRowwise(form);
    const hinted = groupKeys(context, form, false);
    const keys =
      rowwise || hinted.length > 0
        ? hinted
        : groupKeys(context, form, context.settings.strategy === 'pushdown' || needsWholeGroups(form));
    if (!rowwise && keys.length === 0)
      return declined('groups, DISTINCT or windows look across tasks and no hive key keeps them apart');
    const { stage, limit, offset } = await concatenated(context, form, keys);
    const reduces = limit === null && (form.node.where_clause !== null || form.block.grouped);
    return {
      kind: 'plan',
      stages: [stage],
      result: { kind: 'concat', stage: 0, limit, offset },
      reason: rowwise ? 'rows are filtered and projected one by one' : `each group lies within one ${keys.join(', ')}`,
      reduces,
    };
  },
};

/** Two phases spread better than hive keys, when they can do it. */
function needsWholeGroups({ block }: ScatterForm): boolean {
  return block.windows || block.qualify || block.distinct === 'on' || !block.aggregates.every(mayMerge);
}

import { oneTaskBytes } from '../stages/sorted-ranges.ts';
import { aggregated } from './aggregated.ts';
import { bytesOf } from './fragment.ts';
import { groupKeys, isRowwise } from './keyed.ts';
import { modifiersOf } from './order.ts';
import { constantLimit, merged } from './rowwise.ts';
import { scatterForm } from './scatter-form.ts';
import { declined, type Outcome, type PlanContext, type Strategy } from './strategy.ts';

/** Partial queries per task, and a merge query over what they give. */
export const twoPhase: Strategy = {
  name: 'two_phase',
  async plan(context): Promise<Outcome> {
    const answer = scatterForm(context);
    if ('reason' in answer) return declined(answer.reason);
    const { form } = answer;
    const { block } = form;
    if (block.grouped || block.aggregates.length > 0) return groupedPlan(context, form);
    const { orders, distinct, other } = modifiersOf(form.node);
    if (other || constantLimit(form) === 'expression') return declined('LIMIT is not a constant');
    if (block.windows || block.qualify) return keyedPlan(context, form, 'windows look across tasks');
    if (isRowwise(form) && orders.length === 0) return declined('nothing has to be merged');
    if (isRowwise(form) && distinct === undefined && form.node.modifiers.length === 1 && sortsMuch(context))
      return declined('rows are many to sort in one place');
    if (distinct !== undefined || orders.length > 0) return merged(context, form, []);
    return declined('nothing has to be merged');
  },
};

/** Stages sort in ranges what one place would hardly hold. */
function sortsMuch(context: PlanContext): boolean {
  const { settings, bound } = context;
  if (settings.strategy === 'two_phase' || settings.disabled.includes('stages')) return false;
  const ids = bound.occurrences.map(({ id }) => id);
  return bytesOf(context, ids) > oneTaskBytes;
}

type Form = Extract<ReturnType<typeof scatterForm>, { form: unknown }>['form'];

async function groupedPlan(context: PlanContext, form: Form): Promise<Outcome> {
  const outcome = await aggregated(context, form);
  return outcome.kind === 'plan' ? outcome : keyedPlan(context, form, outcome.reason);
}

/** Whole groups within tasks by a hive key, then ORDER BY over all. */
function keyedPlan(context: PlanContext, form: Form, otherwise: string): Promise<Outcome> | Outcome {
  const { orders, other } = modifiersOf(form.node);
  const keys = groupKeys(context, form, true);
  if (keys.length === 0 || orders.length === 0 || other || constantLimit(form) === 'expression')
    return declined(otherwise);
  return merged(context, form, keys);
}

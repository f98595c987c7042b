import { bytesOf, makeStage, wholeScan } from './fragment.ts';
import { declined, type Strategy } from './strategy.ts';
import { wholeReason } from './whole.ts';

/** Pruning leaves one file of every data set: the whole text runs as one task on one worker. */
export const router: Strategy = {
  name: 'router',
  async plan(context) {
    const whole = wholeReason(context);
    if (whole !== undefined) return declined(whole.reason);
    const { occurrences, statement } = context.bound;
    const many = occurrences.find(({ id }) => context.files[id]!.length > 1);
    if (many !== undefined)
      return declined(`${context.files[many.id]!.length} files of ${many.table.name} are left to read`);
    const scans = occurrences.map(({ id }) => wholeScan(context, id));
    const reason = 'at most one file of each data set is left to read';
    const stage = await makeStage(context, {
      id: 0,
      node: statement,
      tasks: [{ partition: 0, scans }],
      replayable: false,
      why: reason,
    });
    return {
      kind: 'plan',
      stages: [stage],
      result: { kind: 'concat', stage: 0, limit: null, offset: 0 },
      reason: `${reason} (${bytesOf(
        context,
        occurrences.map(({ id }) => id),
      )} bytes)`,
      reduces: false,
    };
  },
};

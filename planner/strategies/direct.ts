import { bytesOf, printFragment, wholeScan } from './fragment.ts';
import { declined, type Outcome, type PlanContext, type Strategy } from './strategy.ts';
import { type WholeReason, wholeReason } from './whole.ts';

/** The coordinator's DuckDB runs the whole query itself, with all cores. */
export const direct: Strategy = {
  name: 'direct',
  async plan(context) {
    const whole = wholeReason(context);
    const reason = await whyDirect(context, whole);
    if ('declined' in reason) return declined(reason.declined);
    return runDirect(context, whole, reason.taken);
  },
};

/** The whole query on the coordinator: always possible. */
export async function runDirect(
  context: PlanContext,
  whole: WholeReason | undefined,
  reason: string,
): Promise<Outcome> {
  const sql = await printFragment(context, context.bound.statement);
  return {
    kind: 'plan',
    stages: [],
    result: {
      kind: 'sql',
      sql,
      scans: context.bound.occurrences.map(({ id }) => wholeScan(context, id)),
      stages: [],
      where: whole?.session ? 'session' : 'own',
    },
    reason,
    reduces: false,
  };
}

type Choice = { readonly taken: string } | { readonly declined: string };

async function whyDirect(context: PlanContext, whole: WholeReason | undefined): Promise<Choice> {
  const { settings, bound } = context;
  if (whole !== undefined) return { taken: whole.reason };
  if (settings.strategy === 'direct') return { taken: 'it is asked for' };
  const bytes = bytesOf(
    context,
    bound.occurrences.map(({ id }) => id),
  );
  if (bytes < settings.directMaxBytes)
    return { taken: `${bytes} bytes to read, less than sluice.direct_max_bytes (${settings.directMaxBytes})` };
  if (settings.workers === 0) return { taken: 'no worker is there' };
  const large = `${bytes} bytes to read (sluice.direct_max_bytes is ${settings.directMaxBytes})`;
  if (!settings.localWorkers) return { declined: large };
  return onOneHost(context, large, bytes);
}

/** Exchanging rows on one host costs what one DuckDB does not pay: only for queries that read so many times sluice.direct_max_bytes. */
const stagesTimesLarger = 16;

/** Workers on the gateway's own host share its cores: scattering pays when little comes back. */
async function onOneHost(context: PlanContext, large: string, bytes: number): Promise<Choice> {
  const { directMaxBytes, disabled } = context.settings;
  for (const strategy of ['pushdown', 'two_phase', 'stages'] as const) {
    if (disabled.includes(strategy)) continue;
    if (strategy === 'stages' && bytes < directMaxBytes * stagesTimesLarger) continue;
    const outcome = await context.attempt(strategy);
    if (outcome.kind !== 'plan') continue;
    if (outcome.reduces) return { declined: `${large}, and workers reduce them` };
    return { taken: `workers on this host would hand back most of what they read (${strategy})` };
  }
  return { taken: 'workers on this host could only hand back what they read' };
}

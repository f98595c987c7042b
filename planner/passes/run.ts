import { errors } from '../errors.ts';
import type { Draft, Pass, PassContext } from './pass.ts';

/** What one pass did. */
export interface PassReport {
  readonly name: string;
  readonly skipped: boolean;
  /** Did it change anything? */
  readonly changed: boolean;
  /** null without a clock. */
  readonly elapsedMs: number | null;
}

export interface RunPassesOptions {
  /** Names of passes to leave out. */
  readonly disabled: readonly string[];
  /** Milliseconds from anywhere; the planner has no clock of its own. */
  readonly clock?: (() => number) | undefined;
  /** Run after every pass that changed something; throws when the query is no longer sound. */
  readonly verify?: ((draft: Draft) => Promise<void>) | undefined;
  /** Aborted when the statement was cancelled: no further pass begins, the abort's reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** Runs passes in order. What a pass breaks (see `verify`) is an internal error that names it. */
export async function runPasses(
  draft: Draft,
  passes: readonly Pass[],
  context: PassContext,
  options: RunPassesOptions,
): Promise<{ readonly draft: Draft; readonly reports: readonly PassReport[] }> {
  const reports: PassReport[] = [];
  let current = draft;
  for (const pass of passes) {
    options.signal?.throwIfAborted();
    if (options.disabled.includes(pass.name)) {
      reports.push({ name: pass.name, skipped: true, changed: false, elapsedMs: null });
      continue;
    }
    const start = options.clock?.();
    const next = await pass.run(current, context);
    const elapsedMs = start === undefined ? null : options.clock!() - start;
    const changed = next !== current;
    reports.push({ name: pass.name, skipped: false, changed, elapsedMs });
    if (changed) await verifyPass(pass.name, next, options);
    current = next;
  }
  return { draft: current, reports };
}

async function verifyPass(name: string, draft: Draft, options: RunPassesOptions): Promise<void> {
  try {
    await options.verify?.(draft);
  } catch (error) {
    throw errors.internal(`planner pass ${name} made a query that does not bind`, error);
  }
}

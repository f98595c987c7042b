/** Controllers that end with a signal. `AbortSignal.any` gives the same, but what it keeps of each grows with all that ever were (Node.js 20). */
import { getEventListeners } from 'node:events';

interface Linked {
  readonly running: Set<AbortController>;
  /** Those that have been used and were never aborted: a controller is far more work to make than to use. */
  readonly idle: AbortController[];
}

const linked = new WeakMap<AbortSignal, Linked>();

/** A controller that is aborted, with the same reason, when the signal is. To be handed to `unlink` when it is done with. */
export function linkedController(signal: AbortSignal): AbortController {
  if (signal.aborted) {
    const controller = new AbortController();
    controller.abort(signal.reason);
    return controller;
  }
  let all = linked.get(signal);
  if (all === undefined) {
    const own: Linked = { running: new Set(), idle: [] };
    signal.addEventListener('abort', () => abortAll(own, signal.reason), { once: true });
    linked.set(signal, own);
    all = own;
  }
  const controller = all.idle.pop() ?? new AbortController();
  all.running.add(controller);
  return controller;
}

export function unlink(signal: AbortSignal, controller: AbortController): void {
  linked.get(signal)?.running.delete(controller);
}

/** Hands over a controller that was unlinked and that nobody will look at again. */
export function reuse(signal: AbortSignal, controller: AbortController): void {
  if (controller.signal.aborted || getEventListeners(controller.signal, 'abort').length > 0) return;
  linked.get(signal)?.idle.push(controller);
}

function abortAll({ running, idle }: Linked, reason: unknown): void {
  const all = [...running];
  running.clear();
  idle.length = 0;
  for (const controller of all) controller.abort(reason);
}

/** Controllers that end with a signal. `AbortSignal.any` gives the same, but what it keeps of each grows with all that ever were (Node.js 20). */
const linked = new WeakMap<AbortSignal, Set<AbortController>>();

/** A controller that is aborted, with the same reason, when the signal is. To be handed to `unlink` when it is done with. */
export function linkedController(signal: AbortSignal): AbortController {
  const controller = new AbortController();
  if (signal.aborted) {
    controller.abort(signal.reason);
    return controller;
  }
  let all = linked.get(signal);
  if (all === undefined) {
    const own = new Set<AbortController>();
    signal.addEventListener('abort', () => abortAll(own, signal.reason), { once: true });
    linked.set(signal, own);
    all = own;
  }
  all.add(controller);
  return controller;
}

export function unlink(signal: AbortSignal, controller: AbortController): void {
  linked.get(signal)?.delete(controller);
}

function abortAll(controllers: Set<AbortController>, reason: unknown): void {
  const all = [...controllers];
  controllers.clear();
  for (const controller of all) controller.abort(reason);
}

import type { QueryPhase } from './coordinator.ts';

/** Those in which the result step is pulled. */
export type WorkPhase = 'scatter' | 'merge';

const phases: readonly QueryPhase[] = ['earlier', 'plan', 'admit', 'scatter', 'merge', 'deliver'];

const perMs = 1000;

/** To whole microseconds, so that what is printed adds up. */
function rounded(ms: number): number {
  return Math.round(ms * perMs) / perMs;
}

/** Where the time of a query goes. It is always in exactly one phase, so that the phases add up to the whole. */
export class PhaseClock {
  readonly #spent: Record<QueryPhase, number>;
  #phase: QueryPhase = 'admit';
  #work: WorkPhase = 'scatter';
  #since = performance.now();
  #ended = false;

  /** `before`: what was spent until now. */
  constructor(before: { readonly earlier: number; readonly plan: number }) {
    this.#spent = { ...before, admit: 0, scatter: 0, merge: 0, deliver: 0 };
  }

  enter(phase: QueryPhase): void {
    this.#add(performance.now());
    this.#phase = phase;
  }

  /** The answer is pulled: whatever the result step does now. */
  enterWork(): void {
    this.enter(this.#work);
  }

  /** What the result step does from now on. */
  setWork(work: WorkPhase): void {
    if (this.#phase === this.#work) this.enter(work);
    this.#work = work;
  }

  end(): void {
    this.#add(performance.now());
    this.#ended = true;
  }

  /** Milliseconds of each phase, in whole microseconds, and their sum. */
  read(): { readonly phases: Readonly<Record<QueryPhase, number>>; readonly totalMs: number } {
    this.#add(performance.now());
    const spent = Object.fromEntries(phases.map((phase) => [phase, rounded(this.#spent[phase])]));
    const totalMs = rounded(phases.reduce((sum, phase) => sum + spent[phase]!, 0));
    return { phases: spent as Record<QueryPhase, number>, totalMs };
  }

  #add(now: number): void {
    if (!this.#ended) this.#spent[this.#phase] += now - this.#since;
    this.#since = now;
  }
}

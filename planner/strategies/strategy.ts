import type { BoundQuery } from '../bind/bound-query.ts';
import type { DataFile } from '../catalog.ts';
import type { PlannerSettings, PlanRequest } from '../index.ts';
import type { ExchangePolicy, OutputColumn, ResultStep, Stage, StrategyName } from '../plan/plan.ts';
import type { PlannerWorld } from '../world.ts';

/** Everything a strategy may look at. */
export interface PlanContext {
  readonly request: PlanRequest;
  readonly world: PlannerWorld;
  readonly bound: BoundQuery;
  /** Files left after pruning, by `Occurrence.id`. */
  readonly files: readonly (readonly DataFile[])[];
  /** Settings with the statement's hints applied. */
  readonly settings: PlannerSettings;
  /** What the answer looks like: names in the dialect, types as DuckDB gives for the original query. */
  readonly columns: readonly OutputColumn[];
  /** What another strategy makes of the query; computed once. */
  readonly attempt: (strategy: StrategyName) => Promise<Outcome>;
}

export type Outcome =
  | {
      readonly kind: 'plan';
      readonly stages: readonly Stage[];
      readonly result: ResultStep;
      /** One line: why this is right and worth it. */
      readonly reason: string;
      /** Does little leave the workers? What `direct` asks of scattering on one host. */
      readonly reduces: boolean;
      /** As in `Plan`; only where stages read each other. */
      readonly exchange?: ExchangePolicy;
      readonly rawGathers?: readonly string[];
    }
  | { readonly kind: 'declined'; readonly reason: string };

/** One rung of the ladder. */
export interface Strategy {
  readonly name: StrategyName;
  plan(context: PlanContext): Promise<Outcome>;
}

export function declined(reason: string): Outcome {
  return { kind: 'declined', reason };
}

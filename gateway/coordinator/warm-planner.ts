import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { Analyze, MakePlan, PlannerSettings } from '../../planner/index.ts';
import type { Plan, SessionSettings } from '../../planner/plan/plan.ts';
import type { PlannerWorld } from '../../planner/world.ts';
import type { Log } from '../observe/log.ts';
import { warmCatalog, warmQueries, warmStatistics } from './warm-queries.ts';

/** Rounds over the built-in queries; each has other constants. Plans go on getting faster for about so many. */
const defaultRounds = 12;
/** Every how many rounds the strategy is not given. */
const ladderEvery = 4;
/** How long warming up waits for a session's plan or query before it looks again. */
const giveWayMs = 10;

const session: SessionSettings = {
  timeZone: 'UTC',
  nullOrder: 'nulls_last',
  integerDivision: true,
  statementTimeMicros: '1000000000000000',
};

/** What plans are made with, and when. */
export interface WarmPlannerOptions<P extends WarmedPlanner> {
  readonly planner: P;
  readonly world: PlannerWorld;
  /** Those of a session that begins now. */
  readonly settings: () => PlannerSettings;
  /** Is there something to do for a session? Its plans are known here. */
  readonly isBusy: () => boolean;
  readonly log: Log;
}

/** What is warmed up of a planner. */
interface WarmedPlanner {
  readonly analyze: Analyze;
  readonly makePlan: MakePlan;
  readonly explainText: (plan: Plan) => readonly string[];
}

/**
 * Plans built-in queries once the gateway is ready: the planner's code is slow while it runs for the first times (it is compiled as it goes),
 * and the first client would wait for that. Sessions go first: while one of their plans is in the making or a query is open, this stands
 * still.
 */
export class WarmPlanner<P extends WarmedPlanner> {
  /** For sessions. */
  readonly planner: P;
  readonly #own: WarmedPlanner;
  readonly #world: PlannerWorld;
  readonly #settings: () => PlannerSettings;
  readonly #isBusy: () => boolean;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #asked = 0;
  #done: Promise<void> = Promise.resolve();

  constructor({ planner, world, settings, isBusy, log }: WarmPlannerOptions<P>) {
    this.#own = planner;
    this.#world = this.#givingWay(world);
    this.#settings = settings;
    this.#isBusy = isBusy;
    this.#log = log;
    this.planner = {
      ...planner,
      analyze: (request, own) => this.#first(planner.analyze(request, own)),
      makePlan: (request, own) => this.#first(planner.makePlan(request, own)),
    };
  }

  /**
   * Begins in the background, after so many milliseconds: who comes at once would only wait for it. Resolves when it has ended. What goes
   * wrong is told in the log, to whoever looks for it: only speed depends on it.
   */
  start(afterMs: number, rounds = defaultRounds): Promise<void> {
    let began = 0;
    const run = async () => {
      await delay(afterMs, undefined, { signal: this.#stop.signal });
      began = performance.now();
      await this.#run(rounds);
    };
    this.#done = run().then(
      () => this.#log.debug({ elapsedMs: Math.round(performance.now() - began) }, 'planner is warm'),
      (err: unknown) => {
        if (!this.#stop.signal.aborted) this.#log.debug({ err }, 'planner could not be warmed up');
      },
    );
    return this.#done;
  }

  /** Resolves when nothing is planned any more. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #run(rounds: number): Promise<void> {
    const { analyze, makePlan, explainText } = this.#own;
    for (let round = 0; round < rounds; round++) {
      // Stages are the most of the planner's code; the other strategies are tried in between.
      const strategy = round % ladderEvery === ladderEvery - 1 ? 'auto' : 'stages';
      const settings: PlannerSettings = { ...this.#settings(), strategy, directMaxBytes: 0 };
      for (const sql of warmQueries(round)) {
        const request = { sql, catalog: warmCatalog, settings };
        await analyze(request, this.#world);
        explainText(await makePlan({ ...request, parameters: null, session }, this.#world));
      }
    }
  }

  /** The world with tables that are nowhere; each question lets everything else go first. */
  #givingWay(world: PlannerWorld): PlannerWorld {
    const turn = () => this.#turn();
    return {
      serialize: (sql) => turn().then(() => world.serialize(sql)),
      deserialize: (json) => turn().then(() => world.deserialize(json)),
      describe: (sql, relations) => turn().then(() => world.describe(sql, relations)),
      statistics: (files) => turn().then(() => files.map(() => warmStatistics)),
      tableFunction: () => Promise.resolve(null),
    };
  }

  async #first<T>(work: Promise<T>): Promise<T> {
    this.#asked++;
    try {
      return await work;
    } finally {
      this.#asked--;
    }
  }

  /** Lets everything else go first. */
  async #turn(): Promise<void> {
    const { signal } = this.#stop;
    await nextTurn(undefined, { signal });
    while (this.#asked > 0 || this.#isBusy()) await delay(giveWayMs, undefined, { signal });
  }
}

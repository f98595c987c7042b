import { setMaxListeners } from 'node:events';
import type { DuckDBConnection } from '@duckdb/node-api';
import { errors, type SluiceError } from '../../planner/errors.ts';
import type { Plan } from '../../planner/plan/plan.ts';
import { toSluiceError } from '../../worker/engine/duckdb-error.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { QueryLog } from '../observe/query-log.ts';
import { Admission, type Lane, type Permit } from './admit.ts';
import type { CheckpointStore } from './checkpoints.ts';
import type { Answer, Coordinator, QueryContext } from './coordinator.ts';
import { type CoordinatorLimits, defaultLimits } from './limits.ts';
import { Locality } from './locality.ts';
import { OpenAnswer, type QueryOutcome } from './open-answer.ts';
import { type ConnectionSource, QueryConnections } from './query-connections.ts';
import { memoryFor } from './query-memory.ts';
import type { QueryRun } from './query-run.ts';
import { runPlan } from './run-plan.ts';
import { SlotPool } from './slot-pool.ts';
import { QueryTrace } from './trace.ts';

export interface CoordinatorOptions {
  /** Where workers come from; all of them serve every query. */
  readonly fleets: readonly Fleet[];
  /** The DuckDB of queries on connections of their own. */
  readonly engine: ConnectionSource;
  /** For rows that don't fit into memory; made on demand. */
  readonly tempDirectory: string;
  /** Where stages leave files for each other (see `Welcome.exchangeDirectory`); made on demand. */
  readonly exchangeDirectory: string;
  /** Absent: the hint checkpoint has no effect. */
  readonly checkpoints?: CheckpointStore;
  readonly limits?: Partial<CoordinatorLimits>;
  readonly log?: QueryLog;
}

/** Runs plans: admits them, scatters their stages, merges and streams their answers. */
export class QueryCoordinator implements Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #limits: CoordinatorLimits;
  readonly #admission: Admission;
  readonly #pool: SlotPool;
  readonly #locality: Locality;
  readonly #connections: QueryConnections;
  /** What ends each query that runs or waits. */
  readonly #open = new Map<OpenAnswer | symbol, (error: SluiceError) => void>();
  /** Session connections that an answer is read from. */
  readonly #busy = new WeakSet<DuckDBConnection>();
  #closing = false;

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#admission = new Admission(this.#limits);
    this.#pool = new SlotPool(options.fleets, this.#limits);
    this.#locality = new Locality(this.#limits.localityFiles);
    this.#connections = new QueryConnections(options.engine);
  }

  /** Connections of its own that are open: none when no answer is. */
  get openConnections(): number {
    return this.#connections.count;
  }

  /** Queries that run, wait for a place, or have an answer that is half read. */
  get openQueries(): number {
    return this.#open.size;
  }

  /** For metrics. */
  counts(lane: Lane): { readonly running: number; readonly queued: number } {
    return this.#admission.counts(lane);
  }

  /**
   * Waits for a place and gives the answer; the work begins with its first batch. Rejects with `tooManyQueries`, or the reason of the
   * context's signal.
   */
  async run(plan: Plan, context: QueryContext): Promise<Answer> {
    context.signal.throwIfAborted();
    if (this.#closing) throw errors.shuttingDown();
    if (this.#open.size >= this.#limits.openAnswers)
      throw errors.tooManyQueries(this.#limits.openAnswers, `${this.#open.size} answers are open.`);
    const query = this.#begin(plan, context);
    try {
      const permit = await this.#admission.admit(
        laneOf(plan),
        context.connection,
        query.controller.signal,
        memoryFor(plan, this.#limits),
      );
      return this.#openAnswer(plan, context, query, permit);
    } catch (error) {
      const told = toSluiceError(error);
      query.end({ kind: 'failed', report: query.trace.report(), error: told });
      throw told;
    }
  }

  /** Ends every query with `shuttingDown` and waits for them. */
  async close(): Promise<void> {
    this.#closing = true;
    const answers = [...this.#open.keys()];
    for (const abort of this.#open.values()) abort(errors.shuttingDown());
    await Promise.all(answers.map((answer) => (typeof answer === 'symbol' ? undefined : answer.closeWholly())));
    this.#pool.close();
    await this.#connections.end();
  }

  #begin(plan: Plan, context: QueryContext): BegunQuery {
    const { log } = this.#options;
    const controller = new AbortController();
    // Every task that runs or waits listens: as many as the limits allow.
    setMaxListeners(0, controller.signal);
    const onAbort = () => controller.abort(context.signal.reason);
    context.signal.addEventListener('abort', onAbort, { once: true });
    const { queryId, sql, user } = context;
    log?.start({ queryId, sql: sql ?? null, user: user ?? null, strategy: plan.strategy });
    const key = Symbol(queryId);
    this.#open.set(key, (error) => controller.abort(error));
    let answer: OpenAnswer | undefined;
    return {
      controller,
      trace: new QueryTrace(context.before),
      opened: (opened) => {
        answer = opened;
        this.#open.delete(key);
        this.#open.set(answer, (error) => controller.abort(error));
      },
      end: (outcome) => {
        context.signal.removeEventListener('abort', onAbort);
        this.#open.delete(answer ?? key);
        const { rows, workers, tasks, retries, elapsedMs } = outcome.report;
        const error = outcome.kind === 'failed' ? outcome.error : null;
        log?.end(queryId, { kind: outcome.kind, rows, workers, tasks, retries, elapsedMs, error });
      },
    };
  }

  #openAnswer(plan: Plan, context: QueryContext, query: BegunQuery, permit: Permit): OpenAnswer {
    const { controller, trace } = query;
    const leave = this.#enterSession(plan, context, permit);
    const onSession = plan.result.kind === 'sql' && plan.result.where === 'session';
    const abort = (error: unknown) => controller.abort(error);
    const run: QueryRun = {
      plan,
      context,
      limits: this.#limits,
      pool: this.#pool,
      locality: this.#locality,
      connections: this.#connections,
      tempDirectory: this.#options.tempDirectory,
      exchangeDirectory: this.#options.exchangeDirectory,
      checkpoints: this.#options.checkpoints,
      trace,
      signal: controller.signal,
      abort,
    };
    const answer = new OpenAnswer({
      columns: plan.columns,
      stream: runPlan(run),
      permit,
      trace,
      idleAnswerMs: this.#limits.idleAnswerMs,
      windDownMs: onSession ? Number.POSITIVE_INFINITY : this.#limits.windDownMs,
      signal: controller.signal,
      abort,
      onEnd: (outcome) => {
        leave();
        query.end(outcome);
      },
    });
    query.opened(answer);
    return answer;
  }

  /** DuckDB ends the first of two streams on one connection early and without a word: a second one is refused here. */
  #enterSession(plan: Plan, { connection }: QueryContext, permit: Permit): () => void {
    if (plan.result.kind !== 'sql' || plan.result.where !== 'session') return () => undefined;
    if (this.#busy.has(connection)) {
      permit.release();
      throw errors.internal('another answer is open on this connection');
    }
    this.#busy.add(connection);
    return () => this.#busy.delete(connection);
  }
}

/** A query from its arrival to its end. */
interface BegunQuery {
  readonly controller: AbortController;
  readonly trace: QueryTrace;
  readonly opened: (answer: OpenAnswer) => void;
  readonly end: (outcome: QueryOutcome) => void;
}

function laneOf({ strategy, stages, result }: Plan): Lane {
  const readsFiles = stages.length > 0 || (result.kind === 'sql' && result.scans.some(({ files }) => files.length > 0));
  return strategy === 'local' || strategy === 'metadata' || !readsFiles ? 'light' : 'heavy';
}

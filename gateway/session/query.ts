import type { DuckDBPreparedStatement, DuckDBType } from '@duckdb/node-api';
import type { CatalogSnapshot } from '../../planner/catalog.ts';
import { errors, isEngineFailure, isStageRowsLost, SluiceError } from '../../planner/errors.ts';
import type { Analysis, PlannerSettings, PlanRequest } from '../../planner/index.ts';
import { type ExpectedRows, type Plan, type StrategyName, scatteringStrategies } from '../../planner/plan/plan.ts';
import type { Statement } from '../../planner/sql/lexer.ts';
import { readChunk } from '../../worker/rows/read-chunk.ts';
import { parseType } from '../../worker/rows/types.ts';
import type { QueryContext, QueryReport } from '../coordinator/coordinator.ts';
import { checkQuery, needsOf, parsed } from './access/check-query.ts';
import { bindText, columnsOf } from './bind-text.ts';
import { Catalogs } from './catalogs.ts';
import type { Outcome, Runnable, SessionContext, Shape } from './context.ts';
import { guardText } from './guard-text.ts';
import { engineFailureRetries, inputChangedRetries, loggedTextLength } from './limits.ts';
import { columnsOfLocal } from './local-columns.ts';
import { localKeyOf } from './local-key.ts';
import { type NativeValue, nativeValues } from './native-values.ts';
import { hintsForQuery } from './parameter-hints.ts';
import { fill, parseTemplate, unfillError } from './parameters.ts';
import { PlanCache } from './plan-cache.ts';
import { primed } from './primed.ts';
import { QueryCache, type QueryEntry, type QueryShape } from './query-cache.ts';
import { hasSmallLimit, isLiteral, located, namesRelation, overConstants, shifted, unplaced } from './query-texts.ts';
import { asyncBatchReader, type BatchReader, batchReader } from './row-source.ts';
import { SessionDefinitions } from './session-definitions.ts';

const noTables: CatalogSnapshot = { version: '', lookup: () => undefined, names: () => [] };

/** Runs queries: statements that answer with rows. Small and local ones on the session's connection, the others through planner and coordinator. */
export class Queries {
  readonly #context: SessionContext;
  readonly #cache = new QueryCache();
  readonly #plans = new PlanCache();
  readonly #catalogs: Catalogs | undefined;
  readonly #definitions: SessionDefinitions;
  #variant = '';
  #variantVersion = -1;

  constructor(context: SessionContext) {
    this.#context = context;
    this.#definitions = new SessionDefinitions(context);
    const { pgCatalog } = context.options;
    this.#catalogs =
      pgCatalog === undefined ? undefined : new Catalogs(context, pgCatalog, (statement) => this.#analyze(statement));
  }

  /** After DDL. */
  forget(): void {
    this.#cache.clear();
    this.#plans.clear();
  }

  /** Types of parameters and columns, without running. */
  async describe(runnable: Runnable): Promise<Shape> {
    return (await this.#catalogs?.describe(runnable, (inner) => this.#describe(inner))) ?? this.#describe(runnable);
  }

  async #describe(runnable: Runnable): Promise<Shape> {
    const { statement } = runnable;
    const entry = await this.#entry(runnable);
    const { parameterTypes, names, types } = await located(statement, entry, () => this.#shape(entry, runnable));
    return { parameterTypes, columns: { names, types } };
  }

  /** Starts a query. */
  async run(runnable: Runnable): Promise<Outcome> {
    const run = (inner: Runnable) => overConstants(inner, (filled) => this.#run(filled)) ?? this.#run(inner);
    return (await this.#catalogs?.run(runnable, run)) ?? run(runnable);
  }

  async #run(runnable: Runnable): Promise<Outcome> {
    const started = performance.now();
    await this.#showCheckpoints(runnable);
    const { statement, parameters } = runnable;
    const entry = await this.#entry(runnable);
    if (entry.analysis.parameterCount > (parameters?.length ?? 0)) {
      throw errors.undefinedParameter(parameters === null ? 1 : parameters.length + 1);
    }
    if (entry.analysis.reach !== 'dataset') {
      return located(statement, entry, () => this.#runLocal(entry, runnable));
    }
    return this.#runPlanned(runnable, started);
  }

  /** Whether a query is over data sets alone; otherwise the session's connection runs it. */
  async isPlanned(runnable: Runnable): Promise<boolean> {
    return (await this.#entry(runnable)).analysis.reach === 'dataset';
  }

  /**
   * The plan of a query over data sets alone, for EXPLAIN and for writing its rows; `without`: strategies that are left out; `more`: settings for this plan
   * alone.
   */
  async plan(
    runnable: Runnable,
    without: readonly StrategyName[] = [],
    more: Partial<PlannerSettings> = {},
  ): Promise<Plan> {
    return this.#plan(runnable, without, more);
  }

  /** The text that DuckDB is to run for a query on the session's connection, which is then ready for it; and whether it reads data sets. */
  async sessionSql(runnable: Runnable): Promise<{ readonly sql: string; readonly mixed: boolean }> {
    const entry = await this.#entry(runnable);
    await this.#enter(entry);
    const sql = fill(entry.template, (n) => runnable.parameters?.[n - 1] ?? 'NULL');
    return { sql, mixed: entry.analysis.reach === 'mixed' };
  }

  /** The catalog without what temporary tables hide. */
  #visible(catalog: CatalogSnapshot): CatalogSnapshot {
    const { temporary, searchPath } = this.#context;
    const inPath = searchPath.visible(catalog);
    if (temporary.size === 0) {
      return inPath;
    }
    return {
      version: catalog.version,
      names: () => catalog.names(),
      lookup: (schema, name) =>
        schema === undefined && temporary.has(name.toLowerCase()) ? undefined : inPath.lookup(schema, name),
    };
  }

  #plannerSettings(): PlannerSettings {
    const { settings, options } = this.#context;
    return { ...settings.sluice, ...options.fleet() };
  }

  /** Everything that a cached entry depends on beside its text and the catalog. */
  #variantKey(): string {
    const { settings } = this.#context;
    if (this.#variantVersion !== settings.version) {
      this.#variantVersion = settings.version;
      this.#variant = `${settings.show('TimeZone')}\0${settings.show('search_path')}\0${JSON.stringify(settings.sluice)}`;
    }
    return this.#variant;
  }

  /** What is known of a query that the session's role may run. Raises 42501. */
  async #entry(runnable: Runnable): Promise<QueryEntry> {
    const entry = await this.#known(runnable);
    if (!this.#context.access.isAdmin) {
      entry.needs ??= await needsOf(this.#context, entry.analysis.sql);
      await checkQuery(this.#context, entry.needs);
    }
    return entry;
  }

  async #known(runnable: Runnable): Promise<QueryEntry> {
    const { statement, parameterOids } = runnable;
    const variant = `${parameterOids.join()}\0${this.#variantKey()}`;
    const found = this.#cache.get(variant, statement.text, async () => (await this.#context.snapshot()).version);
    const cached = found instanceof Promise ? await found : found;
    if (cached !== undefined && (cached.definedAt === undefined || cached.definedAt === this.#definitions.version)) {
      return cached;
    }
    guardText(statement.text, this.#context.options.database);
    if (!this.#context.access.isAdmin) {
      // To look at a query's files is to read them.
      await checkQuery(this.#context, await needsOf(this.#context, parsed(this.#context, statement.text)), true);
    }
    const constant = (statement.main === 'select' || statement.main === 'values') && !namesRelation(statement.text);
    const catalog = constant ? noTables : await this.#context.snapshot();
    const analysis = await this.#analyze(statement, catalog);
    const entry: QueryEntry = {
      analysis,
      catalogVersion: constant ? null : catalog.version,
      template: parseTemplate(analysis.sql),
      small: constant || hasSmallLimit(statement.text),
      literal: constant && analysis.parameterCount === 0 && isLiteral(statement.text),
      answer: undefined,
      checkedAt: performance.now(),
      prepared: undefined,
      plannedAt: undefined,
      definedAt: analysis.defined === undefined ? undefined : this.#definitions.version,
      bound: undefined,
      shape: undefined,
      needs: undefined,
    };
    this.#cache.set(variant, statement.text, entry);
    return entry;
  }

  async #analyze(statement: Statement, given?: CatalogSnapshot): Promise<Analysis> {
    const catalog = given ?? (await this.#context.snapshot());
    const { planner, world, database } = this.#context.options;
    if (catalog !== noTables) {
      // A data set that is gone must not be found as its old view.
      await database.syncViews(catalog);
    }
    if (!this.#context.searchPath.isPlain) {
      await this.#context.connection.ready(this.#context.sessionSettings(), true);
    }
    const localColumns = (schema: string, name: string) => columnsOfLocal(this.#context.connection, schema, name);
    const settings = this.#plannerSettings();
    const definitions = catalog === noTables ? {} : { definitions: this.#definitions };
    const local = { localColumns, localKey: localKeyOf(this.#context.connection) };
    const request = { sql: statement.text, catalog: this.#visible(catalog), settings, ...local, ...definitions };
    const ownWorld = world.forSession?.(this.#context.sessionSettings()) ?? world;
    return shifted(statement, planner.analyze(request, ownWorld));
  }

  async #shape(entry: QueryEntry, runnable: Runnable): Promise<QueryShape> {
    if (entry.shape !== undefined) {
      return entry.shape;
    }
    await this.#enter(entry);
    const { template, analysis } = entry;
    const bound =
      template.numbers.length === 0
        ? { parameterTypes: [], ...columnsOf(await this.#prepared(entry)) }
        : await bindText(
            this.#context.connection,
            template,
            analysis.parameterCount,
            runnable.parameterOids,
            hintsForQuery(this.#context, runnable.statement, (probe) => this.#analyze(probe)),
          );
    entry.shape = { ...bound, names: analysis.outputNames(bound.names) };
    return entry.shape;
  }

  /** Brings `sluice.checkpoints` up to date for a query that names it. */
  async #showCheckpoints({ statement }: Runnable): Promise<void> {
    if (!/\bsluice"?\s*\.\s*"?checkpoints\b/i.test(statement.text)) return;
    const { checkpoints, database } = this.#context.options;
    await database.showCheckpoints((await checkpoints?.list()) ?? []);
  }

  /** Makes the session's connection ready for this query. */
  async #enter(entry: QueryEntry): Promise<void> {
    const { connection, options } = this.#context;
    if (entry.analysis.reach !== 'local') {
      await options.database.syncViews(await this.#context.snapshot());
    }
    await connection.ready(this.#context.sessionSettings(), true);
  }

  /**
   * DuckDB (1.5.5) plans with the statistics that tables have when a statement is prepared, and goes on to trust them when rows have come since:
   * filters drop them and sorts garble them. So a prepared statement serves only until somebody writes.
   */
  #forgetOldPlans(entry: QueryEntry): void {
    if (entry.catalogVersion === null) {
      return;
    }
    const { transaction, options } = this.#context;
    const commits = options.hub.commits.now();
    const moment = commits === undefined ? undefined : `${commits}.${transaction.serial}.${transaction.writes.count}`;
    if (moment === undefined || entry.plannedAt !== moment) {
      entry.prepared?.destroySync();
      entry.bound?.statement?.destroySync();
      entry.prepared = undefined;
      entry.bound = undefined;
    }
    entry.plannedAt = moment;
  }

  async #prepared(entry: QueryEntry): Promise<DuckDBPreparedStatement> {
    this.#forgetOldPlans(entry);
    entry.prepared ??= await this.#context.connection.prepare(entry.template.text);
    return entry.prepared;
  }

  async #runLocal(entry: QueryEntry, { parameters }: Runnable): Promise<Outcome> {
    const { connection } = this.#context;
    if (entry.answer !== undefined) {
      const { names, types, batches } = entry.answer;
      return rows(names, types, batchReader(types, batches), false);
    }
    await this.#enter(entry);
    const literalOf = (n: number) => parameters![n - 1]!;
    const bare = entry.template.numbers.length === 0;
    const answer = bare || !entry.small ? undefined : await this.#runBound(entry, parameters!);
    if (answer !== undefined) {
      return answer;
    }
    const sql = bare ? entry.template.text : fill(entry.template, literalOf);
    try {
      if (entry.small) {
        const result = await connection.run(sql, bare ? await this.#prepared(entry) : undefined);
        const types = result.columnTypes();
        const batches = Array.from({ length: result.chunkCount }, (_, index) =>
          readChunk(result.getChunk(index), types),
        );
        const names = entry.analysis.outputNames(result.columnNames());
        if (entry.literal) {
          entry.answer = { names, types, batches };
        }
        return rows(names, types, batchReader(types, batches), false);
      }
      const prepared = bare ? await this.#prepared(entry) : await connection.prepare(sql);
      const { reader, names } = await connection.stream(sql, prepared);
      if (!bare) {
        prepared.destroySync();
      }
      return rows(entry.analysis.outputNames(names), reader.types, reader, true);
    } catch (error) {
      throw unfillError(error, entry.template, sql, literalOf);
    }
  }

  /** With the values bound, for small answers of simple types; undefined: not so, run it with literals. */
  async #runBound(entry: QueryEntry, parameters: readonly string[]): Promise<Outcome | undefined> {
    const { template, analysis } = entry;
    const values = analysis.reach === 'local' ? nativeValues(parameters) : undefined;
    if (values === undefined || new Set(template.numbers).size !== values.length) {
      return undefined;
    }
    const literalOf = (n: number) => `CAST($${n} AS ${values[n - 1]!.type})`;
    const { statement, sql } = await this.#bound(entry, values, literalOf);
    if (statement === null) {
      return undefined;
    }
    for (const [index, value] of values.entries()) {
      value.bind(statement, index + 1);
    }
    try {
      const result = await this.#context.connection.run(sql, statement);
      const types = result.columnTypes();
      const batches = Array.from({ length: result.chunkCount }, (_, index) => readChunk(result.getChunk(index)));
      return rows(analysis.outputNames(result.columnNames()), types, batchReader(types, batches), false);
    } catch (error) {
      throw unfillError(error, template, sql, literalOf);
    }
  }

  async #bound(entry: QueryEntry, values: readonly NativeValue[], literalOf: (n: number) => string) {
    this.#forgetOldPlans(entry);
    const types = values.map(({ type }) => type).join();
    if (entry.bound?.types !== types) {
      const sql = fill(entry.template, literalOf);
      // What needs a constant there is bound, or refused, with literals.
      const statement = await this.#context.connection.prepare(sql).catch(() => null);
      entry.bound?.statement?.destroySync();
      entry.bound = { types, sql, statement };
    }
    return entry.bound;
  }

  /** Without all that scatter: on the coordinator, whatever is asked for. */
  async #plan(
    runnable: Runnable,
    without: readonly StrategyName[] = [],
    more: Partial<PlannerSettings> = {},
  ): Promise<Plan> {
    const { options } = this.#context;
    const catalog = await this.#context.snapshot();
    await options.database.syncViews(catalog);
    const own = this.#request(runnable, catalog, without, await this.#isDefined(runnable));
    const request = { ...own, settings: { ...own.settings, ...more } };
    const make = () => options.planner.makePlan(request, options.world);
    const plan = request.catalog === catalog ? this.#plans.get(request, make) : make();
    return shifted(runnable.statement, plan);
  }

  #request(
    { statement, parameters }: Runnable,
    catalog: CatalogSnapshot,
    without: readonly StrategyName[],
    defined: boolean,
  ): PlanRequest {
    const settings = this.#plannerSettings();
    const localColumns = (schema: string, name: string) => columnsOfLocal(this.#context.connection, schema, name);
    return {
      sql: statement.text,
      parameters,
      catalog: this.#visible(catalog),
      settings: without.length > 0 ? { ...settings, disabled: [...settings.disabled, ...without] } : settings,
      session: this.#context.sessionSettings(),
      ...(defined ? { definitions: this.#definitions, localColumns } : {}),
    };
  }

  /** Is it to be planned with views and macros in place of their names? */
  async #isDefined(runnable: Runnable): Promise<boolean> {
    return (await this.#known(runnable)).analysis.defined === true;
  }

  /** Another plan of a statement that runs, as stages, with sizes that its first plan has found out. */
  async #planAgain(runnable: Runnable, known: readonly ExpectedRows[]): Promise<Plan> {
    const { planner, world } = this.#context.options;
    const request = this.#request(runnable, await this.#context.snapshot(), [], await this.#isDefined(runnable));
    const settings = { ...request.settings, strategy: 'stages', adaptive: 'on' } as const;
    return planner.makePlan({ ...request, settings, known }, world);
  }

  /**
   * Plans and starts. Plans anew when a file changed, what a stage had left for others is gone, or the engine failed (under this query or one
   * beside it), and no row has left. An error that the query itself is at fault for, met by a task, is
   * judged by one DuckDB: a part of a query may evaluate what the whole would not have (a cast that a join filters away), so the query runs
   * once more, whole, and that answer or error counts.
   */
  async #runPlanned(runnable: Runnable, started: number): Promise<Outcome> {
    let whole = false;
    let engineFailures = 0;
    for (let attempt = 0; ; attempt++) {
      // Who is gone needs no plan, and nothing run.
      this.#context.signal().throwIfAborted();
      const begun = attempt === 0 ? started : performance.now();
      const plan = await this.#plan(runnable, whole ? scatteringStrategies : []);
      const before = { earlier: begun - started, plan: performance.now() - begun };
      if (attempt === 0) {
        for (const notice of plan.notices) {
          this.#context.notice(notice);
        }
      }
      this.#context.signal().throwIfAborted();
      try {
        return await this.#startPlan(plan, runnable, before);
      } catch (error) {
        if (!(error instanceof SluiceError)) {
          throw error;
        }
        const judge = error.errorClass === 'user' && plan.stages.length > 0 && plan.hinted !== true;
        const changed = error.errorClass === 'input_changed' || isStageRowsLost(error);
        const failed = isEngineFailure(error);
        if (failed) {
          this.#tellFailure(runnable, error);
        }
        // On the session's connection other statements may have come before, in the same transaction.
        const anew = failed && !onSession(plan) && engineFailures++ < engineFailureRetries;
        if (!judge && !anew && (!changed || attempt >= inputChangedRetries)) {
          throw error;
        }
        whole ||= judge;
        this.#context.refreshSnapshot();
      }
    }
  }

  #tellFailure({ statement }: Runnable, error: SluiceError): void {
    const { text } = statement;
    const sql = text.length <= loggedTextLength ? text : `${text.slice(0, loggedTextLength)}…`;
    this.#context.options.log.error({ err: error, sql }, 'the query engine failed');
  }

  async #startPlan(plan: Plan, runnable: Runnable, before: QueryContext['before']): Promise<Outcome> {
    const { connection, options } = this.#context;
    const settings = this.#context.sessionSettings();
    const live = onSession(plan);
    if (live) {
      await connection.ready(settings, true);
    }
    const context = {
      queryId: this.#context.nextQueryId(),
      settings,
      sql: runnable.statement.text,
      user: this.#context.user,
      before,
      exchangeFrameBytes: this.#context.settings.sluice.exchangeFrameBytes,
      connection: connection.duckdb,
      signal: this.#context.signal(),
      ...(plan.exchange?.adaptive
        ? { replan: (known: readonly ExpectedRows[]) => this.#planAgain(runnable, known) }
        : {}),
    };
    const answer = await unplaced(options.coordinator.run(plan, context));
    const types = answer.columns.map((column) => parseType(column.type));
    const reader = asyncBatchReader(types, answer, async () => {
      await answer.close();
      this.#context.settings.tellLastQuery(lastQuery(answer.replacedPlan() ?? plan, answer.report()));
      if (live) {
        connection.forgetSettings();
      }
    });
    const names = answer.columns.map((column) => column.name);
    const begin = () => unplaced(primed(reader));
    const first = live ? connection.during(begin) : begin();
    const outcome = rows(names, types, await first, live);
    return { ...outcome, ran: { plan: () => answer.replacedPlan() ?? plan, report: () => answer.report() } };
  }
}

function onSession({ result }: Plan): boolean {
  return result.kind === 'sql' && result.where === 'session';
}

/** See `SettingsState.tellLastQuery`. `fallback`: why `stages` was not taken, where it was tried. */
export function lastQuery({ strategy, decisions, rawGathers = [] }: Plan, report: QueryReport): string {
  const fallback = decisions.find((decision) => decision.strategy === 'stages' && !decision.taken)?.reason;
  return JSON.stringify({ strategy, fallback, rawGathers, ...report });
}

function rows(
  names: readonly string[],
  types: readonly DuckDBType[],
  reader: BatchReader,
  live: boolean,
): Outcome & { kind: 'rows' } {
  return { kind: 'rows', names, types, reader, live, tag: (count) => `SELECT ${count}` };
}

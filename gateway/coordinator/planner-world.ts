import { join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance, DuckDBPreparedStatement } from '@duckdb/node-api';
import { LRUCache } from 'lru-cache';
import type { DataFile, DatasetTable, FileStatistics } from '../../planner/catalog.ts';
import { errors } from '../../planner/errors.ts';
import type { SessionSettings } from '../../planner/plan/plan.ts';
import type { Description, PlannerWorld, ShadowRelation } from '../../planner/world.ts';
import { isFatal, toSluiceError } from '../../worker/engine/duckdb-error.ts';
import { openInstance } from '../../worker/engine/instance.ts';
import { wholePartitionSql } from '../../worker/engine/session-settings.ts';
import { describeStatement } from './describe-statement.ts';
import { ShadowQueries } from './shadow-queries.ts';
import { ShadowSchemas } from './shadow-schemas.ts';
import { withoutWords } from './without-words.ts';

/** What the world asks of the catalog. */
export interface WorldCatalog {
  statistics(files: readonly DataFile[]): Promise<readonly FileStatistics[]>;
  tableFunction(
    name: string,
    args: readonly string[],
    named: Readonly<Record<string, string>>,
  ): Promise<DatasetTable | null>;
}

/** How the world's private DuckDB is opened. */
export interface PlannerWorldOptions {
  readonly catalog: WorldCatalog;
  /** Folders that a text under `describe` may read: `read_csv(...)` is sniffed when it is bound. */
  readonly allowedDirectories: readonly string[];
  readonly tempDirectory: string;
  readonly memoryBytes: number;
}

/** Characters of texts and answers kept, in each of the caches. */
const maxCacheCharacters = 16 * 1024 * 1024;
/** How often a call is made again when the engine failed under it. */
const engineFailureRetries = 1;

interface Caches {
  readonly serialized: LRUCache<string, string>;
  readonly deserialized: LRUCache<string, string>;
  readonly described: LRUCache<string, Description>;
}

/** The planner's world: a private in-memory DuckDB that parses, prints and binds, and the catalog. Runs nothing but its own functions. */
export class DuckdbPlannerWorld implements PlannerWorld {
  readonly #options: PlannerWorldOptions;
  readonly #engine: ReplaceableEngine;
  readonly #integerDivision: boolean;

  private constructor(options: PlannerWorldOptions, engine: ReplaceableEngine, integerDivision: boolean) {
    this.#options = options;
    this.#engine = engine;
    this.#integerDivision = integerDivision;
  }

  static async open(options: PlannerWorldOptions): Promise<DuckdbPlannerWorld> {
    return new DuckdbPlannerWorld(options, await ReplaceableEngine.open(options), false);
  }

  forSession({ integerDivision }: Pick<SessionSettings, 'integerDivision'>): DuckdbPlannerWorld {
    if (integerDivision === this.#integerDivision) return this;
    return new DuckdbPlannerWorld(this.#options, this.#engine, integerDivision);
  }

  serialize(sql: string): Promise<string> {
    return this.#engine.use((engine) => engine.serialize(sql));
  }

  deserialize(json: string): Promise<string> {
    return this.#engine.use((engine) => engine.deserialize(json));
  }

  describe(sql: string, relations: readonly ShadowRelation[]): Promise<Description> {
    return this.#engine.use((engine) => engine.describe(sql, relations, this.#integerDivision));
  }

  statistics(files: readonly DataFile[]): Promise<readonly FileStatistics[]> {
    return this.#options.catalog.statistics(files);
  }

  tableFunction(
    name: string,
    args: readonly string[],
    named: Readonly<Record<string, string>>,
  ): Promise<DatasetTable | null> {
    return this.#options.catalog.tableFunction(name, args, named);
  }

  /** Closes the private DuckDB, for all sessions' worlds made of this one. */
  close(): Promise<void> {
    return this.#engine.close();
  }
}

/** One value through one prepared statement, call after call. */
class PreparedCall {
  readonly #prepared: DuckDBPreparedStatement;
  #last: Promise<unknown> = Promise.resolve();

  constructor(prepared: DuckDBPreparedStatement) {
    this.#prepared = prepared;
  }

  run(value: string): Promise<string> {
    const result = this.#last.then(async () => {
      this.#prepared.bindVarchar(1, value);
      // The answer is there as soon as the call ends: asking for its chunks one by one would go through the thread pool for each.
      const text = (await this.#prepared.run()).getChunk(0).getColumnValues(0)[0];
      if (typeof text !== 'string') throw errors.internal('DuckDB returned no text');
      return text;
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  async close(): Promise<void> {
    await this.#last;
    this.#prepared.destroySync();
  }
}

/** An engine that makes place for a fresh one after a fatal error, which makes a whole DuckDB instance unusable. */
class ReplaceableEngine {
  readonly #options: PlannerWorldOptions;
  #current: Promise<PlannerEngine> | undefined;
  #opened = 0;
  /** The ends of those that failed. */
  #ended: Promise<unknown> = Promise.resolve();

  private constructor(options: PlannerWorldOptions) {
    this.#options = options;
  }

  static async open(options: PlannerWorldOptions): Promise<ReplaceableEngine> {
    const engine = new ReplaceableEngine(options);
    await engine.#open();
    return engine;
  }

  async use<T>(work: (engine: PlannerEngine) => Promise<T>): Promise<T> {
    for (let failures = 0; ; ) {
      const current = this.#current ?? this.#open();
      try {
        return await work(await current);
      } catch (error) {
        if (!isFatal(error)) throw error;
        if (this.#current === current) this.#replace(current);
        if (failures++ >= engineFailureRetries) throw error;
      }
    }
  }

  async close(): Promise<void> {
    await this.#ended;
    await (await this.#current)?.close();
  }

  #replace(failed: Promise<PlannerEngine>): void {
    this.#current = undefined;
    const ended = failed.then((engine) => engine.close());
    this.#ended = Promise.allSettled([this.#ended, ended]);
  }

  #open(): Promise<PlannerEngine> {
    const tempDirectory = join(this.#options.tempDirectory, String(this.#opened++));
    const engine = PlannerEngine.open({ ...this.#options, tempDirectory });
    this.#current = engine;
    // Whoever needs it learns why, and the next one tries again.
    engine.catch(() => {
      if (this.#current === engine) this.#current = undefined;
    });
    return engine;
  }
}

class PlannerEngine {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #serializer: PreparedCall;
  readonly #deserializer: PreparedCall;
  readonly #queries: ShadowQueries;
  readonly #schemas: ShadowSchemas;
  readonly #caches: Caches = {
    serialized: textCache((value, key) => value.length + key.length),
    deserialized: textCache((value, key) => value.length + key.length),
    described: textCache(({ columns }, key) => key.length + columns.length * 40),
  };

  readonly #numbers = new WeakMap<ShadowRelation, number>();
  readonly #numbersByText = new LRUCache<string, number>({
    maxSize: maxCacheCharacters,
    sizeCalculation: (_, text) => text.length,
  });
  #nextNumber = 0;

  private constructor(
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    calls: readonly DuckDBPreparedStatement[],
  ) {
    const [serialize, deserialize] = calls;
    if (serialize === undefined || deserialize === undefined) throw errors.internal('two calls are needed');
    this.#instance = instance;
    this.#connection = connection;
    this.#serializer = new PreparedCall(serialize);
    this.#deserializer = new PreparedCall(deserialize);
    this.#queries = new ShadowQueries(instance);
    this.#schemas = new ShadowSchemas(instance);
  }

  static async open(options: PlannerWorldOptions): Promise<PlannerEngine> {
    const instance = await openInstance({ ...options, path: ':memory:', threads: 1, maxTempBytes: 0 });
    const connection = await instance.connect();
    await connection.run(wholePartitionSql('memory.main'));
    const serialize = await connection.prepare('SELECT json_serialize_sql(CAST($1 AS VARCHAR))');
    const deserialize = await connection.prepare('SELECT json_deserialize_sql(CAST(CAST($1 AS VARCHAR) AS JSON))');
    return new PlannerEngine(instance, connection, [serialize, deserialize]);
  }

  async serialize(sql: string): Promise<string> {
    const { serialized } = this.#caches;
    const known = serialized.get(sql);
    if (known !== undefined) return known;
    const json = await this.#serializer.run(sql).catch((error: unknown) => {
      throw toSluiceError(error, sql);
    });
    // A tree begins with {"error":false,...}; the message of a failure is short.
    if (json.startsWith('{"error":true')) throw parseFailure(json);
    serialized.set(sql, json);
    return json;
  }

  async deserialize(json: string): Promise<string> {
    const { deserialized } = this.#caches;
    const known = deserialized.get(json);
    if (known !== undefined) return known;
    const sql = await this.#deserializer.run(json).catch((error: unknown) => {
      const told = toSluiceError(error);
      throw isFatal(told) ? told : errors.internal(`could not print a syntax tree: ${told.message}`, error);
    });
    deserialized.set(json, sql);
    return sql;
  }

  async describe(sql: string, relations: readonly ShadowRelation[], integerDivision: boolean): Promise<Description> {
    const { described } = this.#caches;
    const schemaKey = `${integerDivision}:${relations.map((relation) => this.#numberOf(relation)).join()}`;
    const key = `${schemaKey}\n${sql}`;
    const known = described.get(key);
    if (known !== undefined) return known;
    const general = `${schemaKey}\n${withoutWords(sql)}`;
    const alike = described.get(general);
    if (alike !== undefined) {
      described.set(key, alike);
      return alike;
    }
    try {
      const description =
        (await this.#queries.describe(sql, relations, integerDivision)) ??
        (await this.#schemas.use(schemaKey, { relations, integerDivision }, (connection) =>
          describeStatement(connection, sql),
        ));
      // What a text that reads files returns is another thing tomorrow.
      if (!/\b(?:read_|glob|sniff_|parquet_|_scan)|'[^']*\.\w+'/i.test(sql)) {
        described.set(key, description);
        if (!description.columns.some(({ name }) => name.includes("'"))) described.set(general, description);
      }
      return description;
    } catch (error) {
      throw toSluiceError(error, sql);
    }
  }

  /** The same for all relations that look alike: what stands for them in keys. */
  #numberOf(relation: ShadowRelation): number {
    const known = this.#numbers.get(relation);
    if (known !== undefined) return known;
    const text = JSON.stringify(relation);
    const number = this.#numbersByText.get(text) ?? this.#nextNumber++;
    this.#numbersByText.set(text, number);
    this.#numbers.set(relation, number);
    return number;
  }

  async close(): Promise<void> {
    this.#queries.close();
    this.#schemas.close();
    await Promise.all([this.#serializer.close(), this.#deserializer.close()]);
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

function textCache<T extends object | string>(size: (value: T, key: string) => number): LRUCache<string, T> {
  return new LRUCache<string, T>({
    maxSize: maxCacheCharacters,
    sizeCalculation: (value, key) => Math.max(1, size(value, key)),
  });
}

interface ParseFailure {
  readonly error_type: string;
  readonly error_message: string;
  /** 0-based, in characters. */
  readonly position?: string;
}

function parseFailure(json: string): Error {
  const failure = JSON.parse(json) as ParseFailure;
  const position = failure.position === undefined ? undefined : Number(failure.position) + 1;
  if (failure.error_type === 'parser') return errors.syntax(failure.error_message, position);
  return errors.featureNotSupported('a syntax tree of this statement', failure.error_message, position);
}

import type { DuckDBPreparedStatement, DuckDBType } from '@duckdb/node-api';
import { LRUCache } from 'lru-cache';
import type { Analysis } from '../../planner/index.ts';
import type { AccessNeeds } from '../../planner/sql/access-needs.ts';
import type { ColumnBatch } from '../../worker/rows/column-batch.ts';
import { cachedStatements, cachedTextLength, localNamesMs } from './limits.ts';
import type { Template } from './parameters.ts';

/** What is known of a query text under one set of settings. */
export interface QueryEntry {
  readonly analysis: Analysis;
  /** Version of the catalog that the analysis belongs to; null: it names no relation. */
  readonly catalogVersion: string | null;
  /** Of `analysis.sql`. */
  readonly template: Template;
  /** Its answer is small by its form, and may be held in memory: no relation and no set-returning function, or a small LIMIT. */
  readonly small: boolean;
  /** The whole answer of a text that can only ever give this one (`SELECT 1`, which pools send as a ping), once it was run. */
  readonly literal: boolean;
  answer:
    | {
        readonly types: readonly DuckDBType[];
        readonly batches: readonly ColumnBatch[];
        readonly names: readonly string[];
      }
    | undefined;
  /** When the catalog last said that its names are no data sets (`performance.now()`). */
  checkedAt: number;
  /** DuckDB's own, kept while the entry lives; only of texts without parameters that the session's connection runs. */
  prepared: DuckDBPreparedStatement | undefined;
  /** DuckDB's own of a text with parameters, for values of these types; its `statement` is null when DuckDB needs them as literals. */
  bound:
    | { readonly types: string; readonly sql: string; readonly statement: DuckDBPreparedStatement | null }
    | undefined;
  /** The state of the local tables that `prepared` and `bound` were planned for; undefined: not known. */
  plannedAt: string | undefined;
  /** What it touches, once a role that is no superuser has asked for it. */
  needs: AccessNeeds | undefined;
  /** Version of the definitions that the analysis belongs to, where it names any. */
  readonly definedAt: string | undefined;
  /** Resolved once, by DuckDB's binder. */
  shape: QueryShape | undefined;
}

export interface QueryShape {
  readonly parameterTypes: readonly string[];
  readonly names: readonly string[];
  readonly types: readonly DuckDBType[];
}

/** Parse and bind results of a session, least recently used first to go. */
export class QueryCache {
  /** Made with the first entry: it takes its room at once, and many sessions ask nothing. */
  #entries: LRUCache<string, QueryEntry> | undefined;

  /** `variant` holds the settings and parameter types that the entry depends on. */
  get(
    variant: string,
    sql: string,
    catalogVersion: () => Promise<string>,
  ): Promise<QueryEntry | undefined> | QueryEntry | undefined {
    const key = `${variant}\0${sql}`;
    const entry = this.#entries?.get(key);
    const fresh = entry?.analysis.reach === 'local' && performance.now() - entry.checkedAt < localNamesMs;
    if (entry === undefined || entry.catalogVersion === null || fresh) {
      return entry;
    }
    return catalogVersion().then((version) => {
      if (version === entry.catalogVersion) {
        entry.checkedAt = performance.now();
        return entry;
      }
      this.#entries?.delete(key);
      return undefined;
    });
  }

  set(variant: string, sql: string, entry: QueryEntry): void {
    if (sql.length <= cachedTextLength) {
      this.#entries ??= new LRUCache({ max: cachedStatements, dispose });
      this.#entries.set(`${variant}\0${sql}`, entry);
    }
  }

  clear(): void {
    this.#entries?.clear();
  }
}

function dispose(entry: QueryEntry): void {
  entry.prepared?.destroySync();
  entry.bound?.statement?.destroySync();
}

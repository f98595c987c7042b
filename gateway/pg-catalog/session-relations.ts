import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteIdentifier } from '../../worker/engine/quote.ts';
import { storedType } from './pg-type-names.ts';
import type { CatalogShape } from './relations.ts';
import type { CatalogRow } from './state/dynamic-rows.ts';

/** A statement that a session has prepared, as pg_prepared_statements has it. Times are ISO 8601. */
export interface PreparedInfo {
  readonly name: string;
  readonly statement: string;
  readonly preparedAt: string;
  /** By PREPARE, not by the protocol. */
  readonly fromSql: boolean;
}

/** An open cursor or portal. */
export interface CursorInfo {
  readonly name: string;
  readonly statement: string;
  readonly holdable: boolean;
  readonly binary: boolean;
  readonly scrollable: boolean;
  readonly createdAt: string;
}

/** A session of the gateway, as pg_stat_activity has it. */
export interface ActivityInfo {
  readonly pid: number;
  readonly user: string;
  readonly database: string;
  readonly applicationName: string;
  readonly clientAddress: string | null;
  readonly clientPort: number | null;
  readonly startedAt: string;
  readonly transactionAt: string | null;
  readonly queryAt: string | null;
  readonly changedAt: string;
  readonly state: 'active' | 'idle' | 'idle in transaction' | 'idle in transaction (aborted)';
  readonly query: string;
}

/** An advisory lock that a session holds or waits for. */
export interface LockInfo {
  readonly pid: number;
  readonly key: bigint;
  readonly shared: boolean;
  readonly granted: boolean;
}

/** A COPY with a client that runs. */
export interface CopyInfo {
  readonly pid: number;
  readonly database: string;
  /** Null: a query. */
  readonly table: { readonly schema: string; readonly name: string } | null;
  readonly command: string;
  readonly bytesProcessed: number;
  readonly tuplesProcessed: number;
  readonly tuplesExcluded: number;
}

/** What catalogs tell of the session that asks, and of the others. Each is read for queries that need it. */
export interface SessionFacts {
  readonly pid: number;
  /** Names and values, as SHOW ALL has them. */
  settings(): readonly (readonly [name: string, value: string])[];
  preparedStatements(): readonly PreparedInfo[];
  cursors(): readonly CursorInfo[];
  activity(): readonly ActivityInfo[];
  locks(): readonly LockInfo[];
  copies(): readonly CopyInfo[];
}

interface SessionRelation {
  /** Columns with DuckDB's types; undefined: those of the catalog. */
  readonly columns?: Readonly<Record<string, string>>;
  readonly rows: (facts: SessionFacts) => readonly CatalogRow[];
}

const sessionRelations: Readonly<Record<string, SessionRelation>> = {
  session_info: { columns: { pid: 'INTEGER' }, rows: ({ pid }) => [{ pid }] },
  session_settings: {
    columns: { name: 'VARCHAR', setting: 'VARCHAR' },
    rows: (facts) => facts.settings().map(([name, setting]) => ({ name, setting })),
  },
  pg_prepared_statements: {
    rows: (facts) =>
      facts.preparedStatements().map(({ name, statement, preparedAt, fromSql }) => ({
        name,
        statement,
        prepare_time: preparedAt,
        parameter_types: [],
        from_sql: fromSql,
        generic_plans: 0,
        custom_plans: 0,
      })),
  },
  pg_cursors: {
    rows: (facts) =>
      facts.cursors().map(({ name, statement, holdable, binary, scrollable, createdAt }) => ({
        name,
        statement,
        is_holdable: holdable,
        is_binary: binary,
        is_scrollable: scrollable,
        creation_time: createdAt,
      })),
  },
  pg_locks: {
    rows: (facts) =>
      facts.locks().map(({ pid, key, shared, granted }) => ({
        locktype: 'advisory',
        classid: Number(BigInt.asIntN(32, key >> 32n)),
        objid: Number(BigInt.asIntN(32, key)),
        objsubid: 1,
        virtualtransaction: `${pid}/1`,
        pid,
        mode: shared ? 'ShareLock' : 'ExclusiveLock',
        granted,
        fastpath: false,
      })),
  },
  session_copies: {
    columns: {
      ...{ pid: 'INTEGER', datname: 'VARCHAR', table_schema: 'VARCHAR', table_name: 'VARCHAR', command: 'VARCHAR' },
      ...{ bytes_processed: 'BIGINT', tuples_processed: 'BIGINT', tuples_excluded: 'BIGINT' },
    },
    rows: (facts) =>
      facts.copies().map((copy) => ({
        pid: copy.pid,
        datname: copy.database,
        table_schema: copy.table?.schema ?? null,
        table_name: copy.table?.name ?? null,
        command: copy.command,
        bytes_processed: copy.bytesProcessed,
        tuples_processed: copy.tuplesProcessed,
        tuples_excluded: copy.tuplesExcluded,
      })),
  },
  session_activity: {
    columns: {
      pid: 'INTEGER',
      usename: 'VARCHAR',
      datname: 'VARCHAR',
      application_name: 'VARCHAR',
      client_addr: 'VARCHAR',
      client_port: 'INTEGER',
      backend_start: 'TIMESTAMPTZ',
      xact_start: 'TIMESTAMPTZ',
      query_start: 'TIMESTAMPTZ',
      state_change: 'TIMESTAMPTZ',
      state: 'VARCHAR',
      query: 'VARCHAR',
    },
    rows: (facts) =>
      facts.activity().map((session) => ({
        pid: session.pid,
        usename: session.user,
        datname: session.database,
        application_name: session.applicationName,
        client_addr: session.clientAddress,
        client_port: session.clientPort,
        backend_start: session.startedAt,
        xact_start: session.transactionAt,
        query_start: session.queryAt,
        state_change: session.changedAt,
        state: session.state,
        query: session.query,
      })),
  },
};

/** True for relations that are made anew for each query, as temporary tables of its connection. */
export function isSessionRelation(key: string): boolean {
  return Object.hasOwn(sessionRelations, key);
}

export const sessionRelationNames: readonly string[] = Object.keys(sessionRelations);

/** Tells nothing. */
export const unknownSession: SessionFacts = {
  pid: 0,
  settings: () => [],
  preparedStatements: () => [],
  cursors: () => [],
  activity: () => [],
  locks: () => [],
  copies: () => [],
};

/** Makes a session relation on the connection that the query will run on. */
export async function makeSessionRelation(
  connection: DuckDBConnection,
  shape: CatalogShape,
  key: string,
  facts: SessionFacts,
): Promise<void> {
  const { columns, rows } = sessionRelations[key]!;
  const types =
    columns ?? Object.fromEntries(shape.relations.get(key)!.columns.map(({ name, type }) => [name, storedType(type)]));
  const found = rows(facts);
  const given = new Set(found.flatMap((row) => Object.keys(row)));
  const list = Object.entries(types).map(([name, type]) =>
    given.has(name) ? `r.r.${quoteIdentifier(name)}` : `CAST(NULL AS ${type}) AS ${quoteIdentifier(name)}`,
  );
  const struct = Object.entries(types).flatMap(([name, type]) =>
    given.has(name) ? `${JSON.stringify(name)}:${JSON.stringify(type)}` : [],
  );
  const source =
    found.length === 0
      ? '(SELECT 1 WHERE false)'
      : `(SELECT unnest(from_json(CAST($1 AS JSON), '[{${struct.join(',')}}]')) AS r)`;
  const sql = `CREATE OR REPLACE TEMP TABLE ${quoteIdentifier(key)} AS SELECT ${list.join(', ')} FROM ${source} r`;
  await connection.run(sql, found.length === 0 ? undefined : [JSON.stringify(found)]);
}

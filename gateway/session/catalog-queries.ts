import {
  type DuckDBConnection,
  DuckDBIntegerType,
  DuckDBListType,
  type DuckDBPreparedStatement,
  type DuckDBType,
  DuckDBTypeId,
  DuckDBVarCharType,
} from '@duckdb/node-api';
import type { CatalogSnapshot, DatasetTable } from '../../planner/catalog.ts';
import { errors, type SluiceError } from '../../planner/errors.ts';
import { toSluiceError } from '../../worker/engine/duckdb-error.ts';
import { settingsSql } from '../../worker/engine/session-settings.ts';
import { catalogAlias, duckdbTypeOfOid } from '../../worker/rows/pg-types.ts';
import { readChunk } from '../../worker/rows/read-chunk.ts';
import { Snapshot } from '../catalog/catalog-snapshot.ts';
import { interruptible } from '../coordinator/interruptible.ts';
import { raisedError } from '../pg-catalog/functions/macro.ts';
import type { CatalogCopy, CatalogLease, CatalogQuery, CatalogView, PgCatalog } from '../pg-catalog/pg-catalog.ts';
import { vectors } from '../pg-catalog/pg-type-names.ts';
import {
  type ReadMetadata,
  type RowsOf,
  readFunctions,
  readMetadata,
  readRowCounts,
  readSizes,
} from '../pg-catalog/state/read-metadata.ts';
import { type BoundText, columnsOf, parameterType } from './bind-text.ts';
import type { Outcome, Runnable, SessionContext, Shape } from './context.ts';
import { interruptEveryMs } from './limits.ts';
import { fill, parseTemplate, withPosition } from './parameters.ts';
import { batchReader } from './row-source.ts';
import { searchPathOf } from './search-path.ts';
import { sessionFacts } from './session-facts.ts';

/** Queries on pg_catalog and information_schema: they run in the DuckDB of the catalogs. */
export class CatalogQueries {
  readonly #context: SessionContext;
  readonly #catalog: PgCatalog;

  constructor(context: SessionContext, catalog: PgCatalog) {
    this.#context = context;
    this.#catalog = catalog;
  }

  /** Types of parameters and columns, without running. */
  async describe(query: CatalogQuery, runnable: Runnable): Promise<Shape> {
    return this.#leased(query, ({ connection, sql }) => describeText(connection, sql, query, runnable));
  }

  async run(query: CatalogQuery, { statement, parameters }: Runnable): Promise<Outcome> {
    if (statement.parameterCount > (parameters?.length ?? 0)) throw errors.undefinedParameter(1);
    return this.#leased(query, async ({ connection, sql }) => {
      const text = fill(parseTemplate(sql), (n) => parameters?.[n - 1] ?? 'NULL');
      await connection.run(settingsSql(this.#context.sessionSettings()));
      const result = await interruptible(connection, this.#context.signal(), interruptEveryMs, () =>
        connection.run(text),
      );
      const types = result.columnTypes();
      const batches = Array.from({ length: result.chunkCount }, (_, index) => readChunk(result.getChunk(index), types));
      const columns = shown(query, { names: result.columnNames(), types });
      return {
        kind: 'rows',
        ...columns,
        reader: batchReader(columns.types, batches),
        live: false,
        tag: (count) => `SELECT ${count}`,
      };
    });
  }

  /**
   * Copies what a query reads to where it can be joined with the tables of users; gives that place, and the text that runs there. To ask what objects there are
   * looks at all databases, and what a transaction has looked at it sees as it was then: so the place is made after that.
   */
  async copy<T extends CatalogCopy>(
    query: CatalogQuery,
    place: () => Promise<T>,
  ): Promise<{ readonly to: T; readonly sql: string }> {
    try {
      const view = await this.#view(query);
      return await this.#catalog.copy(query, view, sessionFacts(this.#context), place);
    } catch (error) {
      throw told(error);
    }
  }

  async #leased<T>(query: CatalogQuery, work: (lease: CatalogLease) => Promise<T>): Promise<T> {
    const view = await this.#view(query);
    let lease: CatalogLease | undefined;
    try {
      lease = await this.#catalog.lease(query, view, sessionFacts(this.#context));
      return await work(lease);
    } catch (error) {
      throw told(error);
    } finally {
      lease?.release();
    }
  }

  /** What this session sees, with what its transaction made. */
  async #view(query: CatalogQuery): Promise<CatalogView> {
    const { connection, database, access, settings } = this.#context;
    const { book, user, sessionUser } = access;
    const snapshot = await this.#context.snapshot();
    const rows = async (sql: string) => {
      await connection.ready(this.#context.sessionSettings(), false);
      return (await connection.run(sql)).getRows();
    };
    const { text, metadata } = await this.#metadata(rows);
    const listed = [...query.relations].some((name) => functionRelations.has(name));
    const named = [...query.functions].some((name) => functionReaders.has(name));
    const functions = listed || named ? await readFunctions(rows) : '[]';
    const counted = query.functions.has('pg_stat_get_live_tuples') || [...query.relations].some(countsRows);
    const sized = [...query.functions].some((name) => sizeFunctions.has(name));
    const rowCounts = sized ? await readSizes(rows) : counted ? await readRowCounts(rows) : '[]';
    const searchPath = searchPathOf(settings.show('search_path'), user);
    return {
      key: JSON.stringify([
        text,
        functions,
        rowCounts,
        snapshot.version,
        database,
        user,
        sessionUser,
        book?.version,
        searchPath,
      ]),
      input: () => ({
        metadata: metadata(),
        functions: JSON.parse(functions),
        rowCounts: JSON.parse(rowCounts),
        datasets: tablesOf(snapshot),
        database,
        user,
        sessionUser,
        book,
        searchPath,
      }),
    };
  }

  /** Read anew only after a commit, and in sessions that may see what others do not. */
  async #metadata(rows: RowsOf): Promise<ReadMetadata> {
    const { transaction, temporary, options } = this.#context;
    const { commits } = options.hub;
    if (transaction.begun || temporary.size > 0) return readMetadata(rows);
    const known = this.#catalog.metadata;
    if (known !== undefined && commits.isStill(known.at)) return known.read;
    const at = commits.now();
    const read = await readMetadata(rows);
    this.#catalog.metadata = at !== undefined && commits.isStill(at) ? { at, read } : undefined;
    return read;
  }
}

/** Only for these it is asked what tables take. */
const sizeFunctions: ReadonlySet<string> = new Set([
  'pg_relation_size',
  'pg_total_relation_size',
  'pg_table_size',
  'pg_database_size',
]);

/** Relations that list functions: only for them functions are read, which takes long. */
const functionRelations: ReadonlySet<string> = new Set([
  'pg_proc',
  'information_schema.routines',
  'information_schema.parameters',
  'information_schema.routine_privileges',
]);

/** Functions that find those of users by name or OID. */
const functionReaders: ReadonlySet<string> = new Set([
  'any_regproc_in',
  'regprocedure_in',
  'to_regproc',
  'to_regprocedure',
  'pg_get_functiondef',
  'pg_get_function_arguments',
  'pg_get_function_identity_arguments',
  'pg_get_function_result',
]);

/** Relations that tell how many rows tables have. */
function countsRows(relation: string): boolean {
  return relation.startsWith('pg_stat_') && relation.endsWith('_tables');
}

function tablesOf(snapshot: CatalogSnapshot): readonly DatasetTable[] {
  return snapshot instanceof Snapshot ? snapshot.tables() : [];
}

async function prepare(connection: DuckDBConnection, sql: string): Promise<DuckDBPreparedStatement> {
  try {
    return await connection.prepare(sql);
  } catch (error) {
    throw toSluiceError(error, sql);
  }
}

/** Types of parameters: as the client said, as DuckDB tells, else text. Columns are told of the text with NULLs of these types. */
async function describeText(
  connection: DuckDBConnection,
  sql: string,
  query: CatalogQuery,
  { statement, parameterOids }: Runnable,
): Promise<Shape> {
  const template = parseTemplate(sql);
  const count = statement.parameterCount;
  const given = Array.from(
    { length: count },
    (_, index) => duckdbTypeOfOid(parameterOids[index] ?? 0) ?? query.parameters.get(index + 1),
  );
  const open = await prepare(
    connection,
    fill(template, (n) => cast(`$${n}`, given[n - 1])),
  );
  const parameterTypes = given.map((type, index) => type ?? parameterType(open, index + 1) ?? 'VARCHAR');
  open.destroySync();
  const bound = await prepare(
    connection,
    fill(template, (n) => cast('NULL', parameterTypes[n - 1])),
  );
  const columns = columnsOf(bound);
  bound.destroySync();
  return { parameterTypes, parameterOids: query.oidParameters, columns: shown(query, columns) };
}

function cast(value: string, type: string | undefined): string {
  return type === undefined ? value : `CAST(${value} AS ${type})`;
}

type Columns = Pick<BoundText, 'names' | 'types'>;

/** Names and types of the columns of a query on catalogs as PostgreSQL has them. */
export function shown({ columns }: CatalogQuery, bound: Columns): Columns {
  if (columns === undefined || columns.length !== bound.types.length) return bound;
  return {
    names: columns.map(({ name }) => name),
    types: columns.map(({ type }, index) => namedType(bound.types[index]!, type)),
  };
}

function namedType(type: DuckDBType, name: string | undefined): DuckDBType {
  const alias = name === undefined ? undefined : catalogAlias(name);
  if (alias === undefined || type.alias !== undefined) return type;
  switch (type.typeId) {
    case DuckDBTypeId.VARCHAR:
      return name!.startsWith('_') ? type : new DuckDBVarCharType(alias);
    case DuckDBTypeId.INTEGER:
      return name === 'oid' ? new DuckDBIntegerType(alias) : type;
    case DuckDBTypeId.LIST:
      if (vectors.has(name!)) return new DuckDBListType(type.valueType, alias);
      return name!.startsWith('_') ? new DuckDBListType(type.valueType, alias) : type;
    default:
      return type;
  }
}

/** An error of the translated text: its position means nothing to the client. */
function told(error: unknown): SluiceError {
  const known = toSluiceError(error);
  const raised = raisedError(known.message);
  return raised === undefined
    ? withPosition(known, undefined)
    : errors.engine('user', raised.sqlstate, raised.message, { cause: known });
}

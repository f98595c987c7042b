import { resolve } from 'node:path';
import type { DatasetTable } from '../../../planner/catalog.ts';
import { errors } from '../../../planner/errors.ts';
import type { SessionSettings } from '../../../planner/plan/plan.ts';
import { splitStatements } from '../../../planner/sql/lexer.ts';
import type { TableName } from '../../../planner/sql/statement-tokens.ts';
import { orderKeys } from '../../../planner/write/order-keys.ts';
import type { WriteLayout } from '../../../planner/write/write-plan.ts';
import { duckdbVersion } from '../../../worker/engine/duckdb-version.ts';
import { quoteLiteral } from '../../../worker/engine/quote.ts';
import type { WriteRequest } from '../../catalog/data-set-writes.ts';
import type { Layout } from '../../catalog/manifest.ts';
import { dataDatabase, localDatabase } from '../../coordinator/database.ts';
import { noteTable } from '../access/after-write.ts';
import { checkFileWriter, checkWriteAccess } from '../access/check-write.ts';
import type { Outcome, Runnable, SessionContext, Shape } from '../context.ts';
import { guardText } from '../guard-text.ts';
import { fill, parseTemplate } from '../parameters.ts';
import type { Queries } from '../query.ts';
import { appendLayout, insertQuery } from './insert-rows.ts';
import { type WrittenRows, writeRows } from './write-rows.ts';
import {
  type CopyToFolder,
  type CreateDataSet,
  type Insert,
  parseCopyToFolder,
  parseCreateDataSet,
  parseInsert,
} from './write-statements.ts';
import { parseWrite } from './write-target.ts';
import { checkWrite, describeWrite, runWrite } from './writes.ts';

/** Buckets of a data set that is hashed when nobody says how many. */
const defaultBuckets = 16;
const publicSchema = 'public';

/** A statement that writes a data set. */
type DataSetWrite =
  | CopyToFolder
  | CreateDataSet
  | (Insert & { readonly kind: 'insert'; readonly target: DatasetTable });

/** COPY, CREATE and INSERT are described here; what is not about data sets goes on to `describeWrite`. */
export async function describeAnyWrite(context: SessionContext, runnable: Runnable, queries: Queries): Promise<Shape> {
  const { statement, parameterOids } = runnable;
  const write = await dataSetWrite(context, runnable, statement.text);
  if (write === undefined) return describeWrite(context, runnable);
  if (statement.parameterCount === 0) return { parameterTypes: [], columns: null };
  const { parameterTypes } = await queries.describe({ ...queryOf(write.query), parameterOids });
  return { parameterTypes, columns: null };
}

/** COPY, CREATE and INSERT are run here; what is not about data sets goes on to `runWrite`. */
export async function runAnyWrite(context: SessionContext, runnable: Runnable, queries: Queries): Promise<Outcome> {
  const write = await dataSetWrite(context, runnable, filled(runnable));
  if (write === undefined) return runWrite(context, runnable);
  if (context.transaction.inBlock) throw errors.activeTransaction(`writing a data set (${verbs[write.kind]})`);
  switch (write.kind) {
    case 'copy':
      return await copyToFolder(context, queries, write);
    case 'create':
      return await createDataSet(context, queries, write);
    case 'insert':
      return await insertRows(context, queries, write);
  }
}

const verbs: Readonly<Record<DataSetWrite['kind'], string>> = {
  copy: 'COPY',
  create: 'CREATE TABLE AS',
  insert: 'INSERT',
};

function filled({ statement, parameters }: Runnable): string {
  return fill(parseTemplate(statement.text), (n) => {
    const value = parameters?.[n - 1];
    if (value === undefined) throw errors.undefinedParameter(n);
    return value;
  });
}

/** The statement with everything checked that needs no rows; undefined when it writes no data set. */
async function dataSetWrite(
  context: SessionContext,
  { statement }: Runnable,
  text: string,
): Promise<DataSetWrite | undefined> {
  const kind = statement.main;
  if (kind === 'copy') {
    const write = parseWrite(statement);
    const copy = parseCopyToFolder(text);
    if (copy !== undefined) await checkWrite(context, write, statement.text);
    return copy;
  }
  if (kind === 'create') {
    const create = parseCreateDataSet(text);
    if (create === undefined) return undefined;
    check(context, statement.text, 'CREATE TABLE AS');
    await checkWriteAccess(context, parseWrite(statement), statement.text, true);
    checkFileWriter(context, 'write files of a data set');
    return create;
  }
  const target = await insertTarget(context, parseWrite(statement).targets[0]);
  if (target === undefined) return undefined;
  check(context, statement.text, 'INSERT');
  await checkWriteAccess(context, parseWrite(statement), statement.text, true);
  return { kind: 'insert', ...parseInsert(text), target };
}

function check(context: SessionContext, text: string, command: string): void {
  if (context.transaction.readOnly) throw errors.readOnlyTransaction(command);
  guardText(text, context.options.database);
}

/** The data set of that name, if that is what the session would read under it. */
async function insertTarget(context: SessionContext, table: TableName | undefined): Promise<DatasetTable | undefined> {
  if (table === undefined) return undefined;
  const { database, schema, name } = table;
  if (database !== undefined && database.toLowerCase() !== dataDatabase) return undefined;
  if (schema === undefined && context.temporary.has(name.toLowerCase())) return undefined;
  const found = context.searchPath.visible(await context.snapshot()).lookup(schema, name);
  return found === undefined || (database === undefined && (await isLocal(context, table))) ? undefined : found;
}

/** A local table or view hides a data set of its name. */
async function isLocal({ connection }: SessionContext, { schema, name }: TableName): Promise<boolean> {
  const where = `lower(table_name) = ${quoteLiteral(name.toLowerCase())}
    AND lower(table_schema) = ${quoteLiteral((schema ?? publicSchema).toLowerCase())}
    AND table_catalog = ${quoteLiteral(localDatabase)}`;
  return (await connection.run(`SELECT 1 FROM information_schema.tables WHERE ${where}`)).rowCount > 0;
}

async function copyToFolder(context: SessionContext, queries: Queries, write: CopyToFolder): Promise<Outcome> {
  const { folder, options } = write;
  const mode = options.overwrite ? 'overwrite' : 'create';
  const rows = await written(context, queries, { folder, mode, definition: null }, write.query, options);
  return { kind: 'complete', tag: `COPY ${rows}` };
}

async function createDataSet(context: SessionContext, queries: Queries, write: CreateDataSet): Promise<Outcome> {
  const { table, options } = write;
  if (table.database !== undefined && table.database.toLowerCase() !== dataDatabase)
    throw errors.featureNotSupported(`a data set in the database "${table.database}"`);
  const schema = table.schema ?? publicSchema;
  const exists = (await context.snapshot()).lookup(schema, table.name) !== undefined || (await isLocal(context, table));
  if (exists && write.ifNotExists) {
    const message = `relation "${table.name}" already exists, skipping`;
    context.notice({ severity: 'NOTICE', sqlstate: '42P07', message });
    return { kind: 'complete', tag: 'CREATE TABLE AS' };
  }
  if (exists) throw errors.duplicateTable(table.name);
  const request: WriteRequest = {
    folder: write.folder,
    mode: options.overwrite ? 'overwrite' : 'create',
    definition: {
      schema,
      name: table.name,
      location: resolve(write.folder),
      format: options.format,
      options: {},
      columns: null,
    },
  };
  const rows = await written(context, queries, request, write.query, options);
  await noteTable(context, schema, table.name);
  return { kind: 'complete', tag: `SELECT ${rows}` };
}

async function insertRows(
  context: SessionContext,
  queries: Queries,
  write: Insert & { readonly target: DatasetTable },
): Promise<Outcome> {
  const { target } = write;
  const place = await context.options.catalog.appendTarget(target);
  const given = (await queries.describe(queryOf(write.query))).columns?.names.length ?? 0;
  const query = insertQuery(write, target, given);
  const request: WriteRequest = { folder: place.folder, mode: 'append', definition: null };
  const rows = await written(context, queries, request, query, appendLayout(target, place));
  return { kind: 'complete', tag: `INSERT 0 ${rows}` };
}

/** Writes the rows of a query and makes them a data set, or part of one. Gives their number. */
async function written(
  context: SessionContext,
  queries: Queries,
  request: WriteRequest,
  query: string,
  asked: WriteLayout,
): Promise<number> {
  const partitions = asked.partitions ?? (asked.hashBy.length > 0 ? defaultBuckets : null);
  const layout: WriteLayout = { ...asked, partitions };
  const job = await context.options.catalog.beginWrite(request);
  let rows: WrittenRows;
  try {
    const sources = { scattered: queryOf(sorted(query, layout)), here: queryOf(query) };
    rows = await writeRows(context, queries, sources, layout, job.staging);
    context.signal().throwIfAborted();
  } catch (error) {
    job.abandon();
    throw error;
  }
  await job.commit({
    format: layout.format,
    columns: rows.columns,
    partitionBy: layout.partitionBy,
    layout: layoutOf(layout, rows, context.sessionSettings().nullOrder),
    orderBy: layout.orderBy,
    options: layout.options,
    files: rows.files,
  });
  context.refreshSnapshot();
  return rows.rows;
}

/** Without buckets by hash the whole is sorted. */
function sorted(query: string, { orderBy, hashBy }: WriteLayout): string {
  if (orderBy === null || hashBy.length > 0) return query;
  return `SELECT * FROM (\n${query}\n) AS "__sorted" ORDER BY ${orderBy}`;
}

function layoutOf(
  { hashBy, partitions, orderBy }: WriteLayout,
  { columns }: WrittenRows,
  nullOrder: SessionSettings['nullOrder'],
): Layout | null {
  if (partitions === null) return null;
  if (hashBy.length === 0 && orderBy === null) return null;
  if (hashBy.length === 0 && orderBy !== null) {
    const names = columns.map(({ name }) => name);
    const keys = orderKeys(orderBy, names, nullOrder);
    return {
      kind: 'range',
      by: orderBy,
      buckets: partitions,
      ...(keys === undefined ? {} : { keys: keys.map((key) => ({ ...key })) }),
    };
  }
  const by = hashBy.map((name) => columns.find((column) => column.name.toLowerCase() === name.toLowerCase())!);
  return {
    kind: 'hash',
    by: by.map(({ name }) => name),
    types: by.map(({ type }) => type),
    buckets: partitions,
    engine: duckdbVersion(),
  };
}

/** A text as one statement. Raises 42601 for none or several. */
function queryOf(text: string): Runnable {
  const [statement, second] = splitStatements(text);
  if (statement === undefined || second !== undefined) throw errors.syntax('one query is expected');
  return { statement, parameterOids: [], parameters: null };
}

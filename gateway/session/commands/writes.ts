import type { DuckDBMaterializedResult } from '@duckdb/node-api';
import type { CatalogSnapshot } from '../../../planner/catalog.ts';
import { type RewrittenWrite, rewriteWrite } from '../../../planner/dialect/postgres-writes.ts';
import { errors, SluiceError } from '../../../planner/errors.ts';
import { findAgain } from '../../../planner/sql/find-again.ts';
import type { Statement } from '../../../planner/sql/lexer.ts';
import type { TableName } from '../../../planner/sql/statement-tokens.ts';
import { quoteIdentifier } from '../../../worker/engine/quote.ts';
import { readChunk } from '../../../worker/rows/read-chunk.ts';
import { objectNotes } from '../access/after-write.ts';
import { checkWriteAccess } from '../access/check-write.ts';
import { bindText } from '../bind-text.ts';
import { attachedWrite, foldedText } from '../catalogs.ts';
import type { Outcome, Runnable, SessionContext, Shape } from '../context.ts';
import { withConstraint } from '../definitions/constraint-errors.ts';
import { definitionOf, keptText, runDefinition } from '../definitions/define.ts';
import { guardText } from '../guard-text.ts';
import { columnsOfLocal } from '../local-columns.ts';
import { localKeyOf } from '../local-key.ts';
import { hintsForWrite } from '../parameter-hints.ts';
import { fill, parseTemplate, unfillError, withPosition } from '../parameters.ts';
import { overConstants } from '../query-texts.ts';
import { batchReader } from '../row-source.ts';
import { runLogged } from './logged-write.ts';
import type { Written } from './one-write.ts';
import { parseWrite, type Write } from './write-target.ts';

const readsCatalogs = 'A statement before it reads the catalogs.';
const localCopyHint = 'Data sets are read from files. CREATE TABLE ... AS SELECT makes a local table of it.';

function datasetOf(catalog: CatalogSnapshot, context: SessionContext, write: Write): string | undefined {
  return [...write.targets, ...write.made].find(({ schema, name }) => {
    const hidden = schema === undefined && context.temporary.has(name.toLowerCase());
    return !hidden && context.searchPath.visible(catalog).lookup(schema, name) !== undefined;
  })?.name;
}

function refuseDataset(write: Write, name: string): SluiceError {
  if (write.made.some((made) => made.name === name)) {
    return errors.duplicateTable(name);
  }
  switch (write.verb) {
    case 'create':
    case 'alter':
    case 'drop':
    case 'truncate':
      return errors.wrongObjectType(`"${name}" is a data set`, 'Use CREATE FOREIGN TABLE and DROP FOREIGN TABLE.');
    default:
      return errors.featureNotSupported(`writing to data set "${name}"`, localCopyHint);
  }
}

/** DDL is checked before it runs, since DuckDB would change the view that stands for the data set. */
async function checkTargets(context: SessionContext, write: Write): Promise<void> {
  if (write.targets.length === 0 || (write.temporary && write.verb === 'create')) {
    return;
  }
  const name = datasetOf(await context.snapshot(), context, write);
  if (name !== undefined) {
    throw refuseDataset(write, name);
  }
}

/** The file of COPY must not be one of the gateway's own: DuckDB would overwrite the file that it has open. */
function checkFile(context: SessionContext, path: string): void {
  // DuckDB puts the home folder for `~`.
  if (path.startsWith('~') || context.options.database.ownsFile(path)) {
    throw errors.accessDenied(`COPY can not use "${path}"`);
  }
}

/** In a read-only transaction; a statement outside of one is one of its own. */
export function isReadOnly({ transaction, settings }: SessionContext): boolean {
  return transaction.inBlock ? transaction.readOnly : settings.show('default_transaction_read_only') === 'on';
}

/** Rows of temporary tables may change, and COPY may write to a file. */
function isAllowedReadOnly(context: SessionContext, write: Write): boolean {
  if (write.copy !== undefined && write.targets.length === 0) {
    return true;
  }
  const changesRows = !write.definesObjects && write.targets.length > 0;
  const temporary = ({ schema, name }: TableName) =>
    schema?.toLowerCase() === 'temp' || (schema === undefined && context.temporary.has(name.toLowerCase()));
  return write.verb === 'vacuum' || (changesRows && write.targets.every(temporary));
}

/** As the error names it: without counts. */
function commandName({ tag, fromQuery, verb }: Write): string {
  if (verb === 'copy') {
    return 'COPY FROM';
  }
  return fromQuery ? 'CREATE TABLE AS' : tag.replace(/ 0$/, '');
}

/** @throws SluiceError for what may not reach DuckDB: 25006, 42501, 0A000, 42P07, 42809 */
export async function checkWrite(context: SessionContext, write: Write, text: string): Promise<void> {
  if (isReadOnly(context) && !isAllowedReadOnly(context, write)) {
    throw errors.readOnlyTransaction(commandName(write));
  }
  if (write.denied !== undefined) {
    throw errors.accessDenied(write.denied);
  }
  guardText(text, context.options.database);
  await checkWriteAccess(context, write, text, true);
  if (write.copy !== undefined) {
    checkFile(context, write.copy.path);
  }
  if (write.definesObjects) {
    await checkTargets(context, write);
  }
}

/** Data sets are brought up to date only for a statement that may read one (a local view may too). */
async function ready(context: SessionContext, write: Write): Promise<void> {
  if (write.reads === null || write.reads.length > 0) {
    await context.options.database.syncViews(await context.snapshot());
  }
  await context.connection.ready(context.sessionSettings(), true);
}

export async function describeWrite(context: SessionContext, { statement, parameterOids }: Runnable): Promise<Shape> {
  const write = parseWrite(statement);
  await checkWrite(context, write, statement.text);
  if (statement.parameterCount === 0 && !write.returning) {
    return { parameterTypes: [], columns: null };
  }
  await ready(context, write);
  const inDialect = await rewritten(context, write, statement);
  try {
    await checkWriteAccess(context, write, inDialect.text, false);
    const template = parseTemplate(inDialect.text);
    const local = (schema: string, name: string) => columnsOfLocal(context.connection, schema, name);
    const hints = hintsForWrite(context, statement, local, (probe) => rewritten(context, write, probe));
    const bound = await bindText(context.connection, template, statement.parameterCount, parameterOids, hints);
    const columns = { names: inDialect.outputNames(bound.names), types: bound.types };
    return { parameterTypes: bound.parameterTypes, columns: write.returning ? columns : null };
  } catch (error) {
    throw await explained(context, write, placed(error, statement, inDialect.text));
  } finally {
    await inDialect.close?.();
  }
}

interface ReadyWrite extends RewrittenWrite {
  /** It reads catalogs, which are there until this is called. */
  readonly close?: () => Promise<void>;
}

/** Statements that may hold values of the moment: what the others hold is kept. */
const ofTheMoment: ReadonlySet<string> = new Set(['insert', 'update', 'delete', 'merge']);

/** The text as DuckDB is to run it. */
async function rewritten(context: SessionContext, write: Write, statement: Statement): Promise<ReadyWrite> {
  const { settings, access } = context;
  const text = keptText(write, statement.text, settings.sluice.dialect);
  if (settings.sluice.dialect !== 'postgres') {
    return { text, outputNames: (names) => names };
  }
  const reads = access.isAdmin && (write.verb === 'insert' || write.fromQuery);
  const attached = reads ? await attachedWrite(context, text) : undefined;
  if (attached === undefined) {
    return inDialectOf(
      context,
      ofTheMoment.has(write.verb) || write.fromQuery ? await foldedText(context, text) : text,
    );
  }
  const { sql, close } = attached;
  try {
    return { ...(await inDialectOf(context, sql)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function inDialectOf(context: SessionContext, text: string): Promise<RewrittenWrite> {
  const { options, connection } = context;
  const world = options.world.forSession?.(context.sessionSettings()) ?? options.world;
  const localColumns = (schema: string, name: string) => columnsOfLocal(connection, schema, name);
  return rewriteWrite(world, text, await context.snapshot(), localColumns, localKeyOf(connection));
}

/** DDL, DML and COPY with files: DuckDB runs the original text on the session's connection. */
export async function runWrite(context: SessionContext, runnable: Runnable): Promise<Outcome> {
  return overConstants(runnable, (filled) => runWithValues(context, filled)) ?? runWithValues(context, runnable);
}

async function runWithValues(context: SessionContext, { statement, parameters }: Runnable): Promise<Outcome> {
  const write = parseWrite(statement);
  await checkWrite(context, write, statement.text);
  await ready(context, write);
  const inDialect = await rewritten(context, write, statement);
  try {
    return await runRewritten(context, write, { statement, parameters, parameterOids: [] }, inDialect);
  } finally {
    await inDialect.close?.();
  }
}

async function runRewritten(
  context: SessionContext,
  write: Write,
  { statement, parameters }: Runnable,
  inDialect: ReadyWrite,
): Promise<Outcome> {
  await checkWriteAccess(context, write, inDialect.text, false);
  const note = await objectNotes(context, write);
  const template = parseTemplate(inDialect.text);
  const literalOf = (n: number) => {
    const value = parameters?.[n - 1];
    if (value === undefined) {
      throw errors.undefinedParameter(n);
    }
    return value;
  };
  const sql = fill(template, literalOf);
  let result: Written | undefined;
  try {
    const definition = await definitionOf(context, write, sql, statement.text);
    if (inDialect.close !== undefined) result = await runLogged(context, write, sql, readsCatalogs);
    else if (definition === undefined) result = await runLogged(context, write, sql);
    else await runDefinition(context, write, definition);
  } catch (error) {
    const unfilled = unfillError(error, template, sql, literalOf);
    throw await explained(context, write, placed(unfilled, statement, inDialect.text));
  }
  await note();
  if (write.definesObjects) {
    noteTemporary(context, write);
    context.forgetBindings();
  }
  return result === undefined ? { kind: 'complete', tag: write.tag } : outcomeOf(write, result, inDialect);
}

/** An error of the text that ran with its position in the client's. */
function placed(error: unknown, { text, startCharacter }: Statement, ran: string): unknown {
  if (!(error instanceof SluiceError) || error.position === undefined) {
    return error;
  }
  const at = ran === text ? error.position : findAgain(error.position, ran, text);
  return withPosition(error, at === undefined ? undefined : at + startCharacter);
}

/** An error over a data set says so. */
async function explained(context: SessionContext, write: Write, error: unknown): Promise<unknown> {
  if (!(error instanceof SluiceError) || error.errorClass !== 'user' || write.definesObjects) {
    return error;
  }
  const [target] = write.targets;
  if (error.sqlstate.startsWith('23') && target !== undefined) {
    const parts = [target.schema, target.name].flatMap((part) => (part === undefined ? [] : quoteIdentifier(part)));
    return withConstraint(context, error, parts);
  }
  const name = datasetOf(await context.snapshot(), context, write);
  return name === undefined ? error : refuseDataset(write, name);
}

function noteTemporary(context: SessionContext, write: Write): void {
  for (const { name } of write.targets) {
    if (write.verb === 'create' && write.temporary) {
      context.temporary.add(name.toLowerCase());
    } else if (write.verb === 'drop') {
      context.temporary.delete(name.toLowerCase());
    }
  }
}

function outcomeOf(write: Write, { result, columns, count }: Written, { outputNames }: RewrittenWrite): Outcome {
  if (!write.returning) {
    const tag = write.counts ? `${write.tag} ${count ?? changedRows(result)}` : write.tag;
    return { kind: 'complete', tag };
  }
  const types = result.columnTypes().slice(0, columns);
  const batches = Array.from({ length: result.chunkCount }, (_, index) => {
    const batch = readChunk(result.getChunk(index));
    return { ...batch, columns: batch.columns.slice(0, columns) };
  });
  return {
    kind: 'rows',
    names: outputNames(result.columnNames().slice(0, columns)),
    types,
    reader: batchReader(types, batches),
    live: false,
    tag: () => `${write.tag} ${result.rowCount}`,
  };
}

/** DuckDB gives the count of changed rows as a row of its own for CREATE TABLE AS and COPY. */
function changedRows(result: DuckDBMaterializedResult): number {
  if (result.rowsChanged > 0 || result.rowCount !== 1 || result.columnCount !== 1) {
    return result.rowsChanged;
  }
  const value = result.getChunk(0).getColumnValues(0)[0];
  return typeof value === 'bigint' || typeof value === 'number' ? Number(value) : 0;
}

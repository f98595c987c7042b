/** Statements that are about the catalogs and about tables of users at once. */
import { DuckDBListType, type DuckDBType, DuckDBTypeId } from '@duckdb/node-api';
import { writePieces } from '../../planner/dialect/write-pieces.ts';
import { errors, SluiceError } from '../../planner/errors.ts';
import type { Analysis } from '../../planner/index.ts';
import { findAgain } from '../../planner/sql/find-again.ts';
import { type Statement, splitStatements } from '../../planner/sql/lexer.ts';
import { quoteIdentifier, quoteLiteral } from '../../worker/engine/quote.ts';
import { typeText } from '../../worker/rows/types.ts';
import { mayBeCatalog } from '../pg-catalog/classify.ts';
import type { ConstantPart } from '../pg-catalog/constant-parts.ts';
import type { CatalogQuery, PgCatalog } from '../pg-catalog/pg-catalog.ts';
import { checkQuery, needsOf, parsed } from './access/check-query.ts';
import { bindText } from './bind-text.ts';
import { CatalogQueries, shown } from './catalog-queries.ts';
import { firstRow } from './commands/evaluate.ts';
import type { Outcome, Runnable, SessionContext, Shape } from './context.ts';
import { guardText } from './guard-text.ts';
import { fill, parseTemplate, withPosition } from './parameters.ts';
import type { BatchReader } from './row-source.ts';

/** A text that runs on the session's connection, with the catalogs that it reads at hand until `close`. */
export interface Attached {
  readonly sql: string;
  /** The database that holds them. */
  readonly database: string;
  close(): Promise<void>;
}

type Work<T> = (inner: Runnable) => Promise<T>;

/** What statements have to do with the catalogs: the one that asks a query of them all, and joins their rows with those of users. */
export class Catalogs {
  readonly #context: SessionContext;
  readonly #catalog: PgCatalog;
  readonly #queries: CatalogQueries;
  readonly #analyze: (statement: Statement) => Promise<Analysis>;

  constructor(context: SessionContext, catalog: PgCatalog, analyze: (statement: Statement) => Promise<Analysis>) {
    this.#context = context;
    this.#catalog = catalog;
    this.#queries = new CatalogQueries(context, catalog);
    this.#analyze = analyze;
  }

  /** Types of parameters and columns; undefined when the query is not about catalogs. `plain` describes one that needs them no more. */
  async describe(runnable: Runnable, plain: Work<Shape>): Promise<Shape | undefined> {
    const query = await this.#catalog.query(runnable.statement.text);
    if (query?.subject === 'catalog') return this.#queries.describe(query, runnable);
    if (query === undefined) return this.#withConstants(runnable, plain);
    const attached = await attach(this.#context, this.#catalog, query);
    try {
      const { sql } = await this.#ready(runnable, query, attached);
      const { parameterCount } = runnable.statement;
      const { connection } = this.#context;
      const bound = await bindText(connection, parseTemplate(sql), parameterCount, runnable.parameterOids);
      return { parameterTypes: bound.parameterTypes, columns: shown(query, bound) };
    } catch (error) {
      throw unplaced(error);
    } finally {
      await attached.close();
    }
  }

  /** Starts a query; undefined when it is not about catalogs. `plain` starts one that needs them no more. */
  async run(runnable: Runnable, plain: Work<Outcome>): Promise<Outcome | undefined> {
    const query = await this.#catalog.query(runnable.statement.text);
    if (query?.subject === 'catalog') return this.#queries.run(query, runnable);
    if (query === undefined) return this.#withConstants(runnable, plain);
    if (runnable.statement.parameterCount > (runnable.parameters?.length ?? 0)) throw errors.undefinedParameter(1);
    const attached = await attach(this.#context, this.#catalog, query);
    try {
      const { sql } = await this.#ready(runnable, query, attached);
      const text = fill(parseTemplate(sql), (n) => runnable.parameters?.[n - 1] ?? 'NULL');
      const { connection } = this.#context;
      const prepared = await connection.prepare(text);
      const { reader, names } = await connection.stream(text, prepared);
      prepared.destroySync();
      const columns = shown(query, { names, types: reader.types });
      const tag = (count: number) => `SELECT ${count}`;
      return closing({ kind: 'rows', ...columns, reader, live: true, tag }, attached.close);
    } catch (error) {
      await attached.close();
      throw unplaced(error);
    }
  }

  async #withConstants<T>(runnable: Runnable, work: Work<T>): Promise<T | undefined> {
    const { statement } = runnable;
    const text = await foldedText(this.#context, statement.text);
    if (text === statement.text) return undefined;
    return replaced(statement, text, (inner) => work({ ...runnable, statement: inner }));
  }

  /** The text for DuckDB in the session's dialect, with the session's connection ready for it. Raises 42501. */
  async #ready({ statement }: Runnable, query: CatalogQuery, { sql, database }: Attached): Promise<Analysis> {
    guardText(statement.text, this.#context.options.database);
    const check = async (text: string, before: boolean) => {
      if (this.#context.access.isAdmin) return;
      const needs = await needsOf(this.#context, text);
      const relations = needs.relations.filter(({ catalog }) => catalog !== database);
      const functions = new Set([...needs.functions].filter((name) => !query.functions.has(name)));
      await checkQuery(this.#context, { ...needs, relations, functions }, before);
    };
    // To look at a query's files is to read them.
    await check(parsed(this.#context, sql), true);
    const analysis = await this.#analyze({ ...statement, text: sql });
    await check(analysis.sql, false);
    await this.#context.connection.ready(this.#context.sessionSettings(), true);
    return analysis;
  }
}

/** DuckDB answers these by itself, and calls columns by their text. */
const engineFunctions: ReadonlySet<string> = new Set(['current_schema', 'current_schemas', 'current_database']);

/** The text with values in place of what is the same for all rows: current_user, 't'::regclass. The very text where there is nothing of these. */
export async function foldedText(context: SessionContext, text: string): Promise<string> {
  const catalog = context.options.pgCatalog;
  const found = (await catalog?.constants(text)) ?? { parts: [] };
  const own = context.settings.sluice.dialect === 'duckdb';
  const parts = own ? found.parts.filter(({ name }) => !engineFunctions.has(name)) : found.parts;
  if (catalog === undefined || parts.length === 0) return text;
  const values = await literals(
    context,
    catalog,
    parts.map((part) => asked(part, text)),
  );
  let result = '';
  let copied = 0;
  for (const [index, { start, end, name, alone }] of parts.entries()) {
    result += `${text.slice(copied, start)}${values[index]!}${alone ? ` AS "${name}"` : ''}`;
    copied = end;
  }
  return result + text.slice(copied);
}

/** Brings the catalogs that a query reads to the tables of users. */
async function attach(context: SessionContext, catalog: PgCatalog, query: CatalogQuery): Promise<Attached> {
  const { to, sql } = await new CatalogQueries(context, catalog).copy(query, () => context.options.database.attach());
  return { sql, database: to.name, close: () => to.close() };
}

/** A statement that writes with the catalogs that its query reads at hand; undefined when that is not about catalogs. */
export async function attachedWrite(context: SessionContext, text: string): Promise<Attached | undefined> {
  const catalog = context.options.pgCatalog;
  if (catalog === undefined || !mayBeCatalog(text)) return undefined;
  for (const { kind, start, end } of writePieces(text).pieces) {
    const query = kind === 'query' || kind === 'named' ? await catalog.query(text.slice(start, end)) : undefined;
    if (query === undefined) continue;
    const attached = await attach(context, catalog, query);
    const names = query.columns?.map(({ name }) => quoteIdentifier(name)).join(', ');
    const rows = names === undefined ? attached.sql : `SELECT * FROM (${attached.sql}) AS "__rows"(${names})`;
    return { ...attached, sql: text.slice(0, start) + rows + text.slice(end) };
  }
  return undefined;
}

/** Literals for expressions over the catalogs. */
async function literals(
  context: SessionContext,
  catalog: PgCatalog,
  expressions: readonly string[],
): Promise<readonly string[]> {
  const [statement] = splitStatements(`SELECT ${expressions.join(', ')}`);
  const runnable = { statement: statement!, parameterOids: [], parameters: [] };
  const query = await catalog.query(statement!.text);
  if (query?.subject !== 'catalog') return expressions;
  const outcome = await new CatalogQueries(context, catalog).run(query, runnable);
  const types = outcome.kind === 'rows' ? outcome.types : [];
  const cells = await firstRow(context, outcome);
  return cells.map((cell, index) => literal(cell, types[index]!));
}

/** Types of the catalogs by other names are those that they are made of. */
function literal(cell: string | null, type: DuckDBType): string {
  const value = cell === null ? 'NULL' : quoteLiteral(cell);
  if (type.typeId === DuckDBTypeId.VARCHAR) return `CAST(${value} AS VARCHAR)`;
  const plain = type.typeId === DuckDBTypeId.LIST ? new DuckDBListType(type.valueType) : type;
  return `CAST(${value} AS ${type.typeId === DuckDBTypeId.INTEGER ? 'INTEGER' : typeText(plain)})`;
}

/** Names of objects are shown where they are a column of their own, and are OIDs elsewhere. */
function asked({ start, end, name, alone }: ConstantPart, text: string): string {
  const expression = text.slice(start, end);
  return !alone && /^(?:to_)?reg/.test(name) ? `(${expression})::oid` : expression;
}

/** Runs work on the statement with another text; errors have their places in the client's. */
export async function replaced<T>(
  statement: Statement,
  text: string,
  work: (inner: Statement) => Promise<T>,
): Promise<T> {
  try {
    return await work({ ...statement, text });
  } catch (error) {
    if (!(error instanceof SluiceError) || error.position === undefined) throw error;
    const at = findAgain(error.position - statement.startCharacter, text, statement.text);
    throw withPosition(error, at === undefined ? undefined : at + statement.startCharacter);
  }
}

/** An error of a translated text: its place means nothing to the client. */
function unplaced(error: unknown): unknown {
  return error instanceof SluiceError ? withPosition(error, undefined) : error;
}

/** The same rows; `close` is called when they have been read, or are not wanted any more. */
export function closing(outcome: Outcome, close: () => Promise<void>): Outcome {
  if (outcome.kind !== 'rows') return outcome;
  const { reader } = outcome;
  const wrapped: BatchReader = {
    types: reader.types,
    next: () => reader.next(),
    close: async () => {
      try {
        await reader.close();
      } finally {
        await close();
      }
    },
  };
  return { ...outcome, reader: wrapped };
}

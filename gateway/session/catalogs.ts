/** Statements that are about the catalogs and about tables of users at once. */
import { errors, SluiceError } from '../../planner/errors.ts';
import type { Analysis } from '../../planner/index.ts';
import { findAgain } from '../../planner/sql/find-again.ts';
import { type Statement, splitStatements } from '../../planner/sql/lexer.ts';
import { quoteLiteral } from '../../worker/engine/quote.ts';
import { typeText } from '../../worker/rows/types.ts';
import type { ConstantPart } from '../pg-catalog/constant-parts.ts';
import type { CatalogQuery, PgCatalog } from '../pg-catalog/pg-catalog.ts';
import { checkQuery, needsOf } from './access/check-query.ts';
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
    const query = await this.query(runnable.statement.text);
    if (query?.subject === 'catalog') return this.#queries.describe(query, runnable);
    if (query === undefined) return this.#withConstants(runnable, plain);
    const attached = await this.attach(query);
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
    const query = await this.query(runnable.statement.text);
    if (query?.subject === 'catalog') return this.#queries.run(query, runnable);
    if (query === undefined) return this.#withConstants(runnable, plain);
    if (runnable.statement.parameterCount > (runnable.parameters?.length ?? 0)) throw errors.undefinedParameter(1);
    const attached = await this.attach(query);
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

  /** The query over catalogs, or over them and tables of users, that a text is, when it is more than one with some constants of theirs. */
  query(text: string): Promise<CatalogQuery | undefined> {
    return this.#catalog.query(text);
  }

  async #withConstants<T>(runnable: Runnable, work: Work<T>): Promise<T | undefined> {
    const { statement } = runnable;
    const text = await this.folded(statement.text);
    if (text === statement.text) return undefined;
    return replaced(statement, text, (inner) => work({ ...runnable, statement: inner }));
  }

  /** The text for DuckDB in the session's dialect, with the session's connection ready for it. Raises 42501. */
  async #ready({ statement }: Runnable, query: CatalogQuery, { sql, database }: Attached): Promise<Analysis> {
    guardText(statement.text, this.#context.options.database);
    const analysis = await this.#analyze({ ...statement, text: sql });
    if (!this.#context.access.isAdmin) {
      const needs = await needsOf(this.#context, analysis.sql);
      await checkQuery(this.#context, {
        ...needs,
        relations: needs.relations.filter(({ catalog }) => catalog !== database),
        functions: new Set([...needs.functions].filter((name) => !query.functions.has(name))),
      });
    }
    await this.#context.connection.ready(this.#context.sessionSettings(), true);
    return analysis;
  }

  /** The text with values in place of what is the same for all rows: current_user, 't'::regclass. The very text where there is nothing of these. */
  async folded(text: string): Promise<string> {
    const { parts } = await this.#catalog.constants(text);
    if (parts.length === 0) return text;
    const values = await this.#literals(parts.map((part) => asked(part, text)));
    let result = '';
    let copied = 0;
    for (const [index, { start, end, name, alone }] of parts.entries()) {
      result += `${text.slice(copied, start)}${values[index]!}${alone ? ` AS "${name}"` : ''}`;
      copied = end;
    }
    return result + text.slice(copied);
  }

  /** Brings the catalogs that a query reads to the tables of users. */
  async attach(query: CatalogQuery): Promise<Attached> {
    const { connection, name, close } = await this.#context.options.database.attach();
    try {
      return { sql: await this.#queries.copy(query, { connection, name }), database: name, close };
    } catch (error) {
      await close();
      throw error;
    }
  }

  /** Literals for expressions over the catalogs. */
  async #literals(expressions: readonly string[]): Promise<readonly string[]> {
    const [statement] = splitStatements(`SELECT ${expressions.join(', ')}`);
    const runnable = { statement: statement!, parameterOids: [], parameters: [] };
    const query = await this.query(statement!.text);
    if (query?.subject !== 'catalog') return expressions;
    const outcome = await this.#queries.run(query, runnable);
    const types = outcome.kind === 'rows' ? outcome.types.map(typeText) : [];
    const cells = await firstRow(this.#context, outcome);
    return cells.map((cell, index) => {
      const value = cell === null ? 'NULL' : quoteLiteral(cell);
      return types[index] === 'VARCHAR' && cell !== null ? value : `CAST(${value} AS ${types[index]})`;
    });
  }
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

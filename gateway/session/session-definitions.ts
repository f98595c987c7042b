import type { Definitions, MacroDefinition, ViewDefinition } from '../../planner/definitions.ts';
import { quoteLiteral } from '../../worker/engine/quote.ts';
import type { SessionContext } from './context.ts';

interface Known {
  readonly version: string;
  readonly views: Map<string, Promise<ViewDefinition | undefined>>;
  readonly macros: Map<string, Promise<readonly MacroDefinition[]>>;
}

/** Where names are looked up, in this order: temporary objects before local ones. */
const databases = ['temp', 'local'];

/** Views and macros as the session's connection sees them; remembered until somebody writes. */
export class SessionDefinitions implements Definitions {
  readonly #context: SessionContext;
  #known: Known | undefined;
  #unknowns = 0;

  constructor(context: SessionContext) {
    this.#context = context;
  }

  get version(): string {
    return this.#current().version;
  }

  view(schema: string | undefined, name: string): Promise<ViewDefinition | undefined> {
    return remembered(this.#current().views, `${schema ?? ''}\0${name}`.toLowerCase(), () => this.#view(schema, name));
  }

  macros(schema: string | undefined, name: string): Promise<readonly MacroDefinition[]> {
    return remembered(this.#current().macros, `${schema ?? ''}\0${name}`.toLowerCase(), () =>
      this.#macros(schema, name),
    );
  }

  #current(): Known {
    const { transaction, options } = this.#context;
    const commits = options.hub.commits.now();
    // While somebody commits nothing is sure.
    const moment = commits === undefined ? `?${this.#unknowns++}` : String(commits);
    const version = `${moment}.${transaction.serial}.${transaction.writes.count}`;
    if (this.#known?.version !== version) this.#known = { version, views: new Map(), macros: new Map() };
    return this.#known;
  }

  async #view(schema: string | undefined, name: string): Promise<ViewDefinition | undefined> {
    const rows = await this.#rows(
      `SELECT database_name, sql FROM duckdb_views() WHERE NOT internal AND lower(view_name) = lower(${quoteLiteral(name)})`,
      schema,
    );
    const [text] = rows.map(([sql]) => sql);
    return text === undefined || text === null ? undefined : { text: String(text) };
  }

  async #macros(schema: string | undefined, name: string): Promise<readonly MacroDefinition[]> {
    const rows = await this.#rows(
      `SELECT database_name, function_type = 'table_macro', to_json(parameters), to_json(parameter_types), macro_definition FROM duckdb_functions()
       WHERE NOT internal AND function_type IN ('macro', 'table_macro') AND lower(function_name) = lower(${quoteLiteral(name)})`,
      schema,
    );
    return rows.map(([table, parameters, types, text]) => ({
      table: table === true,
      parameters: JSON.parse(String(parameters)) as readonly string[],
      types: JSON.parse(String(types)) as readonly (string | null)[],
      text: String(text),
    }));
  }

  /** Of the first database that has any; without its name. */
  async #rows(sql: string, schema: string | undefined): Promise<readonly (readonly unknown[])[]> {
    const within =
      schema === undefined
        ? `schema_name IN ('main', 'public')`
        : `lower(schema_name) = lower(${quoteLiteral(schema)})`;
    const { connection, searchPath } = this.#context;
    // What a path of the session's own finds is left to DuckDB.
    if (schema === undefined && !searchPath.isPlain) return [];
    await connection.ready(this.#context.sessionSettings(), true);
    const rows = await (await connection.run(`${sql} AND ${within}`)).getRows();
    for (const database of databases) {
      const own = rows.filter(([of]) => of === database);
      if (own.length > 0) return own.map(([, ...rest]) => rest);
    }
    return [];
  }
}

/** A question that failed is asked again. */
function remembered<T>(known: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  const found = known.get(key);
  if (found !== undefined) return found;
  const asked = ask();
  known.set(key, asked);
  asked.catch(() => known.delete(key));
  return asked;
}

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteIdentifier, quoteLiteral } from '../../worker/engine/quote.ts';
import { marked, type Uses, usesOf } from './catalog-text.ts';
import { macroOf } from './functions/index.ts';
import { derivedTables } from './functions/name-functions.ts';
import { privilegeTables, superuserMacro } from './functions/privilege-functions.ts';
import { storedType } from './pg-type-names.ts';
import { type CatalogShape, seedFolder } from './relations.ts';
import { isSessionRelation } from './session-relations.ts';
import { type CatalogRow, type DynamicRows, ownTables, rowDefaults, wellKnown } from './state/dynamic-rows.ts';
import { fillNames } from './translate/context.ts';
import { readTypeFacts, type TypeFacts } from './view-text/type-facts.ts';
import { type ViewText, viewTexts } from './view-text/view-texts.ts';
import { viewSource } from './views.ts';

const seedSchema = 'seed';

/** DuckDB's columns of a relation. */
export function storedColumns(shape: CatalogShape, key: string): ReadonlyMap<string, string> {
  if (key === 'settings_seed') return storedColumns(shape, 'pg_settings');
  const own = ownTables[key];
  if (own !== undefined) return new Map(Object.entries(own));
  const relation = shape.relations.get(key);
  return new Map((relation?.columns ?? []).map(({ name, type }) => [name, storedType(type)]));
}

function csvColumn(name: string, type: string): string {
  const quotedName = quoteIdentifier(name);
  if (!type.endsWith('[]')) return `CAST(${quotedName} AS ${type}) AS ${quotedName}`;
  return `CAST(from_json(${quotedName}, '["VARCHAR"]') AS ${type}) AS ${quotedName}`;
}

/** The rows that every database of this version has. One for the process. */
export class Seed {
  readonly #connection: DuckDBConnection;
  readonly #shape: CatalogShape;
  readonly #made = new Map<string, Promise<void>>();
  #facts: Promise<TypeFacts> | undefined;

  constructor(connection: DuckDBConnection, shape: CatalogShape) {
    this.#connection = connection;
    this.#shape = shape;
  }

  /** Makes the table of a relation, if it is not there yet, and gives its name. */
  async table(key: string): Promise<string> {
    let made = this.#made.get(key);
    if (made === undefined) {
      made = this.#make(key);
      this.#made.set(key, made);
    }
    await made;
    return `${seedSchema}.${quoteIdentifier(key)}`;
  }

  /** What the seed says of types. */
  facts(): Promise<TypeFacts> {
    this.#facts ??= readTypeFacts((sql) => this.#list(sql));
    // The next one who needs them tries again.
    this.#facts.catch(() => {
      this.#facts = undefined;
    });
    return this.#facts;
  }

  async #list(sql: string): Promise<readonly unknown[]> {
    const text = marked(sql);
    const names = new Map<string, string>();
    for (const key of usesOf(text).relations) names.set(key, await this.table(key));
    const query = `SELECT CAST(to_json(list("row")) AS VARCHAR) FROM (${fillNames(text, (key) => names.get(key)!)})`;
    const [found] = await (await this.#connection.run(query)).getRows();
    return JSON.parse(String(found?.[0])) as readonly unknown[];
  }

  async #make(key: string): Promise<void> {
    const columns = [...storedColumns(this.#shape, key)];
    const path = join(seedFolder, `${key.replace('information_schema.', '')}.csv`);
    const name = `${seedSchema}.${quoteIdentifier(key)}`;
    if (!(await exists(path))) {
      await this.#connection.run(
        `CREATE TABLE ${name} (${columns.map(([column, type]) => `${quoteIdentifier(column)} ${type}`).join(', ')})`,
      );
      return;
    }
    const texts = columns.map(([column]) => `${quoteLiteral(column)}: 'VARCHAR'`).join(', ');
    const list = columns.map(([column, type]) => csvColumn(column, type)).join(', ');
    await this.#connection.run(
      `CREATE TABLE ${name} AS SELECT ${list} FROM read_csv(${quoteLiteral(path)}, header = true, auto_detect = false, delim = ',',
        quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false, columns = {${texts}})`,
    );
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** `ctid`, `tableoid` and the others, which every table has: as pg_class has them. */
function systemColumns(seed: string): string {
  return `SELECT s.* REPLACE (c.oid AS attrelid) FROM ${seed} s, {pg_class} c
    WHERE s.attrelid = 1259 AND s.attnum < 0 AND c.oid >= 16384 AND c.relkind IN ('r', 'f', 'S')`;
}

/** Rows of the seed for which a state has others: the schema public, once privileges on it have changed. */
function withoutReplaced(rows: readonly CatalogRow[]): string {
  const replaced = rows.flatMap(({ oid }) => (oid === wellKnown.publicSchema ? [oid] : []));
  return replaced.length === 0 ? '' : ` WHERE oid NOT IN (${replaced.join(', ')})`;
}

/** Macros call each other with columns of their tables: the aliases of one must not be those of another. */
function withOwnAliases(body: string, name: string): string {
  return body.replace(/\bz(c|d|e|f|i|k|m|n|o|p|r|s|t|ty)\b/g, (alias) => `${alias}_${name}`);
}

export interface StateOptions {
  /** The schema of the private DuckDB that this state has to itself. */
  readonly schema: string;
  readonly connection: DuckDBConnection;
  readonly shape: CatalogShape;
  readonly seed: Seed;
  readonly rows: DynamicRows;
  /** DuckDB's text, with marks, for PostgreSQL's query of a view. */
  readonly translateView: (key: string, definition: string) => Promise<string>;
  /** Resolves when the schema is there. */
  readonly ready: Promise<void>;
  /** SQL of what is the same in all of the state: `database`, `user`, ... */
  readonly constants: Readonly<Record<string, string>>;
}

/** The catalogs as one user sees them at one time, with one search path. Tables, views and macros are made when they are first used. */
export class CatalogState {
  readonly schema: string;
  readonly #options: StateOptions;
  readonly #made = new Map<string, Promise<void>>();
  /** What each thing that was made uses. */
  readonly #uses = new Map<string, Uses>();
  readonly #macros = new Map<string, string>();
  #views: Promise<readonly ViewText[]> | undefined;

  constructor(options: StateOptions) {
    this.schema = options.schema;
    this.#options = options;
  }

  /** Makes what a text uses. */
  async ensure(uses: Uses): Promise<void> {
    await this.#options.ready;
    for (const name of uses.relations) await this.#once(name, () => this.#relation(name));
    for (const name of uses.functions) await this.#once(`fn:${name}`, () => this.#function(name));
  }

  /** The relations of a session that a text reads, also through views and macros that `ensure` has made. */
  sessionRelations(uses: Uses): readonly string[] {
    const seen = new Set<string>();
    const visit = (from: Uses) => {
      for (const name of [...from.relations, ...[...from.functions].map((one) => `fn:${one}`)]) {
        if (seen.has(name)) continue;
        seen.add(name);
        const more = this.#uses.get(name);
        if (more !== undefined) visit(more);
      }
    };
    visit(uses);
    return [...seen].filter(isSessionRelation);
  }

  /** The relations that a text and the macros that it calls read themselves, and all of these macros. */
  closure(uses: Uses): Uses {
    const relations = new Set(uses.relations);
    const functions = new Set<string>();
    const add = (name: string) => {
      if (functions.has(name)) return;
      functions.add(name);
      const more = this.#uses.get(`fn:${name}`);
      for (const relation of more?.relations ?? []) relations.add(relation);
      more?.functions.forEach(add);
    };
    uses.functions.forEach(add);
    return { relations, functions };
  }

  /** How a macro that was made is written, with marks, from its parameters on; undefined: it is none of these. */
  macro(name: string): string | undefined {
    return this.#macros.get(name);
  }

  /** Names for the marks of a text, in another database where there is one. */
  fillFor(database: string, text: string): string {
    const schema = `${quoteIdentifier(database)}.main`;
    return fillNames(text, (name) => {
      if (name.startsWith('const:')) return this.#name(name);
      return `${schema}.${quoteIdentifier(name.replace(/^fn:/, ''))}`;
    });
  }

  /** Where the rows of a relation that was made are. */
  nameOf(relation: string): string {
    return this.#name(relation);
  }

  /** Names for the marks of a text. */
  fill(text: string): string {
    return fillNames(text, (name) => this.#name(name));
  }

  /** Drops everything. Nothing may use it any more. */
  async drop(): Promise<void> {
    await this.#options.connection.run(`DROP SCHEMA IF EXISTS ${this.schema} CASCADE`);
  }

  #name(mark: string): string {
    if (mark.startsWith('const:')) return this.#options.constants[mark.slice(6)] ?? 'NULL';
    if (mark.startsWith('fn:')) return `${this.schema}.${quoteIdentifier(mark.slice(3))}`;
    return isSessionRelation(mark) ? `temp.main.${quoteIdentifier(mark)}` : `${this.schema}.${quoteIdentifier(mark)}`;
  }

  #once(name: string, make: () => Promise<void>): Promise<void> {
    let made = this.#made.get(name);
    if (made === undefined) {
      made = make();
      this.#made.set(name, made);
      // The next one who needs it tries again.
      made.catch(() => this.#made.delete(name));
    }
    return made;
  }

  async #run(name: string, text: string, values?: readonly string[]): Promise<void> {
    const uses = usesOf(text);
    this.#uses.set(name, uses);
    await this.ensure(uses);
    await this.#options.connection.run(this.fill(text), values === undefined ? undefined : [...values]);
  }

  async #relation(key: string): Promise<void> {
    if (isSessionRelation(key)) return;
    const name = `${this.schema}.${quoteIdentifier(key)}`;
    const derived = derivedTables[key] ?? privilegeTables[key];
    if (derived !== undefined) return this.#run(key, `CREATE TABLE ${name} AS ${marked(derived)}`);
    if (key === 'view_texts') return this.#viewTexts(name);
    if (key === 'view_wrapped_texts') return this.#wrappedViewTexts(name);
    const view = viewSource(this.#options.shape, key);
    if (view !== undefined) {
      const query = view.kind === 'marked' ? view.sql : await this.#options.translateView(key, view.sql);
      // Counters and sessions change without the objects that they tell of.
      const live = /^pg_stat|^pg_settings$/.test(key);
      if (!live) return this.#run(key, `CREATE TABLE ${name} AS ${query}`);
      return this.#run(key, `CREATE VIEW ${name} AS ${query}`);
    }
    const seed = await this.#options.seed.table(key);
    const rows = this.#options.rows.of(key);
    if (rows.length === 0) return this.#run(key, `CREATE VIEW ${name} AS SELECT * FROM ${seed}`);
    const more = key === 'pg_attribute' ? ` UNION ALL ${marked(systemColumns(seed))}` : '';
    const query = `SELECT * FROM ${seed}${withoutReplaced(rows)} UNION ALL ${this.#rowsQuery(key)}${more}`;
    await this.#run(key, `CREATE TABLE ${name} AS ${query}`, [JSON.stringify(rows)]);
  }

  #rowsQuery(key: string): string {
    const rows = this.#options.rows.of(key);
    const given = new Set(rows.flatMap((row) => Object.keys(row)));
    const columns = [...storedColumns(this.#options.shape, key)];
    const defaults = rowDefaults[key] ?? {};
    const list = columns.map(([column, type]) => {
      const name = quoteIdentifier(column);
      const otherwise = `CAST(${defaults[column] ?? 'NULL'} AS ${type})`;
      if (!given.has(column)) return otherwise;
      return defaults[column] === undefined ? `r.r.${name}` : `COALESCE(r.r.${name}, ${otherwise})`;
    });
    const struct = columns
      .filter(([column]) => given.has(column))
      .map(([column, type]) => `${JSON.stringify(column)}:${JSON.stringify(type)}`);
    const types = key === 'pg_attribute' ? ` LEFT JOIN ${marked('{pg_type}')} ty ON ty.oid = r.r.atttypid` : '';
    return `SELECT ${list.join(', ')} FROM (SELECT unnest(from_json(CAST($1 AS JSON), '[{${struct.join(',')}}]')) AS r) r${types}`;
  }

  /** Read when they are first asked for. */
  #ownViews(): Promise<readonly ViewText[]> {
    const { rows, seed } = this.#options;
    const none = rows.of('view_queries').length === 0;
    this.#views ??= none ? Promise.resolve([]) : seed.facts().then((facts) => viewTexts(facts, rows));
    // The next one who needs them tries again.
    this.#views.catch(() => {
      this.#views = undefined;
    });
    return this.#views;
  }

  /** Views of users, and those of the catalogs. */
  async #viewTexts(name: string): Promise<void> {
    const { shape, rows } = this.#options;
    const system = [...shape.relations.values()].flatMap(({ oid, definition }) =>
      definition === undefined ? [] : { oid, definition, pretty: definition },
    );
    const own = new Map((await this.#ownViews()).map((view) => [view.oid, view]));
    const users = rows.of('view_texts').map(({ oid, definition }) => {
      const { definition: text, pretty } = own.get(Number(oid)) ?? {};
      return { oid, definition: text ?? definition, pretty: pretty ?? definition };
    });
    await this.#fromJson('view_texts', name, [...system, ...users]);
  }

  /** Views of users, line by line. */
  async #wrappedViewTexts(name: string): Promise<void> {
    const rows = (await this.#ownViews()).flatMap(({ oid, wrapped }) =>
      wrapped().map(({ width, text }) => ({ oid, width, definition: text })),
    );
    await this.#fromJson('view_wrapped_texts', name, rows);
  }

  /** A table of this room. */
  async #fromJson(key: string, name: string, rows: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
    const columns = [...storedColumns(this.#options.shape, key)];
    const list = columns.map(([column]) => `r.r.${quoteIdentifier(column)}`).join(', ');
    const struct = JSON.stringify([Object.fromEntries(columns)]);
    const source = `(SELECT unnest(from_json(CAST($1 AS JSON), '${struct}')) AS r)`;
    await this.#run(key, `CREATE TABLE ${name} AS SELECT ${list} FROM ${source} r`, [JSON.stringify(rows)]);
  }

  async #function(name: string): Promise<void> {
    const plain = this.#options.constants.superuser === 'true' ? superuserMacro(name) : undefined;
    const found = plain ?? macroOf(name, this.#options.shape.functionTypes.get(name));
    if (found === undefined) return;
    const bodies = Object.entries(found.bodies).map(([count, body]) => {
      const parameters = Array.from({ length: Number(count) }, (_, index) => `p${index + 1}`).join(', ');
      return `(${parameters}) AS (${marked(withOwnAliases(body, name))})`;
    });
    const text = bodies.join(', ');
    this.#macros.set(name, text);
    await this.#run(`fn:${name}`, `CREATE MACRO ${this.schema}.${quoteIdentifier(name)}${text}`);
  }
}

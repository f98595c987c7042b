/** The schemas that a session's own statements look names up in, by its setting search_path. */
import type { CatalogSnapshot } from '../../planner/catalog.ts';
import { quoteLiteral } from '../../worker/engine/quote.ts';
import { dataDatabase, localDatabase, searchPath } from '../coordinator/database.ts';
import type { CommitClock } from './commit-clock.ts';
import type { Transaction } from './transaction.ts';

type RowsOf = (sql: string) => Promise<readonly (readonly unknown[])[]>;

/** What it is when nobody sets it: the connection has it from the start. */
const defaultSetting = '"$user", public';

interface Known {
  readonly setting: string;
  readonly at: number | undefined;
  /** Statements of the transaction that had written. */
  readonly writes: number;
}

/** The schemas of a search path as it is set: `"$user", public`. */
export function searchPathOf(setting: string, user: string): readonly string[] {
  return [...setting.matchAll(/"((?:[^"]|"")*)"|([^",\s]+)/g)].map(([, quoted, bare]) => {
    const name = quoted === undefined ? bare!.toLowerCase() : quoted.replaceAll('""', '"');
    return name === '$user' ? user : name;
  });
}

export class SearchPath {
  readonly #setting: () => string;
  readonly #user: string;
  readonly #transaction: Transaction;
  readonly #commits: CommitClock;
  #known: Known | undefined;
  #applied = '';
  /** Names of local tables and views by schema, in the order of the path; undefined: the path that everybody begins with. */
  #schemas: ReadonlyMap<string, ReadonlySet<string>> | undefined;

  constructor(setting: () => string, user: string, transaction: Transaction) {
    this.#setting = setting;
    this.#user = user;
    this.#transaction = transaction;
    this.#commits = transaction.commits;
  }

  /** True when the connection is as everybody's. */
  get isPlain(): boolean {
    return this.isDefault && this.#applied === '';
  }

  get isDefault(): boolean {
    return this.#setting() === defaultSetting;
  }

  /** Schemas of local tables, whether they are there or not, in the order in which names are looked up. */
  get schemas(): readonly string[] {
    return this.isDefault ? ['public', 'main'] : [...searchPathOf(this.#setting(), this.#user), 'main'];
  }

  /** The connection is a new one. */
  forget(): void {
    this.#known = undefined;
    this.#applied = '';
  }

  /** The SQL that makes the connection look names up so; undefined: it does yet. Schemas that are not there are left out. */
  async change(rowsOf: RowsOf): Promise<string | undefined> {
    const setting = this.#setting();
    const { count } = this.#transaction.writes;
    const known = this.#known;
    const same = known?.setting === setting && known.writes === count;
    if (this.isDefault ? this.#applied === '' : same && this.#commits.isStill(known.at)) return undefined;
    const at = this.#commits.now();
    const path = this.isDefault ? '' : await this.#read(rowsOf, searchPathOf(setting, this.#user));
    if (this.isDefault) this.#schemas = undefined;
    this.#known = { setting, at, writes: count };
    if (path === this.#applied) return undefined;
    this.#applied = path;
    const whole = path === '' ? searchPath : `${path},${localDatabase}.main,${dataDatabase}.sluice`;
    return `SET SESSION search_path = ${quoteLiteral(whole)}`;
  }

  /** The data sets that names mean in this path. A local table hides those in schemas behind its own. */
  visible(catalog: CatalogSnapshot): CatalogSnapshot {
    const schemas = this.isDefault ? undefined : this.#schemas;
    if (schemas === undefined) return catalog;
    return {
      version: catalog.version,
      names: () => catalog.names(),
      lookup: (schema, name) => {
        if (schema !== undefined) return catalog.lookup(schema, name);
        for (const [each, locals] of schemas) {
          if (locals.has(name.toLowerCase())) return undefined;
          const found = catalog.lookup(each, name);
          if (found !== undefined) return found;
        }
        return undefined;
      },
    };
  }

  /** The schemas that are there, as DuckDB's search path, local tables before data sets. */
  async #read(rowsOf: RowsOf, wanted: readonly string[]): Promise<string> {
    const rows = await rowsOf(
      `SELECT s.database_name, s.schema_name, t.names FROM duckdb_schemas() s LEFT JOIN (
         SELECT database_name, schema_name, list(lower(name)) AS names FROM (
           SELECT database_name, schema_name, table_name AS name FROM duckdb_tables()
           UNION ALL SELECT database_name, schema_name, view_name FROM duckdb_views() WHERE NOT internal)
         GROUP BY ALL) t USING (database_name, schema_name)
       WHERE s.database_name IN ('${localDatabase}', '${dataDatabase}')`,
    );
    const schemas = new Map<string, ReadonlySet<string>>();
    const path: string[] = [];
    for (const name of wanted) {
      for (const database of [localDatabase, dataDatabase]) {
        const row = rows.find(([db, schema]) => db === database && String(schema).toLowerCase() === name.toLowerCase());
        if (row === undefined) continue;
        path.push(`${database}."${String(row[1]).replaceAll('"', '""')}"`);
        if (database === localDatabase) schemas.set(name, new Set(namesOf(row[2])));
        else if (!schemas.has(name)) schemas.set(name, new Set());
      }
    }
    this.#schemas = schemas;
    return path.length === 0 ? `${localDatabase}.main` : path.join(',');
  }
}

function namesOf(list: unknown): readonly string[] {
  const items = typeof list === 'object' && list !== null && 'items' in list ? list.items : [];
  return Array.isArray(items) ? items.map(String) : [];
}

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { lower } from '../../planner/algebra/lower.ts';
import { printQuery } from '../../planner/algebra/print-rel.ts';
import type { RelQuery } from '../../planner/algebra/rel.ts';
import { relProblems } from '../../planner/algebra/rel-problems.ts';
import { bindQuery } from '../../planner/bind/bind-query.ts';
import type { BoundQuery } from '../../planner/bind/bound-query.ts';
import type { CatalogSnapshot, DatasetTable } from '../../planner/catalog.ts';
import { printQuery as printNode } from '../../planner/sql/print.ts';
import { scanShadows } from '../../planner/strategies/fragment.ts';
import type { PlanContext } from '../../planner/strategies/strategy.ts';
import { wholeReason } from '../../planner/strategies/whole.ts';
import { requestOf } from './bind-request.ts';
import { type Comparable, difference } from './compare.ts';
import { catalogOf, DuckdbWorld } from './duckdb-world.ts';
import { Oracle } from './oracle.ts';
import { orderOf } from './order-of.ts';

/** What became of a query that was turned into operators and back into SQL. */
export type RoundTrip =
  /** The same rows and types; `sql` is the text made of the operators. */
  | { readonly kind: 'equal'; readonly query: RelQuery; readonly sql: string }
  | { readonly kind: 'different'; readonly query: RelQuery; readonly sql: string; readonly difference: string }
  /** The lowering knows no operators for it. */
  | { readonly kind: 'declined'; readonly reason: string }
  /** It never gets to the lowering: whoever runs it runs it whole. */
  | { readonly kind: 'whole'; readonly reason: string }
  /** It has no answer. */
  | { readonly kind: 'error'; readonly reason: string };

/** Last digits of DOUBLE sums. */
const tolerance = 1e-9;

/** One DuckDB over a folder of data sets, and a planner's world for them. */
export class RoundTripBed {
  readonly world: DuckdbWorld;
  readonly oracle: Oracle;
  readonly catalog: CatalogSnapshot;

  readonly #rewrite: (query: RelQuery) => RelQuery;

  private constructor(
    world: DuckdbWorld,
    oracle: Oracle,
    catalog: CatalogSnapshot,
    rewrite: (query: RelQuery) => RelQuery,
  ) {
    this.#rewrite = rewrite;
    this.world = world;
    this.oracle = oracle;
    this.catalog = catalog;
  }

  /** `rewrite` is done to the operators before they are printed. */
  static async open(folder: string, rewrite: (query: RelQuery) => RelQuery = (query) => query): Promise<RoundTripBed> {
    const world = await DuckdbWorld.open();
    const oracle = await Oracle.open(folder, { dialect: 'duckdb' });
    await oracle.connection.run('CREATE SCHEMA public');
    const tables: DatasetTable[] = [];
    const views = await oracle.connection.runAndReadAll(
      "SELECT view_name FROM duckdb_views() WHERE NOT internal AND schema_name = 'main'",
    );
    for (const [view] of views.getRows()) {
      tables.push(await describeTable(oracle, folder, String(view)));
      await oracle.connection.run(`CREATE VIEW public."${view}" AS FROM main."${view}"`);
    }
    return new RoundTripBed(world, oracle, catalogOf(...tables), rewrite);
  }

  close(): void {
    this.world.close();
    this.oracle.close();
  }

  /** Names of all data sets. */
  tables(): readonly string[] {
    return this.catalog.names();
  }

  /** `sequence`: the rows have to come in the same order, although the query may have no ORDER BY. */
  async run(sql: string, sequence = false): Promise<RoundTrip> {
    let bound: BoundQuery;
    try {
      bound = await bindQuery(requestOf(sql, this.catalog), this.world);
    } catch (error) {
      return { kind: 'error', reason: String(error) };
    }
    const whole = wholeReason({ bound } as PlanContext);
    if (whole !== undefined) return { kind: 'whole', reason: whole.reason };
    if (bound.occurrences.length === 0) return { kind: 'whole', reason: 'it reads no data set' };
    let expected: Comparable;
    try {
      expected = await this.#answer(sql);
    } catch (error) {
      return { kind: 'error', reason: String(error) };
    }
    const { columns } = await this.world.describe(bound.describeSql, scanShadows({ bound } as PlanContext));
    const lowered = await lower({ bound, world: this.world, columns });
    if ('reason' in lowered) return { kind: 'declined', reason: lowered.reason };
    const query = this.#rewrite(lowered);
    const scanName = await this.#scans(bound);
    const text = await printNode(this.world, printQuery(query, scanName));
    const found = await this.#compare(sql, text, expected, query, sequence);
    return found === null
      ? { kind: 'equal', query, sql: text }
      : { kind: 'different', query, sql: text, difference: found };
  }

  /** Names of the views that hold the scans; file functions get one each. */
  async #scans({ occurrences }: BoundQuery): Promise<(occurrence: number) => string> {
    for (const { scanName, table } of occurrences) {
      if (table.schema !== '') continue;
      const files = table.files.map(({ path }) => `'${path}'`).join();
      await this.oracle.connection.run(
        `CREATE OR REPLACE TEMP VIEW ${scanName} AS FROM read_${table.format}([${files}])`,
      );
    }
    return (occurrence) => {
      const { scanName, table } = occurrences[occurrence]!;
      return table.schema === '' ? scanName : table.name;
    };
  }

  async #compare(
    original: string,
    text: string,
    expected: Comparable,
    query: RelQuery,
    sequence: boolean,
  ): Promise<string | null> {
    const [problem] = relProblems(query);
    if (problem !== undefined) return problem;
    let actual: Comparable;
    try {
      actual = await this.#answer(text);
    } catch (error) {
      return String(error);
    }
    const types = query.output.map((id) => oidOf(query.types.get(id)!));
    if (types.join() !== expected.oids.join()) return 'the types of the operators are not those of the answer';
    if (sequence) return difference(expected, actual, { order: 'sequence', tolerance, binary: false, names: false });
    const { keys, unlimited } = await orderOf(this.oracle.connection, original, expected.names);
    const options = { order: keys, tolerance, binary: false, names: false };
    const found = difference(expected, actual, options);
    if (found === null || unlimited === null) return found;
    return difference(expected, actual, { ...options, unlimited: (await this.#answer(unlimited)).rows });
  }

  async #answer(sql: string): Promise<Comparable> {
    const reader = await this.oracle.connection.runAndReadAll(sql);
    return {
      names: reader.columnNames(),
      oids: reader.columnTypes().map((type) => oidOf(String(type))),
      rows: reader.getRows().map((row) => row.map((value) => (value === null ? null : String(value)))),
    };
  }
}

const oids = new Map<string, number>([
  ['FLOAT', 700],
  ['DOUBLE', 701],
]);

/** A number for each type text; only those of floats mean anything to the comparison. */
function oidOf(text: string): number {
  // DuckDB's client quotes names of fields that DESCRIBE does not.
  const type = text.replaceAll('"', '');
  const known = oids.get(type) ?? 10_000 + oids.size;
  oids.set(type, known);
  return known;
}

async function describeTable(oracle: Oracle, folder: string, name: string): Promise<DatasetTable> {
  const reader = await oracle.connection.runAndReadAll(`FROM "${name}" LIMIT 0`);
  const types = reader.columnTypes().map(String);
  const columns = reader.columnNames().map((column, i) => ({ name: column, type: types[i]!, hive: false }));
  const file = { path: join(folder, name, readdirSync(folder)[0]!), bytes: 1000, mtimeMs: 0, hive: {} };
  return { schema: 'public', name, format: 'parquet', columns, options: {}, files: [file] };
}

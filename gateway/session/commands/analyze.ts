import type { DatasetTable } from '../../../planner/catalog.ts';
import { errors } from '../../../planner/errors.ts';
import { nearestName } from '../../../planner/nearest-name.ts';
import { splitStatements } from '../../../planner/sql/lexer.ts';
import { TokenCursor } from '../../../planner/sql/token-cursor.ts';
import { quoteIdentifier } from '../../../worker/engine/quote.ts';
import { viewAs } from '../../../worker/rows/cells.ts';
import type { ColumnBatch } from '../../../worker/rows/column-batch.ts';
import type { Outcome, Runnable, SessionContext } from '../context.ts';
import type { Queries } from '../query.ts';
import { runWrite } from './writes.ts';

/** A table of the list, with the columns that are asked for; null: all. */
interface Target {
  readonly schema: string | undefined;
  readonly name: string;
  readonly columns: readonly string[] | null;
}

/** How many columns one query counts: each holds a sketch of some kilobytes per task. */
const columnsPerQuery = 50;

/**
 * ANALYZE [VERBOSE] [t [(column, ...)] [, ...]]: counts the different values (about) of the columns of data sets, for the planner's
 * estimates. Without tables: of every data set. For local tables it is DuckDB's own. Raises 42P01, 42703.
 */
export async function runAnalyze(context: SessionContext, runnable: Runnable, queries: Queries): Promise<Outcome> {
  const targets = parseAnalyze(runnable.statement.text);
  const catalog = await context.snapshot();
  if (targets.length > 0 && targets.every(({ schema, name }) => catalog.lookup(schema, name) === undefined))
    return runWrite(context, runnable);
  const all =
    targets.length > 0 ? targets : catalog.names().map((name) => ({ schema: undefined, name, columns: null }));
  for (const target of all) {
    const table = catalog.lookup(target.schema, target.name);
    if (!mayAnalyze(context, table)) continue;
    if (table === undefined) throw errors.undefinedTable(target.name, nearestName(target.name, catalog.names()));
    await analyzeTable(context, queries, table, columnsOf(table, target));
  }
  context.refreshSnapshot();
  return { kind: 'complete', tag: 'ANALYZE' };
}

/** As in PostgreSQL: others' tables are passed over. */
function mayAnalyze({ access, notice }: SessionContext, table: DatasetTable | undefined): boolean {
  if (table === undefined || access.isAdmin) return true;
  const { schema, name } = table;
  if (access.book!.owns(access.user, { kind: 'relation', schema, name })) return true;
  const message = `skipping "${name}" --- only table or database owner can analyze it`;
  notice({ severity: 'WARNING', sqlstate: '01000', message });
  return false;
}

function parseAnalyze(text: string): readonly Target[] {
  const cursor = new TokenCursor(text);
  cursor.skip();
  skipOptions(cursor);
  const targets: Target[] = [];
  while (!cursor.atEnd) {
    if (targets.length > 0) cursor.expect(',');
    const parts = cursor.qualifiedName();
    targets.push({ schema: parts.at(-2), name: parts.at(-1)!, columns: columnList(cursor) });
  }
  return targets;
}

/** `VERBOSE` or `(VERBOSE, SKIP_LOCKED ...)`: nothing here depends on them. */
function skipOptions(cursor: TokenCursor): void {
  if (cursor.accept('verbose') || !cursor.accept('(')) return;
  while (!cursor.atEnd && cursor.value !== ')') cursor.skip();
  cursor.expect(')');
}

function columnList(cursor: TokenCursor): readonly string[] | null {
  if (!cursor.accept('(')) return null;
  const names = [cursor.name()];
  while (cursor.accept(',')) names.push(cursor.name());
  cursor.expect(')');
  return names;
}

function columnsOf(table: DatasetTable, { columns }: Target): readonly string[] {
  if (columns === null) return table.columns.map(({ name }) => name);
  return columns.map((wanted) => {
    const found = table.columns.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
    if (found === undefined) {
      const names = table.columns.map(({ name }) => name);
      throw errors.undefinedColumn(wanted, nearestName(wanted, names));
    }
    return found.name;
  });
}

async function analyzeTable(
  context: SessionContext,
  queries: Queries,
  { schema, name }: DatasetTable,
  columns: readonly string[],
): Promise<void> {
  const counts: Record<string, number> = {};
  for (let from = 0; from < columns.length; from += columnsPerQuery) {
    const some = columns.slice(from, from + columnsPerQuery);
    const list = some.map((column) => `approx_count_distinct(${quoteIdentifier(column)})`);
    const sql = `SELECT ${list.join(', ')} FROM ${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
    const values = await oneRow(
      await queries.run({ statement: splitStatements(sql)[0]!, parameterOids: [], parameters: null }),
    );
    for (const [i, column] of some.entries()) counts[column] = values[i]!;
  }
  await context.options.catalog.recordDistinct(schema, name, counts);
}

/** The BIGINTs of the only row. */
async function oneRow(outcome: Outcome): Promise<readonly number[]> {
  if (outcome.kind !== 'rows') throw errors.internal('a query without rows');
  const batches: ColumnBatch[] = [];
  try {
    for (let batch = await outcome.reader.next(); batch !== null; batch = await outcome.reader.next())
      batches.push(batch);
  } finally {
    await outcome.reader.close();
  }
  const row = batches.find(({ rowCount }) => rowCount > 0);
  if (row === undefined) throw errors.internal('an aggregate without a row');
  return row.columns.map((column) => {
    if (column.kind !== 'fixed') throw errors.internal('a count that is not a BIGINT');
    return Number(viewAs(column, BigInt64Array)[0]);
  });
}

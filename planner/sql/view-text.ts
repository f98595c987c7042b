/**
 * Views whose text has hints. DuckDB keeps no comments, so the text that the client wrote is kept in the view itself: as the name of a common table
 * expression that nothing reads, in front of the query as DuckDB can run it. It comes and goes with the view.
 */
import { TokenCursor } from './token-cursor.ts';

const prefixes = { postgres: 'sluice postgres view: ', duckdb: 'sluice duckdb view: ' } as const;

/** The query of a view. */
export interface ViewText {
  /** Names of its first columns. */
  readonly columns: readonly string[];
  /** As it was written, with hints. */
  readonly query: string;
  /** The dialect that it is written in. */
  readonly dialect: 'postgres' | 'duckdb';
}

/** A text that makes a view. */
export interface CreateView extends Omit<ViewText, 'dialect'> {
  /** All before the query. */
  readonly head: string;
  /** As it was written, with its schema. */
  readonly name: string;
  readonly ifNotExists: boolean;
}

/** The parts of `CREATE [OR REPLACE] [TEMP] VIEW [IF NOT EXISTS] name [(a, b)] AS query`; undefined for other texts. */
export function readCreateView(text: string): CreateView | undefined {
  const cursor = new TokenCursor(text);
  if (!cursor.accept('create')) return undefined;
  if (cursor.accept('or') && !cursor.accept('replace')) return undefined;
  if (!cursor.accept('temp')) cursor.accept('temporary');
  if (!cursor.accept('view')) return undefined;
  const ifNotExists = cursor.accept('if');
  if (ifNotExists && !(cursor.accept('not') && cursor.accept('exists'))) return undefined;
  const from = cursor.start;
  cursor.qualifiedName();
  const name = text.slice(from, cursor.start).trim();
  const columns: string[] = [];
  if (cursor.accept('(')) {
    do columns.push(cursor.name());
    while (cursor.accept(','));
    if (!cursor.accept(')')) return undefined;
  }
  const as = cursor.start;
  if (!cursor.accept('as')) return undefined;
  const query = text
    .slice(as + 'as'.length)
    .replace(/;\s*$/, '')
    .trim();
  return { head: `${text.slice(0, as)}AS `, name, ifNotExists, columns, query };
}

/** What DuckDB is given in place of a view with hints; `partial`: it can't be answered by DuckDB alone, and says so when it is asked to. */
export function viewWithHints(
  { head, query }: { readonly head: string; readonly query: string },
  dialect: ViewText['dialect'],
  partial: boolean,
): string {
  const kept = `"${prefixes[dialect]}${query.replaceAll('"', '""')}"`;
  const message = 'a view with the hint partial_sql can not be read beside tables of the session';
  // Not to be computed before it runs.
  const refuse = partial ? ` WHERE (CASE WHEN random() < 2 THEN error('${message}') END) IS NULL` : '';
  return `${head}WITH ${kept} AS (SELECT 1) SELECT * FROM (\n${query}\n) AS "__sluice_view"${refuse}`;
}

/** The query of a view by DuckDB's own text of it; undefined when it can't be read. */
export function readViewText(text: string): ViewText | undefined {
  const found = readCreateView(text);
  if (found === undefined) return undefined;
  const { columns, query } = found;
  const plain: ViewText = { columns, query, dialect: 'duckdb' };
  const cursor = new TokenCursor(query);
  if (!cursor.accept('with') || cursor.value[0] !== '"') return plain;
  const name = cursor.name();
  for (const [dialect, prefix] of Object.entries(prefixes))
    if (name.startsWith(prefix))
      return { columns, query: name.slice(prefix.length), dialect: dialect as ViewText['dialect'] };
  return plain;
}

/** The text to show of a view: as its owner wrote it; undefined where DuckDB's own says it. */
export function shownViewQuery(text: string): string | undefined {
  return Object.values(prefixes).some((prefix) => text.includes(`"${prefix}`)) ? readViewText(text)?.query : undefined;
}

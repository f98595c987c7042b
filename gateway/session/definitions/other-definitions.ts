/** CREATE INDEX and COMMENT ON: what PostgreSQL says and DuckDB does not take. */

import { TokenCursor } from '../../../planner/sql/token-cursor.ts';
import { quoteIdentifier } from '../../../worker/engine/quote.ts';
import { commentWith } from '../../pg-catalog/state/declared.ts';
import type { SessionContext } from '../context.ts';
import { columnOf, type Definition, setComment } from './definition.ts';
import { fullName, readTable, readViewComment } from './table-state.ts';
import { listItems, meantName, TokenReader } from './tokens.ts';

const orders: ReadonlySet<string> = new Set(['asc', 'desc', 'nulls', 'first', 'last']);

/** CREATE INDEX without access method, operator classes and collations: DuckDB has one kind. Undefined where there are none, or no name. */
export function createIndex(text: string): Definition | undefined {
  const reader = new TokenReader(text);
  const found = /^create\s+(unique\s+)?index\b/i.exec(text);
  if (found === null) return undefined;
  reader.skip();
  const unique = reader.accept('unique');
  reader.accept('index');
  const concurrently = reader.accept('concurrently');
  const ifNotExists = reader.accept('if', 'not', 'exists');
  const given = reader.word === 'on' ? undefined : reader.rawName();
  if (!reader.accept('on')) return undefined;
  const only = reader.accept('only');
  const table = reader.rawQualifiedName();
  const method = reader.accept('using') ? reader.rawName() : undefined;
  const list = reader.parentheses();
  if (list === undefined || table.length === 0) return undefined;
  const items = listItems(list.slice(1, -1));
  const kept = items.map(keptItem);
  const rest = reader.rest();
  const options = /^with\s*\([^()]*\)\s*$|^nulls\s+distinct\s*$|^tablespace\s+\S+\s*$/i.test(rest);
  const plain = method === undefined && !concurrently && !only && given !== undefined && !options;
  if (plain && kept.every((item, index) => item === items[index])) return undefined;
  const words = kept.map((item) => meantName(new TokenReader(item).rawName() ?? 'expr'));
  const name = given ?? quoteIdentifier([meantName(table.at(-1)!), ...words, 'idx'].join('_'));
  const head = `CREATE ${unique ? 'UNIQUE ' : ''}INDEX ${ifNotExists ? 'IF NOT EXISTS ' : ''}${name}`;
  return { statements: [`${head} ON ${table.join('.')} (${kept.join(', ')}) ${options ? '' : rest}`.trimEnd()] };
}

/** An item without operator class and collation. */
function keptItem(item: string): string {
  const reader = new TokenReader(item);
  const start = reader.word === '(' ? reader.parentheses()! : reader.rawName();
  if (start === undefined) return item;
  const call = reader.parentheses();
  let kept = call === undefined ? start : `${start}${call}`;
  while (!reader.atEnd) {
    if (reader.accept('collate')) reader.rawQualifiedName();
    else if (orders.has(reader.word)) kept += ` ${reader.skip()!.value}`;
    else if (reader.kind === 'word' && reader.rawQualifiedName().length > 0) reader.parentheses();
    else return item;
  }
  return kept;
}

async function commentOnView(context: SessionContext, name: readonly string[], comment: string | null) {
  const view = await readViewComment(context, name);
  if (view === undefined) return undefined;
  const told = commentWith(comment, view.declared);
  return told === comment ? undefined : { statements: [setComment('VIEW', fullName(view), told)] };
}

/** COMMENT ON a table, column or view keeps what was declared of it. Undefined where nothing was. */
export async function commentOn(context: SessionContext, text: string): Promise<Definition | undefined> {
  const reader = new TokenReader(text);
  if (!reader.accept('comment', 'on')) return undefined;
  const object = (['TABLE', 'COLUMN', 'VIEW'] as const).find((each) => reader.accept(each.toLowerCase()));
  const name = reader.rawQualifiedName();
  if (object === undefined || name.length === 0 || !reader.accept('is')) return undefined;
  const comment = reader.accept('null') ? null : new TokenCursor(reader.rest()).string();
  if (object === 'VIEW' && comment !== undefined) return commentOnView(context, name, comment);
  const table =
    comment === undefined ? undefined : await readTable(context, object === 'TABLE' ? name : name.slice(0, -1));
  if (comment === undefined || table === undefined) return undefined;
  if (object === 'TABLE') {
    const told = commentWith(comment, table.declared);
    return told === comment ? undefined : { statements: [setComment('TABLE', fullName(table), told)] };
  }
  const column = table.columns.find((each) => each.name.toLowerCase() === meantName(name.at(-1)!).toLowerCase());
  const told = commentWith(comment, column?.declared ?? {});
  if (column === undefined || told === comment) return undefined;
  return { statements: [setComment('COLUMN', columnOf(fullName(table), column.name), told)] };
}

/**
 * The parts of a statement that writes, as queries: DuckDB gives a syntax tree of queries alone. What stands between the parts are names and
 * words that were read here one by one; everything else is in one of the parts, so that nothing goes unseen.
 */
import { Scanner } from '../../../planner/sql/scanner.ts';
import { TokenCursor } from '../../../planner/sql/token-cursor.ts';

export interface WritePieces {
  /** Each a SELECT. */
  readonly queries: readonly string[];
  /** ON CONFLICT DO UPDATE, INSERT OR REPLACE. */
  readonly updates: boolean;
  /** Reads rows of its target: WHERE, RETURNING. What the parts say of columns comes on top of it. */
  readonly reads: boolean;
  /** Of UPDATE: what stands between SET and the next clause, as a list of comparisons. */
  readonly assigned?: string;
}

/** INSERT, UPDATE, DELETE, with WITH or without. Raises 42601 for what is not understood. */
export function dmlPieces(text: string): WritePieces {
  const cursor = new TokenCursor(text);
  const start = skipWith(cursor);
  const before = text.slice(0, start);
  if (cursor.accept('insert')) return insertPieces(text, cursor, before);
  if (cursor.accept('update')) return updatePieces(text, cursor, before);
  cursor.expect('delete', 'from');
  return deletePieces(text, cursor, before);
}

const verbs: ReadonlySet<string> = new Set(['insert', 'update', 'delete']);

/** Moves to the verb outside of parentheses; gives where it stands. */
function skipWith(cursor: TokenCursor): number {
  moveTo(cursor, (word) => verbs.has(word));
  return cursor.start;
}

/** Moves on to a bare word outside of parentheses, or to the end; gives the word. */
function moveTo(cursor: TokenCursor, isWanted: (word: string) => boolean): string {
  for (let depth = 0; !cursor.atEnd; cursor.skip()) {
    if (depth === 0 && cursor.word !== '' && isWanted(cursor.word)) return cursor.word;
    depth += cursor.value === '(' ? 1 : cursor.value === ')' ? -1 : 0;
  }
  return '';
}

/** `[ONLY] t [*] [[AS] alias]`. */
function target(cursor: TokenCursor, before: ReadonlySet<string>): void {
  cursor.accept('only');
  cursor.qualifiedName();
  if (cursor.accept('as') || (!cursor.atEnd && cursor.value !== '(' && !before.has(cursor.word))) cursor.name();
}

function insertPieces(text: string, cursor: TokenCursor, before: string): WritePieces {
  const replaces = cursor.accept('or');
  if (replaces) cursor.skip();
  cursor.expect('into');
  target(cursor, new Set(['select', 'with', 'values', 'from', 'table', 'default', 'by', 'overriding']));
  if (cursor.accept('by')) cursor.skip();
  const queries: string[] = [];
  columnList(cursor);
  if (cursor.accept('by')) cursor.skip();
  if (cursor.accept('default')) {
    cursor.expect('values');
  } else {
    const from = cursor.start;
    const to = endOfQuery(text, from);
    if (!isPlainValues(text.slice(from, to))) queries.push(`${before} ${withoutDefaults(text.slice(from, to))}`);
    cursor = new TokenCursor(text.slice(to));
    text = text.slice(to);
  }
  let updates = replaces;
  let reads = false;
  if (cursor.accept('on')) {
    updates ||= conflict(text, cursor, queries);
    reads = updates;
  }
  reads = returning(text, cursor, queries) || reads;
  cursor.end();
  return { queries, updates, reads };
}

/** `(a, b)`, unless the parenthesis begins the query. */
function columnList(cursor: TokenCursor): void {
  if (cursor.value !== '(') return;
  const rest = new TokenCursor(cursor.rest());
  rest.skip();
  if (['select', 'with', 'values', 'from', 'table', ''].includes(rest.word) && !rest.value.startsWith('"')) return;
  cursor.skip();
  do cursor.qualifiedName();
  while (cursor.accept(','));
  cursor.expect(')');
}

/** Where the query of an INSERT ends: before ON CONFLICT, RETURNING, or at the end. */
function endOfQuery(text: string, from: number): number {
  const scanner = new Scanner(text, from);
  let onAt = -1;
  for (let depth = 0; scanner.next(); ) {
    const word = scanner.kind === 'word' ? scanner.value.toLowerCase() : '';
    if (depth === 0 && word === 'returning') return scanner.start;
    if (depth === 0 && word === 'conflict' && onAt >= 0) return onAt;
    onAt = depth === 0 && word === 'on' ? scanner.start : -1;
    const mark = scanner.kind === 'punctuation' ? text[scanner.start] : '';
    depth += mark === '(' ? 1 : mark === ')' ? -1 : 0;
  }
  return text.length;
}

const plainWords: ReadonlySet<string> = new Set(['values', 'default', 'null', 'true', 'false']);

/** Rows of literals alone, which may be many, read nothing. */
function isPlainValues(query: string): boolean {
  const scanner = new Scanner(query);
  if (!scanner.next() || scanner.value.toLowerCase() !== 'values') return false;
  while (scanner.next()) {
    const { kind } = scanner;
    const plain = kind === 'string' || kind === 'number' || kind === 'punctuation' || kind === 'parameter';
    if (!plain && !(kind === 'word' && plainWords.has(scanner.value.toLowerCase())) && !/^[-+]$/.test(scanner.value)) {
      return false;
    }
  }
  return true;
}

/** DEFAULT is no expression of a query. */
function withoutDefaults(text: string): string {
  const scanner = new Scanner(text);
  let made = '';
  let done = 0;
  while (scanner.next()) {
    if (scanner.kind !== 'word' || scanner.value.toLowerCase() !== 'default') continue;
    made += `${text.slice(done, scanner.start)}NULL`;
    done = scanner.end;
  }
  return made + text.slice(done);
}

/** Behind ON; true for DO UPDATE. */
function conflict(text: string, cursor: TokenCursor, queries: string[]): boolean {
  cursor.expect('conflict');
  if (cursor.accept('on')) {
    cursor.expect('constraint');
    cursor.name();
  } else if (cursor.value === '(') {
    const from = cursor.start;
    moveTo(cursor, (word) => word === 'do');
    queries.push(`SELECT ${text.slice(from, cursor.start)}`);
  }
  cursor.expect('do');
  if (cursor.accept('nothing')) return false;
  cursor.expect('update', 'set');
  const from = cursor.start;
  moveTo(cursor, (word) => word === 'returning');
  queries.push(`SELECT ${withoutDefaults(text.slice(from, cursor.atEnd ? undefined : cursor.start))}`);
  return true;
}

function returning(text: string, cursor: TokenCursor, queries: string[]): boolean {
  if (cursor.word !== 'returning') return false;
  queries.push(`SELECT ${text.slice(cursor.start + 'returning'.length)}`);
  moveTo(cursor, () => false);
  return true;
}

function updatePieces(text: string, cursor: TokenCursor, before: string): WritePieces {
  target(cursor, new Set(['set']));
  cursor.expect('set');
  const from = cursor.start;
  const word = moveTo(cursor, (one) => one === 'from' || one === 'where' || one === 'returning');
  const assigned = text.slice(from, cursor.atEnd ? undefined : cursor.start);
  const start = cursor.start;
  moveTo(cursor, (one) => one === 'returning');
  const rest = word === '' || word === 'returning' ? '' : text.slice(start, cursor.atEnd ? undefined : cursor.start);
  const queries = [`${before} SELECT ${withoutDefaults(assigned)} ${rest}`];
  const reads = returning(text, cursor, queries) || rest !== '';
  cursor.end();
  return { queries, updates: false, reads, assigned: withoutDefaults(assigned) };
}

function deletePieces(text: string, cursor: TokenCursor, before: string): WritePieces {
  target(cursor, new Set(['using', 'where', 'returning']));
  const uses = cursor.accept('using');
  const from = cursor.start;
  const bare = cursor.atEnd;
  moveTo(cursor, (word) => word === 'returning');
  const rest = bare ? '' : text.slice(from, cursor.atEnd ? undefined : cursor.start);
  const queries = rest.trim() === '' ? [] : [`${before} SELECT 1 ${uses ? 'FROM ' : ''}${rest}`];
  if (queries.length === 0 && before.trim() !== '') queries.push(`${before} SELECT 1`);
  const reads = returning(text, cursor, queries) || rest.trim() !== '';
  cursor.end();
  return { queries, updates: false, reads };
}

/** Names before a parenthesis: what may be calls, in a statement that holds no query. Lower case. */
export function calledNames(text: string): ReadonlySet<string> {
  const scanner = new Scanner(text);
  const found = new Set<string>();
  let last = '';
  while (scanner.next()) {
    if (last !== '' && scanner.kind === 'punctuation' && text[scanner.start] === '(') found.add(last);
    const named = scanner.kind === 'word' || scanner.kind === 'quoted';
    last = named ? scanner.value.toLowerCase().replace(/^"(.*)"$/s, '$1') : '';
  }
  return found;
}

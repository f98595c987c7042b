/** Where the expressions and queries of a statement that writes lie in its text. */
import { beginsQuery, findToken, type Range, splitAtCommas, type Token, tokensOf, within } from './write-tokens.ts';

/** A part of the text that is SQL of its own. */
export interface Piece {
  /**
   * scalar: an expression over the statement's tables; value: one over none; output: an item of RETURNING; query; named: a query whose
   * column names count; from: items of FROM; with: the WITH before the verb, its word included; row: a query that gives the values of
   * several columns; word: another word is to be put in its place.
   */
  readonly kind: 'scalar' | 'value' | 'output' | 'query' | 'named' | 'from' | 'with' | 'row' | 'word';
  readonly start: number;
  readonly end: number;
  /** Of a row: the names of the columns as written, and where the assignment begins and ends. */
  readonly columns?: readonly string[];
  readonly around?: { readonly start: number; readonly end: number };
  /** Of a word. */
  readonly instead?: string;
}

export interface WritePieces {
  readonly pieces: readonly Piece[];
  /** What the expressions see, as the text of a FROM; '' for nothing. */
  readonly scope: string;
}

const none: WritePieces = { pieces: [], scope: '' };

/** Reads a text with its tokens. */
class Reader {
  readonly text: string;
  readonly tokens: readonly Token[];
  readonly pieces: Piece[] = [];
  at = 0;

  constructor(text: string) {
    this.text = text;
    this.tokens = tokensOf(text);
  }

  get word(): string {
    return this.tokens[this.at]?.word ?? '';
  }

  get end(): number {
    return this.tokens.length;
  }

  accept(...words: readonly string[]): boolean {
    if (!words.every((word, index) => this.tokens[this.at + index]?.word === word)) return false;
    this.at += words.length;
    return true;
  }

  /** The next of these words outside of brackets, or the end. */
  next(...words: readonly string[]): number {
    return findToken(this.tokens, { from: this.at, to: this.end }, ...words);
  }

  add(kind: Piece['kind'], { from, to }: Range): void {
    const [first, last] = [this.tokens[from], this.tokens[to - 1]];
    if (first !== undefined && last !== undefined && from < to)
      this.pieces.push({ kind, start: first.start, end: last.end });
  }

  textOf({ from, to }: Range): string {
    const [first, last] = [this.tokens[from], this.tokens[Math.min(to, this.end) - 1]];
    return first !== undefined && last !== undefined && from < to ? this.text.slice(first.start, last.end) : '';
  }

  /** `name`, `schema.name`, with `ONLY` and `*` around it. */
  tableName(): string {
    this.accept('only');
    const from = this.at++;
    while (this.tokens[this.at]?.value === '.') this.at += 2;
    const text = this.textOf({ from, to: this.at });
    if (this.tokens[this.at]?.value === '*') this.at++;
    return text;
  }

  /** A table with the alias that stands before one of these words. */
  target(...until: readonly string[]): string {
    const table = this.tableName();
    const explicit = this.accept('as');
    if (!explicit && (until.includes(this.word) || this.at >= this.end)) return table;
    const alias = this.textOf({ from: this.at, to: ++this.at });
    return `${table} AS ${alias}`;
  }

  upTo(to: number): Range {
    const range = { from: this.at, to };
    this.at = to;
    return range;
  }
}

/** The pieces of a statement; none where nothing in it is to be rewritten. Raises 42601 as the scanner does. */
export function writePieces(text: string): WritePieces {
  const reader = new Reader(text);
  const verb = reader.word === 'with' ? reader.next('insert', 'update', 'delete', 'merge') : 0;
  const prefix = { from: 0, to: verb };
  reader.at = verb;
  const read = readers[reader.word];
  if (read === undefined) return none;
  reader.at++;
  const scope = read(reader, prefix);
  return { pieces: reader.pieces, scope };
}

const readers: Readonly<Record<string, (reader: Reader, prefix: Range) => string>> = {
  insert: insert,
  update: update,
  delete: deleteFrom,
  merge: merge,
  create: create,
  alter: alter,
  copy: copy,
};

function insert(reader: Reader, prefix: Range): string {
  const { tokens } = reader;
  reader.at = reader.next('into') + 1;
  const table = reader.tableName();
  const alias = reader.accept('as') ? reader.textOf({ from: reader.at, to: ++reader.at }) : '';
  if (tokens[reader.at]?.value === '(' && !beginsQuery(tokens, reader.at)) reader.at = within(tokens, reader.at).to + 1;
  if (reader.accept('overriding')) reader.at += 2;
  if (reader.accept('by')) reader.at++;
  const rows = reader.upTo(endOfRows(reader));
  if (tokens[rows.from]?.word === 'values' && prefix.to === 0) values(reader, rows);
  else if (tokens[rows.from]?.word !== 'default') {
    if (prefix.to > 0) reader.add('with', prefix);
    reader.add('query', rows);
  }
  conflict(reader);
  returning(reader);
  return `${table}${alias === '' ? '' : ` AS ${alias}`}, ${table} AS excluded`;
}

/** ON CONFLICT or RETURNING; `on` alone belongs to a join. */
function endOfRows(reader: Reader): number {
  for (let { at } = reader; ; at++) {
    at = findToken(reader.tokens, { from: at, to: reader.end }, 'on', 'returning');
    if (at >= reader.end || reader.tokens[at]!.word === 'returning' || reader.tokens[at + 1]?.word === 'conflict')
      return at;
  }
}

function values(reader: Reader, { from, to }: Range): void {
  for (const row of splitAtCommas(reader.tokens, { from: from + 1, to })) {
    if (reader.tokens[row.from]?.value !== '(') return;
    for (const item of splitAtCommas(reader.tokens, within(reader.tokens, row.from))) expression(reader, item, 'value');
  }
}

function expression(reader: Reader, range: Range, kind: Piece['kind'] = 'scalar'): void {
  const alone = range.to - range.from === 1;
  if (!(alone && reader.tokens[range.from]!.word === 'default')) reader.add(kind, range);
}

function conflict(reader: Reader): void {
  if (!reader.accept('on', 'conflict')) return;
  reader.at = reader.next('do');
  if (!reader.accept('do', 'update', 'set')) {
    reader.accept('do', 'nothing');
    return;
  }
  assignments(reader, reader.upTo(reader.next('where', 'returning')));
  where(reader);
}

function where(reader: Reader): void {
  if (!reader.accept('where')) return;
  if (reader.word !== 'current') reader.add('scalar', reader.upTo(reader.next('returning')));
}

function returning(reader: Reader): void {
  if (!reader.accept('returning')) return;
  for (const item of splitAtCommas(reader.tokens, reader.upTo(reader.end))) reader.add('output', item);
}

/** `a = 1, (b, c) = (2, 3), (d, e) = (SELECT ...)`. */
function assignments(reader: Reader, range: Range): void {
  const { tokens } = reader;
  for (const part of splitAtCommas(tokens, range)) {
    const equals = findToken(tokens, part, '=');
    const value = { from: equals + 1, to: part.to };
    if (tokens[part.from]!.value !== '(') {
      expression(reader, value);
      continue;
    }
    const open = tokens[value.from]?.word === 'row' ? value.from + 1 : value.from;
    if (tokens[open]?.value !== '(') continue;
    if (beginsQuery(tokens, open + 1)) rowQuery(reader, part, within(tokens, open));
    else for (const item of splitAtCommas(tokens, within(tokens, open))) expression(reader, item);
  }
}

/** `(a, b) = (SELECT ...)`. */
function rowQuery(reader: Reader, part: Range, query: Range): void {
  const { tokens } = reader;
  const columns = splitAtCommas(tokens, within(tokens, part.from)).map((column) => reader.textOf(column));
  const [start, end] = [tokens[query.from]!.start, tokens[query.to - 1]!.end];
  const around = { start: tokens[part.from]!.start, end: tokens[part.to - 1]!.end };
  reader.pieces.push({ kind: 'row', start, end, columns, around });
}

/** FROM after a SET; that of IS DISTINCT FROM is none. */
function endOfAssignments(reader: Reader): number {
  for (let { at } = reader; ; at++) {
    at = findToken(reader.tokens, { from: at, to: reader.end }, 'from', 'where', 'returning');
    if (at >= reader.end || reader.tokens[at]!.word !== 'from' || reader.tokens[at - 1]!.word !== 'distinct') return at;
  }
}

function update(reader: Reader, prefix: Range): string {
  reader.add('with', prefix);
  let scope = reader.target('set');
  if (!reader.accept('set')) return '';
  assignments(reader, reader.upTo(endOfAssignments(reader)));
  if (reader.accept('from')) scope += sources(reader);
  where(reader);
  returning(reader);
  return scope;
}

/** What else a statement reads. */
function sources(reader: Reader): string {
  const range = reader.upTo(reader.next('where', 'returning'));
  reader.add('from', range);
  return `, ${reader.textOf(range)}`;
}

function deleteFrom(reader: Reader, prefix: Range): string {
  reader.add('with', prefix);
  if (!reader.accept('from')) return '';
  let scope = reader.target('using', 'where', 'returning');
  if (reader.accept('using')) scope += sources(reader);
  where(reader);
  returning(reader);
  return scope;
}

function merge(reader: Reader, prefix: Range): string {
  reader.add('with', prefix);
  if (!reader.accept('into')) return '';
  const target = reader.target('using');
  if (!reader.accept('using')) return '';
  const source = reader.upTo(reader.next('on'));
  reader.add('from', source);
  if (!reader.accept('on')) return '';
  reader.add('scalar', reader.upTo(reader.next('when', 'returning')));
  while (reader.accept('when')) {
    const condition = reader.upTo(reader.next('then'));
    const and = findToken(reader.tokens, condition, 'and');
    reader.add('scalar', { from: and + 1, to: condition.to });
    reader.accept('then');
    mergeAction(reader, reader.upTo(reader.next('when', 'returning')));
  }
  returning(reader);
  return `${target}, ${reader.textOf(source)}`;
}

function mergeAction(reader: Reader, range: Range): void {
  const { tokens } = reader;
  if (tokens[range.from]?.word === 'update') {
    const set = findToken(tokens, range, 'set');
    assignments(reader, { from: set + 1, to: range.to });
    return;
  }
  const open = findToken(tokens, range, 'values') + 1;
  if (tokens[range.from]?.word !== 'insert' || open >= range.to) return;
  for (const item of splitAtCommas(tokens, within(tokens, open))) expression(reader, item);
}

function create(reader: Reader): string {
  const { tokens } = reader;
  const what = reader.next('view', 'table');
  if (what > 4) return '';
  reader.at = what + 1;
  reader.accept('if', 'not', 'exists');
  reader.tableName();
  const list = tokens[reader.at]?.value === '(' ? within(tokens, reader.at) : undefined;
  if (list !== undefined) reader.at = list.to + 1;
  const as = reader.next('as');
  if (as >= reader.end) {
    if (tokens[what]!.word === 'table' && list !== undefined) columns(reader, list);
    return '';
  }
  const to = findToken(tokens, { from: Math.min(as + 2, reader.end), to: reader.end }, ...endOfQuery);
  const end = /^(?:with(?: cascaded| local)? check option|with(?: no)? data)$/i.test(words(reader, to))
    ? to
    : reader.end;
  reader.add(list === undefined ? 'named' : 'query', { from: as + 1, to: end });
  return '';
}

/** WITH NO DATA, WITH CHECK OPTION. */
const endOfQuery = ['with'] as const;

function words({ tokens }: Reader, from: number): string {
  return tokens
    .slice(from)
    .map(({ value }) => value)
    .join(' ');
}

/** Words that end the expression of a DEFAULT. */
const constraintWords = [
  'not',
  'null',
  'check',
  'unique',
  'primary',
  'references',
  'constraint',
  'generated',
  'collate',
];

/** Defaults, checks and generated columns among the definitions of columns. */
function columns(reader: Reader, list: Range): void {
  for (const part of splitAtCommas(reader.tokens, list)) definition(reader, part);
}

/** Words before the name of a column, and a mark before a type that belongs to an expression. */
const noTypeAfter: ReadonlySet<string> = new Set(['add', 'column', 'exists', 'alter', 'drop', 'rename', 'to', '::']);

function isTypePlace(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1]!;
  return !noTypeAfter.has(before.word === '' ? before.value : before.word) && tokens[at + 1]?.value !== '(';
}

function definition(reader: Reader, part: Range): void {
  const { tokens } = reader;
  for (let at = part.from; at < part.to; at++) {
    const { word, depth } = tokens[at]!;
    if (depth !== tokens[part.from]!.depth) continue;
    // DuckDB's FLOAT has four bytes.
    if (word === 'float' && at > part.from && isTypePlace(tokens, at)) {
      const { start, end } = tokens[at]!;
      reader.pieces.push({ kind: 'word', start, end, instead: 'DOUBLE' });
    } else if (word === 'default') {
      // The first token is part of it, whatever it is: DEFAULT NULL.
      const to = Math.min(part.to, findToken(tokens, { from: at + 2, to: part.to }, ...constraintWords));
      if (at + 1 < part.to) reader.add('value', { from: at + 1, to: Math.max(at + 2, to) });
    } else if ((word === 'check' || word === 'as') && tokens[at + 1]?.value === '(') {
      const expression = within(tokens, at + 1);
      reader.add('scalar', expression);
      const stored = tokens[expression.to + 1];
      // DuckDB's are all computed when they are read.
      if (word === 'as' && stored?.word === 'stored')
        reader.pieces.push({ kind: 'word', start: stored.start, end: stored.end, instead: 'VIRTUAL' });
    }
  }
}

/** ALTER TABLE: defaults, checks, and USING of another type. */
function alter(reader: Reader): string {
  if (!reader.accept('table')) return '';
  reader.accept('if', 'exists');
  const scope = reader.tableName();
  for (const part of splitAtCommas(reader.tokens, reader.upTo(reader.end))) {
    definition(reader, part);
    const using = findToken(reader.tokens, part, 'using');
    if (reader.tokens[part.from]!.word === 'alter') reader.add('scalar', { from: using + 1, to: part.to });
  }
  return scope;
}

function copy(reader: Reader): string {
  if (reader.tokens[reader.at]?.value === '(') reader.add('query', within(reader.tokens, reader.at));
  return '';
}

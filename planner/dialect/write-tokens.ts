/** The tokens of a statement that writes, with how deep each is nested. */
import { Scanner, type TokenKind } from '../sql/scanner.ts';

export interface Token {
  readonly kind: TokenKind;
  /** As written. */
  readonly value: string;
  /** A bare word in lower case, else ''. */
  readonly word: string;
  readonly start: number;
  readonly end: number;
  /** How many brackets and CASEs are open around it; that of a bracket is what is around the whole. */
  readonly depth: number;
}

/** A range of tokens: from `from` up to `to`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** All but hints. Raises 42601 as the scanner does. */
export function tokensOf(text: string): readonly Token[] {
  const scanner = new Scanner(text);
  const tokens: Token[] = [];
  let depth = 0;
  while (scanner.next()) {
    const { kind, value, start, end } = scanner;
    if (kind === 'hint') continue;
    const word = kind === 'word' ? value.toLowerCase() : '';
    const field = tokens.at(-1)?.value === '.';
    const closes = kind === 'punctuation' ? /^[)\]}]$/.test(value) : word === 'end' && !field && depth > 0;
    if (closes) depth = Math.max(0, depth - 1);
    tokens.push({ kind, value, word, start, end, depth });
    if (kind === 'punctuation' ? /^[([{]$/.test(value) : word === 'case' && !field) depth++;
  }
  return tokens;
}

/** The first token of the range, at the depth of its first one, that is one of these words or marks; `to` when there is none. */
export function findToken(tokens: readonly Token[], { from, to }: Range, ...wanted: readonly string[]): number {
  const depth = tokens[from]?.depth ?? 0;
  for (let at = from; at < to; at++) {
    const { word, value } = tokens[at]!;
    if (tokens[at]!.depth === depth && wanted.includes(word === '' ? value : word)) return at;
  }
  return to;
}

/** Ranges between the commas of a range. */
export function splitAtCommas(tokens: readonly Token[], range: Range): readonly Range[] {
  const parts: Range[] = [];
  for (let { from } = range; from < range.to; ) {
    const to = findToken(tokens, { from, to: range.to }, ',');
    if (to > from) parts.push({ from, to });
    from = to + 1;
  }
  return parts;
}

/** What lies within the bracket that opens at `at`. */
export function within(tokens: readonly Token[], at: number): Range {
  const { depth } = tokens[at]!;
  let to = at + 1;
  while (to < tokens.length && tokens[to]!.depth > depth) to++;
  return { from: at + 1, to };
}

/** Words that begin a query. */
const queryWords: ReadonlySet<string> = new Set(['select', 'with', 'from', 'table', 'values']);

/** Does a query begin here, perhaps within brackets? */
export function beginsQuery(tokens: readonly Token[], at: number): boolean {
  let first = at;
  while (tokens[first]?.value === '(') first++;
  return queryWords.has(tokens[first]?.word ?? '');
}

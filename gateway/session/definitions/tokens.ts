import { Scanner, type TokenKind } from '../../../planner/sql/scanner.ts';

/** A token of a definition, with its place in the text. */
export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
  readonly value: string;
  /** In lower case when it is a bare word, else the text of marks and '' for what is quoted. */
  readonly word: string;
}

/** The tokens of a text, comments left out. Raises 42601 at what does not end. */
export function tokensOf(text: string): readonly Token[] {
  const scanner = new Scanner(text);
  const tokens: Token[] = [];
  while (scanner.next()) {
    const { kind, start, end, value } = scanner;
    if (kind === 'hint') continue;
    const word = kind === 'word' ? value.toLowerCase() : kind === 'quoted' || kind === 'string' ? '' : value;
    tokens.push({ kind, start, end, value, word });
  }
  return tokens;
}

/** Walks over tokens. `text` is what they are of. */
export class TokenReader {
  readonly text: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string, tokens: readonly Token[] = tokensOf(text)) {
    this.text = text;
    this.#tokens = tokens;
  }

  get atEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** The current token's word, '' at the end. */
  get word(): string {
    return this.#tokens[this.#at]?.word ?? '';
  }

  /** The word some tokens ahead. */
  ahead(count: number): string {
    return this.#tokens[this.#at + count]?.word ?? '';
  }

  get kind(): TokenKind {
    return this.#tokens[this.#at]?.kind ?? 'end';
  }

  /** Takes all of these words, or none. */
  accept(...words: readonly string[]): boolean {
    if (!words.every((word, index) => this.ahead(index) === word)) return false;
    this.#at += words.length;
    return true;
  }

  /** Takes one token. */
  skip(): Token | undefined {
    return this.#tokens[this.#at++];
  }

  /** A name as written, undefined where there is none. */
  rawName(): string | undefined {
    if (this.kind !== 'word' && this.kind !== 'quoted') return undefined;
    return this.skip()?.value;
  }

  /** `a.b.c` as written. */
  rawQualifiedName(): readonly string[] {
    const parts: string[] = [];
    do {
      const part = this.rawName();
      if (part === undefined) return [];
      parts.push(part);
    } while (this.accept('.'));
    return parts;
  }

  /** Takes what stands in parentheses, with them, and gives the text of it; undefined where none opens. */
  parentheses(): string | undefined {
    if (this.word !== '(') return undefined;
    const start = this.#tokens[this.#at]!.start;
    for (let depth = 0; !this.atEnd; ) {
      const token = this.skip()!;
      depth += depthOf(token);
      if (depth === 0) return this.text.slice(start, token.end);
    }
    return undefined;
  }

  /** Takes tokens up to the first outside of parentheses for which `stop` holds, at least one; gives their text. */
  until(stop: (reader: TokenReader) => boolean): string {
    const first = this.#tokens[this.#at];
    let end = first?.start ?? this.text.length;
    const start = end;
    for (let depth = 0; !this.atEnd && (end === start || depth > 0 || !stop(this)); ) {
      const token = this.skip()!;
      depth += depthOf(token);
      end = token.end;
    }
    return this.text.slice(start, end);
  }

  /** What is left, as text. */
  rest(): string {
    const first = this.#tokens[this.#at];
    this.#at = this.#tokens.length;
    return first === undefined ? '' : this.text.slice(first.start);
  }
}

function depthOf({ word }: Token): number {
  return word === '(' || word === '[' || word === '{' ? 1 : word === ')' || word === ']' || word === '}' ? -1 : 0;
}

/** The parts of a list between its top-level commas, trimmed. */
export function listItems(text: string): readonly string[] {
  const items: string[] = [];
  const reader = new TokenReader(text);
  while (!reader.atEnd) {
    items.push(reader.until(({ word }) => word === ','));
    reader.accept(',');
  }
  return items;
}

/** A name as it is meant: without quotes. */
export function meantName(raw: string): string {
  return raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw;
}

import { errors } from '../errors.ts';
import { characterPosition } from './positions.ts';
import { Scanner } from './scanner.ts';

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

/** The text that a string token stands for: 'it''s', E'a\nb', $$text$$. */
function stringValue(token: string): string {
  if (token.startsWith('$')) {
    const tagLength = token.indexOf('$', 1) + 1;
    return token.slice(tagLength, -tagLength);
  }
  if (token.startsWith("'")) {
    return token.slice(1, -1).replaceAll("''", "'");
  }
  return token
    .slice(2, -1)
    .replace(/''|\\(.)/gs, (whole, escaped: string | undefined) =>
      whole === "''" ? "'" : (escapes[escaped!] ?? escaped!),
    );
}

/** Reads a short command token by token: for what the session itself understands (SET, foreign tables, targets of DML). */
export class TokenCursor {
  readonly #scanner: Scanner;

  /** Stands on the first token. Raises 42601 at unterminated strings and comments, as every method that moves on. */
  constructor(text: string) {
    this.#scanner = new Scanner(text);
    this.#move();
  }

  #move(): void {
    while (this.#scanner.next() && this.#scanner.kind === 'hint') {
      // hints say nothing to the session
    }
  }

  get atEnd(): boolean {
    return this.#scanner.kind === 'end';
  }

  /** JavaScript index of the current token. */
  get start(): number {
    return this.#scanner.start;
  }

  /** The current token as written. */
  get value(): string {
    return this.#scanner.value;
  }

  /** The current token in lower case when it is a bare word, else ''. */
  get word(): string {
    return this.#scanner.kind === 'word' ? this.#scanner.value.toLowerCase() : '';
  }

  /** The text from the current token on. */
  rest(): string {
    return this.#scanner.text.slice(this.#scanner.start);
  }

  skip(): void {
    this.#move();
  }

  /** Takes a bare word or a mark, in any case. */
  accept(expected: string): boolean {
    const { kind } = this.#scanner;
    const token =
      kind === 'word' || kind === 'punctuation' || kind === 'operator' ? this.#scanner.value.toLowerCase() : '';
    const found = token === expected;
    if (found) {
      this.#move();
    }
    return found;
  }

  /** Takes all of these words, or the first missing one is a syntax error. */
  expect(...words: readonly string[]): void {
    for (const word of words) {
      if (!this.accept(word)) {
        throw this.unexpected();
      }
    }
  }

  /** A syntax error at the current token. */
  unexpected(): Error {
    if (this.atEnd) {
      return errors.syntax('syntax error at end of input', this.#position());
    }
    return errors.syntax(`syntax error at or near "${this.#scanner.value}"`, this.#position());
  }

  end(): void {
    if (!this.atEnd) {
      throw this.unexpected();
    }
  }

  /** A name: bare as written, quoted as meant. */
  name(): string {
    const { kind, value } = this.#scanner;
    if (kind !== 'word' && kind !== 'quoted') {
      throw this.unexpected();
    }
    this.#move();
    return kind === 'word' ? value : value.slice(1, -1).replaceAll('""', '"');
  }

  /** `a`, `a.b`, `a.b.c`: its parts. */
  qualifiedName(): readonly string[] {
    const parts = [this.name()];
    while (this.accept('.')) {
      parts.push(this.name());
    }
    return parts;
  }

  /** A string literal's text, or undefined when the current token is none. */
  string(): string | undefined {
    if (this.#scanner.kind !== 'string') {
      return undefined;
    }
    const value = stringValue(this.#scanner.value);
    this.#move();
    return value;
  }

  /** A value of SET and OPTIONS: string, signed number, word or quoted name, as text. */
  literal(): string {
    const text = this.string();
    if (text !== undefined) {
      return text;
    }
    const sign = this.accept('-') ? '-' : this.accept('+') ? '' : '';
    if (this.#scanner.kind === 'number') {
      const value = sign + this.#scanner.value;
      this.#move();
      return value;
    }
    return this.name();
  }

  #position(): number {
    return characterPosition(this.#scanner.text, this.#scanner.start);
  }
}

/** True when a bare word of `words` stands outside parentheses. */
export function hasWord(text: string, words: ReadonlySet<string>, depthLimit = 0): boolean {
  const scanner = new Scanner(text);
  let depth = 0;
  while (scanner.next()) {
    if (scanner.kind === 'punctuation') {
      const mark = text[scanner.start];
      depth += mark === '(' ? 1 : mark === ')' ? -1 : 0;
    } else if (scanner.kind === 'word' && depth <= depthLimit && words.has(scanner.value.toLowerCase())) {
      return true;
    }
  }
  return false;
}

import { errors } from '../errors.ts';
import { characterPosition } from './positions.ts';

export type TokenKind =
  /** Identifier or keyword without quotes. */
  | 'word'
  /** "identifier" */
  | 'quoted'
  /** 'text', E'text', $tag$text$tag$ */
  | 'string'
  | 'number'
  /** $1, $name, ? */
  | 'parameter'
  /** A run of operator characters, or `::`, `:=`. */
  | 'operator'
  /** ( ) [ ] { } , ; . : */
  | 'punctuation'
  /** A comment that begins with `/*+`. Other comments and white space are skipped. */
  | 'hint'
  | 'end';

/** 1 at the code of every operator character. */
const operatorCharacters = new Uint8Array(128);
for (const character of '+-*/<>=~!@#%^&|`') operatorCharacters[character.charCodeAt(0)] = 1;

const code = {
  tab: 9,
  newline: 10,
  space: 32,
  doubleQuote: 34,
  dollar: 36,
  quote: 39,
  star: 42,
  plus: 43,
  minus: 45,
  dot: 46,
  slash: 47,
  zero: 48,
  nine: 57,
  colon: 58,
  equals: 61,
  question: 63,
  backslash: 92,
} as const;

/**
 * Walks over the tokens of a SQL text by the lexical rules that PostgreSQL and DuckDB share. `next()` moves on; `kind`, `start`
 * and `end` (JavaScript indexes) tell of the current token. Allocates nothing, so that megabytes of INSERT stay cheap.
 * Raises 42601 with position at a string, quoted identifier or comment that does not end.
 */
export class Scanner {
  readonly text: string;
  kind: TokenKind = 'end';
  start = 0;
  end: number;

  constructor(text: string, from = 0) {
    this.text = text;
    this.end = from;
  }

  next(): boolean {
    this.#skipBlank();
    this.start = this.end;
    if (this.kind === 'hint') return this.#hint();
    if (this.end >= this.text.length) {
      this.kind = 'end';
      return false;
    }
    this.#token(this.text.charCodeAt(this.end));
    return true;
  }

  /** Text of the current token. */
  get value(): string {
    return this.text.slice(this.start, this.end);
  }

  #token(first: number): void {
    const { text, start } = this;
    if (isWordStart(first)) {
      if ((first | 32) === 101 && text.charCodeAt(start + 1) === code.quote) this.#escapeString();
      else this.#finish('word', wordEnd(text, start + 1));
    } else if (isDigit(first) || (first === code.dot && isDigit(text.charCodeAt(start + 1)))) {
      this.#finish('number', numberEnd(text, start));
    } else if (first === code.quote) {
      this.#finish('string', this.#quotedEnd(code.quote, 'quoted string'));
    } else if (first === code.doubleQuote) {
      this.#finish('quoted', this.#quotedEnd(code.doubleQuote, 'quoted identifier'));
    } else if (first === code.dollar) {
      this.#dollar();
    } else if (first === code.question) {
      this.#finish('parameter', start + 1);
    } else if (operatorCharacters[first] === 1) {
      this.#finish('operator', operatorEnd(text, start));
    } else if (first === code.colon && isColonOrEquals(text.charCodeAt(start + 1))) {
      this.#finish('operator', start + 2);
    } else {
      this.#finish('punctuation', start + 1);
    }
  }

  #finish(kind: TokenKind, end: number): void {
    this.kind = kind;
    this.end = end;
  }

  /** Leaves `kind` as 'hint' when a hint comment begins at `end`. */
  #skipBlank(): void {
    const { text } = this;
    this.kind = 'end';
    for (;;) {
      const character = text.charCodeAt(this.end);
      const following = text.charCodeAt(this.end + 1);
      if (isBlank(character)) {
        this.end++;
      } else if (character === code.minus && following === code.minus) {
        const newline = text.indexOf('\n', this.end);
        this.end = newline < 0 ? text.length : newline + 1;
      } else if (character === code.slash && following === code.star) {
        if (text.charCodeAt(this.end + 2) === code.plus) {
          this.kind = 'hint';
          return;
        }
        this.end = this.#commentEnd(this.end);
      } else {
        return;
      }
    }
  }

  #hint(): boolean {
    this.#finish('hint', this.#commentEnd(this.start));
    return true;
  }

  /** Comments nest. */
  #commentEnd(from: number): number {
    const marks = /\/\*|\*\//g;
    marks.lastIndex = from;
    let depth = 0;
    for (let mark = marks.exec(this.text); mark !== null; mark = marks.exec(this.text)) {
      depth += mark[0] === '/*' ? 1 : -1;
      if (depth === 0) return marks.lastIndex;
    }
    throw this.#unterminated('/* comment', from);
  }

  #quotedEnd(quote: number, what: string): number {
    const mark = String.fromCharCode(quote);
    let end = this.start + 1;
    for (;;) {
      end = this.text.indexOf(mark, end);
      if (end < 0) throw this.#unterminated(what, this.start);
      if (this.text.charCodeAt(end + 1) !== quote) return end + 1;
      end += 2;
    }
  }

  #escapeString(): void {
    const { text, start } = this;
    for (let i = start + 2; i < text.length; i++) {
      const character = text.charCodeAt(i);
      if (character === code.backslash) i++;
      else if (character === code.quote) {
        if (text.charCodeAt(i + 1) !== code.quote) {
          this.#finish('string', i + 1);
          return;
        }
        i++;
      }
    }
    throw this.#unterminated('quoted string', start);
  }

  #dollar(): void {
    const { text, start } = this;
    if (isDigit(text.charCodeAt(start + 1))) {
      let end = start + 2;
      while (isDigit(text.charCodeAt(end))) end++;
      this.#finish('parameter', end);
      return;
    }
    const nameEnd = isWordStart(text.charCodeAt(start + 1)) ? tagEnd(text, start + 2) : start + 1;
    if (text.charCodeAt(nameEnd) === code.dollar) {
      const tag = text.slice(start, nameEnd + 1);
      const close = text.indexOf(tag, nameEnd + 1);
      if (close < 0) throw this.#unterminated('dollar-quoted string', start);
      this.#finish('string', close + tag.length);
      return;
    }
    this.#finish(nameEnd > start + 1 ? 'parameter' : 'operator', nameEnd);
  }

  #unterminated(what: string, at: number): Error {
    const near = this.text.slice(at, at + 20);
    return errors.syntax(`unterminated ${what} at or near "${near}"`, characterPosition(this.text, at));
  }
}

function isBlank(character: number): boolean {
  return character === code.space || (character >= code.tab && character <= 13) || character === 0xa0;
}

function isColonOrEquals(character: number): boolean {
  return character === code.colon || character === code.equals;
}

function isDigit(character: number): boolean {
  return character >= code.zero && character <= code.nine;
}

function isWordStart(character: number): boolean {
  const lower = character | 32;
  return (lower >= 97 && lower <= 122) || character === 95 || (character >= 128 && character !== 0xa0);
}

function wordEnd(text: string, from: number): number {
  let end = from;
  for (;;) {
    const character = text.charCodeAt(end);
    if (!isWordStart(character) && !isDigit(character) && character !== code.dollar) return end;
    end++;
  }
}

/** The tag of a dollar quote holds no dollar itself. */
function tagEnd(text: string, from: number): number {
  let end = from;
  while (isWordStart(text.charCodeAt(end)) || isDigit(text.charCodeAt(end))) end++;
  return end;
}

const numberPattern =
  /(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*)?(?:\.\d[\d_]*|\.(?![.\w]))?(?:[eE][+-]?\d+)?)/y;

function numberEnd(text: string, from: number): number {
  numberPattern.lastIndex = from;
  numberPattern.test(text);
  return Math.max(numberPattern.lastIndex, from + 1);
}

/** An operator ends where a comment begins. */
function operatorEnd(text: string, from: number): number {
  let end = from + 1;
  for (;;) {
    const character = text.charCodeAt(end);
    if (operatorCharacters[character] !== 1) return end;
    const following = text.charCodeAt(end + 1);
    if (character === code.minus && following === code.minus) return end;
    if (character === code.slash && following === code.star) return end;
    end++;
  }
}

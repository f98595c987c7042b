import { errors } from '../errors.ts';
import { characterPosition } from './positions.ts';
import { Scanner } from './scanner.ts';
import { kindOf, type StatementKind } from './statement-kind.ts';

/** Longest text that is taken (in UTF-16 units); longer ones are 54000. */
export const maximumTextLength = 64 * 1024 * 1024;
/** Most statements in one text; more are 54000. */
export const maximumStatements = 10_000;
/** How many leading words of a statement are kept. */
const maximumWords = 8;

/** A `/*+ … *\/` comment: what stands between the marks, and where its first character stands in the whole text. */
export interface RawHint {
  readonly text: string;
  readonly start: number;
}

/** EXPLAIN's own part. */
export interface ExplainPart {
  /** Lower case names; `true` for an option without value, e.g. `{analyze: true, format: 'json'}`. */
  readonly options: Readonly<Record<string, string | true>>;
  /** JavaScript index in the statement's text where the explained statement begins. */
  readonly innerStart: number;
  readonly inner: StatementKind;
}

/** One statement of a text, without its semicolon and the blanks and comments around it. */
export interface Statement {
  /** The statement as written, comments within it included. */
  readonly text: string;
  /** JavaScript index of its first token in the whole text. */
  readonly start: number;
  /** The same, 0-based, in characters (code points): add it to a 1-based position within the statement. */
  readonly startCharacter: number;
  readonly kind: StatementKind;
  /** `kind`, but for WITH and EXPLAIN that of the statement that follows (EXPLAIN WITH … INSERT: `insert`). */
  readonly main: StatementKind;
  /** Leading bare words in lower case, e.g. `['create', 'table', 'if', 'not', 'exists', 't']`; ends at the first other token. */
  readonly words: readonly string[];
  /** Hints anywhere in the statement, those before its first token included. */
  readonly hints: readonly RawHint[];
  /** Highest n of $n; with `?`, how many there are. */
  readonly parameterCount: number;
  /** Present when kind is `explain`. */
  readonly explain?: ExplainPart;
}

/**
 * Splits a text into its statements; a text of nothing but blanks and comments has none. Raises 42601 with position for
 * unterminated strings and comments, 54000 beyond the limits.
 */
export function splitStatements(text: string): readonly Statement[] {
  if (text.length > maximumTextLength)
    throw errors.limitExceeded(`SQL text is longer than ${maximumTextLength} characters`);
  const scanner = new Scanner(text);
  const statements: Statement[] = [];
  const characters = new CharacterCounter(text);
  for (;;) {
    const found = scanStatement(scanner);
    if (found !== undefined) {
      if (statements.length >= maximumStatements) {
        throw errors.limitExceeded(`SQL text holds more than ${maximumStatements} statements`);
      }
      statements.push(makeStatement(text, found, characters));
    }
    if (scanner.kind === 'end') return statements;
  }
}

interface Found {
  readonly start: number;
  readonly end: number;
  readonly words: readonly string[];
  readonly hints: readonly RawHint[];
  readonly parameterCount: number;
}

/** Reads up to the next semicolon or the end; undefined when there was no token. */
function scanStatement(scanner: Scanner): Found | undefined {
  let start = -1;
  let end = -1;
  let collecting = true;
  let highest = 0;
  let questionMarks = 0;
  const words: string[] = [];
  const hints: RawHint[] = [];
  while (scanner.next()) {
    if (scanner.kind === 'hint') {
      hints.push({ text: scanner.text.slice(scanner.start + 3, scanner.end - 2), start: scanner.start + 3 });
      continue;
    }
    if (scanner.kind === 'punctuation' && scanner.text[scanner.start] === ';') break;
    if (start < 0) start = scanner.start;
    end = scanner.end;
    if (scanner.kind === 'parameter') {
      const number = Number(scanner.text.slice(scanner.start + 1, scanner.end));
      if (scanner.end === scanner.start + 1) questionMarks++;
      else if (number > highest) highest = number;
    }
    if (!collecting) continue;
    if (scanner.kind === 'word') words.push(scanner.value.toLowerCase());
    collecting = scanner.kind === 'word' ? words.length < maximumWords : isOpening(scanner) && words.length === 0;
  }
  return start < 0 ? undefined : { start, end, words, hints, parameterCount: Math.max(highest, questionMarks) };
}

/** Parentheses before the first word don't hide it: `(SELECT 1) UNION …`. */
function isOpening(scanner: Scanner): boolean {
  return scanner.text[scanner.start] === '(';
}

function makeStatement(text: string, found: Found, characters: CharacterCounter): Statement {
  const slice = text.slice(found.start, found.end);
  const kind = kindOf(found.words);
  const base = {
    text: slice,
    start: found.start,
    startCharacter: characters.upTo(found.start),
    kind,
    words: found.words,
    hints: found.hints,
    parameterCount: found.parameterCount,
  };
  if (kind === 'with') return { ...base, main: verbAfterWith(slice) };
  if (kind !== 'explain') return { ...base, main: kind };
  const explain = explainPart(slice);
  const main = explain.inner === 'with' ? verbAfterWith(slice.slice(explain.innerStart)) : explain.inner;
  return { ...base, main, explain };
}

/** The first verb outside parentheses after WITH. */
function verbAfterWith(text: string): StatementKind {
  const verbs = new Set<StatementKind>(['select', 'values', 'from', 'table', 'insert', 'update', 'delete', 'merge']);
  const scanner = new Scanner(text);
  let depth = 0;
  let previous = '';
  while (scanner.next()) {
    const first = text[scanner.start];
    if (scanner.kind === 'punctuation') {
      if (first === '(') depth++;
      else if (first === ')') depth--;
    }
    if (scanner.kind === 'word' && depth === 0 && previous === ')') {
      const kind = kindOf([scanner.value.toLowerCase()]);
      if (verbs.has(kind)) return kind;
    }
    previous = first!;
  }
  return 'select';
}

/** EXPLAIN [ANALYZE] [VERBOSE] statement, EXPLAIN (option [value], …) statement. */
function explainPart(text: string): ExplainPart {
  const scanner = new Scanner(text);
  const options: Record<string, string | true> = {};
  scanner.next();
  while (scanner.next()) {
    const word = scanner.kind === 'word' ? scanner.value.toLowerCase() : '';
    if (word === 'analyze' || word === 'analyse') options.analyze = true;
    else if (word === 'verbose') options.verbose = true;
    else if (
      scanner.kind === 'punctuation' &&
      isOpening(scanner) &&
      Object.keys(options).length === 0 &&
      isOptionList(scanner)
    ) {
      readExplainOptions(scanner, options);
    } else if (scanner.kind !== 'hint') break;
  }
  const words: string[] = [];
  const inner = new Scanner(text, scanner.start);
  while (inner.next() && (inner.kind === 'word' ? words.length < 2 : isOpening(inner) && words.length === 0)) {
    if (inner.kind === 'word') words.push(inner.value.toLowerCase());
  }
  return { options, innerStart: scanner.start, inner: kindOf(words) };
}

/** `EXPLAIN (SELECT 1)` has no options. */
function isOptionList(scanner: Scanner): boolean {
  const ahead = new Scanner(scanner.text, scanner.end);
  ahead.next();
  return ahead.kind === 'word' && !['select', 'with', 'values', 'from', 'table'].includes(ahead.value.toLowerCase());
}

function readExplainOptions(scanner: Scanner, options: Record<string, string | true>): void {
  let name = '';
  while (scanner.next()) {
    if (scanner.kind === 'punctuation') {
      if (scanner.text[scanner.start] === ')') return;
      name = '';
    } else if (name === '') {
      name = scanner.value.toLowerCase();
      options[name] = true;
    } else {
      options[name] = scanner.value.toLowerCase().replaceAll("'", '');
    }
  }
}

/** Characters up to an index, counted once over the whole text however often it is asked (indexes must grow). */
class CharacterCounter {
  readonly #text: string;
  #index = 0;
  #characters = 0;

  constructor(text: string) {
    this.#text = text;
  }

  upTo(index: number): number {
    this.#characters += characterPosition(this.#text.slice(this.#index, index), index - this.#index) - 1;
    this.#index = index;
    return this.#characters;
  }
}

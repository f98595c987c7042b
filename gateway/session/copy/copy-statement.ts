import { errors } from '../../../planner/errors.ts';
import { characterPosition } from '../../../planner/sql/positions.ts';
import type { TableName } from '../../../planner/sql/statement-tokens.ts';
import { TokenCursor } from '../../../planner/sql/token-cursor.ts';

/** The value of an option: nothing, a word, string or number as text, `*`, or a list of names. */
export type OptionValue = true | string | { readonly all: true } | { readonly names: readonly string[] };

export interface CopyOption {
  /** Lower case, with underscores: `force_quote`. */
  readonly name: string;
  readonly value: OptionValue;
  /** 1-based, in characters of the statement. */
  readonly position: number;
}

/** COPY between the client and a table or query, as written. */
export interface CopyStatement {
  readonly direction: 'from' | 'to';
  /** Null: a query. */
  readonly table: TableName | null;
  readonly columns: readonly string[] | null;
  /** Where the query stands in the text, without its parentheses. */
  readonly query: { readonly start: number; readonly end: number } | null;
  readonly options: readonly CopyOption[];
  /** The condition of COPY FROM ... WHERE. */
  readonly where: string | null;
}

const streams: ReadonlySet<string> = new Set(['stdin', 'stdout']);

/**
 * Reads COPY ... FROM STDIN and TO STDOUT, in today's syntax and in the old ones that PostgreSQL still takes. Undefined when it is about a file
 * or program. Raises 42601.
 */
export function parseCopy(text: string): CopyStatement | undefined {
  return new CopyParser(text).parse();
}

class CopyParser {
  readonly #text: string;
  readonly #cursor: TokenCursor;
  readonly #options: CopyOption[] = [];

  constructor(text: string) {
    this.#text = text;
    this.#cursor = new TokenCursor(text);
  }

  parse(): CopyStatement | undefined {
    const cursor = this.#cursor;
    cursor.expect('copy');
    if (cursor.value === '(') {
      const query = this.#query();
      if (!cursor.accept('to') || !this.#stream()) {
        return undefined;
      }
      this.#allOptions(false);
      return { direction: 'to', table: null, columns: null, query, options: this.#options, where: null };
    }
    this.#binaryFirst();
    if (cursor.word === 'from') {
      return undefined;
    }
    const parts = cursor.qualifiedName();
    const table = { database: parts.at(-3), schema: parts.at(-2), name: parts.at(-1)! };
    const columns = cursor.value === '(' ? this.#nameList() : null;
    const from = cursor.accept('from');
    if ((!from && !cursor.accept('to')) || !this.#stream()) {
      return undefined;
    }
    this.#usingDelimiters();
    const where = this.#allOptions(from);
    return { direction: from ? 'from' : 'to', table, columns, query: null, options: this.#options, where };
  }

  /** STDIN and STDOUT mean the client in both directions. */
  #stream(): boolean {
    const found = streams.has(this.#cursor.word);
    if (found) {
      this.#cursor.skip();
    }
    return found;
  }

  #position(): number {
    return characterPosition(this.#text, this.#cursor.start);
  }

  #query(): { readonly start: number; readonly end: number } {
    const cursor = this.#cursor;
    const start = cursor.start + 1;
    for (let depth = 0; ; ) {
      if (cursor.atEnd) {
        throw cursor.unexpected();
      }
      depth += cursor.value === '(' ? 1 : cursor.value === ')' ? -1 : 0;
      const end = cursor.start;
      cursor.skip();
      if (depth === 0) {
        return { start, end };
      }
    }
  }

  /** COPY BINARY t ... of old; a table may have that name too. */
  #binaryFirst(): void {
    if (this.#cursor.word !== 'binary') {
      return;
    }
    const ahead = new TokenCursor(this.#text.slice(this.#cursor.start));
    ahead.skip();
    if (!['from', 'to', '(', '.'].includes(ahead.value.toLowerCase())) {
      this.#options.push({ name: 'format', value: 'binary', position: this.#position() });
      this.#cursor.skip();
    }
  }

  #usingDelimiters(): void {
    const position = this.#position();
    const using = this.#cursor.accept('using');
    if (using || this.#cursor.word === 'delimiters') {
      this.#cursor.expect('delimiters');
      this.#options.push({ name: 'delimiter', value: this.#string(), position });
    }
  }

  /** To the end of the statement; gives the condition of WHERE. */
  #allOptions(mayFilter: boolean): string | null {
    const cursor = this.#cursor;
    cursor.accept('with');
    if (cursor.value === '(') {
      this.#optionList();
    } else {
      while (!cursor.atEnd && cursor.word !== 'where') {
        this.#oldOption();
      }
    }
    if (mayFilter && cursor.accept('where')) {
      if (cursor.atEnd) {
        throw cursor.unexpected();
      }
      return this.#text.slice(cursor.start);
    }
    cursor.end();
    return null;
  }

  #optionList(): void {
    const cursor = this.#cursor;
    cursor.expect('(');
    do {
      const position = this.#position();
      const name = cursor.name().toLowerCase();
      this.#options.push({ name, value: this.#optionValue(), position });
    } while (cursor.accept(','));
    cursor.expect(')');
  }

  #optionValue(): OptionValue {
    const cursor = this.#cursor;
    if (cursor.value === ',' || cursor.value === ')') {
      return true;
    }
    if (cursor.accept('*')) {
      return { all: true };
    }
    return cursor.value === '(' ? { names: this.#nameList() } : (this.#literalString() ?? cursor.literal());
  }

  #nameList(): readonly string[] {
    const cursor = this.#cursor;
    cursor.expect('(');
    const names = this.#names();
    cursor.expect(')');
    return names;
  }

  #names(): readonly string[] {
    const names = [this.#cursor.name()];
    while (this.#cursor.accept(',')) {
      names.push(this.#cursor.name());
    }
    return names;
  }

  #string(): string {
    const value = this.#literalString();
    if (value === undefined) {
      throw this.#cursor.unexpected();
    }
    return value;
  }

  /** With the escapes by number that a delimiter may be written with: E'\x01', E'\001'. */
  #literalString(): string | undefined {
    const raw = this.#cursor.value;
    const value = this.#cursor.string();
    const numbered = /^[eE]'\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3}))'$/.exec(raw);
    if (value === undefined || numbered === null) {
      return value;
    }
    return String.fromCharCode(
      numbered[1] === undefined ? Number.parseInt(numbered[2]!, 8) : Number.parseInt(numbered[1], 16),
    );
  }

  /** One of the options of PostgreSQL before 9.0. */
  #oldOption(): void {
    const cursor = this.#cursor;
    const position = this.#position();
    const add = (name: string, value: OptionValue) => {
      this.#options.push({ name, value, position });
    };
    const { word } = cursor;
    cursor.skip();
    switch (word) {
      case 'binary':
      case 'csv':
        add('format', word);
        break;
      case 'header':
      case 'freeze':
        add(word, true);
        break;
      case 'delimiter':
      case 'null':
      case 'quote':
      case 'escape':
        cursor.accept('as');
        add(word, this.#string());
        break;
      case 'encoding':
        add(word, this.#string());
        break;
      case 'force':
        this.#force(add);
        break;
      default:
        throw errors.syntax(`syntax error at or near "${this.#wordAt(position)}"`, position);
    }
  }

  #wordAt(position: number): string {
    const rest = [...this.#text].slice(position - 1).join('');
    return new TokenCursor(rest).value;
  }

  #force(add: (name: string, value: OptionValue) => void): void {
    const cursor = this.#cursor;
    if (cursor.accept('quote')) {
      add('force_quote', cursor.accept('*') ? { all: true } : { names: this.#names() });
      return;
    }
    const not = cursor.accept('not');
    cursor.expect('null');
    add(not ? 'force_not_null' : 'force_null', { names: this.#names() });
  }
}

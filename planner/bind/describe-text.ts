import { indexOfByte } from '../sql/positions.ts';
import { Scanner } from '../sql/scanner.ts';
import type { Edit } from './state.ts';

interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The client's own text with scans in place of data sets and literals in place of parameters: what DuckDB calls its columns is
 * then what it calls those of the original. Undefined where the text can't be edited safely (`TABLE t`, `DESCRIBE t`).
 */
export function describeText(
  source: string,
  edits: readonly Edit[],
  parameters: readonly string[] | null,
): string | undefined {
  const splices: Splice[] = [];
  for (const edit of edits) {
    const splice = edit.kind === 'table' ? tableSplice(source, edit) : columnSplice(source, edit);
    if (splice === undefined) return undefined;
    splices.push(splice);
  }
  if (parameters !== null && parameters.length > 0) splices.push(...parameterSplices(source, parameters));
  splices.sort((a, b) => a.start - b.start);
  let text = '';
  let done = 0;
  for (const { start, end, text: replacement } of splices) {
    if (start < done) return undefined;
    text += source.slice(done, start) + replacement;
    done = end;
  }
  return text + source.slice(done);
}

const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;

function tableSplice(source: string, edit: Extract<Edit, { kind: 'table' }>): Splice | undefined {
  if (edit.at < 0) return undefined;
  const start = indexOfByte(source, edit.at);
  if (edit.alias !== null && !mayHaveAlias(source, start)) return undefined;
  const scanner = new Scanner(source, start);
  scanner.next();
  let { end } = scanner;
  while (scanner.next() && source[scanner.start] === '.' && scanner.next()) end = scanner.end;
  if (source[scanner.start] === '(' && scanner.kind === 'punctuation') {
    const close = closingEnd(scanner);
    if (close === undefined) return undefined;
    end = close;
  }
  const alias = edit.alias === null ? '' : ` AS ${quote(edit.alias)}`;
  return { start, end, text: `${edit.scanName}${alias}` };
}

/** Only where a table reference stands an alias may follow. */
function mayHaveAlias(source: string, index: number): boolean {
  const before = new Scanner(source);
  let previous = '';
  while (before.next() && before.start < index) previous = before.value.toLowerCase();
  return ['from', 'join', ',', '(', 'lateral'].includes(previous);
}

function closingEnd(scanner: Scanner): number | undefined {
  let depth = 1;
  while (scanner.next()) {
    if (scanner.kind !== 'punctuation') continue;
    const character = scanner.text[scanner.start];
    if (character === '(') depth++;
    else if (character === ')' && --depth === 0) return scanner.end;
  }
  return undefined;
}

function columnSplice(source: string, edit: Extract<Edit, { kind: 'column' }>): Splice | undefined {
  const start = indexOfByte(source, edit.at);
  const scanner = new Scanner(source, start);
  let { end } = scanner;
  for (let part = 0; part < edit.from.length; part++) {
    if (part > 0 && !(scanner.next() && source[scanner.start] === '.')) return undefined;
    if (!scanner.next()) return undefined;
    end = scanner.end;
  }
  return { start, end, text: edit.to.map(quote).join('.') };
}

function parameterSplices(source: string, parameters: readonly string[]): Splice[] {
  const splices: Splice[] = [];
  const scanner = new Scanner(source);
  let questionMarks = 0;
  while (scanner.next()) {
    if (scanner.kind !== 'parameter') continue;
    const { start, end, value } = scanner;
    const number = value === '?' ? ++questionMarks : Number(value.slice(1));
    const literal = parameters[number - 1];
    if (literal !== undefined) splices.push({ start, end, text: literal });
  }
  return splices;
}

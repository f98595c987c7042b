import { SluiceError } from '../errors.ts';
import { Scanner } from './scanner.ts';

/** An argument: a word, number, name or text, or a list `(a, b)` of them. */
export interface Argument {
  /** Of `name => value`, in lower case. */
  readonly name?: string;
  readonly value: string | readonly string[];
}

/** One hint of a comment as written. */
export interface HintCall {
  /** In lower case. */
  readonly name: string;
  readonly args: readonly Argument[];
  /** Where it begins in the comment. */
  readonly start: number;
  /** Set when it could not be read to its end. */
  readonly problem?: string;
}

/** Most hints that are read of one comment. */
const maximumHints = 100;

/**
 * Reads `name(arg, name => arg, …) name …`, separated by blanks or commas. What can't be read becomes a call with a `problem`, and
 * ends the comment.
 */
export function hintCalls(text: string): readonly HintCall[] {
  const calls: HintCall[] = [];
  const scanner = new Scanner(text);
  try {
    let more = scanner.next();
    while (more && calls.length < maximumHints) {
      if (isMark(scanner, ',')) {
        more = scanner.next();
        continue;
      }
      const call = readCall(scanner);
      calls.push(call);
      if (call.problem !== undefined) break;
      more = scanner.kind !== 'end';
    }
  } catch (error) {
    // The scanner's own complaint: a text that does not end.
    if (!(error instanceof SluiceError)) throw error;
    calls.push({ name: text.trim().slice(0, 40), args: [], start: scanner.start, problem: error.message });
  }
  return calls;
}

/** Leaves the scanner behind the call. */
function readCall(scanner: Scanner): HintCall {
  const { start } = scanner;
  if (scanner.kind !== 'word') return { name: scanner.value, args: [], start, problem: 'a hint begins with its name' };
  const name = scanner.value.toLowerCase();
  scanner.next();
  if (!isMark(scanner, '(')) return { name, args: [], start };
  scanner.next();
  const args: Argument[] = [];
  while (!isMark(scanner, ')')) {
    const argument = readArgument(scanner);
    if (argument === undefined) return { name, args, start, problem: malformed(scanner) };
    args.push(argument);
    if (isMark(scanner, ',')) scanner.next();
    else if (!isMark(scanner, ')')) return { name, args, start, problem: malformed(scanner) };
  }
  scanner.next();
  return { name, args, start };
}

function malformed(scanner: Scanner): string {
  return scanner.kind === 'end' ? 'its ")" is missing' : `"${scanner.value}" is unexpected`;
}

function readArgument(scanner: Scanner): Argument | undefined {
  const value = readValue(scanner);
  if (value === undefined || typeof value !== 'string' || !isArrow(scanner))
    return value === undefined ? undefined : { value };
  scanner.next();
  const named = readValue(scanner);
  return named === undefined ? undefined : { name: value.toLowerCase(), value: named };
}

function isArrow(scanner: Scanner): boolean {
  return scanner.kind === 'operator' && ['=>', ':='].includes(scanner.value);
}

function readValue(scanner: Scanner): string | readonly string[] | undefined {
  if (isMark(scanner, '(')) {
    scanner.next();
    const list: string[] = [];
    while (!isMark(scanner, ')')) {
      const element = readWord(scanner);
      if (element === undefined) return undefined;
      list.push(element);
      if (isMark(scanner, ',')) scanner.next();
    }
    scanner.next();
    return list.length === 0 ? undefined : list;
  }
  return readWord(scanner);
}

/** `word`, `a.b`, `"Quoted"`, `'text'`, `12`. */
function readWord(scanner: Scanner): string | undefined {
  const { value, kind } = scanner;
  let word: string;
  if (kind === 'word' || kind === 'number') word = value;
  else if (kind === 'quoted') word = value.slice(1, -1).replaceAll('""', '"');
  else if (kind === 'string' && value.startsWith("'")) word = value.slice(1, -1).replaceAll("''", "'");
  else return undefined;
  scanner.next();
  if (!isMark(scanner, '.')) return word;
  scanner.next();
  const rest = readWord(scanner);
  return rest === undefined ? undefined : rest;
}

function isMark(scanner: Scanner, mark: string): boolean {
  return scanner.kind === 'punctuation' && scanner.value === mark;
}

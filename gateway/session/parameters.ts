import { errors, SluiceError } from '../../planner/errors.ts';
import { characterPosition, indexOfCharacter } from '../../planner/sql/positions.ts';
import { Scanner } from '../../planner/sql/scanner.ts';

/** A text with its parameters cut out, so that values can be put in often. */
export interface Template {
  readonly text: string;
  /** One more than `numbers`. */
  readonly parts: readonly string[];
  /** n of $n between two parts. */
  readonly numbers: readonly number[];
}

/** @throws SluiceError 42P02 for `?` and named parameters, which PostgreSQL does not have. */
export function parseTemplate(text: string): Template {
  const scanner = new Scanner(text);
  const parts: string[] = [];
  const numbers: number[] = [];
  let from = 0;
  while (scanner.next()) {
    if (scanner.kind !== 'parameter') {
      continue;
    }
    const number = Number(text.slice(scanner.start + 1, scanner.end));
    if (!Number.isInteger(number) || number < 1) {
      throw errors.syntax(
        `parameter "${scanner.value}" must be written as $1, $2, ...`,
        characterPosition(text, scanner.start),
      );
    }
    parts.push(text.slice(from, scanner.start));
    numbers.push(number);
    from = scanner.end;
  }
  parts.push(text.slice(from));
  return { text, parts, numbers };
}

/** The text with `literalOf(n)` for $n. */
export function fill(template: Template, literalOf: (n: number) => string): string {
  let text = template.parts[0]!;
  for (const [index, number] of template.numbers.entries()) {
    text += literalOf(number) + template.parts[index + 1]!;
  }
  return text;
}

/** An index in a filled text as one in the template's text; undefined within a value. */
function unfilledIndex(template: Template, literalOf: (n: number) => string, index: number): number | undefined {
  let filled = 0;
  let plain = 0;
  for (const [i, part] of template.parts.entries()) {
    if (index <= filled + part.length) {
      return plain + index - filled;
    }
    filled += part.length;
    plain += part.length;
    const number = template.numbers[i];
    if (number === undefined) {
      return undefined;
    }
    filled += literalOf(number).length;
    plain += `$${number}`.length;
    if (index < filled) {
      return plain - `$${number}`.length;
    }
  }
  return undefined;
}

/** Moves the position of an error in the filled text to the template's text. */
export function unfillError(
  error: unknown,
  template: Template,
  filled: string,
  literalOf: (n: number) => string,
): unknown {
  if (!(error instanceof SluiceError) || error.position === undefined || template.numbers.length === 0) {
    return error;
  }
  const index = unfilledIndex(template, literalOf, indexOfCharacter(filled, error.position));
  return withPosition(error, index === undefined ? undefined : characterPosition(template.text, index));
}

/** The same error at another place. */
export function withPosition(error: SluiceError, position: number | undefined): SluiceError {
  const { errorClass, sqlstate, message, detail, hint, context, object } = error;
  return new SluiceError(errorClass, sqlstate, message, {
    detail,
    hint,
    context,
    object,
    position,
    cause: error.cause,
  });
}

/** Functions whose format must be a constant: it is translated. */
const formats = /\bto_(?:char|date|timestamp|number)\b/i;
/** Text that divides. */
const divides = /[/%]|\b(?:div|mod)\b/i;

/** True for a value that is 0, as a literal: `0`, `CAST('0.00' AS NUMERIC)`. */
function isZero(literal: string): boolean {
  const text = /'([^']*)'/.exec(literal)?.[1] ?? literal;
  return text.trim() !== '' && Number(text) === 0;
}

/**
 * The statement with its values in place when they have to be constants: one of them is 0 and it divides (a division by a constant 0 is an
 * error, one by a parameter would be NULL), or one may be a format. Undefined: nothing of that.
 */
export function withConstants(text: string, parameters: readonly string[] | null): Template | undefined {
  if (parameters === null || parameters.length === 0) return undefined;
  const zero = divides.test(text) && parameters.some(isZero);
  return zero || formats.test(text) ? parseTemplate(text) : undefined;
}

/** What the text of a query tells at a glance, and where in it an error is. */
import { errors, SluiceError } from '../../planner/errors.ts';
import { findAgain } from '../../planner/sql/find-again.ts';
import type { Statement } from '../../planner/sql/lexer.ts';
import { hasWord } from '../../planner/sql/token-cursor.ts';
import type { Runnable } from './context.ts';
import { smallLimit } from './limits.ts';
import { fill, type Template, unfillError, withConstants, withPosition } from './parameters.ts';
import type { QueryEntry } from './query-cache.ts';

/** Words that make a SELECT read a relation or give many rows. */
const relationWords: ReadonlySet<string> = new Set([
  'from',
  'table',
  'unnest',
  'generate_series',
  'generate_subscripts',
  'range',
  'repeat_row',
  'pivot',
  'unpivot',
  'describe',
  'summarize',
  'show',
]);

/** False for a SELECT of a few values: it names no relation, and nothing in it gives many rows. */
export function namesRelation(text: string): boolean {
  return hasWord(text, relationWords, Infinity);
}

/** True for `SELECT 1, 'a' AS b`: nothing but literals and names for them. */
export function isLiteral(text: string): boolean {
  return /^select\s+(?:(?:\d{1,9}|'[^'\\]{0,100}'|null|true|false)(?:\s+as\s+[a-z_]\w*)?(?:\s*,\s*(?!$)|$))+$/i.test(
    text,
  );
}

/** True when the text ends with `LIMIT n`, n small, or with that and an OFFSET. */
export function hasSmallLimit(text: string): boolean {
  const limit = /\blimit\s+(\d{1,9})(?:\s+offset\s+\S+)?\s*$/i.exec(text);
  return limit !== null && Number(limit[1]) <= smallLimit;
}

/** Errors of work on `analysis.sql` with positions in the client's text. */
export async function located<T>(statement: Statement, entry: QueryEntry, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // A name that was not there may be a data set the next time.
    entry.checkedAt = Number.NEGATIVE_INFINITY;
    if (error instanceof SluiceError && error.position !== undefined) {
      const { sql } = entry.analysis;
      const at = sql === statement.text ? error.position : findAgain(error.position, sql, statement.text);
      throw withPosition(error, at === undefined ? undefined : at + statement.startCharacter);
    }
    throw error;
  }
}

/** Errors of work on the statement's own text with positions in the client's text. */
export async function shifted<T>(statement: Statement, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof SluiceError && error.position !== undefined) {
      throw withPosition(error, error.position + statement.startCharacter);
    }
    throw error;
  }
}

/** Errors of fragments, whose positions mean nothing to the client. */
export async function unplaced<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof SluiceError ? withPosition(error, undefined) : error;
  }
}

/** Runs work on a statement whose values have to be constants (see `withConstants`); undefined for any other. */
export function overConstants<T>(
  { statement, parameters }: Runnable,
  work: (filled: Runnable) => Promise<T>,
): Promise<T> | undefined {
  const template = withConstants(statement.text, parameters);
  if (template === undefined) return undefined;
  return filledIn(statement, template, parameters!, (inner) =>
    work({ statement: inner, parameterOids: [], parameters: [] }),
  );
}

/** Runs work on the statement with its values in place of the parameters; errors have their places in the client's text. */
async function filledIn<T>(
  statement: Statement,
  template: Template,
  parameters: readonly string[],
  work: (filled: Statement) => Promise<T>,
): Promise<T> {
  const literalOf = (n: number) => {
    const value = parameters[n - 1];
    if (value === undefined) throw errors.undefinedParameter(n);
    return value;
  };
  const text = fill(template, literalOf);
  try {
    return await work({ ...statement, text, parameterCount: 0, startCharacter: 0 });
  } catch (error) {
    const known = unfillError(error, template, text, literalOf);
    if (!(known instanceof SluiceError) || known.position === undefined) throw known;
    throw withPosition(known, known.position + statement.startCharacter);
  }
}

import { errors, SluiceError } from '../../../planner/errors.ts';
import { splitStatements } from '../../../planner/sql/lexer.ts';
import type { TokenCursor } from '../../../planner/sql/token-cursor.ts';
import type { ColumnBatch } from '../../../worker/rows/column-batch.ts';
import { makeRowEncoder } from '../../../worker/rows/encode-rows.ts';
import type { Outcome, Runnable, SessionContext } from '../context.ts';
import { withPosition } from '../parameters.ts';
import type { Queries } from '../query.ts';

/** The texts of expressions between commas, from the cursor's place to the closing parenthesis, which is taken. */
export function argumentTexts(cursor: TokenCursor, text: string): readonly string[] {
  const found: string[] = [];
  if (cursor.accept(')')) {
    return found;
  }
  for (;;) {
    const start = cursor.start;
    let end = start;
    for (let depth = 0; depth > 0 || (cursor.value !== ',' && cursor.value !== ')'); cursor.skip()) {
      if (cursor.atEnd) {
        throw cursor.unexpected();
      }
      depth += /^[([]$/.test(cursor.value) ? 1 : /^[)\]]$/.test(cursor.value) ? -1 : 0;
      end = cursor.start + cursor.value.length;
    }
    if (end === start) {
      throw cursor.unexpected();
    }
    found.push(text.slice(start, end));
    if (cursor.accept(')')) {
      return found;
    }
    cursor.expect(',');
  }
}

const stringPattern = /^'(?:[^']|'')*'$/;
const integerPattern = /^-?\d{1,18}$/;

/** What a plain literal stands for; undefined: an expression. */
function literalValue(expression: string): string | null | undefined {
  if (integerPattern.test(expression)) {
    return expression;
  }
  if (stringPattern.test(expression)) {
    return expression.slice(1, -1).replaceAll("''", "'");
  }
  if (/^(?:true|false)$/i.test(expression)) {
    return expression;
  }
  return /^null$/i.test(expression) ? null : undefined;
}

function selectOf(expressions: readonly string[], types: readonly string[]): string {
  return `SELECT ${expressions.map((expression, index) => `CAST((${expression}) AS ${types[index]}) AS a${index}`).join(', ')}`;
}

/** A query of these expressions, with the parameters of the statement that they stand in. */
export function argumentQuery(runnable: Runnable, expressions: readonly string[], types: readonly string[]): Runnable {
  const [statement, more] = splitStatements(selectOf(expressions, types));
  if (statement === undefined || more !== undefined) {
    throw errors.syntax('an argument is no expression');
  }
  return { ...runnable, statement };
}

/**
 * The values of expressions as text, null for NULL, cast to these DuckDB types. Plain literals are not cast: whoever takes them reads them
 * as what they are to be.
 */
export async function evaluate(
  context: SessionContext,
  queries: Queries,
  runnable: Runnable,
  expressions: readonly string[],
  types: readonly string[],
): Promise<readonly (string | null)[]> {
  const plain = expressions.map(literalValue);
  if (plain.every((value) => value !== undefined)) {
    return plain;
  }
  return firstRow(context, await unplaced(queries.run(argumentQuery(runnable, expressions, types))));
}

/** The cells of the first row of an answer, which is closed, as text. Raises 42601 where there is no row. */
export async function firstRow(context: SessionContext, outcome: Outcome): Promise<readonly (string | null)[]> {
  if (outcome.kind !== 'rows') {
    throw errors.internal('an expression gave no row');
  }
  try {
    const encoder = makeRowEncoder(
      outcome.types,
      outcome.types.map(() => 0 as const),
      { ...plainStyle, timeZone: context.settings.show('TimeZone') },
    );
    const next = () => unplaced(outcome.reader.next());
    for (let batch = await next(); batch !== null; batch = await next()) {
      if (batch.rowCount > 0) {
        return cellsOf(encoder.encode(batch, 0, 1), batch);
      }
    }
    throw errors.syntax('an argument gives no row');
  } finally {
    await outcome.reader.close();
  }
}

/** A position in a text of our own means nothing to the client. */
async function unplaced<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof SluiceError ? withPosition(error, undefined) : error;
  }
}

const plainStyle = {
  dateStyle: 'ISO, MDY',
  intervalStyle: 'postgres',
  byteaOutput: 'hex',
  extraFloatDigits: 3,
  dialect: 'postgres',
} as const;

const rowHeaderBytes = 7;

/** The cells of one DataRow message. */
function cellsOf(message: Buffer, { columns }: ColumnBatch): readonly (string | null)[] {
  let at = rowHeaderBytes;
  return columns.map(() => {
    const length = message.readInt32BE(at);
    at += 4 + Math.max(0, length);
    return length < 0 ? null : message.toString('utf8', at - length, at);
  });
}

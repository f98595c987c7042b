import type { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api';
import { errors } from '../../planner/errors.ts';
import type { OutputColumn } from '../../planner/plan/plan.ts';
import { Scanner } from '../../planner/sql/scanner.ts';
import type { Description } from '../../planner/world.ts';
import { typeText } from '../../worker/rows/types.ts';

/**
 * What parameters are taken for, in this order, when DuckDB needs to know them before it can tell the columns (`SELECT $1`, `$1 + 1`,
 * `= ANY($1)`): text, as Postgres does, then what else may fit.
 */
const guessedTypes = ['VARCHAR', 'INTEGER', 'BIGINT[]', 'VARCHAR[]', 'DOUBLE', 'TIMESTAMP'];

/**
 * Names and types of what a text returns, and the types of its parameters, without running it. Rejects with DuckDB's error, or with
 * 42P18 when no type fits its parameters.
 */
export async function describeStatement(connection: DuckDBConnection, sql: string): Promise<Description> {
  const prepared = await connection.prepare(sql);
  try {
    const parameters = parametersOf(prepared);
    const columns = columnsOf(prepared);
    if (columns !== null) return { columns, parameters };
    return await describeGuessed(connection, sql, parameters);
  } finally {
    prepared.destroySync();
  }
}

/** Types of $1, $2, ... by number; null where DuckDB can't tell. */
function parametersOf(prepared: DuckDBPreparedStatement): readonly (string | null)[] {
  const types: (string | null)[] = [];
  for (let index = 1; index <= prepared.parameterCount; index++) {
    const { name, type } = parameterAt(prepared, index);
    const number = Number(name);
    types[Number.isInteger(number) && number > 0 ? number - 1 : index - 1] = type;
  }
  return Array.from(types, (type) => type ?? null);
}

function parameterAt(
  prepared: DuckDBPreparedStatement,
  index: number,
): { readonly name: string; readonly type: string | null } {
  let name = String(index);
  try {
    name = prepared.parameterName(index);
    return { name, type: typeText(prepared.parameterType(index)) };
  } catch {
    return { name, type: null }; // "Failed to get param logical type": DuckDB's way to say that it does not know
  }
}

/** Null when the types depend on parameters of unknown type. */
function columnsOf(prepared: DuckDBPreparedStatement): readonly OutputColumn[] | null {
  const columns: OutputColumn[] = [];
  for (let index = 0; index < prepared.columnCount; index++) {
    try {
      columns.push({ name: prepared.columnName(index), type: typeText(prepared.columnType(index)) });
    } catch {
      return null;
    }
  }
  return columns;
}

async function describeGuessed(
  connection: DuckDBConnection,
  sql: string,
  known: readonly (string | null)[],
): Promise<Description> {
  for (const guess of guessedTypes) {
    const description = await tryGuess(connection, sql, known, guess);
    if (description !== null) return description;
  }
  throw errors.indeterminateParameter(known.indexOf(null) + 1);
}

async function tryGuess(
  connection: DuckDBConnection,
  sql: string,
  known: readonly (string | null)[],
  guess: string,
): Promise<Description | null> {
  let prepared: DuckDBPreparedStatement;
  try {
    prepared = await connection.prepare(withCasts(sql, known, guess));
  } catch {
    return null; // this type does not fit
  }
  try {
    const columns = columnsOf(prepared);
    // Text is what an untyped parameter is anyway; another guess has to be told to the client.
    const parameters = guess === 'VARCHAR' ? known : known.map((type) => type ?? guess);
    return columns === null ? null : { columns, parameters };
  } finally {
    prepared.destroySync();
  }
}

/** The text with `$n` as `CAST($n AS guess)` where the type of $n is not known. */
function withCasts(sql: string, known: readonly (string | null)[], guess: string): string {
  const scanner = new Scanner(sql);
  let [text, copied, questions] = ['', 0, 0];
  while (scanner.next()) {
    if (scanner.kind !== 'parameter') continue;
    const { value } = scanner;
    const number = value === '?' ? ++questions : Number(value.slice(1));
    if (Number.isInteger(number) && known[number - 1] !== null) continue;
    text += `${sql.slice(copied, scanner.start)}CAST(${value} AS ${guess})`;
    copied = scanner.end;
  }
  return text + sql.slice(copied);
}

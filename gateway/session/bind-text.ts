import type { DuckDBPreparedStatement, DuckDBType } from '@duckdb/node-api';
import type { ParameterHints } from '../../planner/dialect/parameter-hints.ts';
import { SluiceError } from '../../planner/errors.ts';
import { duckdbTypeOfOid } from '../../worker/rows/pg-types.ts';
import { typeText } from '../../worker/rows/types.ts';
import { arrayParameters } from './array-parameters.ts';
import { castParameters } from './cast-parameters.ts';
import { fill, parseTemplate, type Template, unfillError } from './parameters.ts';
import type { SessionConnection } from './session-connection.ts';

export interface BoundColumns {
  /** As DuckDB names them. */
  readonly names: readonly string[];
  readonly types: readonly DuckDBType[];
}

export interface BoundText extends BoundColumns {
  readonly parameterTypes: readonly string[];
}

/** Hints for a text with open parameters; `ready` makes of a probe's text what DuckDB binds. */
export interface HintSource {
  readonly hints: () => Promise<ParameterHints | undefined>;
  readonly ready: (probe: string) => Promise<string>;
}

/** Type names that DuckDB gives a parameter that it could not resolve. */
const unresolvedTypes: ReadonlySet<string> = new Set(['INVALID', 'UNKNOWN', 'ANY', '"NULL"', 'NULL', 'SQLNULL']);
/** What a bind says when a type hangs on an untyped parameter. */
const unresolvedMessage = /could not determine type of parameters|Cannot deduce|untyped parameter/i;

export function columnsOf(prepared: DuckDBPreparedStatement): BoundColumns {
  const indexes = Array.from({ length: prepared.columnCount }, (_, index) => index);
  return {
    names: indexes.map((index) => prepared.columnName(index)),
    types: indexes.map((index) => prepared.columnType(index)),
  };
}

/**
 * Types of parameters and columns of a text, without running it. A parameter has the type of the OID that the client gave, else the one
 * that its place tells (see `source`), else the one that DuckDB's binder finds, else text (DuckDB leaves `SELECT $1` open, and then the types of
 * its columns).
 * Raises DuckDB's errors with positions in the template's text.
 */
export async function bindText(
  connection: SessionConnection,
  template: Template,
  parameterCount: number,
  oids: readonly number[],
  source?: HintSource,
): Promise<BoundText> {
  const told = Array.from({ length: parameterCount }, (_, index) => duckdbTypeOfOid(oids[index] ?? 0));
  const open = told.includes(undefined);
  const hinted = open && source !== undefined ? await withHints(connection, source, told) : told;
  const given = open ? await withArrays(connection, template, hinted) : told;
  const first = await bindRound(connection, template, given);
  if (first !== undefined && first.columns !== undefined && !first.types.includes(undefined)) {
    return { parameterTypes: first.types as readonly string[], ...first.columns };
  }
  const casts = castParameters(template);
  const found = (first?.types ?? given).map((type, index) => type ?? casts.get(index + 1));
  const opened = (type: string) => found.map((known) => known ?? type);
  try {
    return await bindLast(connection, template, opened('VARCHAR'));
  } catch (error) {
    const operand = error instanceof SluiceError ? otherOperand(error) : undefined;
    if (operand === undefined) {
      throw error;
    }
    return await bindLast(connection, template, opened(operand)).catch(() => Promise.reject(error));
  }
}

type Types = readonly (string | undefined)[];

/** With what the places of parameters tell. */
async function withHints(connection: SessionConnection, source: HintSource, told: Types): Promise<Types> {
  const hints = await unlessRefused(source.hints());
  if (hints === undefined) return told;
  const given = told.map((type, index) => type ?? hints.types.get(index + 1));
  const operands = hints.operands.filter((number) => given[number - 1] === undefined);
  for (const trial of operandTrials(operands)) {
    const like = new Set(operands.filter((number) => trial.get(number) === undefined));
    const text = await unlessRefused(hints.probe(like).then(source.ready));
    if (text === undefined) continue;
    const found = await unlessRefused(operandTypes(connection, parseTemplate(text), operands, withTypes(given, trial)));
    if (found !== undefined) return withTypes(given, found);
  }
  return given;
}

/** All others are constants: some functions bind with nothing else (`round(n, $1)`). Undefined: one stays open. */
async function operandTypes(
  connection: SessionConnection,
  template: Template,
  operands: readonly number[],
  types: Types,
): Promise<ReadonlyMap<number, string> | undefined> {
  const literalOf = (n: number) => {
    const [place, type] = [operands.indexOf(n) + 1, types[n - 1]];
    const value = place === 0 ? 'NULL' : `$${place}`;
    return type === undefined ? value : `CAST(${value} AS ${type})`;
  };
  const prepared = await connection.prepare(fill(template, literalOf));
  try {
    const found = operands.map((number, index) => [number, parameterType(prepared, index + 1)] as const);
    return found.every(isTold) ? new Map(found) : undefined;
  } finally {
    prepared.destroySync();
  }
}

function isTold(found: readonly [number, string | undefined]): found is readonly [number, string] {
  return found[1] !== undefined;
}

function withTypes(types: Types, more: ReadonlyMap<number, string | undefined>): Types {
  return types.map((type, index) => more.get(index + 1) ?? type);
}

/** Undefined: a probe that DuckDB refuses tells nothing. */
async function unlessRefused<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof SluiceError && error.errorClass === 'user') return undefined;
    throw error;
  }
}

/** Types of an operand that can't be like the other: `timestamp + $1`, `interval * $1`. */
const otherOperands = [undefined, 'INTERVAL', 'DOUBLE'] as const;
/** With more operands than this all of them are tried as one. */
const maxOperandsApart = 3;

/** What is tried in turn: each operand like the other one (undefined), or of a type of its own. */
function* operandTrials(operands: readonly number[]): Generator<ReadonlyMap<number, string | undefined>> {
  if (operands.length === 0) return;
  const apart = operands.length <= maxOperandsApart;
  const count = apart ? otherOperands.length ** operands.length : otherOperands.length;
  for (let trial = 0; trial < count; trial++) {
    const choice = (index: number) =>
      apart ? Math.floor(trial / otherOperands.length ** index) % otherOperands.length : trial;
    yield new Map(operands.map((number, index) => [number, otherOperands[choice(index)]]));
  }
}

/** With the types of parameters that are compared with each of their elements: `= ANY ($1)`. */
async function withArrays(
  connection: SessionConnection,
  template: Template,
  given: readonly (string | undefined)[],
): Promise<readonly (string | undefined)[]> {
  const arrays = arrayParameters(template.text);
  const open = [...(arrays?.numbers ?? [])].filter((number) => given[number - 1] === undefined);
  if (arrays === undefined || open.length === 0) {
    return given;
  }
  // In the probe it is an element.
  const elements = given.map((type, index) => (arrays.numbers.has(index + 1) ? type?.replace(/\[\]$/, '') : type));
  const probe = await bindRound(connection, parseTemplate(arrays.probe), elements);
  return given.map((type, index) => (open.includes(index + 1) ? `${probe?.types[index] ?? 'VARCHAR'}[]` : type));
}

async function bindLast(
  connection: SessionConnection,
  template: Template,
  types: readonly string[],
): Promise<BoundText> {
  const round = await bindRound(connection, template, types, true);
  return { parameterTypes: types, ...(round!.columns ?? (await columnsWithNulls(connection, template, types))) };
}

/** DuckDB does not bind table functions of parameters (`FROM unnest($1)`): with values it does, and NULL is one. */
async function columnsWithNulls(
  connection: SessionConnection,
  template: Template,
  types: readonly string[],
): Promise<BoundColumns> {
  const prepared = await connection.prepare(fill(template, (n) => `CAST(NULL AS ${types[n - 1]})`));
  try {
    return columnsOf(prepared);
  } finally {
    prepared.destroySync();
  }
}

/**
 * `i + $1` does not bind with a text parameter. As in PostgreSQL it then has the type of the other operand, which DuckDB's message
 * has: `... argument types '+(INTEGER, VARCHAR)'`.
 */
function otherOperand(error: SluiceError): string | undefined {
  const operands = /argument types '[^(']*\((.*)\)'/.exec(error.message)?.[1];
  const list = /cannot concatenate types (\S+\[\]) and VARCHAR /i.exec(error.message)?.[1];
  return (operands ?? list)?.split(/, (?![^(]*\))/).find((type) => type !== 'VARCHAR' && type !== 'STRING_LITERAL');
}

interface Round {
  readonly types: readonly (string | undefined)[];
  readonly columns: BoundColumns | undefined;
}

/** One bind. Undefined, or no columns, when something stayed open and `last` was not said. */
async function bindRound(
  connection: SessionConnection,
  template: Template,
  types: readonly (string | undefined)[],
  last = false,
): Promise<Round | undefined> {
  const literalOf = (n: number) => (types[n - 1] === undefined ? `$${n}` : `CAST($${n} AS ${types[n - 1]})`);
  const sql = fill(template, literalOf);
  let prepared: DuckDBPreparedStatement;
  try {
    prepared = await connection.prepare(sql);
  } catch (error) {
    if (!last && error instanceof SluiceError && unresolvedMessage.test(error.message)) {
      return undefined;
    }
    throw unfillError(error, template, sql, literalOf);
  }
  try {
    const found = types.map((type, index) => type ?? parameterType(prepared, index + 1));
    return { types: found, columns: tryColumns(prepared) };
  } finally {
    prepared.destroySync();
  }
}

/** DuckDB's type of a parameter; undefined where it left it open. */
export function parameterType(prepared: DuckDBPreparedStatement, index: number): string | undefined {
  try {
    const text = typeText(prepared.parameterType(index));
    return unresolvedTypes.has(text) ? undefined : text;
  } catch {
    // The binding throws for a parameter that DuckDB left open: the next rule decides.
    return undefined;
  }
}

/** Undefined when a column's type hangs on an open parameter: the binding throws. */
function tryColumns(prepared: DuckDBPreparedStatement): BoundColumns | undefined {
  try {
    return columnsOf(prepared);
  } catch {
    return undefined;
  }
}

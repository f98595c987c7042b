import { errors, isEngineFailure, SluiceError } from '../../planner/errors.ts';
import { type EngineException, isEngineType, verdictOf } from './duckdb-sqlstates.ts';

/** What DuckDB tells about an error, whichever way it told it. */
interface ParsedException extends EngineException {
  /** 0-based; in characters for the parser's errors, in UTF-8 bytes for all others. */
  readonly position?: number | undefined;
  readonly name?: string | undefined;
  readonly candidates: readonly string[];
}

/** The fields of an error under errors_as_json, all of them text. */
interface ExceptionFields {
  readonly exception_type?: string;
  readonly exception_message?: string;
  readonly error_subtype?: string;
  readonly type?: string;
  readonly name?: string;
  readonly candidates?: string;
  readonly position?: string;
}

/** Longer details are cut: a list of candidates can have hundreds of lines. */
const maxDetailLength = 2_000;

/**
 * Any error of DuckDB as the error that a client gets: class, SQLSTATE, message in Postgres' words where it has some (without DuckDB's
 * prefix), the rest of the text as detail, "did you mean" as hint. A SluiceError is handed on; an error that is not DuckDB's is `internal`
 * (or `infra` for a failed system call).
 *
 * `sql` is the text that ran. It is needed for exact positions: DuckDB counts UTF-8 bytes in all but syntax errors. Without it
 * the text is taken to be ASCII. The position told is 1-based, in characters (code points) of that text.
 */
export function toSluiceError(error: unknown, sql?: string): SluiceError {
  if (error instanceof SluiceError) return error;
  if (!(error instanceof Error)) return errors.internal(String(error), error);
  const exception = parseException(error.message);
  if (exception === undefined) return foreignError(error);
  const { position: at, ...told } = exception;
  const position =
    exception.type === 'Conversion'
      ? literalPosition(exception.message, sql)
      : at === undefined
        ? undefined
        : characterPosition(at, exception.type, sql);
  return worded({ ...told, position }, error);
}

/** True when the instance that raised this can't be used any more and has to be opened anew. */
export function isFatal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof SluiceError) return isEngineFailure(error);
  const exception = parseException(error.message);
  return exception !== undefined && isFatalException(exception);
}

/** DuckDB tells some that were FATAL elsewhere as errors of another type, with the text of the first. */
function isFatalException({ type, message }: EngineException): boolean {
  return type === 'FATAL' || type === 'INTERNAL' || message.includes('database has been invalidated because of');
}

function foreignError(error: Error): SluiceError {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC')
    return errors.engine('infra', '53100', 'no space left on device', { detail: error.message, cause: error });
  if (syscall !== undefined) return errors.engine('infra', '58030', error.message, { cause: error });
  return errors.internal(error.message, error);
}

/** Reads `{"exception_type":...}`, with or without `Parser Error: ` before it, and plain `Binder Error: ...\n\nLINE 1: ...\n   ^`. */
function parseException(text: string): ParsedException | undefined {
  const brace = text.indexOf('{"exception_type"');
  if (brace >= 0 && brace < 64) {
    const parsed = parseJson(text.slice(brace));
    if (parsed !== undefined) return parsed;
  }
  const prefix =
    /^([A-Za-z][A-Za-z ]*?) Error: /.exec(text) ?? /^(TransactionContext|FATAL|INTERNAL|INTERRUPT) Error: /.exec(text);
  if (prefix === null || !isEngineType(prefix[1] ?? '')) return undefined;
  return {
    type: prefix[1] ?? '',
    message: text.slice(prefix[0].length).replace(/\n\nLINE \d+: [\s\S]*$/, ''),
    candidates: [],
  };
}

function parseJson(text: string): ParsedException | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined; // the message of a function that printed something like it: read as plain text
  }
  const fields = json as ExceptionFields;
  const position = fields.position === undefined ? Number.NaN : Number(fields.position);
  return {
    type: fields.exception_type ?? '',
    message: fields.exception_message ?? '',
    subtype: fields.error_subtype,
    entryType: fields.type,
    name: fields.name,
    candidates: (fields.candidates ?? '').split(',').filter((name) => name !== ''),
    position: Number.isSafeInteger(position) && position >= 0 ? position : undefined,
  };
}

/**
 * Where the text that could not be converted stands in the query as a literal: what Postgres points at. A value that is no literal of the
 * query has no place.
 */
function literalPosition(message: string, sql: string | undefined): number | undefined {
  const value = /(?:string|value|field format:|out of range:) ?['"]([\s\S]*?)['"](?:$|[\s,])/.exec(message)?.[1];
  if (value === undefined || sql === undefined) return undefined;
  const index = sql.indexOf(`'${value.replaceAll("'", "''")}'`);
  return index < 0 ? undefined : [...sql.slice(0, index)].length + 1;
}

/** 1-based position in code points of DuckDB's 0-based one. */
function characterPosition(at: number, type: string, sql: string | undefined): number {
  if (sql === undefined || type === 'Parser') return at + 1;
  const before = Buffer.from(sql, 'utf8').subarray(0, at).toString('utf8');
  return [...before].length + 1;
}

type Worded = Omit<ParsedException, 'position'> & { readonly position: number | undefined };

/** Errors that a rewritten query raises by a cast of `[SQLSTATE] message|value` (planner/dialect). */
const raisedError = /^Could not convert string '\[([0-9A-Z]{5})\] ([^|]*)\|/;

function worded(exception: Worded, cause: Error): SluiceError {
  const { name, position, message } = exception;
  const raised = raisedError.exec(message);
  if (raised !== null) return errors.engine('user', raised[1]!, raised[2]!, { cause });
  if (isFatalException(exception)) return errors.engineFailed(cut(message), cause);
  const { errorClass, sqlstate } = verdictOf(exception);
  const near = nearest(name, exception.candidates);
  if (name !== undefined && exception.subtype === 'COLUMN_NOT_FOUND')
    return errors.undefinedColumn(name, near, position);
  if (name !== undefined && exception.subtype === 'MISSING_ENTRY' && sqlstate === '42P01')
    return errors.undefinedTable(name, near, position);
  if (name !== undefined && exception.subtype === 'ENTRY_ALREADY_EXISTS' && sqlstate === '42P07')
    return errors.duplicateTable(name);
  if (sqlstate === '23505') return errors.duplicateKey(message);
  if (errorClass === 'oom' && sqlstate === '53200') return errors.outOfMemory(firstLine(message));
  if (errorClass === 'cancelled') return errors.cancelled();
  const file = unreadableFile(exception);
  if (file !== undefined) return errors.unreadableFile(file, cut(message));
  if (errorClass === 'user' && sqlstate === '58030') return errors.unreadableInput(cut(message));
  const known = conversionMessage(exception, sqlstate);
  if (known !== undefined) return errors.engine(errorClass, sqlstate, known, { position, cause });
  return errors.engine(errorClass, sqlstate, firstLine(message), {
    detail: restOf(message),
    hint: near === undefined ? undefined : `Did you mean "${near}"?`,
    position,
    cause,
  });
}

/** What DuckDB calls the types that a text is converted to. */
const typeWords: Readonly<Record<string, string>> = {
  BOOL: 'boolean',
  INT8: 'smallint',
  INT16: 'smallint',
  INT32: 'integer',
  INT64: 'bigint',
  INT128: 'numeric',
  FLOAT: 'real',
  DOUBLE: 'double precision',
  INTERVAL: 'interval',
};

/** A failed conversion of a text in Postgres' words. */
function conversionMessage({ type, message }: EngineException, sqlstate: string): string | undefined {
  const failed =
    type === 'Conversion' ? /^Could not convert string '([\s\S]*)' to (\w+)(?: when|$)/.exec(message) : null;
  const word = typeWords[failed?.[2] ?? ''];
  if (failed === null || word === undefined) return undefined;
  if (sqlstate === '22003') return `value "${failed[1]}" is out of range for type ${word}`;
  return `invalid input syntax for type ${word}: "${failed[1]}"`;
}

const fileProblems =
  /(?:Footer length error in file|No magic bytes found at end of file|Failed to read file|Malformed JSON in file|^File|file) ['"]([^'"]+)['"]/;
const corruptions =
  /too small to be a Parquet|Invalid string encoding found|magic bytes|footer|Failed to read file|Malformed JSON in file|corrupt|decompression|not a valid|thrift|TProtocol/i;

/** The path in an error about the content of a file, or undefined when the error is of another kind. */
function unreadableFile(exception: EngineException): string | undefined {
  if (exception.type === 'Permission' || !corruptions.test(exception.message)) return undefined;
  return fileProblems.exec(exception.message)?.[1];
}

function firstLine(message: string): string {
  const line = message.split('\n', 1)[0] ?? '';
  const text = line.replace(/[.!]+$/, '');
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

function restOf(message: string): string | undefined {
  const end = message.indexOf('\n');
  const rest = end < 0 ? '' : message.slice(end + 1).trim();
  return rest === '' ? undefined : cut(rest);
}

function cut(text: string): string {
  return text.length <= maxDetailLength ? text : `${text.slice(0, maxDetailLength)} ...`;
}

/** The candidate that `name` may be a misspelling of. DuckDB offers one whatever the distance. */
function nearest(name: string | undefined, candidates: readonly string[]): string | undefined {
  if (name === undefined) return undefined;
  const limit = Math.max(1, Math.floor(name.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    const plain = candidate.trim();
    if (Math.abs(plain.length - name.length) > limit) continue;
    const distance = editDistance(name.toLowerCase(), plain.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [plain, distance];
  }
  return best;
}

function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const cost = from[i - 1] === to[j - 1] ? 0 : 1;
      row.push(Math.min((row[j - 1] ?? 0) + 1, (previous[j] ?? 0) + 1, (previous[j - 1] ?? 0) + cost));
    }
    previous = row;
  }
  return previous[to.length] ?? 0;
}

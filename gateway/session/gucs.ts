/**
 * The settings of PostgreSQL that clients set and read. A row says what values it takes, how they are written back, and
 * whether the client is told of changes (GUC_REPORT). Settings of our own (`sluice.*`) are in config's table.
 */
import { errors } from '../../planner/errors.ts';
import { parseDateStyle, parseTimeZone } from './guc-values.ts';

export interface Guc {
  /** As SHOW ALL and ParameterStatus write it. */
  readonly name: string;
  readonly value: string;
  /** Gives the value as it is kept and shown, or undefined when it is not allowed. `current` is the value before. */
  readonly parse: (text: string, current: string) => string | undefined;
  /** For the error's hint. */
  readonly allowed: string;
  readonly report: boolean;
  /** Can't be set by anyone. */
  readonly fixed: boolean;
}

export const serverVersion = '15.18';
const serverVersionNumber = '150018';
/** What `version()` gives. */
export const versionText = `PostgreSQL ${serverVersion} (Sluice over DuckDB), 64-bit`;

const onWords: ReadonlySet<string> = new Set(['on', 'true', 'yes', '1', 't', 'y', 'tr', 'tru', 'ye']);
const offWords: ReadonlySet<string> = new Set(['off', 'false', 'no', '0', 'f', 'n', 'of', 'fa', 'fal', 'fals']);

function parseBoolean(text: string): string | undefined {
  const word = text.trim().toLowerCase();
  return onWords.has(word) ? 'on' : offWords.has(word) ? 'off' : undefined;
}

const unitMs: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const maxMilliseconds = 2_147_483_647;

/** Milliseconds of `500`, `2s`, `1min`. */
export function parseMilliseconds(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?\s*$/.exec(text);
  if (match === null) {
    return undefined;
  }
  const value = Math.round(Number(match[1]) * unitMs[match[2] ?? 'ms']!);
  return value <= maxMilliseconds ? value : undefined;
}

function showMilliseconds(value: number): string {
  for (const unit of ['d', 'h', 'min', 's'] as const) {
    if (value > 0 && value % unitMs[unit]! === 0) {
      return `${value / unitMs[unit]!}${unit}`;
    }
  }
  return value === 0 ? '0' : `${value}ms`;
}

type Options = { readonly report?: boolean; readonly fixed?: boolean };

function row(name: string, value: string, parse: Guc['parse'], allowed: string, options: Options = {}): Guc {
  return { name, value, parse, allowed, report: options.report ?? false, fixed: options.fixed ?? false };
}

const text = (name: string, value: string, options?: Options) =>
  row(name, value, (given) => given, 'any text', options);
const boolean = (name: string, value: string, options?: Options) => row(name, value, parseBoolean, 'on, off', options);
const duration = (name: string) =>
  row(
    name,
    '0',
    (given) => {
      const value = parseMilliseconds(given);
      return value === undefined ? undefined : showMilliseconds(value);
    },
    'a time such as 500, 2s or 1min',
  );
const oneOf = (name: string, value: string, values: readonly string[], options?: Options) =>
  row(name, value, (given) => values.find((v) => v === given.trim().toLowerCase()), values.join(', '), options);
const integer = (name: string, value: string, min: number, max: number) =>
  row(
    name,
    value,
    (given) => {
      const number = Number(given);
      return given.trim() !== '' && Number.isInteger(number) && number >= min && number <= max
        ? String(number)
        : undefined;
    },
    `${min} to ${max}`,
  );

const levels = ['debug5', 'debug4', 'debug3', 'debug2', 'debug1', 'log', 'notice', 'warning', 'error'];
const isolation = ['serializable', 'repeatable read', 'read committed', 'read uncommitted'];
/** Letters and digits of the names, as PostgreSQL compares them (asyncpg sends `'utf-8'`, quotes included). */
const utf8Names: ReadonlySet<string> = new Set(['utf8', 'unicode', 'sqlascii']);

const rows: readonly Guc[] = [
  text('application_name', '', { report: true }),
  row(
    'client_encoding',
    'UTF8',
    (given) => (utf8Names.has(given.toLowerCase().replace(/[^a-z0-9]/g, '')) ? 'UTF8' : undefined),
    'UTF8',
    {
      report: true,
    },
  ),
  row('DateStyle', 'ISO, MDY', parseDateStyle, 'ISO, SQL, Postgres or German, and MDY, DMY or YMD', { report: true }),
  boolean('default_transaction_read_only', 'off', { report: true }),
  boolean('in_hot_standby', 'off', { report: true, fixed: true }),
  boolean('integer_datetimes', 'on', { report: true, fixed: true }),
  row(
    'IntervalStyle',
    'postgres',
    (given) =>
      ['postgres', 'postgres_verbose', 'sql_standard', 'iso_8601'].find((v) => v === given.trim().toLowerCase()),
    'postgres, postgres_verbose, sql_standard, iso_8601',
    { report: true },
  ),
  boolean('is_superuser', 'off', { report: true, fixed: true }),
  text('server_encoding', 'UTF8', { report: true, fixed: true }),
  text('server_version', serverVersion, { report: true, fixed: true }),
  text('session_authorization', '', { report: true, fixed: true }),
  boolean('standard_conforming_strings', 'on', { report: true }),
  row('TimeZone', 'UTC', parseTimeZone, 'a name such as Europe/Berlin, or a whole number of hours', { report: true }),
  text('server_version_num', serverVersionNumber, { fixed: true }),
  text('lc_collate', 'C', { fixed: true }),
  text('lc_ctype', 'C', { fixed: true }),
  text('lc_messages', 'C'),
  text('lc_monetary', 'C'),
  text('lc_numeric', 'C'),
  text('lc_time', 'C'),
  text('max_identifier_length', '63', { fixed: true }),
  text('max_index_keys', '32', { fixed: true }),
  text('block_size', '8192', { fixed: true }),
  text('search_path', '"$user", public'),
  text('role', 'none', { fixed: true }),
  oneOf('password_encryption', 'scram-sha-256', ['scram-sha-256', 'md5']),
  duration('statement_timeout'),
  duration('lock_timeout'),
  duration('idle_in_transaction_session_timeout'),
  duration('idle_session_timeout'),
  oneOf('client_min_messages', 'notice', levels),
  oneOf('log_min_messages', 'warning', levels),
  oneOf('bytea_output', 'hex', ['hex', 'escape']),
  oneOf('xmlbinary', 'base64', ['base64', 'hex']),
  oneOf('xmloption', 'content', ['content', 'document']),
  oneOf('backslash_quote', 'safe_encoding', ['safe_encoding', 'on', 'off']),
  oneOf('synchronous_commit', 'on', ['on', 'off', 'local', 'remote_write', 'remote_apply']),
  oneOf('plan_cache_mode', 'auto', ['auto', 'force_custom_plan', 'force_generic_plan']),
  oneOf('constraint_exclusion', 'partition', ['partition', 'on', 'off']),
  oneOf('default_transaction_isolation', 'read committed', isolation),
  oneOf('transaction_isolation', 'read committed', isolation),
  boolean('default_transaction_deferrable', 'off'),
  boolean('transaction_read_only', 'off'),
  boolean('transaction_deferrable', 'off'),
  boolean('row_security', 'on'),
  boolean('check_function_bodies', 'on'),
  boolean('escape_string_warning', 'on'),
  boolean('array_nulls', 'on'),
  boolean('quote_all_identifiers', 'off'),
  boolean('synchronize_seqscans', 'on'),
  boolean('jit', 'off'),
  boolean('enable_seqscan', 'on'),
  boolean('enable_indexscan', 'on'),
  boolean('enable_bitmapscan', 'on'),
  boolean('enable_hashjoin', 'on'),
  boolean('enable_mergejoin', 'on'),
  boolean('enable_nestloop', 'on'),
  boolean('geqo', 'on'),
  text('default_tablespace', ''),
  text('default_table_access_method', 'heap'),
  text('temp_tablespaces', ''),
  text('work_mem', '4MB'),
  text('maintenance_work_mem', '64MB'),
  integer('extra_float_digits', '1', -15, 3),
  integer('max_parallel_workers_per_gather', '2', 0, 1024),
  integer('from_collapse_limit', '8', 1, 2_147_483_647),
  integer('join_collapse_limit', '8', 1, 2_147_483_647),
  integer('cursor_tuple_fraction', '1', 0, 1),
];

/** By name in lower case. */
export const gucs: ReadonlyMap<string, Guc> = new Map(rows.map((guc) => [guc.name.toLowerCase(), guc]));

/** @throws SluiceError 22023 when the value is not allowed */
export function parseGuc(guc: Guc, given: string, current: string): string {
  const value = guc.parse(given, current);
  if (value === undefined) {
    throw errors.invalidSetting(guc.name, given, guc.allowed);
  }
  return value;
}

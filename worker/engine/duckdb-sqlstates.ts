import type { ErrorClass } from '../../planner/errors.ts';

/** What Postgres calls an error, and what the coordinator may do about it. */
export interface Verdict {
  readonly errorClass: ErrorClass;
  readonly sqlstate: string;
}

/** A DuckDB exception, as far as it is told. `subtype` and `entryType` come with JSON errors only. */
export interface EngineException {
  /** DuckDB's exception type: `Binder`, `Out of Range`, ... */
  readonly type: string;
  readonly message: string;
  readonly subtype?: string | undefined;
  /** What is missing or there already: `Table`, `Scalar Function`, ... */
  readonly entryType?: string | undefined;
}

/** A refinement of an exception type by its text; the first that matches wins. */
type Rule = readonly [pattern: RegExp, sqlstate: string, errorClass?: ErrorClass];

interface Kind extends Verdict {
  readonly rules?: readonly Rule[];
}

const dateTimeRules: readonly Rule[] = [
  [/^invalid (date|time|timestamp) field format|Could not parse string/i, '22007'],
  [/(date|time|timestamp) field value out of range|not in timestamp range|TIMESTAMP.* out of range/i, '22008'],
];

const user = (sqlstate: string, rules: readonly Rule[] = []): Kind => ({ errorClass: 'user', sqlstate, rules });
const infra = (sqlstate: string, rules: readonly Rule[] = []): Kind => ({ errorClass: 'infra', sqlstate, rules });
const internal: Kind = { errorClass: 'internal', sqlstate: 'XX000' };

const binderRules: readonly Rule[] = [
  [/^Referenced table/, '42P01'],
  [/^Referenced (update )?column|does not have a column|does not exist on (left|right) side of join/i, '42703'],
  [/^Could not find key ".*" in struct/, '42703'],
  [/^No function matches/, '42883'],
  [/^Cannot (concatenate|compare|combine)|^Cannot deduce template type/, '42804'],
  [/^Could not choose a best candidate function/, '42725'],
  [/^Ambiguous reference to table|^Duplicate alias/i, '42712'],
  [/^Ambiguous reference/, '42702'],
  [/must appear in the GROUP BY|cannot contain aggregates|aggregate function calls cannot/i, '42803'],
  [/cannot contain window|window function calls cannot/i, '42P20'],
  [/^Prepared statement ".*" does not exist/, '26000'],
  [/term out of range/, '42P10'],
  [/depth limit/, '54001'],
  [/already exists/, '42P07'],
  [/^Set operations can only|values were supplied|^Subquery returns \d+ columns/, '42601'],
  [/collation/i, '42P21'],
  [/^Duplicate CTE name/, '42712'],
  [/columns available but \d+ columns specified/, '42P10'],
  [/^LIMIT\/OFFSET cannot be negative/, '2201W'],
  [/^interval cannot be 0/, '22023'],
  [/not (implemented|supported)|unsupported/i, '0A000'],
];

const catalogRules: readonly Rule[] = [
  [/unrecognized configuration parameter/, '42704'],
  [/cannot be set (locally|globally)|can only be set/, '55P02'],
  [/^Table with name .* because schema ".*" does not exist/, '42P01'],
  [/because schema ".*" does not exist/, '3F000'],
  [/^Column with name .* already exists/, '42701'],
  [/is not in the catalog, but it exists in the .* extension/, '0A000'],
  [/is not an? (table|view)|existing object .* is of type/i, '42809'],
  [/Could not .*(rename|alter|drop).* depend/i, '2BP01'],
  [/write-write conflict/i, '40001'],
];

const constraintRules: readonly Rule[] = [
  [/duplicate key|violates (primary key|unique) constraint|PRIMARY KEY or UNIQUE/i, '23505'],
  [/NOT NULL constraint/i, '23502'],
  [/foreign key/i, '23503'],
  [/CHECK constraint/i, '23514'],
];

const transactionRules: readonly Rule[] = [
  [/is aborted/, '25P02'],
  [/no transaction is active/, '25P01'],
  [/within a transaction/, '25001'],
  [/read-only/i, '25006'],
  [/conflict/i, '40001'],
];

const ioRules: readonly Rule[] = [
  [/No space left on device|Disk quota exceeded|File too large|max_temp_directory_size/i, '53100'],
  [/No files found that match/, '58P01', 'user'],
  [/permission denied/i, '42501', 'user'],
  [/too many open files/i, '53000'],
];

/** DuckDB's exception types (1.5.5: all that `Exception::ExceptionTypeToString` names). */
const kinds: Readonly<Record<string, Kind>> = {
  'Out of Range': user('22003', [
    [/division by zero/i, '22012'],
    [/logarithm/, '2201E'],
    [/square root|power/, '2201F'],
    [/maximum supported string size/, '54000'],
    [/in (date|timestamp|interval)|(date|timestamp|interval) (overflow|out of range)/i, '22008'],
  ]),
  Conversion: user('22P02', [
    ...dateTimeRules,
    [
      /^Could not convert string '[\s]*[-+]?\d+[\s]*' to U?INT|^Casting value .* to type DECIMAL.* out of range/i,
      '22003',
    ],
    [/^Could not convert string '.*' to INTERVAL/s, '22007'],
    [/^Date out of range/i, '22008'],
    [/^extract specifier .* not recognized/i, '22023'],
    [/^Invalid hex escape code/i, '22023'],
    [/^Unimplemented type for cast/, '42846'],
    [/out of range for the destination type|^Could not cast value .* to DECIMAL|overflow/i, '22003'],
    [/Cannot cast list with length/, '2202E'],
  ]),
  /** Raised by the Parquet reader for bytes that make no sense, without the name of the file. */
  Invalid: user('58030'),
  Decimal: user('22003'),
  'Unknown Type': user('42704'),
  'Mismatch Type': user('42804'),
  'Invalid type': user('42804'),
  'Divide by Zero': user('22012'),
  'Object Size': user('54000'),
  'Invalid Input': user('22023', [
    [/^More than one row returned by a subquery/, '21000'],
    [/^Expected \d+ parameters|^Values were not provided|^Parameter argument\/count mismatch/, '08P01'],
    ...dateTimeRules,
    [/^Malformed JSON/, '22P02'],
    [/invalid UTF8 Codepoint/i, '22023'],
    [/Invalid UTF8|invalid unicode/i, '22021'],
    [/^missing \)|^missing \]|invalid (escape|perl|regex)|no argument for repetition/i, '2201B'],
    [/escape string/i, '22025'],
    [/cannot be set as a session variable|while database is running/, '55P02'],
    [/^Cannot change allowed_/, '42501'],
  ]),
  'Invalid Configuration': user('22023'),
  Serialization: internal,
  TransactionContext: user('25000', transactionRules),
  'Not implemented': user('0A000', [[/^Unknown TimeZone/, '22023']]),
  Expression: user('42000'),
  Catalog: user('42704', catalogRules),
  Parser: user('42601', [
    [/^Duplicate CTE name/, '42712'],
    [/depth limit|memory exhausted/, '54001'],
  ]),
  Syntax: user('42601', [
    [/^like pattern must not end/i, '22025'],
    [/escape string/i, '22025'],
  ]),
  Binder: user('42000', binderRules),
  Planner: internal,
  Scheduler: internal,
  Executor: internal,
  Constraint: user('23000', constraintRules),
  Index: internal,
  Stat: internal,
  Connection: infra('08006'),
  Settings: user('22023'),
  Optimizer: internal,
  NullPointer: internal,
  IO: infra('58030', ioRules),
  INTERRUPT: { errorClass: 'cancelled', sqlstate: '57014' },
  FATAL: internal,
  INTERNAL: internal,
  'Out of Memory': { errorClass: 'oom', sqlstate: '53200', rules: [[/max_temp_directory_size/, '53100', 'oom']] },
  Permission: user('42501'),
  'Parameter Not Resolved': user('42P18'),
  'Parameter Not Allowed': user('42601'),
  Dependency: user('2BP01'),
  'Missing Extension': user('0A000'),
  'Extension Autoloading': user('0A000'),
  HTTP: infra('58030'),
  Sequence: user('2200H'),
};

const missingEntries: Readonly<Record<string, string>> = {
  Table: '42P01',
  View: '42P01',
  Sequence: '42P01',
  Index: '42704',
  Schema: '3F000',
  Type: '42704',
  Collation: '42704',
};

const presentEntries: Readonly<Record<string, string>> = {
  Table: '42P07',
  View: '42P07',
  Sequence: '42P07',
  Index: '42P07',
  Schema: '42P06',
  Type: '42710',
};

function byEntry(exception: EngineException): string | undefined {
  const entryType = exception.entryType ?? '';
  const isFunction = /Function|Macro/.test(entryType);
  if (exception.subtype === 'MISSING_ENTRY') return isFunction ? '42883' : missingEntries[entryType];
  if (exception.subtype === 'ENTRY_ALREADY_EXISTS') return isFunction ? '42723' : presentEntries[entryType];
  if (exception.subtype === 'COLUMN_NOT_FOUND') return '42703';
  return undefined;
}

/** True when the text starts with an exception type of DuckDB, e.g. `Binder Error: ...`. */
export function isEngineType(type: string): boolean {
  return Object.hasOwn(kinds, type);
}

/** Class and SQLSTATE of a DuckDB exception; a type that is not in the table is a bug of ours (XX000). */
export function verdictOf(exception: EngineException): Verdict {
  const kind = kinds[exception.type];
  if (kind === undefined) return internal;
  const entry = byEntry(exception);
  if (entry !== undefined) return { errorClass: kind.errorClass, sqlstate: entry };
  const rule = kind.rules?.find(([pattern]) => pattern.test(exception.message));
  return rule === undefined ? kind : { errorClass: rule[2] ?? kind.errorClass, sqlstate: rule[1] };
}

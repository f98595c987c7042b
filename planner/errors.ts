/**
 * The error catalogue. Every error that can reach a client is made here, so that its SQLSTATE, message, detail and hint are
 * decided once. Messages follow PostgreSQL's style guide: primary message short and factual, lower case, no full stop.
 *
 * `errorClass` decides what the coordinator does with a failed task; it is a field, never parsed from text:
 * - `user`: the query is at fault; fails at once, never retried.
 * - `infra`: a worker, connection or disk is at fault; the task is retried elsewhere.
 * - `oom`: out of memory; retried with fewer threads or more memory.
 * - `input_changed`: a file was replaced while a query read it; the statement is planned again, or 40001.
 * - `cancelled`: the client or a time-out asked for it.
 * - `internal`: a bug of ours (XX000).
 */
export type ErrorClass = 'user' | 'infra' | 'oom' | 'input_changed' | 'cancelled' | 'internal';

/** What may be told beside the primary message. `position` is 1-based, in characters (code points) of the client's text. */
export interface ErrorExtras {
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  readonly position?: number | undefined;
  readonly context?: string | undefined;
  readonly object?: ErrorObject | undefined;
  readonly cause?: unknown;
}

/** What an error is about: programs find constraints by their names. */
export interface ErrorObject {
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly constraint?: string | undefined;
}

/** The plain form of an error: what travels in a worker's `failed` message. */
export interface ErrorJson extends Omit<ErrorExtras, 'cause'> {
  readonly errorClass: ErrorClass;
  readonly sqlstate: string;
  readonly message: string;
}

export class SluiceError extends Error {
  readonly errorClass: ErrorClass;
  readonly sqlstate: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly position: number | undefined;
  readonly context: string | undefined;
  readonly object: ErrorObject | undefined;

  constructor(errorClass: ErrorClass, sqlstate: string, message: string, extras: ErrorExtras = {}) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.name = 'SluiceError';
    this.errorClass = errorClass;
    this.sqlstate = sqlstate;
    this.detail = extras.detail;
    this.hint = extras.hint;
    this.position = extras.position;
    this.context = extras.context;
    this.object = extras.object;
  }

  toJSON(): ErrorJson {
    const { errorClass, sqlstate, message, detail, hint, position, context, object } = this;
    const plain = { errorClass, sqlstate, message, detail, hint, position, context };
    return object === undefined ? plain : { ...plain, object };
  }

  static fromJSON(json: ErrorJson): SluiceError {
    return new SluiceError(json.errorClass, json.sqlstate, json.message, json);
  }
}

/** `Did you mean ...?` for a name, or undefined when nothing is near. */
function nearHint(near: string | undefined): string | undefined {
  return near === undefined ? undefined : `Did you mean "${near}"?`;
}

const user = (sqlstate: string, message: string, extras?: ErrorExtras) =>
  new SluiceError('user', sqlstate, message, extras);

/** True for `stageRowsLost`, also after its way from a worker. */
export function isStageRowsLost({ errorClass, sqlstate }: SluiceError): boolean {
  return errorClass === 'infra' && sqlstate === rowsLostState;
}

const rowsLostState = '58P01';

/** True for `engineFailed`, also after its way from a worker. */
export function isEngineFailure({ errorClass, sqlstate }: SluiceError): boolean {
  return errorClass === 'infra' && sqlstate === engineFailedState;
}

const engineFailedState = 'XX000';

/** One function per error. Add new ones here, next to their kin; never write an SQLSTATE elsewhere. */
export const errors = {
  syntax: (message: string, position?: number, hint?: string) => user('42601', message, { position, hint }),
  undefinedTable: (name: string, near?: string, position?: number) =>
    user('42P01', `relation "${name}" does not exist`, { position, hint: nearHint(near) }),
  undefinedColumn: (name: string, near?: string, position?: number) =>
    user('42703', `column "${name}" does not exist`, { position, hint: nearHint(near) }),
  /** A column is qualified by a name that no relation of the query has. */
  missingFrom: (name: string, near?: string, position?: number) =>
    user('42P01', `missing FROM-clause entry for table "${name}"`, { position, hint: nearHint(near) }),
  duplicateTable: (name: string) => user('42P07', `relation "${name}" already exists`),
  unknownSetting: (name: string, near?: string) =>
    user('42704', `unrecognized configuration parameter "${name}"`, { hint: nearHint(near) }),
  invalidSetting: (name: string, value: string, allowed: string) =>
    user('22023', `invalid value for parameter "${name}": "${value}"`, { hint: `Allowed: ${allowed}.` }),
  /** A setting, flag, variable or argument that does not exist; `what` names it with its kind. */
  unknownOption: (what: string, near?: string) => user('F0000', `unknown ${what}`, { hint: nearHint(near) }),
  flagValue: (flag: string, problem: string) => user('F0000', `flag ${flag} ${problem}`),
  configFile: (path: string, reason: string) =>
    user('F0000', `could not read config file "${path}"`, { detail: reason }),
  /** Settings that are fine alone but not together. */
  configConflict: (message: string, hint: string) => user('F0000', message, { hint }),
  /** The gateway or worker can't start; `hint` names the flag that helps. */
  cannotStart: (message: string, hint: string, detail?: string) => user('58030', message, { hint, detail }),
  stateInUse: (folder: string, pid: number | null) =>
    user('55006', `state folder "${folder}" is in use by ${pid === null ? 'another gateway' : `process ${pid}`}`, {
      hint: 'Stop that gateway, or choose another folder with --state.',
    }),
  featureNotSupported: (what: string, hint?: string, position?: number) =>
    user('0A000', `${what} is not supported`, { hint, position }),
  /** Two queries with one name would use the same files. */
  checkpointInUse: (name: string) =>
    user('55006', `checkpoint "${name}" is in use by a query that runs`, {
      hint: 'Wait for it, or choose another name.',
    }),
  undefinedCheckpoint: (name: string) => user('42704', `checkpoint "${name}" does not exist`),
  functionDefinition: (problem: string) => user('42P13', problem),
  /** A hint that can be read and not obeyed. `position`: null where it stands in a view. */
  invalidHint: (problem: string, hint: string, position: number | null = null) =>
    user('22023', `hint ${problem}`, { hint, position: position ?? undefined }),
  accessDenied: (what: string, hint?: string) => user('42501', `permission denied: ${what}`, { hint }),
  /** As PostgreSQL words it: `permission denied for table t`, `must be owner of view v`. */
  insufficientPrivilege: (message: string, hint?: string) => user('42501', message, { hint }),
  permissionDenied: (kind: string, name: string) => user('42501', `permission denied for ${kind} ${name}`),
  notOwner: (kind: string, name: string) => user('42501', `must be owner of ${kind} ${name}`),
  undefinedRole: (name: string) => user('42704', `role "${name}" does not exist`),
  duplicateRole: (name: string) => user('42710', `role "${name}" already exists`),
  reservedRole: (message: string, detail?: string) => user('42939', message, { detail }),
  invalidGrant: (message: string) => user('0LP01', message),
  dependentObjects: (name: string, detail: string) =>
    user('2BP01', `role "${name}" cannot be dropped because some objects depend on it`, { detail }),
  roleInUse: (message: string) => user('55006', message),
  tooManyRoleConnections: (name: string) => user('53300', `too many connections for role "${name}"`),
  /** Another process holds the lock of the file of roles. */
  rolesInUse: (path: string) =>
    user('55006', 'roles are being changed by another process', { hint: `Try again. If none is: remove "${path}".` }),
  noSuchSchema: (name: string) => user('3F000', `schema "${name}" does not exist`),
  unreadableFile: (path: string, reason: string) => user('58030', `could not read file "${path}"`, { detail: reason }),
  unwritableFile: (path: string, reason: string) => user('58030', `could not write file "${path}"`, { detail: reason }),
  /** No file at a location that has to have one; `pattern` as the client or the configuration wrote it. */
  undefinedFile: (pattern: string, hint?: string) => user('58P01', `no file matches "${pattern}"`, { hint }),
  mixedFormats: (table: string, detail: string) =>
    user('42809', `data set "${table}" has files of different formats`, {
      detail,
      hint: "Name one kind: --data name=GLOB, or CREATE FOREIGN TABLE with OPTIONS (location '...', format '...').",
    }),
  invalidTableOption: (option: string, reason: string) => user('HV00D', `invalid option "${option}"`, { hint: reason }),
  invalidTableOptionValue: (option: string, value: string, allowed: string) =>
    user('HV024', `invalid value for option "${option}": "${value}"`, { hint: `Allowed: ${allowed}.` }),
  undefinedType: (name: string) => user('42704', `type "${name}" does not exist`),
  duplicateColumn: (name: string) => user('42701', `column "${name}" specified more than once`),
  columnExists: (column: string, relation: string) =>
    user('42701', `column "${column}" of relation "${relation}" already exists`),
  invalidForeignKey: (message: string, detail?: string) => user('42830', message, { detail }),
  /** A row of the referring table whose key is not there. `object`: names of the constraint and of that table. */
  foreignKeyMissing: (object: Required<Omit<ErrorObject, 'column'>>, detail: string) =>
    user(
      '23503',
      `insert or update on table "${object.table}" violates foreign key constraint "${object.constraint}"`,
      {
        ...{ detail, object },
      },
    ),
  /** A row of `table` that goes while others refer to it. `object`: names of the constraint and of the referring table. */
  foreignKeyReferenced: (table: string, object: Required<Omit<ErrorObject, 'column'>>, detail: string) =>
    user(
      '23503',
      `update or delete on table "${table}" violates foreign key constraint "${object.constraint}" on table "${object.table}"`,
      { detail, object },
    ),
  foreignKeyTypes: (constraint: string, detail: string) =>
    user('42804', `foreign key constraint "${constraint}" cannot be implemented`, { detail }),
  undefinedKeyColumn: (column: string) =>
    user('42703', `column "${column}" referenced in foreign key constraint does not exist`),
  noPrimaryKey: (table: string) => user('42704', `there is no primary key for referenced table "${table}"`),
  wrongKeyTable: (message: string) => user('42P16', message),
  /** Another transaction has committed what, together with this one, would leave a row that refers to nothing. */
  concurrentKeys: () =>
    user('40001', 'could not serialize access due to concurrent update', {
      detail: 'Another transaction has changed rows that belong together with its own by a foreign key.',
      hint: 'The transaction might succeed if retried.',
    }),
  /** `what`: table p, constraint p_pkey on table p. */
  dependents: (what: string, detail: string) =>
    user('2BP01', `cannot drop ${what} because other objects depend on it`, {
      detail,
      hint: 'Use DROP ... CASCADE to drop the dependent objects too.',
    }),
  truncateReferenced: (child: string, parent: string) =>
    user('0A000', 'cannot truncate a table referenced in a foreign key constraint', {
      detail: `Table "${child}" references "${parent}".`,
      hint: `Truncate table "${child}" at the same time, or use TRUNCATE ... CASCADE.`,
    }),
  unknownConstraint: (name: string) => user('42704', `constraint "${name}" does not exist`),
  notDeferrable: (name: string) => user('42809', `constraint "${name}" is not deferrable`),
  multiplePrimaryKeys: (relation: string) =>
    user('42P16', `multiple primary keys for table "${relation}" are not allowed`),
  undefinedConstraint: (name: string, relation: string) =>
    user('42704', `constraint "${name}" of relation "${relation}" does not exist`),
  constraintExists: (name: string, relation: string) =>
    user('42710', `constraint "${name}" for relation "${relation}" already exists`),
  /** A file of the query can't be read, and DuckDB does not say which (see worker/engine/find-unreadable-file.ts). */
  unreadableInput: (reason: string) => user('58030', 'could not read a file of the query', { detail: reason }),
  clashingColumn: (table: string, column: string, detail: string) =>
    user('42804', `column "${column}" of data set "${table}" has types that can not be unified`, { detail }),
  inputChanged: (path: string) =>
    new SluiceError('input_changed', '40001', `file "${path}" changed while it was read`, {
      hint: 'Run the statement again.',
    }),
  cancelled: () => new SluiceError('cancelled', '57014', 'canceling statement due to user request'),
  shuttingDown: () => new SluiceError('cancelled', '57P01', 'terminating connection due to administrator command'),
  workerLost: (worker: string, reason: string) =>
    new SluiceError('infra', '58000', `lost worker ${worker}`, { detail: reason }),
  noWorkers: (waitedMs: number) =>
    new SluiceError('infra', '53000', 'no worker is available', {
      detail: `Waited ${waitedMs} ms.`,
      hint: 'Look at the log of the workers, or SET sluice.strategy = direct.',
    }),
  /** Rows were to go between stages as files, and a worker does not see the folder. Not the query's fault: it is not judged by running it whole. */
  exchangeNotShared: (worker: string) =>
    new SluiceError('infra', '55000', `worker ${worker} does not share the exchange folder`, {
      hint: 'SET sluice.exchange = auto.',
    }),
  /** A worker was to write files of a data set and does not see its folder; elsewhere the task can run. */
  targetNotShared: (folder: string) =>
    new SluiceError('infra', '55000', `the folder "${folder}" is not there`, {
      hint: 'Every worker has to see the folders of --data and --allow under the same paths.',
    }),
  /** INSERT with another number of values than columns. */
  insertColumns: (more: 'expressions' | 'target columns', fewer: 'expressions' | 'target columns') =>
    user('42601', `INSERT has more ${more} than ${fewer}`),
  /** An option of COPY or CREATE TABLE that writes a data set. */
  unknownWriteOption: (name: string, format: string, near?: string) =>
    user('22023', `unrecognized option "${name}" for ${format} files`, { hint: nearHint(near) }),
  invalidWriteOption: (name: string, value: string, allowed: string) =>
    user('22023', `invalid value for option "${name}": "${value}"`, { hint: `Allowed: ${allowed}.` }),
  /** A data set is not written over what is there unless that is asked for. */
  folderNotEmpty: (folder: string) =>
    user('55000', `folder "${folder}" is not empty`, {
      hint: 'Add the option "overwrite" to put the new files in the place of the old ones, or use INSERT to append.',
    }),
  /** What one writer needs for itself another one has. */
  folderInUse: (folder: string) =>
    user('55006', `data set "${folder}" is being written by another session`, { hint: 'Try again later.' }),
  nestedDataSet: (folder: string, other: string) =>
    user('55000', `folder "${folder}" can not be a data set beside that in "${other}"`, {
      hint: 'One lies in the other. Choose a folder of its own.',
    }),
  /** A file that a stage left for others is gone or damaged: the query has to run again. No other error has this class and SQLSTATE. */
  stageRowsLost: (path: string, reason: string) =>
    new SluiceError('infra', rowsLostState, 'rows of an earlier stage are lost', { detail: `${path}: ${reason}` }),
  /** A task's inputs are too much to be sent through the gateway. */
  inputsTooLarge: (bytes: number, limit: number) =>
    user('54000', 'too many rows to send to one task', {
      detail: `They have ${bytes} bytes, the limit is ${limit}.`,
      hint: 'Give workers a shared exchange folder, or more partitions: SET sluice.partitions.',
    }),
  /**
   * Not tried whole in the gateway by itself: there it would take down the engine that the answers of all other sessions come from. What took down
   * engines and no process may be a part of a query that is right as a whole, so that its sender is told how to try.
   */
  poisonTask: (task: string, attempts: number, last: string, victims: 'workers' | 'engines' = 'workers') =>
    new SluiceError('internal', '58000', `task ${task} took down ${attempts} ${victims}`, {
      detail: last,
      hint: victims === 'engines' ? 'SET sluice.strategy = direct runs the query whole in the gateway.' : undefined,
    }),
  outOfMemory: (message: string) => new SluiceError('oom', '53200', 'out of memory', { detail: message }),
  /**
   * What DuckDB raised, in Postgres' terms. The one table from DuckDB's exception types to classes and SQLSTATEs is
   * worker/engine/duckdb-sqlstates.ts.
   */
  engine: (errorClass: ErrorClass, sqlstate: string, message: string, extras?: ErrorExtras) =>
    new SluiceError(errorClass, sqlstate, message, extras),
  /**
   * An INTERNAL or FATAL error of DuckDB: its whole instance is unusable, also for other queries, which fail with this too; it is replaced.
   * No other error has this class and SQLSTATE.
   */
  engineFailed: (detail: string, cause?: unknown) =>
    new SluiceError('infra', engineFailedState, 'the query engine failed', {
      detail,
      hint: 'A fresh engine takes its place: run the statement again.',
      cause,
    }),
  /** The database of local tables was opened anew under a session that had a transaction or temporary objects there. */
  sessionStateLost: () =>
    new SluiceError('infra', '57P02', 'the transaction and temporary objects of this session are lost', {
      detail: 'The engine failed under another session, and the database of local tables was opened anew.',
      hint: 'Roll back, create temporary objects again, and run the statement again.',
    }),
  /** A stream of rows ended before its time for a reason that did not come again. */
  streamBroken: () =>
    new SluiceError('infra', '58000', 'the rows of a query broke off', { hint: 'Run the statement again.' }),
  rowTooLarge: (bytes: number, limit: number) =>
    user('54000', 'row is too large', { detail: `It has ${bytes} bytes, the limit is ${limit}.` }),
  /** What a peer on a worker connection sent breaks the protocol; the connection is closed. */
  badPeer: (reason: string) => new SluiceError('infra', '08P01', `invalid message: ${reason}`),
  gatewayLost: (gateway: string, reason: string) =>
    new SluiceError('infra', '08006', `lost gateway ${gateway}`, { detail: reason }),
  /** A worker that may not join: another version, a wrong token. Told to the worker, which gives up. */
  workerRefused: (reason: string, hint?: string) =>
    new SluiceError('user', '28000', `worker refused: ${reason}`, { hint }),
  duplicateKey: (detail: string) => user('23505', 'duplicate key value violates unique constraint', { detail }),
  /** A malformed or unexpected message of the wire protocol. */
  protocolViolation: (message: string) => user('08P01', message),
  invalidEncoding: (what: string) => user('22021', `invalid byte sequence for encoding "UTF8": ${what}`),
  tooManyConnections: (limit: number, reserved = 0) =>
    user('53300', 'sorry, too many clients already', {
      detail: `The limit is ${limit} connections${reserved > 0 ? `, ${reserved} of them reserved` : ''}.`,
    }),
  tooManyQueries: (limit: number, detail: string) =>
    user('53300', 'too many queries', {
      detail: `${detail} The limit is ${limit} running at a time.`,
      hint: 'Try again later.',
    }),
  /** One message for a wrong password and for an unknown user: names must not be guessable. */
  authenticationFailed: (name: string) => user('28P01', `password authentication failed for user "${name}"`),
  invalidAuthorization: (message: string) => user('28000', message),
  inFailedTransaction: () =>
    user('25P02', 'current transaction is aborted, commands ignored until end of transaction block'),
  readOnlyTransaction: (command: string) => user('25006', `cannot execute ${command} in a read-only transaction`),
  noActiveTransaction: (command: string) => user('25P01', `${command} can only be used in transaction blocks`),
  activeTransaction: (command: string) => user('25001', `${command} cannot run inside a transaction block`),
  /** `what` names the mode, as far as the word "must". */
  modeAfterQuery: (what: string) => user('25001', `${what} before any query`),
  undefinedStatement: (name: string) =>
    user(
      '26000',
      name === '' ? 'unnamed prepared statement does not exist' : `prepared statement "${name}" does not exist`,
    ),
  duplicateStatement: (name: string) => user('42P05', `prepared statement "${name}" already exists`),
  undefinedPortal: (name: string) => user('34000', `portal "${name}" does not exist`),
  duplicatePortal: (name: string) => user('42P03', `cursor "${name}" already exists`),
  portalNotRunnable: (name: string) => user('55000', `portal "${name}" cannot be run`),
  undefinedCursor: (name: string) => user('34000', `cursor "${name}" does not exist`),
  invalidCursor: (message: string) => user('42P11', message),
  cursorForwardOnly: () =>
    user('55000', 'cursor can only scan forward', {
      hint: 'Declare it with SCROLL option to enable backward scan.',
    }),
  undefinedSavepoint: (name: string) => user('3B001', `savepoint "${name}" does not exist`),
  /** DuckDB has no savepoints, and what was done before this one can't be done once more with the same outcome. */
  savepointLost: (name: string, reason: string) =>
    user('0A000', `could not go back to savepoint "${name}"`, {
      detail: reason,
      hint: 'Roll the whole transaction back and run it again.',
    }),
  /** As `savepointLost`, because of what others have done: running the transaction again may do. */
  savepointOvertaken: (name: string) =>
    user('40001', `could not go back to savepoint "${name}" due to concurrent update`, {
      detail: 'Another session has committed since the transaction began.',
      hint: 'Roll the whole transaction back and run it again.',
    }),
  deadlock: (detail: string) => user('40P01', 'deadlock detected', { detail }),
  lockTimeout: () => new SluiceError('cancelled', '55P03', 'canceling statement due to lock timeout'),
  tooManyLocks: (limit: number) =>
    user('53200', 'out of shared memory', { detail: `There are ${limit} advisory locks.` }),
  invalidArgument: (message: string) => user('22023', message),
  /** As `featureNotSupported`, where PostgreSQL has other words for it. */
  unsupported: (message: string) => user('0A000', message),
  invalidOption: (message: string, position?: number) => user('22023', message, { position }),
  invalidColumnReference: (message: string, detail?: string) => user('42P10', message, { detail }),
  undefinedColumnOf: (column: string, relation: string, near?: string) =>
    user('42703', `column "${column}" of relation "${relation}" does not exist`, { hint: nearHint(near) }),
  /** The same error, which tells the constraint, or column, that it is about. */
  ofConstraint: (error: SluiceError, message: string, object: ErrorObject, detail = error.detail) =>
    new SluiceError(error.errorClass, error.sqlstate, message, { detail, object, cause: error.cause }),
  /** Rows of COPY that can't be read. */
  badCopyFormat: (message: string, hint?: string) => user('22P04', message, { hint }),
  /** The client broke COPY off. */
  copyFailed: (reason: string) => new SluiceError('cancelled', '57014', `COPY from stdin failed: ${reason}`),
  /** The same error with the place in the data where it is. */
  inContext: (error: SluiceError, context: string) =>
    new SluiceError(error.errorClass, error.sqlstate, error.message, {
      ...{ detail: error.detail, hint: error.hint, position: error.position },
      ...{ context: error.context === undefined ? context : `${error.context}\n${context}`, cause: error },
    }),
  notNullViolation: (column: string, relation: string, detail?: string) =>
    user('23502', `null value in column "${column}" of relation "${relation}" violates not-null constraint`, {
      detail,
    }),
  numericFieldOverflow: (precision: number, scale: number, infinite: boolean) =>
    user('22003', 'numeric field overflow', {
      detail: infinite
        ? `A field with precision ${precision}, scale ${scale} cannot hold an infinite value.`
        : `A field with precision ${precision}, scale ${scale} must round to an absolute value less than ${scale === precision ? '1' : `10^${precision - scale}`}.`,
    }),
  invalidEnumValue: (type: string, value: string) => user('22P02', `invalid input value for enum ${type}: "${value}"`),
  untranslatableCharacter: (bytes: string, encoding: string) =>
    user(
      '22P05',
      `character with byte sequence ${bytes} in encoding "UTF8" has no equivalent in encoding "${encoding}"`,
    ),
  invalidExecute: (name: string, expected: number, given: number) =>
    user('42601', `wrong number of parameters for prepared statement "${name}"`, {
      detail: `Expected ${expected} parameters but got ${given}.`,
    }),
  planChanged: () => user('0A000', 'cached plan must not change result type'),
  indeterminateParameter: (index: number) =>
    user('42P18', `could not determine data type of parameter $${index}`, { hint: `Write a cast: $${index}::type.` }),
  undefinedParameter: (index: number) => user('42P02', `there is no parameter $${index}`),
  limitExceeded: (message: string, hint?: string) => user('54000', message, { hint }),
  spoolFull: (bytes: number) =>
    user('53400', 'temporary storage of a suspended answer is full', { detail: `The limit is ${bytes} bytes.` }),
  wrongObjectType: (message: string, hint?: string) => user('42809', message, { hint }),
  fixedSetting: (name: string) => user('55P02', `parameter "${name}" cannot be changed`),
  statementTimeout: () => new SluiceError('cancelled', '57014', 'canceling statement due to statement timeout'),
  idleTimeout: (setting: 'idle_in_transaction_session_timeout' | 'idle_session_timeout') =>
    new SluiceError(
      'cancelled',
      setting === 'idle_session_timeout' ? '57P05' : '25P03',
      setting === 'idle_session_timeout'
        ? 'terminating connection due to idle-session timeout'
        : 'terminating connection due to idle-in-transaction timeout',
    ),
  connectionLost: () => new SluiceError('cancelled', '08006', 'connection to client lost'),
  invalidUsersFile: (line: number, reason: string) => user('22023', `users file, line ${line}: ${reason}`),
  insecureListen: (host: string) =>
    user('28000', `refusing to listen on "${host}" without passwords and TLS`, {
      hint: 'Listen on 127.0.0.1, or give a users file, a TLS certificate and its key.',
    }),
  encryptionRequired: (what = 'connections from other hosts') =>
    user('28000', `${what} must use TLS`, { hint: 'Connect with sslmode=require.' }),
  certificateRefused: (name: string) => user('28000', `certificate authentication failed for user "${name}"`),
  /** Only of one who has proved who they are by a certificate. */
  undefinedLogin: (name: string) => user('28000', `role "${name}" does not exist`),
  tooManyFailures: () => user('28000', 'too many failed log-ins from this address', { hint: 'Try again later.' }),
  /** A parameter or value in text form that its type does not accept. */
  invalidText: (type: string, value: string) => user('22P02', `invalid input syntax for type ${type}: "${value}"`),
  /** A parameter in binary form that its type does not accept. */
  invalidBinary: (type: string, detail?: string) =>
    user('22P03', `incorrect binary data format for type ${type}`, { detail }),
  /** Of COPY: a value has more bytes than its type. */
  incorrectBinary: () => user('22P03', 'incorrect binary data format'),
  numericOutOfRange: (type: string, value: string) =>
    user('22003', `value "${value}" is out of range for type ${type}`),
  malformedArray: (value: string) => user('22P02', `malformed array literal: "${value}"`),
  invalidDatetime: (type: string, value: string) => user('22007', `invalid input syntax for type ${type}: "${value}"`),
  datetimeFieldOverflow: (value: string) => user('22008', `date/time field value out of range: "${value}"`),
  datetimeOutOfRange: (type: string) => user('22008', `${type} out of range`),
  /** A row frame of a worker that can't be read: the connection is not to be trusted any further. */
  malformedFrame: (reason: string, cause?: unknown) =>
    new SluiceError('infra', '08P01', 'malformed row frame', { detail: reason, cause }),
  undefinedServer: (name: string, known: string) =>
    user('42704', `server "${name}" does not exist`, { hint: `The only server is "${known}".` }),
  internal: (message: string, cause?: unknown) => new SluiceError('internal', 'XX000', message, { cause }),
} as const;

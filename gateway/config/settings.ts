/**
 * The one table of settings. Everything else is made from it: flags, environment variables, keys of the config file, `SET sluice.x`,
 * `--help`, what `doctor` prints and the type `Config`. To add a setting, add a row.
 *
 * A row named `worker_slots` is the flag `--worker-slots`, the variable `SLUICE_WORKER_SLOTS`, the config file's key `worker_slots`
 * and `Config.workerSlots`. With `set: true` it is also `SET sluice.worker_slots`.
 */
import { strategyNames } from '../../planner/plan/plan.ts';

/** Commands whose `--help` and command line have the setting. */
export type SettingUser = 'gateway' | 'worker';

interface SettingBase {
  readonly help: string;
  /** What `--help` shows in place of the value. */
  readonly value: string;
  readonly users: readonly SettingUser[];
  /** False: not on the command line, where every user of the machine could read it. */
  readonly flag?: false;
  /** Sessions may change it with SET; the configured value is then the default. */
  readonly set?: true;
  /** Never printed. */
  readonly secret?: true;
  /** Not in `--help` and the README: for tests alone. */
  readonly hidden?: true;
}

/** One row. `default: null` means that it is off, or chosen when the process starts; `absent` is the word for it. */
export type Setting = SettingBase &
  (
    | { readonly kind: 'string'; readonly default: string | null; readonly absent?: string }
    | {
        readonly kind: 'integer';
        readonly default: number | null;
        readonly min: number;
        readonly max: number;
        readonly absent?: string;
      }
    | {
        readonly kind: 'bytes' | 'milliseconds';
        readonly default: number | null;
        readonly min: number;
        readonly absent?: string;
      }
    | { readonly kind: 'enum'; readonly default: string; readonly values: readonly string[] }
    | { readonly kind: 'boolean'; readonly default: boolean }
    | { readonly kind: 'list'; readonly default: readonly string[] }
  );

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;
const second = 1000;

/** Most queries that may run at once, whatever is configured: `bin.cts` sizes libuv's pool for it. */
export const runningQueriesLimit = 112;
/** libuv threads kept free of queries: parse, prepare, catalog and local statements never wait for a long query. */
export const threadReserve = 16;

const gateway = ['gateway'] as const;
const both = ['gateway', 'worker'] as const;

export const settings = {
  data: {
    kind: 'list',
    default: [],
    value: 'DIR|GLOB|NAME=GLOB',
    users: gateway,
    help: 'files to serve as tables: every file or sub-folder of DIR, the files of GLOB, or one table NAME of GLOB; may be repeated',
  },
  listen: {
    kind: 'string',
    default: '127.0.0.1:5480',
    value: 'HOST:PORT',
    users: gateway,
    help: 'where Postgres clients connect; port 0: any free port',
  },
  http: {
    kind: 'string',
    default: '127.0.0.1:8480',
    value: 'HOST:PORT',
    users: gateway,
    help: 'where workers join and health checks are served; port 0: any free port',
  },
  workers: {
    kind: 'integer',
    default: null,
    min: 0,
    max: 256,
    absent: 'auto',
    value: 'N',
    users: gateway,
    help: 'worker processes to start on this machine; 0: only workers that join; auto: one for every 4 cores, at least 2',
  },
  state: {
    kind: 'string',
    default: '.sluice',
    value: 'DIR',
    users: gateway,
    help: 'folder of the catalog, local tables and temporary files; one gateway at a time',
  },
  allow: {
    kind: 'list',
    default: [],
    value: 'DIR',
    users: both,
    help: 'a further folder that SQL may read and write; may be repeated',
  },
  users_file: {
    kind: 'string',
    default: null,
    absent: 'none',
    value: 'FILE',
    users: gateway,
    help: 'users beside those of `sluice user add`, a line `name:verifier[:role]` each (SCRAM-SHA-256, as `sluice user NAME` prints it; role reader, writer or admin, else admin)',
  },
  auth: {
    kind: 'enum',
    default: 'auto',
    values: ['auto', 'trust', 'password', 'md5', 'scram-sha-256', 'cert'],
    value: 'METHOD',
    users: gateway,
    help: 'how users prove who they are: trust (no password; only on the loopback interface), password (as it is, only over TLS), md5, scram-sha-256, cert (the common name of a certificate of `client_ca`); auto: scram-sha-256 with a users file or beyond the loopback interface, else trust',
  },
  client_ca: {
    kind: 'string',
    default: null,
    absent: 'none',
    value: 'FILE',
    users: gateway,
    help: 'certificates in PEM that issue those of clients; clients are then asked for theirs',
  },
  tls_cert: {
    kind: 'string',
    default: null,
    absent: 'none',
    value: 'FILE',
    users: gateway,
    help: 'certificate chain in PEM; clients may then connect with TLS',
  },
  tls_key: {
    kind: 'string',
    default: null,
    absent: 'none',
    value: 'FILE',
    users: gateway,
    help: 'private key of the certificate in PEM',
  },
  insecure: {
    kind: 'boolean',
    default: false,
    value: '',
    users: gateway,
    help: 'allow `--listen` beyond the loopback interface without a users file or without TLS',
  },
  join: {
    kind: 'string',
    default: null,
    absent: 'none',
    value: 'URL',
    users: ['worker'],
    help: 'address of the gateway, ws://HOST:PORT or wss://HOST:PORT (its `--http` address)',
  },
  token_file: {
    kind: 'string',
    default: null,
    absent: 'none',
    value: 'FILE',
    users: both,
    help: 'file with the secret that workers prove when they join; the gateway makes `STATE/token` when it has none',
  },
  token: {
    kind: 'string',
    default: null,
    absent: 'none',
    value: 'TEXT',
    users: both,
    flag: false,
    secret: true,
    help: 'the secret itself, in place of `token_file`',
  },
  warm_up: {
    kind: 'boolean',
    default: true,
    value: '',
    users: gateway,
    help: 'plan built-in queries after the start, so that the first ones of clients are planned as quickly as later ones',
  },
  fault_plan: {
    kind: 'string',
    default: null,
    absent: 'none',
    value: 'FILE',
    users: both,
    hidden: true,
    help: 'faults that workers bring about themselves (worker/fault-plan.ts)',
  },
  log_level: {
    kind: 'enum',
    default: 'info',
    values: ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
    value: 'LEVEL',
    users: both,
    help: 'how much is logged (JSON lines on standard error)',
  },
  max_connections: {
    kind: 'integer',
    default: 500,
    min: 1,
    max: 10_000,
    value: 'N',
    users: gateway,
    help: 'client connections at a time',
  },
  reserved_connections: {
    kind: 'integer',
    default: 3,
    min: 0,
    max: 1_000,
    value: 'N',
    users: gateway,
    help: 'of `max_connections`, those that only users named by `reserved_for` get',
  },
  reserved_for: {
    kind: 'list',
    default: [],
    value: 'USER',
    users: gateway,
    help: 'a user who gets in when only reserved connections are left; none: nothing is reserved; may be repeated',
  },
  max_concurrent_queries: {
    kind: 'integer',
    default: null,
    min: 1,
    max: runningQueriesLimit,
    absent: 'auto',
    value: 'N',
    users: gateway,
    help: 'queries over data sets that run at a time; auto: twice the cores, at least 4',
  },
  max_queued_queries: {
    kind: 'integer',
    default: 1000,
    min: 0,
    max: 100_000,
    value: 'N',
    users: gateway,
    help: 'queries that may wait for one of these places',
  },
  queue_timeout: {
    kind: 'milliseconds',
    default: 300 * second,
    min: 1,
    value: 'TIME',
    users: gateway,
    help: 'how long a query may wait before it fails',
  },
  heartbeat: {
    kind: 'milliseconds',
    default: 2 * second,
    min: 50,
    value: 'TIME',
    users: gateway,
    help: 'how often each worker is asked for a sign of life; one that owes 5 is lost, and its tasks run elsewhere',
  },
  message_bytes_max: {
    kind: 'bytes',
    default: 64 * MiB,
    min: 64 * KiB,
    value: 'SIZE',
    users: gateway,
    help: 'largest message that a client may send',
  },
  auth_timeout: {
    kind: 'milliseconds',
    default: 60 * second,
    min: 100,
    value: 'TIME',
    users: gateway,
    help: 'how long a client may take to log in',
  },
  shutdown_grace: {
    kind: 'milliseconds',
    default: 30 * second,
    min: 0,
    value: 'TIME',
    users: both,
    help: 'how long running queries (of a worker: tasks) may go on after SIGTERM before they are cancelled',
  },
  worker_slots: {
    kind: 'integer',
    default: null,
    min: 1,
    max: 64,
    absent: 'auto',
    value: 'N',
    users: both,
    help: 'tasks that a worker runs at a time; auto: its share of the cores, at least 2',
  },
  worker_threads: {
    kind: 'integer',
    default: 1,
    min: 1,
    max: 256,
    value: 'N',
    users: both,
    help: 'threads of each task',
  },
  worker_memory: {
    kind: 'bytes',
    default: null,
    min: 64 * MiB,
    absent: 'auto',
    value: 'SIZE',
    users: both,
    help: "memory of a worker, shared by its slots; auto: its share of 40 % of the machine's (80 % for a worker that joins)",
  },
  memory: {
    kind: 'bytes',
    default: null,
    min: 64 * MiB,
    absent: 'auto',
    value: 'SIZE',
    users: gateway,
    help: "memory of the gateway's own DuckDBs, most of it for queries over data sets, the rest for local tables; auto: 40 % of the machine's",
  },
  temp_dir: {
    kind: 'string',
    default: null,
    absent: 'STATE/tmp',
    value: 'DIR',
    users: both,
    help: 'folder of spilled data; a worker that joins uses the system folder',
  },
  temp_bytes_max: {
    kind: 'bytes',
    default: 64 * GiB,
    min: MiB,
    value: 'SIZE',
    users: both,
    help: 'most bytes that one DuckDB may spill',
  },
  dialect: {
    kind: 'enum',
    default: 'postgres',
    values: ['postgres', 'duckdb'],
    set: true,
    value: 'NAME',
    users: gateway,
    help: 'postgres: NULL order, integer division, `~` and output names as PostgreSQL has them; duckdb: as DuckDB has them',
  },
  strategy: {
    kind: 'enum',
    default: 'auto',
    values: ['auto', ...strategyNames],
    set: true,
    value: 'NAME',
    users: gateway,
    help: 'force how queries run',
  },
  partitions: {
    kind: 'integer',
    default: null,
    min: 1,
    max: 4096,
    absent: 'auto',
    set: true,
    value: 'N',
    users: gateway,
    help: 'tasks of a scattered query',
  },
  direct_max_bytes: {
    kind: 'bytes',
    default: 64 * MiB,
    min: 0,
    set: true,
    value: 'SIZE',
    users: gateway,
    help: 'a query that reads no more than this runs whole in the gateway',
  },
  broadcast_max_bytes: {
    kind: 'bytes',
    default: 64 * MiB,
    min: 0,
    set: true,
    value: 'SIZE',
    users: gateway,
    help: 'a side of a join that is expected to be no larger than this may be given whole to every task; 0: none',
  },
  exchange: {
    kind: 'enum',
    default: 'auto',
    values: ['auto', 'frames', 'files'],
    set: true,
    value: 'WAY',
    users: gateway,
    help: 'how rows go from stage to stage: frames, through the gateway; files, in a folder that all workers share; auto: by size',
  },
  exchange_frame_bytes: {
    kind: 'bytes',
    default: MiB,
    min: 0,
    set: true,
    value: 'SIZE',
    users: gateway,
    help: 'what a stage is expected to leave for others goes by frames up to this size, when `exchange` is auto',
  },
  adaptive: {
    kind: 'enum',
    default: 'auto',
    values: ['auto', 'on', 'off'],
    set: true,
    value: 'WHEN',
    users: gateway,
    help: 'change a running query by the sizes that it finds: split, join or skip tasks, plan again; auto: unless `strategy` or `partitions` is set',
  },
  checkpoint_bytes_max: {
    kind: 'bytes',
    default: 64 * GiB,
    min: 0,
    value: 'SIZE',
    users: gateway,
    help: 'most bytes that checkpoints keep together; at the start and after a job those used the longest ago go',
  },
  checkpoint_age: {
    kind: 'milliseconds',
    default: 7 * 24 * 3600 * second,
    min: 0,
    value: 'TIME',
    users: gateway,
    help: 'a checkpoint that was not used for so long is removed at the next start',
  },
  disabled: {
    kind: 'list',
    default: [],
    set: true,
    value: 'NAME',
    users: gateway,
    help: 'planner passes and strategies that are switched off',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;

type Camel<S extends string> = S extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S;
type ValueOf<S extends Setting> = S extends { kind: 'list' }
  ? readonly string[]
  : S extends { kind: 'enum'; values: readonly (infer V)[] }
    ? V
    : S extends { kind: 'boolean' }
      ? boolean
      : (S extends { kind: 'string' } ? string : number) | (S['default'] extends null ? null : never);

/** Every setting's effective value. Bytes and milliseconds are numbers; null: the row's `absent`. */
export type Config = { readonly [K in SettingName as Camel<K>]: ValueOf<(typeof settings)[K]> };

/** A setting's value, of whatever kind. */
export type SettingValue = string | number | boolean | null | readonly string[];

/** The table in the order of `--help`. */
export const settingEntries = Object.entries(settings) as readonly (readonly [SettingName, Setting])[];

/** `worker_slots` -> `workerSlots`. */
export function configKey(name: SettingName): keyof Config {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()) as keyof Config;
}

/** `worker_slots` -> `--worker-slots`. */
export function flagName(name: string): string {
  return `--${name.replaceAll('_', '-')}`;
}

/** `worker_slots` -> `SLUICE_WORKER_SLOTS`. */
export function envName(name: string): string {
  return `SLUICE_${name.toUpperCase()}`;
}

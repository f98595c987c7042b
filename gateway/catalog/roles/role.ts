/** Who may log in, and who has whose rights. */

/** As CREATE ROLE made it. */
export interface Role {
  readonly name: string;
  readonly login: boolean;
  /** May do everything: the administrator. */
  readonly superuser: boolean;
  /** Has the rights of the roles that it is a member of without SET ROLE. */
  readonly inherit: boolean;
  /** Most sessions at a time; -1: no limit. */
  readonly connectionLimit: number;
  /** From when the password is of no use: ISO 8601, `infinity`, null. */
  readonly validUntil: string | null;
  /** A verifier as PostgreSQL keeps it, never a password: `SCRAM-SHA-256$...` or `md5...`. */
  readonly secret: string | null;
  readonly memberOf: readonly string[];
}

/** Owner of everything that administrators make; it always exists. */
export const bootstrapRole = 'sluice';
/** Owner of the schema `public`. */
export const databaseOwner = 'pg_database_owner';
export const readAllData = 'pg_read_all_data';
export const writeAllData = 'pg_write_all_data';
export const readServerFiles = 'pg_read_server_files';
export const writeServerFiles = 'pg_write_server_files';
/** Stands for everybody. PostgreSQL allows no role of this name. */
export const publicRole = '';

/** What a role is when nothing else is said of it. */
export const plainRole: Omit<Role, 'name'> = {
  login: false,
  superuser: false,
  inherit: true,
  connectionLimit: -1,
  validUntil: null,
  secret: null,
  memberOf: [],
};

/** Those of PostgreSQL 15; they can be granted, and nothing else. */
const predefinedNames = [
  'pg_monitor',
  'pg_read_all_settings',
  'pg_read_all_stats',
  'pg_stat_scan_tables',
  'pg_signal_backend',
  'pg_checkpoint',
  readServerFiles,
  writeServerFiles,
  'pg_execute_server_program',
  databaseOwner,
  readAllData,
  writeAllData,
];

/** Roles that every gateway has. */
export const predefinedRoles: readonly Role[] = [
  { ...plainRole, name: bootstrapRole, login: true, superuser: true },
  ...predefinedNames.map((name) => ({
    ...plainRole,
    name,
    memberOf: name === 'pg_monitor' ? ['pg_read_all_settings', 'pg_read_all_stats', 'pg_stat_scan_tables'] : [],
  })),
];

/** Kinds of users, as `sluice user add --role` names them. */
export const roleKinds = ['reader', 'writer', 'admin'] as const;
export type RoleKind = (typeof roleKinds)[number];

/** What a kind of user is a member of. */
export const membershipsOf: Readonly<Record<RoleKind, readonly string[]>> = {
  reader: [readAllData],
  writer: [readAllData, writeAllData],
  admin: [],
};

import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { errors } from '../../planner/errors.ts';
import { granted, lettersOf, objectKey, schemaObject } from '../catalog/roles/acl.ts';
import {
  membershipsOf,
  plainRole,
  predefinedRoles,
  type Role,
  type RoleKind,
  roleKinds,
} from '../catalog/roles/role.ts';
import type { RoleData } from '../catalog/roles/role-book.ts';
import { RoleStore } from '../catalog/roles/role-store.ts';
import { makeVerifier } from '../catalog/roles/verifier.ts';
import { makeUserLine } from '../pgwire/users.ts';
import { type Command, exitCodes, type Terminal } from './command.ts';
import { tableText } from './table-text.ts';

/** Reads one line of standard input; on a terminal without showing what is typed. */
async function readPassword(): Promise<string> {
  const terminal = process.stdin.isTTY === true;
  if (terminal) process.stderr.write('Password: ');
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: nowhere, terminal });
  try {
    for await (const line of reader) {
      if (line !== '') return line;
      break;
    }
    throw errors.configConflict('the password is empty', 'Type it, or give it on standard input.');
  } finally {
    reader.close();
    if (terminal) process.stderr.write('\n');
  }
}

interface Asked {
  readonly store: RoleStore;
  readonly names: readonly string[];
  /** `--role`; undefined: not given. */
  readonly kind: RoleKind | undefined;
  readonly print: Terminal['print'];
}

type Action = (asked: Asked) => Promise<void>;

function kindOf(given: string | true | undefined): RoleKind | undefined {
  const kind = roleKinds.find((one) => one === given);
  if (given !== undefined && kind === undefined) {
    throw errors.flagValue('--role', `is "${given}", not one of ${roleKinds.join(', ')}`);
  }
  return kind;
}

function oneName({ names }: Asked): string {
  const [name, ...more] = names;
  if (name === undefined || more.length > 0) {
    throw errors.configConflict('sluice user needs one name', 'For example: sluice user add alice --role reader');
  }
  return name;
}

function known(store: RoleStore, name: string): Role {
  const role = store.now().data.roles.find((one) => one.name === name);
  if (role === undefined) throw errors.undefinedRole(name);
  return role;
}

function withRole(data: RoleData, role: Role): RoleData {
  return { ...data, roles: [...data.roles.filter(({ name }) => name !== role.name), role] };
}

/** A writer also makes tables; what a user was before counts no more. */
function ofKind(data: RoleData, role: Role, kind: RoleKind): RoleData {
  const others = role.memberOf.filter((one) => !membershipsOf.writer.includes(one));
  const changed = { ...role, superuser: kind === 'admin', memberOf: [...others, ...membershipsOf[kind]] };
  const made = withRole(data, changed);
  if (kind !== 'writer') return made;
  const open = schemaObject('public');
  const acl = data.acls[objectKey(open)] ?? { pg_database_owner: 'UC', '': 'U' };
  return { ...made, acls: { ...made.acls, [objectKey(open)]: granted(acl, role.name, lettersOf(['CREATE'])) } };
}

async function add(asked: Asked): Promise<void> {
  const { store, kind = 'reader', print } = asked;
  const name = oneName(asked);
  const reserved = name === '' || name === 'public' || name === 'none' || name.startsWith('pg_');
  if (reserved || predefinedRoles.some((role) => role.name === name)) {
    throw errors.configConflict(`the name "${name}" is reserved`, 'Choose another one.');
  }
  if (store.now().get(name) !== undefined) throw errors.duplicateRole(name);
  const secret = await makeVerifier(await readPassword());
  await store.change((data) => ofKind(data, { ...plainRole, name, login: true, secret }, kind));
  print(`user "${name}" added as ${kind}`);
}

async function password(asked: Asked): Promise<void> {
  const name = oneName(asked);
  const role = known(asked.store, name);
  const secret = await makeVerifier(await readPassword());
  await asked.store.change((data) => withRole(data, { ...role, secret }));
  asked.print(`password of "${name}" changed`);
}

async function role(asked: Asked): Promise<void> {
  const { store, kind, print } = asked;
  const name = oneName(asked);
  if (kind === undefined)
    throw errors.configConflict('sluice user role needs --role', `One of ${roleKinds.join(', ')}.`);
  const found = known(store, name);
  await store.change((data) => ofKind(data, found, kind));
  print(`user "${name}" is ${kind} now`);
}

async function remove(asked: Asked): Promise<void> {
  const { store, print } = asked;
  const name = oneName(asked);
  known(store, name);
  const owned = Object.values(store.now().data.owners).includes(name);
  if (owned)
    throw errors.dependentObjects(name, 'It owns tables. Give them to another role: ALTER TABLE ... OWNER TO.');
  await store.change((data) => ({
    ...data,
    roles: data.roles
      .filter((one) => one.name !== name)
      .map((one) => ({ ...one, memberOf: one.memberOf.filter((of) => of !== name) })),
    acls: Object.fromEntries(
      Object.entries(data.acls).map(([key, acl]) => [
        key,
        Object.fromEntries(Object.entries(acl).filter(([grantee]) => grantee !== name)),
      ]),
    ),
  }));
  print(`user "${name}" removed`);
}

async function list({ store, names, print }: Asked): Promise<void> {
  if (names.length > 0) throw errors.configConflict('sluice user list takes no name', 'For example: sluice user list');
  const rows = store
    .now()
    .data.roles.map((one) => [
      one.name,
      one.superuser ? 'admin' : one.memberOf.join(', '),
      one.login ? 'yes' : 'no',
      one.secret === null ? 'no' : 'yes',
      one.validUntil ?? '',
    ]);
  for (const line of tableText(['name', 'roles', 'logs in', 'has a password', 'valid until'], rows)) print(line);
}

const actions: Readonly<Record<string, Action>> = { add, password, role, remove, list };

/** `sluice user`: users of the state folder. Passwords are read from standard input, never from the command line. */
export const user: Command = {
  name: 'user',
  summary: 'add, change, remove and list users; their passwords are read from standard input',
  about: [
    'sluice user add NAME [--role reader|writer|admin]   a new user; reader when nothing is said',
    'sluice user password NAME                           another password',
    'sluice user role NAME --role reader|writer|admin    other rights',
    'sluice user remove NAME',
    'sluice user list',
    'sluice user NAME                                    print the line of a users file instead (--users-file)',
    '',
    'A gateway that runs with the same --state sees changes at once. SQL does the same and more: CREATE ROLE, GRANT.',
  ],
  users: [],
  flags: {
    role: {
      kind: 'string',
      value: 'ROLE',
      help: 'reader: reads all tables; writer: also changes them and makes new ones; admin: everything',
    },
    state: { kind: 'string', value: 'DIR', help: 'state folder of the gateway (.sluice; SLUICE_STATE)' },
  },
  positionals: 'ACTION [NAME]',
  async run({ positionals, flags, config }, { print }) {
    const [action = '', ...names] = positionals;
    const run = actions[action];
    if (run !== undefined) {
      const state = resolve(typeof flags.state === 'string' ? flags.state : config.state);
      if (action === 'add') await mkdir(state, { recursive: true, mode: 0o700 });
      await run({ store: new RoleStore(state), names, kind: kindOf(flags.role), print });
      return exitCodes.success;
    }
    if (action === '' || names.length > 0 || action.includes(':')) {
      throw errors.configConflict(
        'sluice user needs an action, or one name without colons',
        'For example: sluice user add alice --role reader',
      );
    }
    print(await makeUserLine(action, await readPassword()));
    return exitCodes.success;
  },
};

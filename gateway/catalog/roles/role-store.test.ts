import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aclItems, defaultAcl, granted, type ObjectName, revoked, schemaObject } from './acl.ts';
import { plainRole, type Role } from './role.ts';
import { RoleStore } from './role-store.ts';
import { checkPassword, isVerifier, makeVerifier, md5Secret, parseVerifier, secretOf } from './verifier.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-roles-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const role = (name: string, more: Partial<Role> = {}): Role => ({ ...plainRole, name, ...more });
const add = (store: RoleStore, ...roles: readonly Role[]) =>
  store.change((data) => ({ ...data, roles: [...data.roles, ...roles] }));
const table: ObjectName = { kind: 'relation', schema: 'public', name: 'T' };

describe('the store', () => {
  it('keeps roles for its owner alone, and sees what another process changes', async () => {
    const [store, other] = [new RoleStore(folder), new RoleStore(folder)];
    await add(store, role('ann'));
    expect(other.now().get('ann')).toMatchObject({ name: 'ann', superuser: false });
    await Promise.all([add(store, role('bob')), add(other, role('eve'))]);
    expect(
      store
        .now()
        .data.roles.map(({ name }) => name)
        .sort(),
    ).toEqual(['ann', 'bob', 'eve']);
    expect(statSync(join(folder, 'roles.json')).mode & 0o077).toBe(0);
    expect(new RoleStore(folder).now().data).toEqual(store.now().data);
  });

  it('lets statements see its own changes at once, and those of another process after 20 ms at most', async () => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(1_000);
    try {
      const [store, other] = [new RoleStore(folder), new RoleStore(folder)];
      await add(other, role('ann'));
      expect(other.lately().get('ann')).toBeDefined();
      expect(store.lately().get('ann')).toBeUndefined();
      clock.mockReturnValue(1_021);
      expect(store.lately().get('ann')).toBeDefined();
      await other.change((data) => ({ ...data, roles: [] }));
      expect(store.now().get('ann')).toBeUndefined();
    } finally {
      clock.mockRestore();
    }
  });

  it('changes nothing when the change fails, and refuses a damaged file', async () => {
    const store = new RoleStore(folder);
    await add(store, role('ann'));
    const before = readFileSync(join(folder, 'roles.json'), 'utf8');
    const fail = () => {
      throw new TypeError('no');
    };
    await expect(store.change(fail)).rejects.toMatchObject({ sqlstate: '58030' });
    expect(readFileSync(join(folder, 'roles.json'), 'utf8')).toBe(before);
    for (const text of ['', '{', '{"version":2,"roles":[],"owners":{},"acls":{}}', before.replace('"ann"', '7')]) {
      writeFileSync(join(folder, 'roles.json'), text);
      expect(() => new RoleStore(folder)).toThrow(expect.objectContaining({ sqlstate: '58030' }));
    }
  });

  it('takes over the lock of a process that is gone', async () => {
    const lock = join(folder, 'roles.json.lock');
    writeFileSync(lock, '');
    utimesSync(lock, 0, 0);
    const store = new RoleStore(folder);
    await add(store, role('ann'));
    expect(store.now().get('ann')).toBeDefined();
  });

  it('has the users of a file beside its own', async () => {
    const store = new RoleStore(null, [role('file', { superuser: true }), role('both', { superuser: true })]);
    await add(store, role('both'));
    expect(store.now().get('file')?.superuser).toBe(true);
    expect(store.now().get('both')?.superuser).toBe(false);
    expect([store.now().isFixed('file'), store.now().isFixed('both'), store.now().isFixed('sluice')]).toEqual([
      true,
      false,
      true,
    ]);
  });
});

describe('rights', () => {
  it('come from the role, its groups and everybody', async () => {
    const store = new RoleStore(null);
    await add(
      store,
      role('group'),
      role('ann', { memberOf: ['group'] }),
      role('off', { memberOf: ['group'], inherit: false }),
    );
    await store.change((data) => ({ ...data, acls: { 'relation\0public\0t': { group: 'r', '': 'a' } } }));
    const book = store.now();
    expect(['ann', 'off', 'group'].map((name) => book.may(name, table, ['SELECT']))).toEqual([true, false, true]);
    expect(book.may('off', table, ['INSERT'])).toBe(true);
    expect(book.may('ann', table, ['SELECT', 'UPDATE'])).toBe(false);
    expect([...book.closure('off', true)]).toEqual(['off', 'group']);
  });

  it('of those who read and write everything need no grant', async () => {
    const store = new RoleStore(null);
    await add(
      store,
      role('rita', { memberOf: ['pg_read_all_data'] }),
      role('wim', { memberOf: ['pg_write_all_data'] }),
    );
    const letters = ['rita', 'wim'].map((name) => store.now().lettersFor(name, table));
    expect(letters).toEqual(['r', 'awd']);
    expect(store.now().may('wim', schemaObject('other'), ['USAGE'])).toBe(true);
    expect(store.now().may('rita', schemaObject('public'), ['CREATE'])).toBe(false);
  });

  it('are written as PostgreSQL writes them', () => {
    const acl = granted(granted(defaultAcl(table, 'ann'), 'odd name', 'wr'), '', 'r');
    expect(aclItems(acl, 'ann')).toEqual(['ann=arwdDxt/ann', '"odd name"=rw/ann', '=r/ann']);
    expect(aclItems(revoked(revoked(acl, '', 'r'), 'odd name', 'w'), 'ann')).toEqual([
      'ann=arwdDxt/ann',
      '"odd name"=r/ann',
    ]);
  });
});

describe('verifiers', () => {
  it('fit their password alone, in both kinds', async () => {
    const scram = await makeVerifier('päss');
    expect(parseVerifier(scram)?.iterations).toBe(4096);
    expect(await makeVerifier('päss')).not.toBe(scram);
    for (const secret of [scram, md5Secret('ann', 'päss')]) {
      expect(isVerifier(secret)).toBe(true);
      expect(await checkPassword('ann', secret, 'päss')).toBe(true);
      expect(await checkPassword('ann', secret, 'pass')).toBe(false);
    }
    expect(await secretOf('ann', scram, 'md5')).toBe(scram);
    expect(await secretOf('ann', 'x', 'md5')).toBe(md5Secret('ann', 'x'));
    expect(await secretOf('ann', 'x', 'scram-sha-256')).toMatch(/^SCRAM-SHA-256\$4096:/);
  });

  it.each(['', 'secret', 'md5', 'md5xyz', 'SCRAM-SHA-256$0:cw==$a:b', 'SCRAM-SHA-256$4096:c w==$a:b'])(
    '%j is none',
    (text) => {
      expect(isVerifier(text)).toBe(false);
    },
  );
});

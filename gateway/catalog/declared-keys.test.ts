import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SluiceError } from '../../planner/errors.ts';
import { changedKeys, DeclaredKeys } from './declared-keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

const key = { name: 'k', kind: 'PRIMARY KEY', columns: ['A'], references: null } as const;
const table = { name: 't', columns: [{ name: 'a' }, { name: 'b' }] };

describe('keys of data sets', () => {
  it('are there after a start', () => {
    const keys = DeclaredKeys.open(folder);
    const before = keys.version;
    keys.replace('public', 'T', [key]);
    expect(keys.version).not.toBe(before);
    expect(DeclaredKeys.open(folder).of('PUBLIC', 't')).toEqual([key]);
    keys.replace('public', 't', []);
    expect(DeclaredKeys.open(folder).of('public', 't')).toEqual([]);
  });

  it('have the names of columns as the table has them', () => {
    expect(changedKeys(table, [], { kind: 'add', key })).toEqual([{ ...key, columns: ['a'] }]);
  });

  it.each(['{', '{"version": 2, "tables": {}}', '{"version": 1, "tables": {"x": [{"name": 1}]}}'])(
    'do not start from %s',
    (text) => {
      writeFileSync(join(folder, 'keys.json'), text);
      expect(() => DeclaredKeys.open(folder)).toThrow(SluiceError);
      rmSync(join(folder, 'keys.json'));
    },
  );
});

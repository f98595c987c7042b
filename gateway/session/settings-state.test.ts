import { describe, expect, it } from 'vitest';
import { gucs, parseGuc, parseMilliseconds } from './gucs.ts';
import { SettingsState } from './settings-state.ts';
import { applyStartup, parseOptions } from './startup-settings.ts';

const sluice = { dialect: 'postgres', strategy: 'auto', partitions: null, directMaxBytes: 1, disabled: [] } as never;
const parsed = (name: string, text: string, current = gucs.get(name)!.value) => {
  try {
    return parseGuc(gucs.get(name)!, text, current);
  } catch (error) {
    return (error as { sqlstate: string }).sqlstate;
  }
};

describe('values', () => {
  it.each([
    ['datestyle', 'iso', 'ISO, MDY'],
    ['datestyle', 'German', 'German, DMY'],
    ['datestyle', 'dmy, sql', 'SQL, DMY'],
    ['datestyle', 'european', 'ISO, DMY'],
    ['datestyle', 'iso, sql', '22023'],
    ['datestyle', 'x', '22023'],
    ['timezone', 'europe/berlin', 'Europe/Berlin'],
    ['timezone', 'utc', 'UTC'],
    ['timezone', 'America/New_York', 'America/New_York'],
    ['timezone', 'Asia/Calcutta', 'Asia/Calcutta'],
    ['timezone', '-7', 'Etc/GMT+7'],
    ['timezone', '+02:00', 'Etc/GMT-2'],
    ['timezone', 'UTC+3', 'Etc/GMT+3'],
    ['timezone', '99', '22023'],
    ['timezone', 'Mars/Olympus', '22023'],
    ['timezone', "x'; DROP TABLE t; --", '22023'],
    ['statement_timeout', '90000', '90s'],
    ['statement_timeout', '1min', '1min'],
    ['statement_timeout', '1500', '1500ms'],
    ['statement_timeout', '-1', '22023'],
    ['statement_timeout', '30d', '22023'],
    ['extra_float_digits', '3', '3'],
    ['extra_float_digits', '4', '22023'],
    ['extra_float_digits', '', '22023'],
    ['jit', 'YES', 'on'],
    ['jit', 'perhaps', '22023'],
    ['intervalstyle', 'SQL_Standard', 'sql_standard'],
    ['client_encoding', 'utf-8', 'UTF8'],
    ['client_encoding', "'utf-8'", 'UTF8'],
    ['client_encoding', 'LATIN1', '22023'],
  ])('%s = %s is %s', (name, text, expected) => {
    expect(parsed(name, text)).toBe(expected);
  });

  it('of times are milliseconds without unit', () => {
    expect(['5', '5ms', '2s', '1 h', '0.5s', '', 'x'].map(parseMilliseconds)).toEqual([
      5,
      5,
      2000,
      3_600_000,
      500,
      undefined,
      undefined,
    ]);
  });
});

describe('SettingsState', () => {
  it('goes back with ROLLBACK and ends SET LOCAL with the transaction', () => {
    const state = new SettingsState(sluice);
    state.set('application_name', 'before', false);
    state.begin();
    state.set('application_name', 'inside', false);
    state.set('jit', 'on', true);
    expect([state.show('APPLICATION_NAME'), state.show('jit')]).toEqual(['inside', 'on']);
    state.rollback();
    expect([state.show('application_name'), state.show('jit')]).toEqual(['before', 'off']);
    state.begin();
    state.set('application_name', 'kept', false);
    state.set('application_name', 'local', true);
    state.set('sluice.partitions', '7', true);
    expect([state.show('application_name'), state.sluice.partitions]).toEqual(['local', 7]);
    state.commit();
    expect([state.show('application_name'), state.sluice.partitions]).toEqual(['kept', null]);
  });

  it('tells each change of a reported setting once', () => {
    const state = new SettingsState(sluice);
    expect(state.changes()).toHaveLength(13);
    expect(state.changes()).toEqual([]);
    state.set('timezone', 'asia/tokyo', false);
    state.set('jit', 'on', false);
    expect(state.changes()).toEqual([['TimeZone', 'Asia/Tokyo']]);
    state.resetAll();
    expect(state.changes()).toEqual([['TimeZone', 'UTC']]);
  });

  it('resets to what the client said when it connected', () => {
    const state = new SettingsState(sluice);
    applyStartup(
      state,
      new Map([
        ['options', '-c jit=on'],
        ['TimeZone', 'Asia/Tokyo'],
      ]),
    );
    state.set('TimeZone', 'UTC', false);
    state.set('jit', 'off', false);
    state.reset('timezone');
    expect([state.show('TimeZone'), state.show('jit')]).toEqual(['Asia/Tokyo', 'off']);
    state.resetAll();
    expect(state.show('jit')).toBe('on');
  });

  it('refuses unknown and fixed ones, with the near name', () => {
    const state = new SettingsState(sluice);
    const message = (work: () => void) => {
      try {
        work();
        return undefined;
      } catch (error) {
        const { sqlstate, hint } = error as { sqlstate: string; hint?: string };
        return [sqlstate, hint];
      }
    };
    expect(message(() => state.set('serch_path', 'x', false))).toEqual(['42704', 'Did you mean "search_path"?']);
    expect(message(() => state.show('nothing_like_it_at_all'))).toEqual(['42704', undefined]);
    expect(message(() => state.set('is_superuser', 'on', false))?.[0]).toBe('55P02');
    expect(message(() => state.reset('server_version'))?.[0]).toBe('55P02');
  });
});

describe('options', () => {
  it.each([
    ['-c a=b', [['a', 'b']]],
    [
      '-ca=b --x-y=z',
      [
        ['a', 'b'],
        ['x_y', 'z'],
      ],
    ],
    ['-c a=b\\ c\\\\d', [['a', 'b c\\d']]],
    ['', []],
  ])('%s', (text, expected) => {
    expect(parseOptions(text)).toEqual(expected);
  });

  it.each(['-x', '-c', '-c a', 'a=b', '--=1'])('refuses %s', (text) => {
    expect(() => parseOptions(text)).toThrow(expect.objectContaining({ sqlstate: '42601' }));
  });
});

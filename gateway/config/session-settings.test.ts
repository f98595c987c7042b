import { expect, it } from 'vitest';
import { configWith } from './load.ts';
import {
  isSluiceSetting,
  resetSessionSetting,
  sessionDefaults,
  sessionSettingInfos,
  sessionSettingNames,
  setSessionSetting,
  showSessionSetting,
} from './session-settings.ts';

const defaults = sessionDefaults(configWith({ dialect: 'duckdb', partitions: 3 }));

it('sets, shows and resets, and leaves other sessions alone', () => {
  const mine = setSessionSetting(defaults, 'Sluice.Partitions', '7');
  expect(showSessionSetting(mine, 'sluice.partitions')).toBe('7');
  expect(showSessionSetting(defaults, 'sluice.partitions')).toBe('3');
  expect(showSessionSetting(setSessionSetting(mine, 'sluice.partitions', 'auto'), 'sluice.partitions')).toBe('auto');
  expect(resetSessionSetting(mine, 'sluice.partitions', defaults)).toEqual(defaults);
  expect(
    showSessionSetting(setSessionSetting(mine, 'sluice.direct_max_bytes', '1GiB'), 'sluice.direct_max_bytes'),
  ).toBe('1GiB');
});

it('refuses unknown names with the nearest one, and settings that only the process has', () => {
  expect(() => setSessionSetting(defaults, 'sluice.dialekt', 'x')).toThrow(
    expect.objectContaining({ sqlstate: '42704', hint: 'Did you mean "sluice.dialect"?' }),
  );
  expect(() => setSessionSetting(defaults, 'sluice.workers', '9')).toThrow(
    expect.objectContaining({ sqlstate: '42704' }),
  );
  expect(() => setSessionSetting(defaults, 'sluice.dialect', 'mysql')).toThrow(
    expect.objectContaining({ sqlstate: '22023', hint: 'Allowed: postgres, duckdb.' }),
  );
  expect(isSluiceSetting('sluice.nothing')).toBe(true);
  expect(isSluiceSetting('TimeZone')).toBe(false);
});

it('shows every one of them', () => {
  expect(sessionSettingInfos().map((info) => info.name)).toEqual(sessionSettingNames);
  for (const name of sessionSettingNames) expect(showSessionSetting(defaults, name)).toBeTypeOf('string');
});

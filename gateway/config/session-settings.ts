/** The settings that a session may change with `SET sluice.x`: the rows of the table marked `set`. */
import { errors } from '../../planner/errors.ts';
import { nearestName } from '../../planner/nearest-name.ts';
import { type Config, configKey, type Setting, type SettingName, settingEntries, settings } from './settings.ts';
import { allowedValues, parseSetting, printSetting } from './values.ts';

/** A session's own values, to begin with those of the configuration. Immutable: `setSessionSetting` gives a new one. */
export type SluiceSettings = Pick<
  Config,
  | 'dialect'
  | 'strategy'
  | 'partitions'
  | 'directMaxBytes'
  | 'broadcastMaxBytes'
  | 'exchange'
  | 'exchangeFrameBytes'
  | 'adaptive'
  | 'disabled'
>;

const prefix = 'sluice.';

function isSet(name: SettingName): boolean {
  const setting: Setting = settings[name];
  return setting.set === true;
}

/** `sluice.dialect`, ... in the order of the table. */
export const sessionSettingNames: readonly string[] = settingEntries
  .filter(([name]) => isSet(name))
  .map(([name]) => prefix + name);

/** What SHOW ALL and pg_settings tell of one of them. */
export interface SessionSettingInfo {
  readonly name: string;
  readonly help: string;
  /** pg_settings.vartype. */
  readonly vartype: 'bool' | 'enum' | 'integer' | 'string';
  readonly enumValues: readonly string[] | null;
  readonly allowed: string;
}

/** The settings as SHOW ALL and pg_settings list them. */
export function sessionSettingInfos(): readonly SessionSettingInfo[] {
  return sessionSettingNames.map((name) => {
    const setting: Setting = settings[rowOf(name)];
    return {
      name,
      help: setting.help,
      vartype: setting.kind === 'enum' ? 'enum' : setting.kind === 'boolean' ? 'bool' : 'string',
      enumValues: setting.kind === 'enum' ? setting.values : null,
      allowed: allowedValues(setting),
    };
  });
}

/** The row of `sluice.x`; raises 42704 with the nearest name when there is none that can be SET. */
function rowOf(name: string): SettingName {
  const row = name.toLowerCase().slice(prefix.length);
  if (name.toLowerCase().startsWith(prefix) && Object.hasOwn(settings, row) && isSet(row as SettingName)) {
    return row as SettingName;
  }
  throw errors.unknownSetting(name, nearestName(name, sessionSettingNames));
}

/** True for names that are ours to answer, existing or not. */
export function isSluiceSetting(name: string): boolean {
  return name.toLowerCase().startsWith(prefix);
}

/** The values that sessions start with. */
export function sessionDefaults(config: Config): SluiceSettings {
  const { dialect, strategy, partitions, directMaxBytes, broadcastMaxBytes, disabled } = config;
  const { exchange, exchangeFrameBytes, adaptive } = config;
  return {
    dialect,
    strategy,
    partitions,
    directMaxBytes,
    broadcastMaxBytes,
    exchange,
    exchangeFrameBytes,
    adaptive,
    disabled,
  };
}

/** `SET name = text`. Raises 42704 for an unknown name, 22023 for a value that it can't have. */
export function setSessionSetting(current: SluiceSettings, name: string, text: string): SluiceSettings {
  const row = rowOf(name);
  return { ...current, [configKey(row)]: parseSetting(row, text, name.toLowerCase()) };
}

/** `RESET name` and `SET name TO DEFAULT`: back to the configured value. */
export function resetSessionSetting(current: SluiceSettings, name: string, defaults: SluiceSettings): SluiceSettings {
  const key = configKey(rowOf(name)) as keyof SluiceSettings;
  return { ...current, [key]: defaults[key] };
}

/** `SHOW name`. */
export function showSessionSetting(current: SluiceSettings, name: string): string {
  const row = rowOf(name);
  return printSetting(row, current[configKey(row) as keyof SluiceSettings]);
}

import { errors } from '../../planner/errors.ts';
import { type Setting, type SettingName, type SettingValue, settings } from './settings.ts';

const byteUnits: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  tb: 1000 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

const timeUnits: Readonly<Record<string, number>> = {
  '': 1,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
};

/** What a setting accepts, for the hint of an error and for `--help`. */
export function allowedValues(setting: Setting): string {
  const or = 'absent' in setting && setting.absent !== undefined ? `, or ${setting.absent}` : '';
  switch (setting.kind) {
    case 'enum':
      return setting.values.join(', ');
    case 'boolean':
      return 'on, off';
    case 'integer':
      return `a whole number from ${setting.min} to ${setting.max}${or}`;
    case 'bytes':
      return `a size of at least ${printBytes(setting.min)}, such as 512MiB or 2GB${or}`;
    case 'milliseconds':
      return `a time of at least ${printMilliseconds(setting.min)}, such as 500ms, 30s or 5min${or}`;
    case 'list':
      return 'values separated by commas';
    case 'string':
      return `text that is not empty${or}`;
  }
}

/** Splits at commas that are not inside braces: `a,b{c,d}` is two values, so that globs survive. */
function splitList(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i <= text.length; i++) {
    const letter = text[i];
    if (letter === '{') depth++;
    if (letter === '}') depth--;
    if (letter === undefined || (letter === ',' && depth <= 0)) {
      parts.push(text.slice(from, i).trim());
      from = i + 1;
    }
  }
  return parts.filter((part) => part !== '');
}

function parseUnits(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text);
  const unit = match === null ? undefined : units[match[2]!.toLowerCase()];
  return match === null || unit === undefined ? undefined : Math.round(Number(match[1]) * unit);
}

/** `512MiB` or `10GB` as bytes; undefined for what is no size. */
export function parseBytes(text: string): number | undefined {
  return parseUnits(text.trim(), byteUnits);
}

function parseBoolean(text: string): boolean | undefined {
  if (/^(on|true|yes|1)$/i.test(text)) return true;
  return /^(off|false|no|0)$/i.test(text) ? false : undefined;
}

function parseKind(setting: Setting, text: string): SettingValue | undefined {
  switch (setting.kind) {
    case 'string':
      return text === '' ? undefined : text;
    case 'list':
      return splitList(text);
    case 'enum':
      return setting.values.find((value) => value === text.toLowerCase());
    case 'boolean':
      return parseBoolean(text);
    case 'integer': {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : undefined;
      return value !== undefined && value >= setting.min && value <= setting.max ? value : undefined;
    }
    case 'bytes':
    case 'milliseconds': {
      const value = parseUnits(text, setting.kind === 'bytes' ? byteUnits : timeUnits);
      return value !== undefined && value >= setting.min && Number.isSafeInteger(value) ? value : undefined;
    }
  }
}

/** The value that `text` stands for. `label` is how the user named the setting. Raises 22023 when it is none. */
export function parseSetting(name: SettingName, text: string, label: string): SettingValue {
  const setting: Setting = settings[name];
  const trimmed = text.trim();
  if ('absent' in setting && setting.default === null && trimmed.toLowerCase() === setting.absent?.toLowerCase()) {
    return null;
  }
  const value = parseKind(setting, trimmed);
  if (value === undefined) throw errors.invalidSetting(label, setting.secret ? '...' : text, allowedValues(setting));
  return value;
}

function printUnits(value: number, units: readonly (readonly [string, number])[]): string {
  const unit = units.find(([, size]) => value >= size && value % size === 0);
  return unit === undefined ? String(value) : `${value / unit[1]}${unit[0]}`;
}

/** `67108864` -> `64MiB`; read back by `parseSetting`. */
export function printBytes(bytes: number): string {
  return printUnits(bytes, [
    ['GiB', 1024 ** 3],
    ['MiB', 1024 ** 2],
    ['KiB', 1024],
  ]);
}

/** `30000` -> `30s`; read back by `parseSetting`. */
export function printMilliseconds(milliseconds: number): string {
  return printUnits(milliseconds, [
    ['min', 60_000],
    ['s', 1000],
    ['ms', 1],
  ]);
}

/** The text of a value, as SHOW and `doctor` print it. */
export function printSetting(name: SettingName, value: SettingValue): string {
  const setting: Setting = settings[name];
  if (value === null) return ('absent' in setting ? setting.absent : undefined) ?? '';
  if (setting.secret) return '(hidden)';
  if (setting.kind === 'bytes') return printBytes(Number(value));
  if (setting.kind === 'milliseconds') return printMilliseconds(Number(value));
  if (setting.kind === 'boolean') return value === true ? 'on' : 'off';
  return Array.isArray(value) ? value.join(',') : String(value);
}

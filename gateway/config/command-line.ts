import { parseArgs } from 'node:util';
import { errors } from '../../planner/errors.ts';
import { nearestName } from '../../planner/nearest-name.ts';
import {
  flagName,
  type Setting,
  type SettingName,
  type SettingUser,
  type SettingValue,
  settingEntries,
  settings,
} from './settings.ts';
import { parseSetting } from './values.ts';

/** A flag that belongs to one sub-command and is no setting. */
export interface CommandFlag {
  readonly kind: 'string' | 'boolean';
  /** What `--help` shows in place of the value; empty for a boolean. */
  readonly value: string;
  readonly help: string;
}

/** Flags that every sub-command has. */
export const commonFlags: Readonly<Record<string, CommandFlag>> = {
  config: { kind: 'string', value: 'FILE', help: 'read settings from this JSON file' },
  help: { kind: 'boolean', value: '', help: 'print this help' },
};

export interface CommandLine {
  readonly settings: Map<SettingName, { readonly value: SettingValue; readonly source: string }>;
  readonly flags: Readonly<Record<string, string | true>>;
  readonly positionals: readonly string[];
}

/** The settings that are flags of a command with these users, in the order of the table. */
export function settingsOf(users: readonly SettingUser[]): readonly (readonly [SettingName, Setting])[] {
  return settingEntries.filter(
    ([, setting]) => setting.flag !== false && setting.users.some((user) => users.includes(user)),
  );
}

interface CommandLineInput {
  readonly argv: readonly string[];
  readonly command: string;
  readonly users: readonly SettingUser[];
  readonly flags?: Readonly<Record<string, CommandFlag>>;
  readonly positionals?: boolean;
}

/** Adds one setting; a list grows with every time that its flag is given. */
function addSetting(line: CommandLine, name: SettingName, text: string): void {
  const flag = flagName(name);
  const before = line.settings.get(name)?.value;
  // A list's flag holds one value, commas and all: it may be repeated.
  const value =
    settings[name].kind === 'list' ? [...(Array.isArray(before) ? before : []), text] : parseSetting(name, text, flag);
  line.settings.set(name, { value, source: flag });
}

/** Reads a command line by the settings table. Raises F0000 for a flag that is unknown, lacks its value or has one too many. */
export function parseCommandLine(input: CommandLineInput): CommandLine {
  const own = { ...commonFlags, ...input.flags };
  const bySetting = new Map(
    settingsOf(input.users).map(([name, setting]) => [flagName(name).slice(2), { name, setting }]),
  );
  const kindOf = (flag: string) =>
    own[flag]?.kind ?? (bySetting.get(flag)?.setting.kind === 'boolean' ? 'boolean' : 'string');
  const known = [...Object.keys(own), ...bySetting.keys()];
  const { tokens } = parseArgs({
    args: [...input.argv],
    options: Object.fromEntries(known.map((flag) => [flag, { type: kindOf(flag) } as const])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const flags: Record<string, string | true> = {};
  const line: CommandLine = { settings: new Map(), flags, positionals: [] };
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      if (input.positionals !== true)
        throw errors.unknownOption(`argument "${token.value}" of sluice ${input.command}`);
      positionals.push(token.value);
      continue;
    }
    const flag = token.rawName.replace(/^-+/, '');
    if (!known.includes(flag) || !token.rawName.startsWith('--')) {
      const near = nearestName(flag, known);
      throw errors.unknownOption(
        `flag ${token.rawName} of sluice ${input.command}`,
        near === undefined ? near : `--${near}`,
      );
    }
    const boolean = kindOf(flag) === 'boolean';
    if (!boolean && (token.value === undefined || token.value === ''))
      throw errors.flagValue(token.rawName, 'needs a value');
    const setting = bySetting.get(flag);
    if (boolean && setting === undefined && token.value !== undefined)
      throw errors.flagValue(token.rawName, 'takes no value');
    if (setting === undefined) flags[flag] = token.value ?? true;
    else addSetting(line, setting.name, token.value ?? 'on');
  }
  return { ...line, positionals };
}

/**
 * Makes the configuration: defaults < config file < environment < flags. (`SET` comes on top of it, per session.)
 * Everything unknown or unreadable is an error of class F0000 or 22023, never a default.
 */
import { readFileSync } from 'node:fs';
import { errors } from '../../planner/errors.ts';
import { nearestName } from '../../planner/nearest-name.ts';
import { type CommandFlag, parseCommandLine } from './command-line.ts';
import {
  type Config,
  configKey,
  envName,
  type Setting,
  type SettingName,
  type SettingUser,
  type SettingValue,
  settingEntries,
  settings,
} from './settings.ts';
import { allowedValues, parseSetting } from './values.ts';

/** Where a value came from, in words: `default`, `file sluice.json`, `SLUICE_WORKERS`, `--workers`. */
export type Sources = Readonly<Record<SettingName, string>>;

export interface LoadInput {
  /** The command line after the sub-command. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The sub-command, for messages. */
  readonly command: string;
  /** Whose settings are flags; none: the sub-command has only flags of its own. */
  readonly users: readonly SettingUser[];
  /** Flags of the sub-command alone. */
  readonly flags?: Readonly<Record<string, CommandFlag>>;
  /** Sub-commands that take file names. */
  readonly positionals?: boolean;
}

export interface Loaded {
  readonly config: Config;
  readonly sources: Sources;
  /** Flags of the sub-command that were given: text, or true. */
  readonly flags: Readonly<Record<string, string | true>>;
  readonly positionals: readonly string[];
}

const envPrefix = 'SLUICE_';
/** Names the config file; the flag is `--config`. */
const configFileEnv = 'SLUICE_CONFIG';
/** A config file larger than this is a mistake. */
const configFileBytesMax = 1024 * 1024;

type Layer = Map<SettingName, { readonly value: SettingValue; readonly source: string }>;

function readConfigFile(path: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw errors.configFile(path, error instanceof Error ? error.message : String(error));
  }
  if (text.length > configFileBytesMax) throw errors.configFile(path, `it is larger than ${configFileBytesMax} bytes`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw errors.configFile(path, error instanceof Error ? error.message : String(error));
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw errors.configFile(path, 'it does not hold a JSON object');
  }
  return json as Readonly<Record<string, unknown>>;
}

function fileValue(name: SettingName, value: unknown, path: string): SettingValue {
  const setting: Setting = settings[name];
  const label = `${name} (in ${path})`;
  if (value === null && setting.default === null) return null;
  if (setting.kind === 'list' && Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  const text = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
  if (text === undefined) throw errors.invalidSetting(label, JSON.stringify(value), allowedValues(setting));
  return parseSetting(name, String(text), label);
}

function fileLayer(path: string): Layer {
  const layer: Layer = new Map();
  for (const [key, value] of Object.entries(readConfigFile(path))) {
    if (!Object.hasOwn(settings, key)) {
      throw errors.unknownOption(`setting "${key}" in ${path}`, nearestName(key, Object.keys(settings)));
    }
    const name = key as SettingName;
    layer.set(name, { value: fileValue(name, value, path), source: `file ${path}` });
  }
  return layer;
}

function envLayer(env: LoadInput['env']): Layer {
  const byEnv = new Map(settingEntries.map(([name]) => [envName(name), name]));
  const layer: Layer = new Map();
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(envPrefix) || variable === configFileEnv || text === undefined) continue;
    const name = byEnv.get(variable);
    if (name === undefined) {
      throw errors.unknownOption(
        `environment variable ${variable}`,
        nearestName(variable, [...byEnv.keys(), configFileEnv]),
      );
    }
    layer.set(name, { value: parseSetting(name, text, variable), source: variable });
  }
  return layer;
}

/** Reads the file, the environment and the command line. Raises F0000 or 22023 (exit code 2) at the first thing that is wrong. */
export function loadConfig(input: LoadInput): Loaded {
  const line = parseCommandLine(input);
  const path = line.flags.config ?? input.env[configFileEnv];
  const layers: Layer[] = [envLayer(input.env), line.settings];
  if (typeof path === 'string' && path !== '') layers.unshift(fileLayer(path));
  const config: Partial<Record<keyof Config, SettingValue>> = {};
  const sources: Partial<Record<SettingName, string>> = {};
  for (const [name, setting] of settingEntries) {
    const found = layers.findLast((layer) => layer.has(name))?.get(name);
    config[configKey(name)] = found === undefined ? setting.default : found.value;
    sources[name] = found === undefined ? 'default' : found.source;
  }
  return {
    config: config as Config,
    sources: sources as Sources,
    flags: line.flags,
    positionals: line.positionals,
  };
}

/** The configuration with nothing configured, and these values in place of the defaults. */
export function configWith(values: Partial<Config>): Config {
  return { ...loadConfig({ argv: [], env: {}, command: '', users: [] }).config, ...values };
}

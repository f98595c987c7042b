import { errors } from '../../planner/errors.ts';
import { gucs } from './gucs.ts';
import type { SettingsState } from './settings-state.ts';

/** Start-up parameters that are no settings. */
const notSettings: ReadonlySet<string> = new Set(['options', 'replication', 'user', 'database']);

/** Splits at blanks; a backslash keeps the next character. */
function words(text: string): string[] {
  const found = text.match(/(?:\\.|[^\s\\])+/gs) ?? [];
  return found.map((word) => word.replace(/\\(.)/gs, '$1'));
}

/** `-c name=value`, `-cname=value`, `--name=value` of the start-up parameter `options`. Raises 42601 for anything else. */
export function parseOptions(text: string): readonly (readonly [string, string])[] {
  const settings: (readonly [string, string])[] = [];
  const left = words(text);
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    const assignment = word === '-c' ? left.shift() : /^(?:-c|--)(.+)$/s.exec(word)?.[1];
    const equals = assignment?.indexOf('=') ?? -1;
    if (assignment === undefined || equals < 1) {
      throw errors.syntax(`invalid command-line argument for server process: ${word}`);
    }
    const name = assignment.slice(0, equals);
    settings.push([word.startsWith('--') ? name.replaceAll('-', '_') : name, assignment.slice(equals + 1)]);
  }
  return settings;
}

/**
 * Applies what a client said in its startup message. `options` first, as PostgreSQL does. Gives the role that it asks for, which is not set here.
 * Raises 42704, 22023, and 55P02 for what no client may set.
 */
export function applyStartup(settings: SettingsState, parameters: ReadonlyMap<string, string>): string | undefined {
  const given = [...parseOptions(parameters.get('options') ?? ''), ...parameters].filter(
    ([name]) => !notSettings.has(name),
  );
  let role: string | undefined;
  for (const [name, value] of given) {
    const guc = gucs.get(name.toLowerCase());
    if (name.toLowerCase() === 'role') {
      role = value;
    } else if (guc?.fixed) {
      throw errors.fixedSetting(guc.name);
    } else {
      settings.initialize(name, value);
    }
  }
  return role;
}

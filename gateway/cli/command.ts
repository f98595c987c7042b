import type { CommandFlag } from '../config/command-line.ts';
import type { Loaded } from '../config/load.ts';
import type { SettingUser } from '../config/settings.ts';

/** The process, as a sub-command sees it: tests pass their own. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Writes a line to standard output. */
  print(line: string): void;
  /** Aborted by the first SIGTERM or SIGINT. */
  readonly stop: AbortSignal;
}

/** A sub-command: one file each in this folder. */
export interface Command {
  readonly name: string;
  /** One line for `sluice --help`. */
  readonly summary: string;
  /** More lines for `sluice NAME --help`. */
  readonly about: readonly string[];
  /** Whose settings are its flags. */
  readonly users: readonly SettingUser[];
  readonly flags: Readonly<Record<string, CommandFlag>>;
  /** What its arguments are called, when it takes any. */
  readonly positionals?: string;
  /** Gives the exit code. */
  run(loaded: Loaded, terminal: Terminal): Promise<number>;
}

/** Exit codes, the same for every sub-command. */
export const exitCodes = {
  success: 0,
  /** It ran and failed. */
  failure: 1,
  /** The command line, the environment or the config file is wrong; nothing was started. */
  usage: 2,
  /** It could not start: a port in use, a folder that can't be read, a state folder in use. */
  start: 3,
} as const;

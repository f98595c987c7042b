import { commonFlags, settingsOf } from '../config/command-line.ts';
import { envName, flagName, type Setting } from '../config/settings.ts';
import { printBytes, printMilliseconds } from '../config/values.ts';
import { type Command, exitCodes } from './command.ts';

const flagColumn = 34;
/** Lines are broken before this column. */
const lineEnd = 118;

/** Text broken into lines of at most `width`. */
function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function entry(left: string, right: string): string {
  const indent = ' '.repeat(flagColumn);
  const text = wrap(right, lineEnd - flagColumn).join(`\n${indent}`);
  return left.length < flagColumn - 2 ? `  ${left.padEnd(flagColumn - 2)}${text}` : `  ${left}\n${indent}${text}`;
}

function defaultText(setting: Setting): string {
  if (setting.default === null) return setting.absent ?? 'none';
  if (setting.kind === 'bytes') return printBytes(setting.default);
  if (setting.kind === 'milliseconds') return printMilliseconds(setting.default);
  if (setting.kind === 'boolean') return setting.default ? 'on' : 'off';
  return setting.kind === 'list' ? 'none' : String(setting.default);
}

const exitCodeLines = [
  'Exit codes:',
  entry(String(exitCodes.success), 'done'),
  entry(String(exitCodes.failure), 'it ran and failed'),
  entry(String(exitCodes.usage), 'wrong command line, environment or config file'),
  entry(String(exitCodes.start), 'it could not start: a port or state folder in use, files that can not be read'),
];

/** `sluice --help`. */
export function mainHelp(commands: readonly Command[]): string {
  return [
    'sluice: a SQL-first distributed query gateway for DuckDB that speaks the Postgres wire protocol',
    '',
    'Usage: sluice COMMAND [FLAGS]',
    '',
    'Commands:',
    ...commands.map((command) => entry(command.name, command.summary)),
    '',
    entry('--help', 'print this help; `sluice COMMAND --help` lists the flags of a command'),
    entry('--version', 'print the versions of sluice, DuckDB and Node.js'),
    '',
    ...exitCodeLines,
  ].join('\n');
}

/** `sluice NAME --help`: made from the settings table. */
export function commandHelp(command: Command): string {
  const own = Object.entries({ ...command.flags, ...commonFlags }).map(([name, flag]) =>
    entry(`--${name} ${flag.value}`.trim(), flag.help),
  );
  const shown = settingsOf(command.users).filter(([, setting]) => setting.hidden === undefined);
  const rows = shown.map(([name, setting]) => {
    const set = setting.set ? `, SET sluice.${name}` : '';
    return entry(
      `${flagName(name)} ${setting.value}`.trim(),
      `${setting.help} (${defaultText(setting)}; ${envName(name)}${set})`,
    );
  });
  const settingLines =
    rows.length === 0
      ? []
      : [
          '',
          'Settings (default; environment variable). Flags win over the environment, that over the config file:',
          ...rows,
        ];
  const usage = `Usage: sluice ${command.name} [FLAGS]${command.positionals === undefined ? '' : ` ${command.positionals}`}`;
  return [
    command.summary,
    '',
    usage,
    '',
    ...command.about,
    '',
    'Flags:',
    ...own,
    ...settingLines,
    '',
    ...exitCodeLines,
  ].join('\n');
}

/** The command line: finds the sub-command, loads its settings, runs it, turns errors into text and an exit code. */
import { errors, SluiceError } from '../../planner/errors.ts';
import { nearestName } from '../../planner/nearest-name.ts';
import { loadConfig } from '../config/load.ts';
import { packageVersion } from '../config/package-info.ts';
import { bench } from './bench.ts';
import { type Command, exitCodes, type Terminal } from './command.ts';
import { demo } from './demo.ts';
import { doctor } from './doctor.ts';
import { commandHelp, mainHelp } from './help.ts';
import { serve } from './serve.ts';
import { user } from './user.ts';
import { worker } from './worker.ts';

/** In the order of `sluice --help`. */
export const commands: readonly Command[] = [demo, serve, worker, user, doctor, bench];

const usageStates = new Set(['F0000', '22023', '42704']);
const startStates = new Set(['58030', '55006', '28000']);

function exitCodeOf(error: unknown): number {
  if (!(error instanceof SluiceError)) return exitCodes.failure;
  if (usageStates.has(error.sqlstate)) return exitCodes.usage;
  return startStates.has(error.sqlstate) ? exitCodes.start : exitCodes.failure;
}

/** An error as lines for people. Our own errors need no stack. */
export function errorText(error: unknown): string {
  if (!(error instanceof SluiceError)) return `sluice: ${error instanceof Error ? error.stack : String(error)}`;
  const lines = [`sluice: ${error.message}`];
  if (error.detail !== undefined) lines.push(`  ${error.detail}`);
  if (error.hint !== undefined) lines.push(`  ${error.hint}`);
  return lines.join('\n');
}

async function versionText(): Promise<string> {
  const { default: duckdb } = await import('@duckdb/node-api');
  return `sluice ${packageVersion} (DuckDB ${duckdb.version()}, Node.js ${process.versions.node})`;
}

function findCommand(name: string): Command {
  const command = commands.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  const names = commands.map((candidate) => candidate.name);
  const what = name.startsWith('-') ? `flag ${name}` : `command "${name}"`;
  throw errors.unknownOption(what, nearestName(name, name.startsWith('-') ? ['--help', '--version'] : names));
}

/** Runs a command line (without `node` and the script); gives the exit code. Raises what the sub-command raises. */
export async function runCommandLine(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    terminal.print(mainHelp(commands));
    return exitCodes.success;
  }
  if (name === '--version' || name === '-V') {
    terminal.print(await versionText());
    return exitCodes.success;
  }
  const command = findCommand(name);
  if (rest.includes('--help') || rest.includes('-h')) {
    terminal.print(commandHelp(command));
    return exitCodes.success;
  }
  const loaded = loadConfig({
    argv: rest,
    env: terminal.env,
    command: name,
    users: command.users,
    flags: command.flags,
    positionals: command.positionals !== undefined,
  });
  return command.run(loaded, terminal);
}

/** The first signal asks for an orderly end, the second ends the process at once. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(exitCodes.failure);
      controller.abort(signal);
    });
  }
  return controller.signal;
}

/** What `bin.cjs` calls. Ends the process. */
export async function main(): Promise<void> {
  const terminal: Terminal = {
    env: process.env,
    print: (line) => process.stdout.write(`${line}\n`),
    stop: stopSignal(),
  };
  try {
    process.exit(await runCommandLine(process.argv.slice(2), terminal));
  } catch (error) {
    process.stderr.write(`${errorText(error)}\n`);
    process.exit(exitCodeOf(error));
  }
}

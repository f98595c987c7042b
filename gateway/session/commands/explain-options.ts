import { errors } from '../../../planner/errors.ts';
import type { Statement } from '../../../planner/sql/lexer.ts';
import { characterPosition } from '../../../planner/sql/positions.ts';
import { Scanner } from '../../../planner/sql/scanner.ts';

/** What EXPLAIN was asked for. */
export interface ExplainOptions {
  readonly analyze: boolean;
  readonly format: 'text' | 'json';
  /** Tell how long planning took. With ANALYZE the phases tell it anyway. */
  readonly summary: boolean;
}

/** Options of PostgreSQL 15 that are on or off. Those that stand for nothing here are taken, and change nothing. */
const switches: ReadonlySet<string> = new Set([
  'analyze',
  'verbose',
  'costs',
  'settings',
  'buffers',
  'wal',
  'timing',
  'summary',
]);
/** Of these, those that speak of a run. */
const ofRun: readonly string[] = ['wal', 'timing'];
/** Formats of PostgreSQL that plans are not told in. */
const otherFormats: ReadonlySet<string> = new Set(['xml', 'yaml']);

/**
 * The options of an EXPLAIN, by the rules of PostgreSQL's ExplainQuery. Raises 42601 with position for one that it does not know and for a
 * switch that is neither on nor off, 22023 for an unknown format, with position, and for what needs ANALYZE, 0A000 for the formats xml and yaml.
 */
export function explainOptions(statement: Statement): ExplainOptions {
  const { options } = statement.explain!;
  const on = new Set<string>();
  for (const [name, value] of Object.entries(options)) {
    if (name === 'format') continue;
    if (!switches.has(name)) throw errors.syntax(`unrecognized EXPLAIN option "${name}"`, positionOf(name, statement));
    if (isOn(name, value)) on.add(name);
  }
  const needing = ofRun.find((name) => on.has(name) && !on.has('analyze'));
  if (needing !== undefined) throw errors.invalidArgument(`EXPLAIN option ${needing.toUpperCase()} requires ANALYZE`);
  return {
    analyze: on.has('analyze'),
    format: formatOf(options.format, positionOf('format', statement)),
    summary: on.has('summary'),
  };
}

/** Where the option is named, in characters. */
function positionOf(name: string, { text, explain }: Statement): number | undefined {
  const scanner = new Scanner(text);
  scanner.next(); // EXPLAIN itself
  while (scanner.next() && scanner.start < explain!.innerStart)
    if (scanner.value.toLowerCase() === name) return characterPosition(text, scanner.start);
  return undefined;
}

function isOn(name: string, value: string | true): boolean {
  if (value === true || value === 'true' || value === 'on' || value === '1') return true;
  if (value === 'false' || value === 'off' || value === '0') return false;
  throw errors.syntax(`${name} requires a Boolean value`);
}

function formatOf(value: string | true = 'text', position?: number): ExplainOptions['format'] {
  if (value === 'text' || value === 'json') return value;
  if (value === true) throw errors.syntax('format requires a parameter');
  if (otherFormats.has(value)) throw errors.featureNotSupported(`EXPLAIN (FORMAT ${value.toUpperCase()})`, 'Use JSON.');
  throw errors.invalidOption(`unrecognized value for EXPLAIN option "format": "${value}"`, position);
}

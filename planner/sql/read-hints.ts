import { errors } from '../errors.ts';
import { nearestName } from '../nearest-name.ts';
import { type PlanNotice, type StrategyName, strategyNames } from '../plan/plan.ts';
import { type Argument, type HintCall, hintCalls } from './hint-calls.ts';
import type { Hint, PlacedHint, RepartitionBy } from './hints.ts';
import type { RawHint } from './lexer.ts';
import { characterPosition } from './positions.ts';

/** Most partitions that a hint may ask for. */
export const maximumHintPartitions = 10_000;

export interface ReadHints {
  readonly hints: readonly PlacedHint[];
  /** WARNINGs for hints that are not known at all: those of other tools. */
  readonly notices: readonly PlanNotice[];
}

/**
 * Reads the hints of one statement. Raises 42601 with position for a known one that is malformed, and for one whose name is nearly that of a known
 * one: hints may change the answer, so that a misspelt one must not be left out. `sql`: the statement's text.
 */
export function readHints(comments: readonly RawHint[], sql: string): ReadHints {
  const hints: PlacedHint[] = [];
  const notices: PlanNotice[] = [];
  for (const { text, start } of comments) {
    for (const call of hintCalls(text)) {
      const at = start + call.start;
      const read = readCall(call);
      if (typeof read !== 'string') {
        hints.push({ ...read, at });
        continue;
      }
      const near = Object.hasOwn(readers, call.name) ? undefined : nearestName(call.name, Object.keys(readers));
      if (near === undefined && !Object.hasOwn(readers, call.name)) notices.push(warning(call, read));
      else throw errors.syntax(`hint "${call.name}": ${read}`, characterPosition(sql, at), hintFor(near));
    }
  }
  return { hints, notices };
}

function hintFor(near: string | undefined): string | undefined {
  return near === undefined ? undefined : `Did you mean "${near}"?`;
}

function warning({ name }: HintCall, problem: string): PlanNotice {
  const hint = `Hints are: ${Object.keys(readers).join(', ')}.`;
  return { severity: 'WARNING', sqlstate: '01000', message: `hint "${name}" is ignored: ${problem}`, hint };
}

/** The hint, or what is wrong with it. */
function readCall(call: HintCall): Hint | string {
  if (call.problem !== undefined) return call.problem;
  return Object.hasOwn(readers, call.name)
    ? readers[call.name as keyof typeof readers](call.args)
    : 'there is no such hint';
}

type Reader = (args: readonly Argument[]) => Hint | string;

const readers: Readonly<Record<Hint['kind'], Reader>> = {
  strategy: (args) => {
    const allowed: readonly string[] = ['auto', ...strategyNames];
    const value = only(args)?.toLowerCase();
    if (value !== undefined && allowed.includes(value))
      return { kind: 'strategy', strategy: value as 'auto' | StrategyName };
    return `it takes one of ${allowed.join(', ')}`;
  },
  partitions: (args) => {
    const partitions = countOf(only(args));
    return partitions === undefined
      ? `it takes a number from 1 to ${maximumHintPartitions}`
      : { kind: 'partitions', partitions };
  },
  repartition: readRepartition,
  partial_sql: (args) => (args.length === 0 ? { kind: 'partial_sql' } : 'it takes no argument'),
  broadcast: (args) => {
    const table = only(args);
    return table === undefined ? 'it takes a table' : { kind: 'broadcast', table };
  },
  colocate: (args) => {
    const tables = args.flatMap(({ name, value }) => (name === undefined && typeof value === 'string' ? [value] : []));
    return tables.length >= 2 && tables.length === args.length
      ? { kind: 'colocate', tables }
      : 'it takes two or more tables';
  },
  task: readTask,
  checkpoint: (args) => {
    const name = only(args);
    return name === undefined ? 'it takes a name' : { kind: 'checkpoint', name };
  },
};

/** The one argument, without a name. */
function only(args: readonly Argument[]): string | undefined {
  const [first] = args;
  return args.length === 1 && first!.name === undefined && typeof first!.value === 'string' ? first!.value : undefined;
}

function countOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,6}$/.test(text)) return undefined;
  const count = Number(text);
  return count >= 1 && count <= maximumHintPartitions ? count : undefined;
}

const repartitionForms =
  'it takes (table, n), (table, n, by_rows), (table, n, shuffle => seed), (table, n, hash_by => (a, b)), (table, n, range_by => c), (table, n, by => column) or (table, by => column)';

function readRepartition([first, second, third, ...rest]: readonly Argument[]): Hint | string {
  const table = first === undefined ? undefined : only([first]);
  if (table === undefined || second === undefined || rest.length > 0) return repartitionForms;
  if (second.name === 'by' && typeof second.value === 'string' && third === undefined) {
    return { kind: 'repartition', table, partitions: null, by: { kind: 'column', column: second.value } };
  }
  const partitions = countOf(only([second]));
  const by = third === undefined ? ({ kind: 'files' } as const) : repartitionBy(third);
  return partitions === undefined || by === undefined
    ? repartitionForms
    : { kind: 'repartition', table, partitions, by };
}

/** Largest seed: a whole number that JavaScript and DuckDB have exactly. */
const seedDigits = 9;

function repartitionBy({ name, value }: Argument): RepartitionBy | undefined {
  if (name === undefined) {
    if (value === 'by_rows') return { kind: 'rows' };
    return value === 'shuffle' ? { kind: 'shuffle', seed: 0 } : undefined;
  }
  if (name === 'hash_by') return { kind: 'hash', columns: typeof value === 'string' ? [value] : value };
  if (typeof value !== 'string') return undefined;
  switch (name) {
    case 'range_by':
      return { kind: 'range', column: value };
    case 'by':
      return { kind: 'column', column: value };
    case 'shuffle':
      return /^\d+$/.test(value) && value.length <= seedDigits ? { kind: 'shuffle', seed: Number(value) } : undefined;
    default:
      return undefined;
  }
}

function readTask(args: readonly Argument[]): Hint | string {
  let memoryBytes: number | null = null;
  let threads: number | null = null;
  for (const { name, value } of args) {
    if (name === 'memory' && typeof value === 'string') memoryBytes = bytesOf(value) ?? Number.NaN;
    else if (name === 'threads' && typeof value === 'string') threads = countOf(value) ?? Number.NaN;
    else return "it takes memory => '2GB' and threads => 1";
  }
  if (args.length === 0 || Number.isNaN(memoryBytes) || Number.isNaN(threads))
    return "it takes memory => '2GB' and threads => 1";
  return { kind: 'task', memoryBytes, threads };
}

const units: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** `2GB`, `512 MiB`, as DuckDB reads memory sizes. */
function bytesOf(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?i?b)$/i.exec(text.trim());
  const unit = match === null ? undefined : units[match[2]!.toLowerCase()];
  return unit === undefined ? undefined : Math.round(Number(match![1]) * unit);
}

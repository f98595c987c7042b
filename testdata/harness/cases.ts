import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { StrategyName } from '../../planner/plan/plan.ts';
import { repositoryRoot } from './cache.ts';

const folder = resolve(repositoryRoot, 'testdata/cases');

export interface Case {
  /** `<file>: <first words of the query>`. */
  readonly title: string;
  readonly sql: string;
  /** Floats may differ in the last digits (DuckDB's own sums of DOUBLE do). */
  readonly tolerance: boolean;
  /** Rows must come in the very order of one DuckDB, although the query has no ORDER BY. */
  readonly sequence: boolean;
  /** The strategy that a forced `two_phase`, `pushdown` ... must really run as; undefined: only the answer counts. */
  readonly runsAs: StrategyName | undefined;
}

export interface CaseFile {
  readonly name: string;
  /** Name of the data set (`testdata/datasets/<name>.sql`). */
  readonly data: string;
  readonly cases: readonly Case[];
}

/**
 * Reads `testdata/cases/*.sql`. Cases are parted by blank lines. Directives are comments: `-- data: NAME` once at the top;
 * before a case `-- tolerance`, `-- sequence`, `-- runs as: STRATEGY`; other comments are for readers.
 */
export function readCaseFiles(): readonly CaseFile[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => parseCaseFile(basename(file, '.sql'), readFileSync(join(folder, file), 'utf8')));
}

function parseCaseFile(name: string, text: string): CaseFile {
  const data = /^-- data: (\S+)/.exec(text)?.[1];
  if (data === undefined) throw new Error(`testdata/cases/${name}.sql does not begin with "-- data: NAME"`);
  const cases: Case[] = [];
  for (const block of text.split(/\n\s*\n/)) {
    const lines = block.split('\n');
    const comments = lines.filter((line) => line.startsWith('--'));
    const sql = lines
      .filter((line) => !line.startsWith('--'))
      .join('\n')
      .trim()
      .replace(/;$/, '');
    if (sql === '') continue;
    cases.push({
      title: `${name}: ${sql.replace(/\s+/g, ' ').slice(0, 70)}`,
      sql,
      tolerance: comments.includes('-- tolerance'),
      sequence: comments.includes('-- sequence'),
      runsAs: runsAs(comments),
    });
  }
  return { name, data, cases };
}

function runsAs(comments: readonly string[]): StrategyName | undefined {
  return comments.map((line) => /^-- runs as: (\w+)/.exec(line)?.[1]).find((name) => name !== undefined) as
    | StrategyName
    | undefined;
}

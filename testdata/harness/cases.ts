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
  /** Forced `stages` must really run it so, with no raw gather. */
  readonly distributed: boolean;
  /** SQLSTATE that one DuckDB and the gateway must both raise; undefined: both must answer. */
  readonly error: string | undefined;
  /** Session settings, on both sides, for this case alone. */
  readonly settings: readonly Setting[];
  /** What one DuckDB runs instead, when its text has to differ (catalog names, hints). */
  readonly oracleSql: string | undefined;
  /** Has values that PostgreSQL's binary format can't say (ragged arrays): asked for as text instead. */
  readonly textOnly: boolean;
}

export interface Setting {
  readonly name: string;
  readonly value: string;
}

export interface CaseFile {
  readonly name: string;
  /** Name of the data set (`testdata/datasets/<name>.sql`). */
  readonly data: string;
  /** Statements that both sides run before the first case (views, local tables). */
  readonly setup: readonly string[];
  readonly cases: readonly Case[];
}

/**
 * Reads `testdata/cases/*.sql`. Cases are parted by blank lines. Directives are comments: `-- data: NAME` once at the top;
 * before a case `-- tolerance`, `-- sequence`, `-- text only`, `-- distributed`, `-- runs as: STRATEGY`, `-- error: SQLSTATE`, `-- set: NAME = VALUE`,
 * `-- oracle: SQL`; `-- setup: STATEMENT` anywhere runs once before all cases. `$DIR` stands for the data folder. Other comments are
 * for readers.
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
  const setup: string[] = [];
  for (const block of text.split(/\n\s*\n/)) {
    const lines = block.split('\n');
    const comments = lines.filter((line) => line.startsWith('--'));
    setup.push(...directives(comments, 'setup'));
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
      runsAs: directives(comments, 'runs as')[0] as StrategyName | undefined,
      distributed: comments.includes('-- distributed'),
      error: directives(comments, 'error')[0],
      settings: directives(comments, 'set').map(settingOf),
      textOnly: comments.includes('-- text only'),
      oracleSql: directives(comments, 'oracle')[0],
    });
  }
  return { name, data, setup, cases };
}

/** What stands after `-- <name>: ` in each comment that is such a directive. */
function directives(comments: readonly string[], name: string): readonly string[] {
  const start = `-- ${name}: `;
  return comments.filter((line) => line.startsWith(start)).map((line) => line.slice(start.length).trim());
}

function settingOf(text: string): Setting {
  const [, name, value] = /^(\S+)\s*=\s*(.+)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new Error(`"-- set: ${text}" is not NAME = VALUE`);
  return { name, value };
}

/**
 * Statements that are run on PostgreSQL and on Sluice, from testdata/postgres: one per line. A line of comment before a statement may say
 * `-- differs: names, types: why` (it is known to differ in just these aspects, for the reason that ARCHITECTURE.md lists under this
 * name); `-- with: TimeZone = 'UTC'` holds for all that follow it in the file, up to the next one.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './cache.ts';
import { type RawAnswer, type RawClient, WireError } from './raw-client.ts';

/** What two answers can differ in. `position`: where an error is. `error`: only one of them is one, or their SQLSTATEs are not the same. */
export type Aspect = 'names' | 'types' | 'text' | 'binary' | 'error' | 'position';

export interface CheckedStatement {
  readonly file: string;
  readonly line: number;
  readonly sql: string;
  /** Settings that it runs under, as SET takes them. */
  readonly settings: readonly string[];
  readonly known: { readonly aspects: readonly Aspect[]; readonly reason: string } | null;
}

export const statementsFolder = join(repositoryRoot, 'testdata/postgres');

/** The statements that make the tables that all others read. */
export function setupStatements(): readonly string[] {
  return lines('setup.sql').filter((line) => line !== '' && !line.startsWith('--'));
}

export function checkedStatements(): readonly CheckedStatement[] {
  const files = readdirSync(statementsFolder).filter((name) => name.endsWith('.sql') && name !== 'setup.sql');
  return files.sort().flatMap(statementsOf);
}

function lines(file: string): readonly string[] {
  return readFileSync(join(statementsFolder, file), 'utf8').split('\n');
}

function statementsOf(file: string): CheckedStatement[] {
  const found: CheckedStatement[] = [];
  let settings: readonly string[] = [];
  let known: CheckedStatement['known'] = null;
  for (const [index, sql] of lines(file).entries()) {
    const differs = /^-- differs: ([a-z, ]+): (.+)$/.exec(sql);
    const given = /^-- with:(.*)$/.exec(sql);
    if (differs !== null) known = { aspects: differs[1]!.split(', ') as Aspect[], reason: differs[2]! };
    else if (given !== null) settings = given[1]!.trim() === '' ? [] : [given[1]!.trim()];
    else if (sql !== '' && !sql.startsWith('--')) {
      found.push({ file, line: index + 1, sql, settings, known });
      known = null;
    }
  }
  return found;
}

/** What one server said, in a form that can be compared and shown. */
export interface Observed {
  readonly error: { readonly code: string; readonly position: string; readonly message: string } | null;
  readonly names: readonly string[];
  readonly types: readonly number[];
  readonly text: readonly string[];
  readonly binary: readonly string[];
}

const nothing = { names: [], types: [], text: [], binary: [] } as const;

/** Runs a statement in a transaction of its own, which is rolled back: as text, and when that went well once more in binary. */
export async function observe(client: RawClient, statement: CheckedStatement): Promise<Observed> {
  const { sql, settings } = statement;
  await client.query('BEGIN');
  try {
    for (const setting of settings) await client.query(`SET LOCAL ${setting}`);
    const answer = await client.query(sql);
    const binary = await client.query(sql, 'binary').catch(ignoreWireError);
    return {
      error: null,
      names: answer.fields.map(({ name }) => name),
      types: answer.fields.map(({ oid }) => oid),
      text: rowsOf(answer, 'utf8', sql),
      binary: binary === null ? ['error'] : rowsOf(binary, 'hex', sql),
    };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { ...nothing, error: { code: error.code, position: error.fields.get('P') ?? '', message: error.message } };
  } finally {
    await client.query('ROLLBACK');
  }
}

function ignoreWireError(error: unknown): null {
  if (error instanceof WireError) return null;
  throw error;
}

/** Rows as lines; sorted where the statement leaves their order open. */
function rowsOf({ rows }: RawAnswer, encoding: 'utf8' | 'hex', sql: string): readonly string[] {
  const found = rows.map((row) => row.map((cell) => (cell === null ? '∅' : cell.toString(encoding))).join(' | '));
  return /order by/i.test(sql) ? found : found.sort();
}

/** In what an answer differs from PostgreSQL's. Values in binary are compared only where types and texts are the same. */
export function differences(theirs: Observed, ours: Observed): readonly Aspect[] {
  if (theirs.error !== null || ours.error !== null) {
    if (theirs.error?.code !== ours.error?.code) return ['error'];
    return theirs.error?.position === ours.error?.position ? [] : ['position'];
  }
  const differ = (aspect: 'names' | 'types' | 'text' | 'binary') =>
    JSON.stringify(theirs[aspect]) !== JSON.stringify(ours[aspect]);
  const found = (['names', 'types', 'text'] as const).filter(differ);
  const comparable = !found.includes('types') && !found.includes('text');
  return comparable && differ('binary') ? [...found, 'binary'] : found;
}

/** A difference for people. */
export function describeDifference(statement: CheckedStatement, theirs: Observed, ours: Observed): string {
  const show = ({ error, names, types, text, binary }: Observed) =>
    error === null
      ? `${names.map((name, i) => `${name}:${types[i]}`).join(', ')}\n      ${text.join('\n      ')}\n      ${binary.join('\n      ').slice(0, 200)}`
      : `${error.code} at ${error.position || '-'}: ${error.message}`;
  const where = `${statement.file}:${statement.line}: ${statement.settings.join()} ${statement.sql}`;
  return `[${differences(theirs, ours).join(', ')}] ${where}\n  postgres: ${show(theirs)}\n  sluice:   ${show(ours)}`;
}

import { errors } from '../../planner/errors.ts';
import { Scanner } from '../../planner/sql/scanner.ts';
import { TokenCursor } from '../../planner/sql/token-cursor.ts';
import type { SessionDatabase } from './context.ts';

/** Table functions that change all of DuckDB, not the session: CALL is not allowed, but FROM takes them too. */
const instanceFunctions: ReadonlySet<string> = new Set([
  'enable_logging',
  'disable_logging',
  'truncate_duckdb_logs',
  'checkpoint',
  'force_checkpoint',
  'enable_profiling',
  'disable_profiling',
]);
/** DuckDB opens its own file and the WAL for anybody, wherever they are; nothing else in the state folder. */
const ownFileName = /\.duckdb(?:\.wal)?$/i;

/**
 * Refuses (42501) what DuckDB itself lets through: a string that names a file of the state folder, and calls that change the whole
 * instance. A check of the text: a path or name that an expression puts together (`'/state/local.' || 'duckdb'`) gets past it, and then
 * only lets the rows of local tables be read as bytes; COPY takes plain strings alone, so nothing can be written in this way.
 */
export function guardText(text: string, database: Pick<SessionDatabase, 'ownsFile'>): void {
  const scanner = new Scanner(text);
  let called = '';
  while (scanner.next()) {
    const { kind } = scanner;
    if (kind === 'string') {
      const path = new TokenCursor(scanner.value).string() ?? '';
      if (ownFileName.test(path) && database.ownsFile(path)) {
        throw errors.accessDenied(`"${path}" belongs to the gateway`);
      }
    } else if (kind === 'punctuation' && called !== '' && text[scanner.start] === '(') {
      throw errors.accessDenied(`the function ${called} is not allowed`);
    }
    const name = kind === 'word' || kind === 'quoted' ? scanner.value.toLowerCase().replaceAll('"', '') : '';
    called = instanceFunctions.has(name) ? name : '';
  }
}

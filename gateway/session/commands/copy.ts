import { errors } from '../../../planner/errors.ts';
import type { TableName } from '../../../planner/sql/statement-tokens.ts';
import { TokenCursor } from '../../../planner/sql/token-cursor.ts';

const streamHint = "COPY ... TO 'file' and FROM 'file' work within the declared folders.";
const fileHint = "Write the file as one plain string: COPY ... TO 'folder/file.csv'.";
/** DuckDB takes these for the process's own streams, whether quoted or not. */
const streams: ReadonlySet<string> = new Set(['stdin', 'stdout', 'stderr', 'program']);
const directions: ReadonlySet<string> = new Set(['from', 'to']);

/** COPY between a table or query and a file. */
export interface Copy {
  /** Tables that it writes. */
  readonly targets: readonly TableName[];
  readonly path: string;
}

/** Moves past everything up to FROM or TO outside parentheses; gives that word. */
function skipToDirection(cursor: TokenCursor): string {
  for (let depth = 0; !cursor.atEnd; cursor.skip()) {
    if (depth === 0 && directions.has(cursor.word)) {
      const { word } = cursor;
      cursor.skip();
      return word;
    }
    depth += cursor.value === '(' ? 1 : cursor.value === ')' ? -1 : 0;
  }
  throw cursor.unexpected();
}

/**
 * Reads COPY. Only a plain '...' literal may name the file, so that what is checked is what runs: no expression, escape string, bare
 * name, parameter, or literal that goes on on the next line. Raises 42601, 0A000, and 42501 for COPY FROM DATABASE.
 */
export function readCopy(text: string): Copy {
  const cursor = new TokenCursor(text);
  cursor.expect('copy');
  if (cursor.word === 'from') {
    throw errors.accessDenied('COPY FROM DATABASE is not allowed');
  }
  const parts = cursor.value === '(' ? undefined : cursor.qualifiedName();
  const direction = skipToDirection(cursor);
  if (streams.has(cursor.value.toLowerCase().replaceAll(/["']/g, ''))) {
    throw errors.featureNotSupported('COPY to or from the client', streamHint);
  }
  const literal = cursor.value;
  const path = literal.startsWith("'") ? cursor.string() : undefined;
  if (path === undefined || /^(?:'|"|[a-z]?'|\$)/i.test(cursor.value) || cursor.value === '||') {
    throw errors.featureNotSupported('COPY with a file name that is not a plain string', fileHint);
  }
  const table = parts && { database: parts.at(-3), schema: parts.at(-2), name: parts.at(-1)! };
  return { targets: direction === 'from' && table !== undefined ? [table] : [], path };
}

import { quoteIdentifier, quoteLiteral } from '../../../worker/engine/quote.ts';
import type { Notice } from '../client.ts';
import type { ForeignKey } from '../keys/foreign-key.ts';

/** What a definition of PostgreSQL's comes to: statements of DuckDB that run as one. */
export interface Definition {
  readonly statements: readonly string[];
  readonly notices?: readonly Notice[];
  /** What comes behind them, and needs what they made. `run`: a statement of the definition. */
  readonly after?: ((run: (sql: string) => Promise<unknown>) => Promise<void>) | undefined;
  /** Names of tables whose foreign keys it changes, or that these refer to. */
  readonly keyed?: readonly string[];
  /** Foreign keys whose referred rows all go. */
  readonly emptied?: readonly ForeignKey[];
}

export function setComment(
  object: 'TABLE' | 'VIEW' | 'COLUMN' | 'INDEX',
  name: string,
  comment: string | null,
): string {
  return `COMMENT ON ${object} ${name} IS ${comment === null ? 'NULL' : quoteLiteral(comment)}`;
}

export function columnOf(table: string, column: string): string {
  return `${table}.${quoteIdentifier(column)}`;
}

export function skipped(message: string, sqlstate = '00000'): Definition {
  return { statements: [], notices: [{ severity: 'NOTICE', sqlstate, message }] };
}

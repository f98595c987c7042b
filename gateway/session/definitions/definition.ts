import { quoteIdentifier, quoteLiteral } from '../../../worker/engine/quote.ts';
import type { Notice } from '../client.ts';

/** What a definition of PostgreSQL's comes to: statements of DuckDB that run as one. */
export interface Definition {
  readonly statements: readonly string[];
  readonly notices?: readonly Notice[];
}

export function setComment(object: 'TABLE' | 'COLUMN' | 'INDEX', name: string, comment: string | null): string {
  return `COMMENT ON ${object} ${name} IS ${comment === null ? 'NULL' : quoteLiteral(comment)}`;
}

export function columnOf(table: string, column: string): string {
  return `${table}.${quoteIdentifier(column)}`;
}

export function skipped(message: string, sqlstate = '00000'): Definition {
  return { statements: [], notices: [{ severity: 'NOTICE', sqlstate, message }] };
}

/** Foreign keys whose actions DuckDB has not: it refuses to delete or change rows that are referred to. */
export function actionNotice(names: readonly string[]): readonly Notice[] {
  if (names.length === 0) return [];
  const message = `foreign key on ${names.join(', ')}: ON DELETE and ON UPDATE do as NO ACTION`;
  return [{ severity: 'WARNING', sqlstate: '01000', message }];
}

import { LRUCache } from 'lru-cache';
import { type Statement, splitStatements } from '../../planner/sql/lexer.ts';
import { isQuery } from '../../planner/sql/statement-kind.ts';
import { knownTextLength, knownTexts } from './limits.ts';

/** Short texts of nothing but queries, of all sessions: what pools and ORMs send again and again. Others may hold secrets. */
const known = new LRUCache<string, readonly Statement[]>({ max: knownTexts });

/** As `splitStatements`. The same objects for the same text, for a while. */
export function statementsOf(text: string): readonly Statement[] {
  const found = known.get(text);
  if (found !== undefined) return found;
  const statements = splitStatements(text);
  if (text.length <= knownTextLength && statements.length > 0 && statements.every(isQuery)) known.set(text, statements);
  return statements;
}

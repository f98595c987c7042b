import { type Statement, splitStatements } from '../../planner/sql/lexer.ts';
import { isQuery } from '../../planner/sql/statement-kind.ts';
import { knownTextLength, knownTexts } from './limits.ts';

/** Short texts of nothing but queries, of all sessions, oldest first: what pools and ORMs send again and again. Others may hold secrets. */
const known = new Map<string, readonly Statement[]>();

/** As `splitStatements`. The same objects for the same text, for a while. */
export function statementsOf(text: string): readonly Statement[] {
  const found = known.get(text);
  if (found !== undefined) return found;
  const statements = splitStatements(text);
  if (text.length <= knownTextLength && statements.length > 0 && statements.every(isQuery)) {
    if (known.size >= knownTexts) known.delete(known.keys().next().value!);
    known.set(text, statements);
  }
  return statements;
}

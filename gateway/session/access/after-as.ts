import { TokenCursor } from '../../../planner/sql/token-cursor.ts';

/** The text behind the first AS outside of parentheses: the query of CREATE VIEW and CREATE TABLE ... AS. Raises 42601 when there is none. */
export function textAfterAs(text: string): string {
  const cursor = new TokenCursor(text);
  for (let depth = 0; !cursor.atEnd; cursor.skip()) {
    if (depth === 0 && cursor.word === 'as') return text.slice(cursor.start + 'as'.length).replace(/;\s*$/, '');
    depth += cursor.value === '(' ? 1 : cursor.value === ')' ? -1 : 0;
  }
  throw cursor.unexpected();
}

import { Scanner } from '../../../planner/sql/scanner.ts';

/** Keys of advisory locks are often `hashtext(...)`. Any hash does for that: nobody sees it. DuckDB's, cut to the type's positive half. */
const hashes: Readonly<Record<string, (argument: string) => string>> = {
  hashtext: (argument) => `CAST(hash(${argument}) & 2147483647 AS INTEGER)`,
  hashtextextended: (argument) => `CAST(hash(${argument}) >> 1 AS BIGINT)`,
};

/** An expression with PostgreSQL's hash functions put as DuckDB's. */
export function withHashCalls(expression: string): string {
  const scanner = new Scanner(expression);
  while (scanner.next()) {
    const { start } = scanner;
    const word = scanner.kind === 'word' ? scanner.value.toLowerCase() : '';
    if (!Object.hasOwn(hashes, word)) {
      continue;
    }
    const open = scanner.next() && expression[scanner.start] === '(' ? scanner.start : -1;
    const close = open < 0 ? -1 : closing(scanner);
    if (close >= 0) {
      const inner = withHashCalls(expression.slice(open + 1, close));
      return expression.slice(0, start) + hashes[word]!(inner) + withHashCalls(expression.slice(close + 1));
    }
  }
  return expression;
}

/** Index of the parenthesis that closes the one that the scanner stands on; -1: there is none. */
function closing(scanner: Scanner): number {
  for (let depth = 1; scanner.next(); ) {
    if (scanner.kind === 'punctuation') {
      const mark = scanner.text[scanner.start];
      depth += mark === '(' ? 1 : mark === ')' ? -1 : 0;
      if (depth === 0) {
        return scanner.start;
      }
    }
  }
  return -1;
}

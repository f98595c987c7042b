import { Scanner } from '../../planner/sql/scanner.ts';

/** Tokens that a comparison may follow. */
const beforeCondition: ReadonlySet<string> = new Set(['where', 'and', 'or', 'on', 'when', 'not', 'having', '(']);
const comparisons: ReadonlySet<string> = new Set(['=', '<>', '!=', '<', '>', '<=', '>=', 'like', 'ilike']);

/** What came before the current token, the last first: enough to know a comparison by. */
type Before = readonly [string, string, string, string];

/**
 * The text with nothing in the quotes of strings that a column is compared with: `t.c = 'x'`, `c IN ('x', 'y')`, `c LIKE 'x%'`. Two texts that
 * are the same without them have columns of the same types, and of the same names where no name has a quote in it. Other strings
 * stay: a key of a struct or the format of a date can decide a type.
 */
export function withoutWords(sql: string): string {
  if (!sql.includes("'")) return sql;
  const scanner = new Scanner(sql);
  let [text, copied] = ['', 0];
  let before: Before = ['', '', '', ''];
  let inList = false;
  while (scanner.next()) {
    const token = scanner.value.toLowerCase();
    if (scanner.kind === 'string') {
      inList ||= before[0] === '(' && before[1] === 'in' && isCondition(before.slice(2));
      if (inList || (comparisons.has(before[0]) && isCondition(before.slice(1)))) {
        text += `${sql.slice(copied, scanner.start)}''`;
        copied = scanner.end;
      }
    } else if (token !== ',') inList = false;
    before = [token, before[0], before[1], before[2]];
  }
  return text + sql.slice(copied);
}

/** True after `t.c`, and after a bare `c` where a condition begins: `f(c = 'x')` may name an argument. */
function isCondition([column, previous, beforeThat]: readonly string[]): boolean {
  if (column === undefined || !/^["\w]/.test(column)) return false;
  return (
    previous === '.' || (previous !== undefined && beforeCondition.has(previous) && isNoCall(previous, beforeThat))
  );
}

/** An open bracket after a name is a call. */
function isNoCall(previous: string, beforeThat: string | undefined): boolean {
  return previous !== '(' || (beforeThat !== undefined && (beforeCondition.has(beforeThat) || beforeThat === ''));
}

import { Scanner } from '../../planner/sql/scanner.ts';

/** What stands for the beginning of the transaction, with what its value is cast to. `called`: with parentheses. */
const moments: Readonly<Record<string, { readonly called: boolean; readonly type: string | null }>> = {
  now: { called: true, type: null },
  transaction_timestamp: { called: true, type: null },
  get_current_timestamp: { called: true, type: null },
  today: { called: true, type: 'DATE' },
  current_timestamp: { called: false, type: null },
  current_date: { called: false, type: 'DATE' },
  localtimestamp: { called: false, type: 'TIMESTAMP' },
};

/** Has the text a word for the beginning of the transaction? */
export function namesMoment(sql: string): boolean {
  return frozen(sql, '') !== sql;
}

/** The statement with the beginning of its transaction, as DuckDB prints a TIMESTAMPTZ, in place of the words for it: to run in another one. */
export function frozen(sql: string, moment: string): string {
  const scanner = new Scanner(sql);
  let [text, copied, before] = ['', 0, ''];
  const tokens: { readonly start: number; readonly end: number; readonly value: string; readonly before: string }[] =
    [];
  while (scanner.next()) {
    const { start, end } = scanner;
    const value =
      scanner.kind === 'word' ? scanner.value.toLowerCase() : scanner.kind === 'punctuation' ? scanner.value : '';
    tokens.push({ start, end, value, before });
    before = value;
  }
  for (const [index, { start, end, value, before: last }] of tokens.entries()) {
    const found = Object.hasOwn(moments, value) ? moments[value]! : undefined;
    if (found === undefined || last === '.') continue;
    const call = tokens[index + 1]?.value === '(';
    if (found.called ? !call || tokens[index + 2]?.value !== ')' : call) continue;
    const literal = `CAST('${moment}' AS TIMESTAMP WITH TIME ZONE)`;
    text += sql.slice(copied, start) + (found.type === null ? literal : `CAST(${literal} AS ${found.type})`);
    copied = found.called ? tokens[index + 2]!.end : end;
  }
  return text + sql.slice(copied);
}

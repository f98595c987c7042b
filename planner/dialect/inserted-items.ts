import { findToken, splitAtCommas, type Token, tokensOf, within } from './write-tokens.ts';

export interface InsertedItems {
  /** The parts of the table's name. */
  readonly table: readonly string[];
  /** Undefined: all of the table. */
  readonly columns: readonly string[] | undefined;
  /** n of each item of the select list that is `$n` alone. */
  readonly items: readonly (number | undefined)[];
}

/** Parameters that are items of the query of an INSERT; undefined for other statements, VALUES and unions. Raises 42601 as the scanner does. */
export function insertedItems(text: string): InsertedItems | undefined {
  if (!/^\s*insert\b/i.test(text)) return undefined;
  const tokens = tokensOf(text);
  const table = [meant(tokens[2])];
  let at = 3;
  for (; tokens[at]?.value === '.'; at += 2) table.push(meant(tokens[at + 1]));
  if (tokens[at]?.word === 'as') at += 2;
  let columns: readonly string[] | undefined;
  if (tokens[at]?.value === '(' && tokens[at + 1]?.word !== 'select') {
    const list = within(tokens, at);
    columns = splitAtCommas(tokens, list).map(({ from }) => meant(tokens[from]));
    at = list.to + 1;
  }
  if (tokens[at]?.word !== 'select') return undefined;
  const whole = { from: at, to: tokens.length };
  if (findToken(tokens, whole, 'union', 'intersect', 'except') < tokens.length) return undefined;
  const to = findToken(tokens, whole, 'from', 'where', 'on', 'returning', 'group', 'order', 'limit');
  const items = splitAtCommas(tokens, { from: at + 1, to }).map(({ from, to: end }) => {
    const { kind, value } = tokens[from]!;
    return kind === 'parameter' && end === from + 1 ? Number(value.slice(1)) : undefined;
  });
  return { table, columns, items };
}

function meant(token: Token | undefined): string {
  const value = token?.value ?? '';
  return value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value;
}

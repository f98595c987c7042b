/** What a statement that writes says about the columns that it changes; expressions stay text. */
import { meantName, type Token, tokensOf } from '../definitions/tokens.ts';

/** `column = value`; value undefined: one of several that a row gives. */
export interface SetItem {
  /** As meant. */
  readonly column: string;
  readonly value: string | undefined;
}

export interface UpdateParts {
  /** WITH and its queries, or ''. */
  readonly before: string;
  /** As written, with its alias. */
  readonly target: string;
  /** What columns are qualified with. */
  readonly alias: string;
  readonly items: readonly SetItem[];
  /** What stands behind FROM and WHERE, or ''. */
  readonly from: string;
  readonly where: string;
}

export interface InsertParts {
  /** All rows are in its text. */
  readonly values: boolean;
  /** Columns that ON CONFLICT DO UPDATE sets. */
  readonly updates: readonly string[];
  /** INSERT OR REPLACE: rows of before go. */
  readonly replaces: boolean;
}

/** Tokens outside of parentheses, with their places among all. */
function outer(tokens: readonly Token[]): readonly { readonly token: Token; readonly at: number }[] {
  const found: { token: Token; at: number }[] = [];
  let depth = 0;
  for (const [at, token] of tokens.entries()) {
    if (')]}'.includes(token.word) && token.word !== '') depth--;
    if (depth === 0) found.push({ token, at });
    if ('([{'.includes(token.word) && token.word !== '') depth++;
  }
  return found;
}

const ends: ReadonlySet<string> = new Set(['from', 'where', 'returning', ';']);

/** Undefined for a text of another form. */
export function updateParts(sql: string): UpdateParts | undefined {
  const tokens = tokensOf(sql);
  const places = outer(tokens);
  const words = places.map(({ token }) => token.word);
  const verb = words.indexOf('update');
  const set = words.indexOf('set', verb);
  if (verb < 0 || set < 0) return undefined;
  const end = (from: number) => {
    for (let at = from; at < words.length; at++)
      if (ends.has(words[at]!) && !(words[at] === 'from' && words[at - 1] === 'distinct')) return at;
    return words.length;
  };
  const start = (at: number) => places[at]?.token.start ?? sql.length;
  const named = words[verb + 1] === 'only' ? verb + 2 : verb + 1;
  const setEnd = end(set + 1);
  const fromEnd = words[setEnd] === 'from' ? end(setEnd + 1) : setEnd;
  const whereEnd = words[fromEnd] === 'where' ? end(fromEnd + 1) : fromEnd;
  const target = sql
    .slice(start(named), start(set))
    .replace(/\*\s*$/, '')
    .trim();
  const items = setItems(
    sql,
    places.slice(set + 1, setEnd).map(({ token }) => token),
    start(setEnd),
  );
  const last = places[set - 1]?.token;
  if (items === undefined || items.length === 0 || last === undefined || target === '') return undefined;
  return {
    before: sql.slice(0, start(verb)),
    target,
    alias: last.word === '*' ? (places[set - 2]?.token.value ?? '') : last.value,
    items,
    from: fromEnd > setEnd ? sql.slice(start(setEnd + 1), start(fromEnd)) : '',
    where: whereEnd > fromEnd ? sql.slice(start(fromEnd + 1), start(whereEnd)) : '',
  };
}

/** `tokens`: outside of parentheses. `end`: of the list in the text. */
function setItems(sql: string, tokens: readonly Token[], end: number): readonly SetItem[] | undefined {
  const items: SetItem[] = [];
  let at = 0;
  while (at < tokens.length) {
    const comma = tokens.findIndex(({ word }, index) => index >= at && word === ',');
    const item = tokens.slice(at, comma < 0 ? undefined : comma);
    const equals = item.findIndex(({ word }) => word === '=');
    const first = item[0];
    if (first === undefined || equals < 1) return undefined;
    const stop = comma < 0 ? end : tokens[comma]!.start;
    if (first.word === '(') {
      const list = sql.slice(first.end, item[equals]!.start).replace(/\)\s*$/, '');
      for (const { kind, value } of tokensOf(list))
        if (kind === 'word' || kind === 'quoted') items.push({ column: meantName(value), value: undefined });
    } else {
      // t.column, column[1]
      const names = item.slice(0, equals).filter(({ kind }) => kind === 'word' || kind === 'quoted');
      const plain = names.length === 1 && equals === 1;
      const column = meantName((item[1]?.word === '.' ? names.at(-1) : names[0])?.value ?? '');
      items.push({ column, value: plain ? sql.slice(item[equals]!.end, stop).trim() : undefined });
    }
    at = comma < 0 ? tokens.length : comma + 1;
  }
  return items;
}

export function insertParts(sql: string): InsertParts {
  const tokens = tokensOf(sql);
  const places = outer(tokens).map(({ token }) => token);
  const words = places.map(({ word }) => word);
  const insert = words.indexOf('insert');
  const conflict = words.findIndex((word, at) => word === 'on' && words[at + 1] === 'conflict');
  const set = conflict < 0 ? -1 : words.indexOf('set', conflict);
  const stop = set < 0 ? -1 : words.findIndex((word, at) => at > set && ends.has(word) && words[at - 1] !== 'distinct');
  const list = set < 0 ? [] : places.slice(set + 1, stop < 0 ? undefined : stop);
  const items = setItems(sql, list, stop < 0 ? sql.length : places[stop]!.start) ?? [];
  const values = words.indexOf('values', insert);
  const query = words.findIndex(
    (word, at) => at > insert && (word === 'select' || word === 'from' || word === 'table'),
  );
  return {
    values: words.includes('default', insert) && values < 0 ? true : values >= 0 && (query < 0 || query > values),
    updates: items.map(({ column }) => column),
    replaces: words[insert + 1] === 'or' && words[insert + 2] === 'replace',
  };
}

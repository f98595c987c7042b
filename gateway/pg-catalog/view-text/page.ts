import type { Query, RangeEntry } from './expr.ts';
import { sqlNameOf, type TypeFacts } from './type-facts.ts';

/** Columns by which PostgreSQL indents clauses, joins, and what follows in a list. */
export const indents = { clause: 8, join: 4, list: 4 } as const;
/** Deeper than that it indents less. */
const indentLimit = 40;

/** A text that is being printed. */
export interface Page {
  readonly facts: TypeFacts;
  /** Parentheses only where they are needed. */
  readonly pretty: boolean;
  /** Lists are broken in lines of so many characters; below 0: not at all. */
  readonly wrap: number;
  /** Widths that lines were compared with: at others the text is the same. */
  readonly widths: Set<number>;
  /** Of all that can be named, here and around. */
  readonly names: ReadonlyMap<RangeEntry, string>;
  readonly taken: ReadonlySet<string>;
  text: string;
  indent: number;
}

export function put(page: Page, ...texts: readonly string[]): void {
  for (const text of texts) page.text += text;
}

/** A new line, as far in as the clause before, and a keyword. `before`, `after`: changes of the indentation; `plus`: of this line alone. */
export function putLine(page: Page, keyword: string, before: number, after: number, plus: number): void {
  page.indent += before;
  const deep = page.indent - indentLimit;
  const level = deep < 0 ? Math.max(page.indent, 0) : (indentLimit + Math.trunc(deep / 4)) % indentLimit;
  page.text = `${page.text.replace(/ +$/, '')}\n${' '.repeat(level + plus)}${keyword}`;
  page.indent = Math.max(page.indent + after, 0);
}

/** What `print` puts, apart. */
export function apart(page: Page, print: () => void): string {
  const before = page.text;
  page.text = '';
  print();
  const { text } = page;
  page.text = before;
  return text;
}

/** Has the last line room for so many characters more? */
export function overflows(page: Page, length: number): boolean {
  const width = page.text.length - (page.text.lastIndexOf('\n') + 1) + length;
  page.widths.add(width);
  return width > page.wrap;
}

export function putName(page: Page, name: string): void {
  put(page, sqlNameOf(page.facts, name));
}

/** The page of a query inside of another: its names are those that nothing around it has. */
export function pageOf(outer: Page, { entries }: Query): Page {
  const names = new Map(outer.names);
  const taken = new Set(outer.taken);
  for (const entry of entries) {
    const { name } = entry;
    let own = name;
    for (let number = 1; taken.has(own); number++) own = `${name}_${number}`;
    taken.add(own);
    names.set(entry, own);
  }
  return { ...outer, names, taken, text: '' };
}

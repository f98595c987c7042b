/**
 * Values of INSERT and UPDATE as PostgreSQL reads them: a text constant is read as a value of its column, where DuckDB reads another form
 * (arrays, bytea, booleans), and rows may be shorter than the table. Only the text is changed: nothing is parsed or bound for it.
 */
import type { Column } from '../catalog.ts';
import type { LocalColumns } from './postgres-dialect.ts';
import { quoted } from './quoted.ts';
import { readArray } from './text-arrays.ts';
import { findToken, type Range, splitAtCommas, type Token, tokensOf, within } from './write-tokens.ts';
import { mayHoldZoned, unzonedForm, zonedForm } from './zoned-text.ts';

/** A text in which no constant has a form of its own. */
const ordinary = /^(?![\s\S]*(?:'\s*\{|'\\|'\s*(?:y|yes|n|no|on|off?)\s*'))/i;
const rowsOnly = /^\s*insert\s+into\s+(?:"(?:[^"]|"")*"|[\w.$]|[\u0080-\uffff])+\s+values\b/i;

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

interface Target {
  readonly table: readonly string[];
  /** Where the name of the table ends. */
  readonly end: number;
}

/** The statement with such constants as DuckDB reads them; the very text where there are none. Raises 42601 as the scanner does. */
export async function typedValues(text: string, localColumns: LocalColumns): Promise<string> {
  if (
    !/^\s*(?:insert|update)\b/i.test(text) ||
    (ordinary.test(text) && !rowsOnly.test(text) && !mayHoldZoned.test(text))
  )
    return text;
  const tokens = tokensOf(text);
  const inserts = tokens[0]?.word === 'insert';
  const target = tableAt(tokens, inserts ? 2 : 1);
  if (target === undefined) return text;
  const columns = await localColumns(target.table.at(-2) ?? '', target.table.at(-1)!);
  if (columns === undefined) return text;
  const edits = inserts ? ofInsert(tokens, target, columns) : ofAssignments(tokens, target.end, columns);
  let result = text;
  for (const { start, end, text: instead } of [...edits].reverse())
    result = result.slice(0, start) + instead + result.slice(end);
  return result;
}

function tableAt(tokens: readonly Token[], from: number): Target | undefined {
  const table: string[] = [];
  for (let at = from; ; at += 2) {
    const name = tokens[at];
    if (name === undefined || (name.word === '' && !name.value.startsWith('"'))) return undefined;
    table.push(meant(name));
    if (tokens[at + 1]?.value !== '.') return { table, end: at + 1 };
  }
}

function meant({ value }: Token): string {
  return value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value;
}

function ofInsert(tokens: readonly Token[], { end }: Target, columns: readonly Column[]): readonly Edit[] {
  let at = end;
  let types: readonly (string | undefined)[] = columns.map(({ type }) => type);
  const listed = tokens[at]?.value === '(' ? within(tokens, at) : undefined;
  if (listed !== undefined) {
    types = splitAtCommas(tokens, listed).map(({ from, to }) =>
      to === from + 1 ? typeOf(columns, tokens[from]!) : undefined,
    );
    at = listed.to + 1;
  }
  if (tokens[at]?.word !== 'values') return [];
  const to = findToken(tokens, { from: at, to: tokens.length }, 'on', 'returning');
  const edits: Edit[] = [];
  let widest = 0;
  for (const row of splitAtCommas(tokens, { from: at + 1, to })) {
    if (tokens[row.from]?.value !== '(') return [];
    const items = splitAtCommas(tokens, within(tokens, row.from));
    widest = Math.max(widest, items.length);
    for (const [index, item] of items.entries()) edits.push(...ofValue(tokens, item, types[index]));
  }
  if (listed === undefined && widest > 0 && widest < columns.length) {
    const names = columns.slice(0, widest).map(({ name }) => `"${name.replaceAll('"', '""')}"`);
    const place = tokens[end - 1]!.end;
    edits.unshift({ start: place, end: place, text: ` (${names.join(', ')})` });
  }
  return edits;
}

function typeOf(columns: readonly Column[], name: Token): string | undefined {
  const wanted = meant(name).toLowerCase();
  return columns.find((column) => column.name.toLowerCase() === wanted)?.type;
}

function ofAssignments(tokens: readonly Token[], from: number, columns: readonly Column[]): readonly Edit[] {
  const set = findToken(tokens, { from, to: tokens.length }, 'set');
  const to = findToken(tokens, { from: set + 1, to: tokens.length }, 'from', 'where', 'returning');
  return splitAtCommas(tokens, { from: set + 1, to }).flatMap((part) => {
    const [name, equals] = [tokens[part.from]!, tokens[part.from + 1]];
    if (equals?.value !== '=') return [];
    return ofValue(tokens, { from: part.from + 2, to: part.to }, typeOf(columns, name));
  });
}

function ofValue(tokens: readonly Token[], { from, to }: Range, type: string | undefined): readonly Edit[] {
  const token = tokens[from]!;
  if (to !== from + 1 || type === undefined || token.kind !== 'string' || !token.value.startsWith("'")) return [];
  const instead = constantOf(token.value.slice(1, -1).replaceAll("''", "'"), type);
  return instead === undefined ? [] : [{ start: token.start, end: token.end, text: instead }];
}

/** DuckDB's constant; undefined: as it is. */
function constantOf(text: string, type: string): string | undefined {
  if (type.endsWith(']')) {
    const elements = readArray(text);
    return elements === undefined ? undefined : listText(elements);
  }
  if (type === 'TIMESTAMP WITH TIME ZONE' || type === 'TIMESTAMP') {
    const read = type === 'TIMESTAMP' ? unzonedForm(text) : zonedForm(text);
    return read === text ? undefined : quoted(read);
  }
  if (type === 'BLOB') return text.includes('\\') ? `CAST(${quoted(text)} AS bytea)` : undefined;
  return type === 'BOOLEAN' ? booleanText(text) : undefined;
}

type Elements = NonNullable<ReturnType<typeof readArray>>;

function listText(elements: Elements): string {
  const items = elements.map((element) => {
    if (element === null) return 'NULL';
    return typeof element === 'string' ? quoted(element) : listText(element);
  });
  return `[${items.join(', ')}]`;
}

function booleanText(text: string): string | undefined {
  if (/^\s*(?:on|y|yes)\s*$/i.test(text)) return 'true';
  return /^\s*(?:off?|n|no)\s*$/i.test(text) ? 'false' : undefined;
}

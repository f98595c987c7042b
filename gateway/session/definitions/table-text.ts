/** CREATE TABLE read into parts that can be changed and printed again. Expressions and types stay text. */
import { listItems, meantName, TokenReader } from './tokens.ts';

/** What REFERENCES says. */
export interface Reference {
  /** As written, with qualifiers. */
  readonly table: string;
  /** As written; empty: its primary key. */
  readonly columns: readonly string[];
  /** pg_constraint.confdeltype and confupdtype. */
  readonly onDelete: string;
  readonly onUpdate: string;
  /** MATCH FULL. */
  readonly full?: boolean;
  /** As written: columns that ON DELETE SET NULL and SET DEFAULT change; left out: all. */
  readonly setColumns?: readonly string[];
}

export type ForeignConstraint = Extract<Constraint, { readonly kind: 'foreign' }>;

interface Named {
  /** As meant; undefined: not given. */
  readonly name?: string | undefined;
  readonly deferrable?: boolean;
  readonly deferred?: boolean;
  /** NOT VALID. */
  readonly notValid?: boolean;
}

export type Constraint = Named &
  (
    | { readonly kind: 'primary' | 'unique'; readonly columns: readonly string[] }
    | { readonly kind: 'check'; readonly text: string }
    | { readonly kind: 'foreign'; readonly columns: readonly string[]; readonly reference: Reference }
    | { readonly kind: 'notNull' | 'null' }
    | { readonly kind: 'default'; readonly text: string }
    | { readonly kind: 'identity'; readonly always: boolean; readonly options: string }
    | { readonly kind: 'generated'; readonly text: string }
    | { readonly kind: 'collate'; readonly text: string }
  );

export interface Column {
  readonly kind: 'column';
  /** As written. */
  readonly name: string;
  /** As written. */
  readonly type: string;
  readonly constraints: readonly Constraint[];
}

export interface TableConstraint {
  readonly kind: 'constraint';
  readonly constraint: Constraint;
}

export type Element = Column | TableConstraint;

export interface TableText {
  /** CREATE ... TABLE. */
  readonly head: string;
  readonly ifNotExists: boolean;
  readonly temporary: boolean;
  /** Parts of the name, as written. */
  readonly name: readonly string[];
  readonly elements: readonly Element[];
  /** What stands behind the list. */
  readonly tail: string;
}

const startsConstraint: ReadonlySet<string> = new Set(
  'constraint not null check default generated unique primary references collate deferrable initially'.split(' '),
);
const startsTableConstraint: ReadonlySet<string> = new Set(['constraint', 'primary', 'unique', 'check', 'foreign']);
const actions: Readonly<Record<string, string>> = { cascade: 'c', restrict: 'r' };

/** Undefined for what is not of this form: CREATE TABLE AS, LIKE, forms of DuckDB's own, what is no CREATE TABLE. */
export function readTableText(text: string): TableText | undefined {
  const reader = new TokenReader(text);
  if (!reader.accept('create')) return undefined;
  const orReplace = reader.accept('or', 'replace');
  let temporary = false;
  for (;;) {
    if (reader.accept('temp') || reader.accept('temporary')) temporary = true;
    else if (!(reader.accept('local') || reader.accept('global') || reader.accept('unlogged'))) break;
  }
  if (!reader.accept('table')) return undefined;
  const ifNotExists = reader.accept('if', 'not', 'exists');
  const name = reader.rawQualifiedName();
  const list = name.length === 0 ? undefined : reader.parentheses();
  if (list === undefined) return undefined;
  const elements = listItems(list.slice(1, -1)).map(readElement);
  const tail = reader.rest();
  if (elements.some((element) => element === undefined) || /^\s*(as|select|with\s+data)\b/i.test(tail))
    return undefined;
  const head = `CREATE ${orReplace ? 'OR REPLACE ' : ''}${temporary ? 'TEMPORARY ' : ''}TABLE`;
  return { head, ifNotExists, temporary, name, elements: elements as Element[], tail };
}

/** An element of the list; undefined when it is of no known form. */
export function readElement(text: string): Element | undefined {
  const reader = new TokenReader(text);
  if (startsTableConstraint.has(reader.word)) {
    const constraint = readConstraint(reader, []);
    return constraint === undefined || !reader.atEnd ? undefined : { kind: 'constraint', constraint };
  }
  return readColumn(reader);
}

/** A column to the end of its text. */
export function readColumn(reader: TokenReader): Column | undefined {
  const name = reader.rawName();
  if (name === undefined || name.toLowerCase() === 'like') return undefined;
  if (reader.atEnd || startsConstraint.has(reader.word)) return undefined;
  const type = reader.until(({ word }) => startsConstraint.has(word));
  const constraints: Constraint[] = [];
  while (!reader.atEnd) {
    const timing = readTiming(reader);
    if (timing !== undefined) {
      const last = constraints.pop();
      if (last === undefined) return undefined;
      constraints.push({ ...last, ...timing });
      continue;
    }
    const constraint = readConstraint(reader, [name]);
    if (constraint === undefined) return undefined;
    constraints.push(constraint);
  }
  return { kind: 'column', name, type, constraints };
}

function readTiming(reader: TokenReader): { deferrable?: boolean; deferred?: boolean } | undefined {
  if (reader.accept('not', 'deferrable')) return { deferrable: false };
  if (reader.accept('deferrable')) return { deferrable: true };
  if (reader.accept('initially', 'deferred')) return { deferred: true };
  return reader.accept('initially', 'immediate') ? { deferred: false } : undefined;
}

/** A constraint with its name. `own`: the column that it stands at; empty at the table, where columns are listed. */
function readConstraint(reader: TokenReader, own: readonly string[]): Constraint | undefined {
  const raw = reader.accept('constraint') ? reader.rawName() : undefined;
  const read = readBare(reader, own);
  if (read === undefined) return undefined;
  let found: Constraint = raw === undefined ? read : { ...read, name: meantName(raw) };
  for (let timing = readTiming(reader); timing !== undefined; timing = readTiming(reader))
    found = { ...found, ...timing };
  return reader.accept('not', 'valid') ? { ...found, notValid: true } : found;
}

function readBare(reader: TokenReader, own: readonly string[]): Constraint | undefined {
  if (reader.accept('not', 'null')) return { kind: 'notNull' };
  if (reader.accept('null')) return { kind: 'null' };
  if (reader.accept('default'))
    return { kind: 'default', text: reader.until(({ word }) => startsConstraint.has(word)) };
  if (reader.accept('collate')) return { kind: 'collate', text: reader.rawQualifiedName().join('.') };
  if (reader.accept('check')) {
    const text = reader.parentheses();
    reader.accept('no', 'inherit');
    return text === undefined ? undefined : { kind: 'check', text };
  }
  if (reader.accept('generated')) return readGenerated(reader);
  if (reader.word === 'primary' || reader.word === 'unique') return readKey(reader, own);
  if (reader.word === 'foreign' || reader.word === 'references') return readForeign(reader, own);
  return undefined;
}

function readGenerated(reader: TokenReader): Constraint | undefined {
  const always = reader.accept('always');
  if (!always && !reader.accept('by', 'default')) return undefined;
  if (!reader.accept('as')) return undefined;
  if (reader.accept('identity')) return { kind: 'identity', always, options: reader.parentheses() ?? '' };
  const text = reader.parentheses();
  if (!reader.accept('stored')) reader.accept('virtual');
  return text === undefined ? undefined : { kind: 'generated', text };
}

function columnList(reader: TokenReader): readonly string[] | undefined {
  return reader
    .parentheses()
    ?.slice(1, -1)
    .split(',')
    .map((name) => name.trim());
}

function readKey(reader: TokenReader, own: readonly string[]): Constraint | undefined {
  const kind = reader.accept('primary', 'key') ? 'primary' : 'unique';
  if (kind === 'unique') reader.accept('unique');
  reader.accept('nulls', 'distinct');
  const columns = own.length > 0 ? own : columnList(reader);
  if (reader.accept('with')) reader.parentheses();
  return columns === undefined ? undefined : { kind, columns };
}

function readForeign(reader: TokenReader, own: readonly string[]): Constraint | undefined {
  const columns = reader.accept('foreign', 'key') ? columnList(reader) : own;
  if (columns === undefined || !reader.accept('references')) return undefined;
  const table = reader.rawQualifiedName().join('.');
  const referenced = columnList(reader) ?? [];
  const full = reader.accept('match') && reader.skip()?.word === 'full';
  const done = { delete: 'a', update: 'a' };
  let setColumns: readonly string[] | undefined;
  while (reader.accept('on')) {
    const event = reader.skip()?.word;
    if (event !== 'delete' && event !== 'update') return undefined;
    if (reader.accept('set', 'null')) done[event] = 'n';
    else if (reader.accept('set', 'default')) done[event] = 'd';
    else if (!reader.accept('no', 'action')) done[event] = actions[reader.skip()?.word ?? ''] ?? 'a';
    if (event === 'delete' && (done.delete === 'n' || done.delete === 'd')) setColumns = columnList(reader);
  }
  const reference = {
    ...{ table, columns: referenced, onDelete: done.delete, onUpdate: done.update },
    ...(full ? { full } : {}),
    ...(setColumns === undefined ? {} : { setColumns }),
  };
  return table === '' ? undefined : { kind: 'foreign', columns, reference };
}

const list = (names: readonly string[]) => `(${names.join(', ')})`;

/** As DuckDB takes it; '' for what it is not told. `own`: it stands at its column. */
function printConstraint(constraint: Constraint, own: boolean): string {
  switch (constraint.kind) {
    case 'notNull':
      return 'NOT NULL';
    case 'null':
      return '';
    case 'default':
      return `DEFAULT ${constraint.text}`;
    case 'collate':
      return `COLLATE ${constraint.text}`;
    case 'check':
      return `CHECK ${constraint.text}`;
    case 'generated':
      return `GENERATED ALWAYS AS ${constraint.text}`;
    case 'identity':
      return '';
    case 'primary':
      return `PRIMARY KEY${own ? '' : ` ${list(constraint.columns)}`}`;
    case 'unique':
      return `UNIQUE${own ? '' : ` ${list(constraint.columns)}`}`;
    // Kept beside DuckDB, see keys/foreign-key.ts.
    case 'foreign':
      return '';
  }
}

export function printElement(element: Element): string {
  if (element.kind === 'constraint') return printConstraint(element.constraint, false);
  const constraints = element.constraints.map((constraint) => printConstraint(constraint, true)).filter(Boolean);
  return [element.name, element.type, ...constraints].join(' ');
}

/** As DuckDB takes it: foreign keys, names of constraints and what follows the list are left out. */
export function printTable(table: TableText): string {
  return `${table.head} ${table.name.join('.')} (${table.elements.map(printElement).filter(Boolean).join(', ')})`;
}

/** Every constraint of the table with a name in `pg_constraint`, wherever it stands. */
export function keysOf(elements: readonly Element[]): readonly Constraint[] {
  return elements.flatMap((element) => (element.kind === 'column' ? element.constraints : [element.constraint]));
}

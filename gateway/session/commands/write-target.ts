import type { Statement } from '../../../planner/sql/lexer.ts';
import { Scanner } from '../../../planner/sql/scanner.ts';
import type { StatementKind } from '../../../planner/sql/statement-kind.ts';
import { hasWord, TokenCursor } from '../token-cursor.ts';

export interface Target {
  readonly schema: string | undefined;
  readonly name: string;
}

/** What the session must understand of a statement that DuckDB runs. */
export interface Write {
  readonly verb: StatementKind;
  /** Tables that it changes, as far as its first words tell. */
  readonly targets: readonly Target[];
  /** CommandComplete's tag without counts. */
  readonly tag: string;
  /** The tag ends with the number of rows. */
  readonly counts: boolean;
  readonly returning: boolean;
  readonly temporary: boolean;
  /** CREATE, ALTER, DROP. */
  readonly definesObjects: boolean;
  /** COPY with STDIN, STDOUT or PROGRAM. */
  readonly copyStream: boolean;
  /** Why it may never reach DuckDB. */
  readonly denied: string | undefined;
}

const returningWords: ReadonlySet<string> = new Set(['returning']);
const asWords: ReadonlySet<string> = new Set(['as']);
const copyEnds: ReadonlySet<string> = new Set(['stdin', 'stdout', 'program']);
/** What CREATE, ALTER and DROP may make and change. */
const objectWords: Readonly<Record<string, string>> = {
  table: 'TABLE',
  view: 'VIEW',
  index: 'INDEX',
  schema: 'SCHEMA',
  sequence: 'SEQUENCE',
  type: 'TYPE',
  macro: 'FUNCTION',
  function: 'FUNCTION',
};
const modifiers: ReadonlySet<string> = new Set(['or', 'replace', 'unique', 'global', 'local', 'unlogged', 'recursive']);

function target(cursor: TokenCursor): Target {
  const parts = cursor.qualifiedName();
  return { schema: parts.at(-2), name: parts.at(-1)! };
}

/** Cursor on the first token after WITH and its queries. */
function verbCursor(statement: Statement): TokenCursor {
  const cursor = new TokenCursor(statement.text);
  if (statement.kind !== 'with') {
    return cursor;
  }
  let depth = 0;
  while (!cursor.atEnd && !(depth === 0 && ['insert', 'update', 'delete', 'merge'].includes(cursor.word))) {
    depth += cursor.value === '(' ? 1 : cursor.value === ')' ? -1 : 0;
    cursor.skip();
  }
  return cursor;
}

function dmlTarget(cursor: TokenCursor, verb: StatementKind): readonly Target[] {
  cursor.skip();
  if (verb === 'insert') {
    cursor.accept('or') && cursor.skip();
  }
  for (const word of ['into', 'from', 'table', 'only']) {
    cursor.accept(word);
  }
  return cursor.atEnd ? [] : [target(cursor)];
}

function parseCopy(statement: Statement): Pick<Write, 'targets' | 'copyStream'> {
  const cursor = new TokenCursor(statement.text);
  cursor.expect('copy');
  const query = cursor.value === '(';
  const targets = query ? [] : [target(cursor)];
  // COPY t FROM writes t; COPY t TO reads it.
  const reads = !hasWord(statement.text, new Set(['from']));
  return { targets: reads ? [] : targets, copyStream: hasStreamEnd(statement.text) };
}

/** STDIN, STDOUT or PROGRAM after FROM or TO, outside parentheses. DuckDB itself would use the process's own. */
function hasStreamEnd(text: string): boolean {
  const scanner = new Scanner(text);
  let depth = 0;
  let afterDirection = false;
  while (scanner.next()) {
    const value = scanner.value.toLowerCase();
    if (depth === 0 && afterDirection && (copyEnds.has(value) || copyEnds.has(value.replaceAll(/["']/g, '')))) {
      return true;
    }
    depth += value === '(' ? 1 : value === ')' ? -1 : 0;
    afterDirection = scanner.kind === 'word' && (value === 'from' || value === 'to');
  }
  return false;
}

interface Definition {
  readonly targets: readonly Target[];
  readonly object: string | undefined;
  readonly word: string;
  readonly temporary: boolean;
}

function parseDefinition(cursor: TokenCursor): Definition {
  cursor.skip();
  let temporary = false;
  for (;;) {
    const { word } = cursor;
    const isTemporary = word === 'temp' || word === 'temporary';
    if (!isTemporary && !modifiers.has(word)) {
      break;
    }
    temporary ||= isTemporary;
    cursor.skip();
  }
  const { word } = cursor;
  const object = Object.hasOwn(objectWords, word) ? objectWords[word] : undefined;
  if (object === undefined) {
    return { targets: [], object, word, temporary };
  }
  cursor.skip();
  for (const skipped of ['concurrently', 'if', 'not', 'exists', 'only']) {
    cursor.accept(skipped);
  }
  const targets: Target[] = [];
  if ((object === 'TABLE' || object === 'VIEW') && !cursor.atEnd) {
    do {
      targets.push(target(cursor));
    } while (cursor.accept(','));
  }
  return { targets, object, word, temporary };
}

const countingTags: Readonly<Partial<Record<StatementKind, string>>> = {
  insert: 'INSERT 0',
  update: 'UPDATE',
  delete: 'DELETE',
  merge: 'MERGE',
};

/** Reads the first words of a statement that writes. Raises 42601 where a name is missing. */
export function parseWrite(statement: Statement): Write {
  const verb = statement.main;
  const base = {
    verb,
    targets: [],
    tag: verb.toUpperCase(),
    counts: false,
    returning: false,
    temporary: false,
    definesObjects: false,
    copyStream: false,
    denied: undefined,
  };
  const counting = countingTags[verb];
  if (counting !== undefined) {
    const returning = hasWord(statement.text, returningWords);
    const targets = dmlTarget(verbCursor(statement), verb);
    return { ...base, targets, tag: counting, counts: true, returning };
  }
  if (verb === 'copy') {
    return { ...base, ...parseCopy(statement), counts: true };
  }
  if (verb === 'truncate') {
    const targets = dmlTarget(new TokenCursor(statement.text), verb);
    return { ...base, targets, tag: 'TRUNCATE TABLE', definesObjects: true };
  }
  if (verb !== 'create' && verb !== 'alter' && verb !== 'drop') {
    return base;
  }
  const { targets, object, word, temporary } = parseDefinition(new TokenCursor(statement.text));
  const tag = `${verb.toUpperCase()} ${object ?? ''}`;
  const denied = object === undefined ? `${verb.toUpperCase()} ${word.toUpperCase()} is not allowed` : undefined;
  const fromQuery = verb === 'create' && object === 'TABLE' && hasWord(statement.text, asWords);
  const counted = fromQuery ? { tag: 'SELECT', counts: true } : { tag, counts: false };
  return { ...base, ...counted, targets, temporary, definesObjects: true, denied };
}

import type { Statement } from './lexer.ts';
import type { StatementKind } from './statement-kind.ts';
import { hasWord, TokenCursor } from './token-cursor.ts';

/** A name with its qualifiers as written: `database.schema.name`. Quotes are gone, case is kept. */
export interface TableName {
  readonly database: string | undefined;
  readonly schema: string | undefined;
  readonly name: string;
}

/** What CREATE, ALTER and DROP make and change, by the word for it, as the command tag names it. */
const objectTags = {
  table: 'TABLE',
  view: 'VIEW',
  index: 'INDEX',
  schema: 'SCHEMA',
  sequence: 'SEQUENCE',
  type: 'TYPE',
  macro: 'FUNCTION',
  function: 'FUNCTION',
} as const;
export type ObjectTag = (typeof objectTags)[keyof typeof objectTags];

/** What a statement that writes is, told from its tokens. */
export interface StatementFacts {
  /** What follows WITH, for WITH. */
  readonly verb: StatementKind;
  /** Of CREATE, ALTER and DROP; undefined for what those can't name here (SECRET, DATABASE, ...). */
  readonly object: ObjectTag | undefined;
  /** The word in the object's place, lower case. */
  readonly objectWord: string;
  /** Tables and views that it writes, makes, changes or drops; for CREATE INDEX the table that is indexed. */
  readonly targets: readonly TableName[];
  /** Names that come to be: of CREATE the object, of ALTER ... RENAME TO the new one (with its old qualifiers). */
  readonly made: readonly TableName[];
  /** Every object that CREATE, ALTER and DROP name, of whatever kind. */
  readonly objects: readonly TableName[];
  /** RETURNING stands outside parentheses. */
  readonly returning: boolean;
  /** CREATE TABLE ... AS. */
  readonly fromQuery: boolean;
  readonly temporary: boolean;
  readonly ifExists: boolean;
  readonly ifNotExists: boolean;
  readonly orReplace: boolean;
}

const returningWords: ReadonlySet<string> = new Set(['returning']);
const asWords: ReadonlySet<string> = new Set(['as']);
const dmlVerbs: ReadonlySet<string> = new Set(['insert', 'update', 'delete', 'merge']);
const modifiers: ReadonlySet<string> = new Set(['unique', 'global', 'local', 'unlogged', 'recursive', 'persistent']);

function tableName(cursor: TokenCursor): TableName {
  const parts = cursor.qualifiedName();
  return { database: parts.at(-3), schema: parts.at(-2), name: parts.at(-1)! };
}

function nameList(cursor: TokenCursor): readonly TableName[] {
  if (cursor.atEnd) return [];
  const names = [tableName(cursor)];
  while (cursor.accept(',')) names.push(tableName(cursor));
  return names;
}

/** Cursor on the first token after WITH and its queries. */
function verbCursor(statement: Statement): TokenCursor {
  const cursor = new TokenCursor(statement.text);
  if (statement.kind !== 'with') return cursor;
  let depth = 0;
  while (!cursor.atEnd && !(depth === 0 && dmlVerbs.has(cursor.word))) {
    depth += cursor.value === '(' ? 1 : cursor.value === ')' ? -1 : 0;
    cursor.skip();
  }
  return cursor;
}

function dmlTargets(cursor: TokenCursor, verb: StatementKind): readonly TableName[] {
  cursor.skip();
  if (verb === 'insert' && cursor.accept('or')) cursor.skip();
  for (const word of ['into', 'from', 'table', 'only']) cursor.accept(word);
  if (verb === 'truncate') return nameList(cursor);
  return cursor.atEnd ? [] : [tableName(cursor)];
}

interface Prefix {
  readonly temporary: boolean;
  readonly orReplace: boolean;
}

/** What may stand between CREATE and the object's word. */
function prefix(cursor: TokenCursor): Prefix {
  let temporary = false;
  let orReplace = false;
  for (;;) {
    if (cursor.accept('or')) {
      cursor.expect('replace');
      orReplace = true;
    } else if (cursor.accept('temp') || cursor.accept('temporary')) {
      temporary = true;
    } else if (modifiers.has(cursor.word)) {
      cursor.skip();
    } else {
      return { temporary, orReplace };
    }
  }
}

/** The table of CREATE INDEX [name] ON table. */
function indexedTable(cursor: TokenCursor): readonly TableName[] {
  while (!cursor.atEnd && !cursor.accept('on')) cursor.skip();
  cursor.accept('only');
  return cursor.atEnd ? [] : [tableName(cursor)];
}

function definition(statement: Statement): Partial<StatementFacts> & Pick<StatementFacts, 'objectWord'> {
  const cursor = new TokenCursor(statement.text);
  cursor.skip();
  const { temporary, orReplace } = prefix(cursor);
  const objectWord = cursor.word;
  const object = Object.hasOwn(objectTags, objectWord) ? objectTags[objectWord as keyof typeof objectTags] : undefined;
  const base = { objectWord, object, temporary, orReplace };
  if (object === undefined) return base;
  cursor.skip();
  cursor.accept('concurrently');
  const conditional = cursor.accept('if');
  const ifNotExists = conditional && cursor.accept('not');
  if (conditional) cursor.expect('exists');
  const ifExists = conditional && !ifNotExists;
  cursor.accept('only');
  const creates = statement.main === 'create';
  if (object === 'INDEX' && creates) {
    return { ...base, ifExists, ifNotExists, targets: indexedTable(cursor) };
  }
  const objects = statement.main === 'drop' ? nameList(cursor) : cursor.atEnd ? [] : [tableName(cursor)];
  const relation = object === 'TABLE' || object === 'VIEW';
  const renamed = statement.main === 'alter' && cursor.accept('rename') && cursor.accept('to');
  const made = renamed ? [{ ...objects[0]!, name: cursor.name() }] : creates && relation ? objects : [];
  return { ...base, ifExists, ifNotExists, objects, targets: relation ? objects : [], made };
}

/**
 * Reads the first words of a statement that writes: INSERT, UPDATE, DELETE, MERGE, TRUNCATE, CREATE, ALTER, DROP; others have
 * no facts but their verb. Raises 42601 with position where a name is missing.
 */
export function statementFacts(statement: Statement): StatementFacts {
  const verb = statement.main;
  const none: StatementFacts = {
    verb,
    object: undefined,
    objectWord: '',
    ...{ targets: [], made: [], objects: [] },
    ...{ returning: false, fromQuery: false, temporary: false, ifExists: false, ifNotExists: false, orReplace: false },
  };
  if (dmlVerbs.has(verb)) {
    const returning = hasWord(statement.text, returningWords);
    return { ...none, returning, targets: dmlTargets(verbCursor(statement), verb) };
  }
  if (verb === 'truncate') return { ...none, targets: dmlTargets(new TokenCursor(statement.text), verb) };
  if (verb !== 'create' && verb !== 'alter' && verb !== 'drop') return none;
  const found = definition(statement);
  const fromQuery = verb === 'create' && found.object === 'TABLE' && hasWord(statement.text, asWords);
  return { ...none, ...found, fromQuery };
}

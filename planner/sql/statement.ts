import parserPackage from 'node-sql-parser/build/postgresql.js';
import type { Statement } from './lexer.ts';
import type { StatementKind } from './statement-kind.ts';
import { type StatementFacts, statementFacts, type TableName } from './statement-tokens.ts';
import { hasWord } from './token-cursor.ts';

/**
 * Longest text that the parser is given, in UTF-16 units: it blocks, and needs up to 0.12 ms for each row of VALUES. The tokens alone
 * decide about longer ones.
 */
export const maximumParsedLength = 2_048;

/** What is known of a statement that writes. The text itself is what runs: nothing is ever printed from this. */
export interface WriteStatement extends StatementFacts {
  /**
   * Relations that it reads, names of its own WITH included; null when that is not known: a text that the parser does not take, or one
   * that reads from functions.
   */
  readonly reads: readonly TableName[] | null;
  readonly decidedBy: 'parser' | 'tokens';
}

/** Without any of these a statement reads no relation. */
const relationWords: ReadonlySet<string> = new Set(['from', 'join', 'using', 'table', 'view', 'select', 'references']);
const parsedVerbs: ReadonlySet<StatementKind> = new Set([
  'insert',
  'update',
  'delete',
  'create',
  'alter',
  'drop',
  'truncate',
]);

const parser = new parserPackage.Parser();
/** Statements live as long as they are prepared, and are read at Parse and at each Execute. */
const known = new WeakMap<Statement, WriteStatement>();

/**
 * Reads a statement that writes. The parser (PostgreSQL's grammar in JavaScript) tells what it reads and where RETURNING belongs; it
 * knows only a part of the dialect and takes some texts for others (`UPDATE ONLY t` for a table named `only`, `DROP TABLE a CASCADE`
 * for an alias), so it counts only where its targets are those that the tokens tell. Raises 42601 with position where a name is missing.
 */
export function readStatement(statement: Statement): WriteStatement {
  let found = known.get(statement);
  if (found === undefined) {
    found = decide(statement);
    known.set(statement, found);
  }
  return found;
}

function decide(statement: Statement): WriteStatement {
  const facts = statementFacts(statement);
  const { text } = statement;
  if (!hasWord(text, relationWords, Number.POSITIVE_INFINITY)) return { ...facts, reads: [], decidedBy: 'tokens' };
  const tree = parsedVerbs.has(facts.verb) && text.length <= maximumParsedLength ? parse(text) : undefined;
  const targets = tree === undefined ? [] : treeTargets(tree);
  if (tree === undefined || !sameNames(targets, facts.targets)) return { ...facts, reads: null, decidedBy: 'tokens' };
  const returning = facts.returning || isNode(tree.returning);
  return { ...facts, returning, reads: readsOf(tree, targets), decidedBy: 'parser' };
}

/** A node of the parser's tree; its fields are read one by one, since its declared types don't match what it gives. */
type Node = Readonly<Record<string, unknown>>;

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Undefined for what the parser does not take. */
function parse(text: string): Node | undefined {
  let ast: unknown;
  try {
    ast = parser.parse(text, { database: 'Postgresql' }).ast;
  } catch {
    // Its grammar is smaller than the dialect: DuckDB is the judge of what is an error.
    return undefined;
  }
  const tree = Array.isArray(ast) ? (ast.length === 1 ? ast[0] : undefined) : ast;
  return isNode(tree) ? tree : undefined;
}

/** Tables that the tree's own first level names as its object. */
function treeTargets(tree: Node): readonly TableName[] {
  const { keyword, type } = tree;
  if (type === 'drop' || type === 'truncate') return keyword === 'table' || keyword === 'view' ? names(tree.name) : [];
  if (type === 'delete') return names(tree.table ?? tree.from).slice(0, 1);
  if (keyword === 'view') return names(tree.view);
  if (type === 'create' && keyword !== 'table' && keyword !== 'index') return [];
  return names(tree.table);
}

function names(value: unknown): readonly TableName[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap((item) => {
    if (!isNode(item)) return [];
    const name = item.table ?? item.view;
    return typeof name === 'string' ? [{ database: undefined, schema: textOf(item.db), name }] : [];
  });
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function sameNames(a: readonly TableName[], b: readonly TableName[]): boolean {
  const keys = (list: readonly TableName[]) =>
    list.map(({ database, schema, name }) => [database, schema, name].join('\0').toLowerCase()).join('\u0001');
  return keys(a) === keys(b);
}

/** All that stands in a FROM, USING or REFERENCES anywhere in the tree; null when something there is no plain table or subquery. */
function readsOf(tree: Node, targets: readonly TableName[]): readonly TableName[] | null {
  const found = new Map<string, TableName>();
  let unknown = false;
  const add = (item: unknown) => {
    const [name] = names(item);
    if (name !== undefined) found.set(`${name.schema ?? ''}\0${name.name}`.toLowerCase(), name);
    else if (!isNode(item) || !isNode(item.expr) || !isNode(item.expr.ast)) unknown = true;
  };
  const visit = (value: unknown, top: boolean): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, false);
    } else if (isNode(value)) {
      for (const [key, child] of Object.entries(value)) {
        for (const item of fromItems(key, child)) {
          if (!(top && isTarget(item, targets))) add(item);
        }
        visit(child, false);
      }
    }
  };
  visit(tree, true);
  return unknown ? null : [...found.values()];
}

function fromItems(key: string, child: unknown): readonly unknown[] {
  if (key === 'from' || key === 'using') return Array.isArray(child) ? child : [];
  if (key !== 'reference_definition' || !isNode(child)) return [];
  return Array.isArray(child.table) ? child.table : [child.table];
}

/** DELETE's own table stands in its FROM. */
function isTarget(item: unknown, targets: readonly TableName[]): boolean {
  return sameNames(names(item), targets);
}

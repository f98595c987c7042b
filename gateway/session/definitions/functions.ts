/**
 * CREATE FUNCTION ... LANGUAGE sql, which DuckDB has as macros, and DROP FUNCTION with the types of arguments. There is no other language: what runs on
 * workers is SQL.
 */
import { errors } from '../../../planner/errors.ts';
import { hasWord, TokenCursor } from '../../../planner/sql/token-cursor.ts';
import { quoteIdentifier, quoteLiteral } from '../../../worker/engine/quote.ts';
import type { SessionContext } from '../context.ts';
import { fill, parseTemplate } from '../parameters.ts';
import type { Definition } from './definition.ts';
import { listItems, meantName, TokenReader, tokensOf } from './tokens.ts';

interface Parameter {
  readonly name: string;
  readonly type: string;
}

/** What stands between the parameters and the end. */
interface Clauses {
  language: string | undefined;
  body: string | undefined;
  /** What it returns: a type, or rows. */
  returns: { readonly type: string } | 'rows' | undefined;
  strict: boolean;
}

/** Clauses that change nothing here, with the number of words that follow each. */
const ignored: Readonly<Record<string, number>> = {
  immutable: 0,
  stable: 0,
  volatile: 0,
  leakproof: 0,
  window: 0,
  parallel: 1,
  cost: 1,
  rows: 1,
  security: 1,
};

/**
 * The macro of DuckDB for a function of PostgreSQL; undefined for what is DuckDB's own form already, or none. Raises 0A000 for other languages and
 * forms, 42P13 for a function without a body.
 */
export function macroOfFunction(text: string): string | undefined {
  const reader = new TokenReader(text);
  if (!reader.accept('create')) return undefined;
  const replace = reader.accept('or', 'replace') ? 'OR REPLACE ' : '';
  const temporary = reader.accept('temp') || reader.accept('temporary') ? 'TEMP ' : '';
  if (!reader.accept('function')) return undefined;
  const absent = reader.accept('if', 'not', 'exists') ? 'IF NOT EXISTS ' : '';
  const name = reader.rawQualifiedName().join('.');
  const list = reader.parentheses();
  if (name === '' || list === undefined || !hasWord(text, postgresWords)) return undefined;
  const parameters = listItems(list.slice(1, -1))
    .filter((item) => item.trim() !== '')
    .map(readParameter);
  const clauses = readClauses(reader);
  if (clauses.language !== undefined && clauses.language !== 'sql')
    throw errors.featureNotSupported(`LANGUAGE ${clauses.language}`, 'Functions are written in SQL: LANGUAGE sql.');
  if (clauses.body === undefined) throw errors.functionDefinition('no function body specified');
  const numbered = fill(parseTemplate(clauses.body), (n) => quoteIdentifier(parameters[n - 1]?.name ?? `$${n}`));
  const body = withTypes(numbered, parameters);
  const names = parameters.map((parameter) => quoteIdentifier(parameter.name));
  const head = `CREATE ${replace}${temporary}MACRO ${absent}${name}(${names.join(', ')}) AS`;
  return clauses.returns === 'rows' ? `${head} TABLE ${body}` : `${head} ${scalar(body, parameters, clauses)}`;
}

/** DuckDB's own form has none of them. */
const postgresWords: ReadonlySet<string> = new Set(['returns', 'language', 'return']);

function readParameter(item: string, index: number): Parameter {
  const reader = new TokenReader(item.trim());
  reader.accept('in');
  if (['out', 'inout', 'variadic'].includes(reader.word))
    throw errors.featureNotSupported(`a parameter with ${reader.word.toUpperCase()}`);
  const first = reader.rawName() ?? '';
  const type = reader.rest().trim();
  if (/\bdefault\b|=/i.test(type)) throw errors.featureNotSupported('a parameter with a default in LANGUAGE sql');
  return type === '' ? { name: `$${index + 1}`, type: first } : { name: meantName(first), type };
}

/** DuckDB's files keep no types of parameters: they are cast where they stand. */
function withTypes(body: string, parameters: readonly Parameter[]): string {
  const types = new Map(parameters.map(({ name, type }) => [name.toLowerCase(), type]));
  const tokens = tokensOf(body);
  let [text, copied] = ['', 0];
  for (const [i, token] of tokens.entries()) {
    if (token.kind !== 'word' && token.kind !== 'quoted') continue;
    const type = types.get(meantName(token.value).toLowerCase());
    const [before, after] = [tokens[i - 1]?.word, tokens[i + 1]?.word];
    if (type === undefined || before === '.' || before === 'as' || after === '.' || after === '(') continue;
    text += `${body.slice(copied, token.start)}CAST(${quoteIdentifier(meantName(token.value))} AS ${type})`;
    copied = token.end;
  }
  return text + body.slice(copied);
}

function readClauses(reader: TokenReader): Clauses {
  const clauses: Clauses = { language: undefined, body: undefined, returns: undefined, strict: false };
  while (!reader.atEnd) {
    if (reader.accept('returns', 'null', 'on', 'null', 'input') || reader.accept('strict')) clauses.strict = true;
    else if (reader.accept('called', 'on', 'null', 'input')) clauses.strict = false;
    else if (reader.accept('returns')) clauses.returns = readReturns(reader);
    else if (reader.accept('language')) clauses.language = languageOf(reader);
    else if (reader.accept('return')) {
      clauses.body = `SELECT ${reader.rest().replace(/;\s*$/, '')}`;
      break;
    } else if (reader.accept('as')) clauses.body = bodyOf(reader);
    else {
      const words = ignored[reader.word];
      if (words === undefined) throw errors.featureNotSupported(`${reader.skip()?.value ?? ''} in CREATE FUNCTION`);
      for (let skipped = 0; skipped <= words; skipped++) reader.skip();
    }
  }
  return clauses;
}

function languageOf(reader: TokenReader): string {
  const token = reader.skip();
  const name = token?.kind === 'string' ? new TokenCursor(token.value).string() : meantName(token?.value ?? '');
  return (name ?? '').toLowerCase();
}

function readReturns(reader: TokenReader): Clauses['returns'] {
  if (reader.accept('table')) {
    reader.parentheses();
    return 'rows';
  }
  const set = reader.accept('setof');
  const type: string[] = [];
  while (!reader.atEnd && !endsType.has(reader.word)) type.push(reader.skip()!.value);
  return set ? 'rows' : { type: type.join(' ') };
}

const endsType: ReadonlySet<string> = new Set([
  ...Object.keys(ignored),
  'language',
  'as',
  'return',
  'returns',
  'strict',
  'called',
]);

function bodyOf(reader: TokenReader): string {
  const token = reader.skip();
  const text = token?.kind === 'string' ? new TokenCursor(token.value).string() : undefined;
  return (text ?? '').trim().replace(/;\s*$/, '');
}

/** `SELECT a + 1` is its expression; another query is a scalar sub-query. */
function scalar(body: string, parameters: readonly Parameter[], { returns, strict }: Clauses): string {
  const simple = /^select\s+/i.exec(body);
  const rest = simple === null ? '' : body.slice(simple[0].length);
  const value = simple !== null && isExpression(rest) ? `(${rest})` : `(${body})`;
  const type = returns === undefined || returns === 'rows' ? undefined : returns.type;
  const typed = type === undefined || type === '' ? value : `CAST(${value} AS ${type})`;
  if (!strict || parameters.length === 0) return typed;
  const absent = parameters.map(({ name }) => `${quoteIdentifier(name)} IS NULL`).join(' OR ');
  return `CASE WHEN ${absent} THEN NULL ELSE ${typed} END`;
}

const clauseWords: ReadonlySet<string> = new Set([
  'from',
  'where',
  'group',
  'having',
  'order',
  'limit',
  'union',
  'intersect',
  'except',
  'as',
  'distinct',
]);

/** One item of a list and nothing behind it. */
function isExpression(text: string): boolean {
  let depth = 0;
  for (const reader = new TokenReader(text); !reader.atEnd; reader.skip()) {
    if (reader.word === '(' || reader.word === '[') depth++;
    else if (reader.word === ')' || reader.word === ']') depth--;
    else if (depth === 0 && (clauseWords.has(reader.word) || reader.word === ',')) return false;
  }
  return true;
}

/** DROP FUNCTION f(integer, text) [CASCADE]: DuckDB's macros go by their names. Undefined for what it takes as it is. */
export async function dropFunction(context: SessionContext, text: string): Promise<Definition | undefined> {
  const reader = new TokenReader(text);
  if (!reader.accept('drop', 'function')) return undefined;
  const ifExists = reader.accept('if', 'exists') ? 'IF EXISTS ' : '';
  const name = reader.rawQualifiedName();
  if (name.length === 0) return undefined;
  reader.parentheses();
  if (!reader.accept('cascade')) reader.accept('restrict');
  if (!reader.atEnd && reader.word !== ';') return undefined;
  const found = await context.connection.run(
    `SELECT function_type FROM duckdb_functions() WHERE NOT internal AND lower(function_name) = ${quoteLiteral(meantName(name.at(-1)!).toLowerCase())}`,
  );
  const table = (await found.getRows()).some(([type]) => type === 'table_macro');
  return { statements: [`DROP MACRO ${table ? 'TABLE ' : ''}${ifExists}${name.join('.')}`] };
}

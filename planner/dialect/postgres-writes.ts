/**
 * The dialect `postgres` for statements that write: DuckDB gives no syntax tree of these, so each expression and query in them is parsed as
 * a SELECT, rewritten as in queries, and put back in its place. What is not touched stays as it was written.
 */
import { makeOutputNames } from '../bind/output-names.ts';
import type { CatalogSnapshot } from '../catalog.ts';
import { SluiceError } from '../errors.ts';
import type { Expression, SelectNode, Statement } from '../sql/ast.ts';
import { parseStatement } from '../sql/parse.ts';
import { printExpression, printStatement } from '../sql/print.ts';
import { Scanner } from '../sql/scanner.ts';
import type { PlannerWorld } from '../world.ts';
import { namedColumns } from './column-names.ts';
import type { LocalKey } from './group-by-key.ts';
import { type LocalColumns, parseable, postgresDialect } from './postgres-dialect.ts';
import { isRewrittenFunction } from './postgres-functions.ts';
import { typedValues } from './typed-values.ts';
import { type Piece, type WritePieces, writePieces } from './write-pieces.ts';
import { mayHoldZoned } from './zoned-text.ts';

/** Expressions of VALUES are parsed in portions of about so many characters. */
const portionLength = 50_000;

export interface RewrittenWrite {
  readonly text: string;
  /** Names of the columns of RETURNING, given those that DuckDB uses. */
  readonly outputNames: (duckdbNames: readonly string[]) => readonly string[];
}

interface Site {
  readonly world: PlannerWorld;
  /** Rewrites what a piece was parsed to; the very statement where nothing changes. `hidden`: names of tables that are none here. */
  readonly rewrite: (statement: Statement, source: string, hidden: ReadonlySet<string>) => Promise<Statement>;
  /** False for the text of a value in which nothing is to be rewritten. */
  readonly differs: (text: string) => boolean;
  readonly hidden: ReadonlySet<string>;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const sameNames = (names: readonly string[]) => names;

/** Operators that mean the same in both, as far as the statement itself goes. */
const plainOperators = /^(?:[=<>+*]|<=|>=|<>|!=)$/;
/** Words after which something may be rewritten. */
const rewrittenWords: ReadonlySet<string> = new Set([
  ...['select', 'from', 'view', 'cast', 'extract', 'similar', 'like', 'ilike', 'overlay', 'position', 'substring'],
  ...['any', 'some', 'all', 'array', 'stored', 'float'],
]);

/** False for a text in which nothing is to be rewritten: no operator, function, cast or query that differs. */
export function mayDiffer(text: string): boolean {
  const scanner = new Scanner(text);
  let before = '';
  let named = '';
  let returns = false;
  while (scanner.next()) {
    const { kind } = scanner;
    const value = kind === 'string' ? "'" : scanner.value;
    const word = kind === 'word' ? value.toLowerCase() : '';
    if (kind === 'operator' && (returns ? value !== '*' : !plainOperators.test(value))) {
      if (value !== '-' || !/^[(,=]$/.test(before)) return true;
    }
    // DATE '...'
    if (kind === 'string' && (named !== '' || mayHoldZoned.test(scanner.value))) return true;
    if (value === '(' && (returns || isRewrittenFunction(named))) return true;
    if (rewrittenWords.has(word) && !(word === 'from' && named === 'delete')) return true;
    returns ||= word === 'returning';
    named = word;
    before = value;
  }
  return false;
}

/**
 * The statement with PostgreSQL's meaning for DuckDB; the very text where nothing differs, and where DuckDB's parser refuses a part: it will
 * say so when the whole runs. Raises 42601 for a text that has no tokens.
 */
export async function rewriteWrite(
  world: PlannerWorld,
  source: string,
  catalog: CatalogSnapshot,
  localColumns: LocalColumns,
  localKey?: LocalKey,
): Promise<RewrittenWrite> {
  const written = await typedValues(source, localColumns);
  if (!mayDiffer(written)) return { text: written, outputNames: sameNames };
  const text = parseable(written);
  const pieces = writePieces(text);
  if (pieces.pieces.length === 0) return { text, outputNames: sameNames };
  try {
    return await rewritten(dialectSite(world, catalog, localColumns, localKey), text, pieces);
  } catch (error) {
    if (error instanceof SluiceError && error.errorClass === 'user') return { text, outputNames: sameNames };
    throw error;
  }
}

function dialectSite(
  world: PlannerWorld,
  catalog: CatalogSnapshot,
  localColumns: LocalColumns,
  localKey: LocalKey | undefined,
): Site {
  const rewrite: Site['rewrite'] = (statement, source, hidden) => {
    const ask = <T>(local: AskLocal<T>) => unlessHidden(local, hidden);
    const keys = localKey === undefined ? {} : { localKey: ask(localKey) };
    const options = { localColumns: ask(localColumns), ...keys, answers: false };
    return postgresDialect(world, statement, source, visibleTables(catalog, hidden), options);
  };
  return { world, rewrite, differs: mayDiffer, hidden: new Set() };
}

/** Names of CTEs hide tables. */
function visibleTables(catalog: CatalogSnapshot, hidden: ReadonlySet<string>): CatalogSnapshot {
  if (hidden.size === 0) return catalog;
  return {
    version: catalog.version,
    names: () => catalog.names(),
    lookup: (schema, name) => (hidden.has(name.toLowerCase()) ? undefined : catalog.lookup(schema, name)),
  };
}

type AskLocal<T> = (schema: string, name: string) => Promise<T | undefined>;

function unlessHidden<T>(ask: AskLocal<T>, hidden: ReadonlySet<string>): AskLocal<T> {
  if (hidden.size === 0) return ask;
  return async (schema, name) => (hidden.has(name.toLowerCase()) ? undefined : ask(schema, name));
}

/**
 * The statement with each piece rewritten by `rewrite`, which is given SELECTs over the tables of the statement. `differs`: whether a value may
 * have something to rewrite. Raises what DuckDB's parser does for a piece that it refuses.
 */
export async function rewritePieces(
  world: PlannerWorld,
  source: string,
  rewrite: (statement: Statement) => Promise<Statement>,
  differs: (text: string) => boolean,
): Promise<string> {
  const text = parseable(source);
  const pieces = writePieces(text);
  return (await rewritten({ world, rewrite, differs, hidden: new Set() }, text, pieces)).text;
}

async function rewritten(site: Site, text: string, { pieces, scope }: WritePieces): Promise<RewrittenWrite> {
  const edits: Edit[] = [];
  const ofKind = (...kinds: readonly Piece['kind'][]) => pieces.filter(({ kind }) => kinds.includes(kind));
  let inner = site;
  for (const piece of ofKind('with')) {
    const { edit, names } = await rewriteWith(site, text, piece);
    edits.push(...edit);
    inner = { ...site, hidden: names };
  }
  for (const { start, end, instead } of ofKind('word')) edits.push({ start, end, text: instead! });
  for (const piece of ofKind('row')) edits.push(await rewriteRow(inner, text, piece));
  for (const piece of ofKind('query', 'named')) edits.push(...(await rewriteQuery(inner, text, piece)));
  for (const piece of ofKind('from')) edits.push(...(await rewriteFrom(inner, text, piece)));
  for (const portion of portions(ofKind('value').filter((piece) => site.differs(textOf(text, piece)))))
    edits.push(...(await rewriteExpressions(inner, text, portion, '')).edits);
  const outputs = ofKind('output');
  const result = await rewriteExpressions(inner, text, [...ofKind('scalar'), ...outputs], scope);
  edits.push(...result.edits);
  const names = outputs.length === 0 ? sameNames : outputNames(result, outputs.length);
  return { text: applied(text, edits), outputNames: names };
}

function textOf(text: string, { start, end }: Pick<Piece, 'start' | 'end'>): string {
  return text.slice(start, end);
}

function* portions(pieces: readonly Piece[]): Generator<readonly Piece[]> {
  let portion: Piece[] = [];
  let length = 0;
  for (const piece of pieces) {
    portion.push(piece);
    length += piece.end - piece.start;
    if (length < portionLength) continue;
    yield portion;
    [portion, length] = [[], 0];
  }
  if (portion.length > 0) yield portion;
}

interface Rewritten {
  readonly before: Statement;
  readonly after: Statement;
  readonly source: string;
}

async function rewriteText({ world, rewrite, hidden }: Site, source: string): Promise<Rewritten> {
  const before = await parseStatement(world, source);
  const after = await rewrite(before, source, hidden);
  return { before, after, source };
}

async function rewriteWith(site: Site, text: string, piece: Piece) {
  const { before, after } = await rewriteText(site, `${textOf(text, piece)} SELECT 1`);
  const names = new Set(before.node.cte_map.map.map(({ key }) => key.toLowerCase()));
  if (before === after) return { edit: [], names };
  const printed = (await printStatement(site.world, after)).replace(/SELECT 1\s*$/, '');
  return { edit: [{ ...piece, text: printed }], names };
}

async function rewriteQuery(site: Site, text: string, piece: Piece): Promise<readonly Edit[]> {
  const { before, after, source } = await rewriteText(site, textOf(text, piece));
  const named = piece.kind === 'named' ? { ...after, node: namedColumns(after.node, before.node, source) } : after;
  if (named.node === before.node) return [];
  return [{ ...piece, text: await printStatement(site.world, named) }];
}

/** DuckDB takes one value from a query: it is asked once for each column. */
async function rewriteRow(site: Site, text: string, piece: Piece): Promise<Edit> {
  const [edit] = await rewriteQuery(site, text, { ...piece, kind: 'query' });
  const query = edit?.text ?? textOf(text, piece);
  const names = piece.columns!.map((_, index) => `"__${index + 1}"`);
  const values = piece.columns!.map(
    (column, index) => `${column} = (SELECT ${names[index]} FROM (${query}) AS "__row"(${names.join(', ')}))`,
  );
  return { ...piece.around!, text: values.join(', ') };
}

async function rewriteFrom(site: Site, text: string, piece: Piece): Promise<readonly Edit[]> {
  const { before, after } = await rewriteText(site, `SELECT * FROM ${textOf(text, piece)}`);
  if (before === after) return [];
  return [{ ...piece, text: (await printStatement(site.world, after)).replace(/^SELECT \* FROM /, '') }];
}

interface RewrittenExpressions extends Partial<Rewritten> {
  readonly edits: readonly Edit[];
}

/** All of them in one SELECT, so that each sees the tables of the statement. */
async function rewriteExpressions(
  site: Site,
  text: string,
  pieces: readonly Piece[],
  scope: string,
): Promise<RewrittenExpressions> {
  if (pieces.length === 0) return { edits: [] };
  const list = pieces.map((piece) => textOf(text, piece)).join(',\n');
  const result = await rewriteText(site, `SELECT ${list}\n${scope === '' ? '' : `FROM ${scope}`}`);
  const [before, after] = [selectList(result.before), selectList(result.after)];
  // An expression that is several items is none: DuckDB says what is wrong.
  if (before.length !== pieces.length || after.length !== pieces.length) return { edits: [] };
  const edits: Edit[] = [];
  for (const [index, piece] of pieces.entries()) {
    const [old, item] = [before[index]!, after[index]!];
    if (old === item) continue;
    const printed = await printExpression(site.world, item);
    const alias = piece.kind === 'output' && old.alias !== '' ? ` AS "${old.alias.replaceAll('"', '""')}"` : '';
    edits.push({ ...piece, text: `${printed}${alias}` });
  }
  return { ...result, edits };
}

function selectList({ node }: Statement): readonly Expression[] {
  return node.type === 'SELECT_NODE' ? node.select_list : [];
}

/** Those of RETURNING are the last of all. */
function outputNames({ before, source }: RewrittenExpressions, count: number): RewrittenWrite['outputNames'] {
  if (before === undefined || before.node.type !== 'SELECT_NODE') return sameNames;
  const node: SelectNode = { ...before.node, select_list: before.node.select_list.slice(-count) };
  return makeOutputNames({ ...before, node }, source!, 'postgres');
}

function applied(text: string, edits: readonly Edit[]): string {
  let result = '';
  let copied = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    result += text.slice(copied, edit.start) + edit.text;
    copied = edit.end;
  }
  return result + text.slice(copied);
}

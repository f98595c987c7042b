import { errors } from '../../../planner/errors.ts';
import type { Statement } from '../../../planner/sql/lexer.ts';
import { isQuery } from '../../../planner/sql/statement-kind.ts';
import { TokenCursor } from '../../../planner/sql/token-cursor.ts';
import type { Outcome, Runnable, SessionContext, Shape } from '../context.ts';
import { Cursor, type CursorFacts, type Movement } from '../cursor.ts';
import { CursorRows, type Keep } from '../cursor-rows.ts';
import type { Queries } from '../query.ts';
import { innerStatement } from './inner-statement.ts';
import { foldedName } from './names.ts';

type Declaration = Omit<CursorFacts, 'names'> & { readonly keep: Keep; readonly query: Statement };

/** What stands between the name and CURSOR, in any order. */
function cursorOptions(cursor: TokenCursor): { readonly binary: boolean; readonly keep: Keep } {
  let binary = false;
  let scroll: boolean | undefined;
  let insensitive = false;
  let asensitive = false;
  while (!cursor.accept('cursor')) {
    if (cursor.accept('binary')) {
      binary = true;
    } else if (cursor.accept('insensitive')) {
      insensitive = true;
    } else if (cursor.accept('asensitive')) {
      asensitive = true;
    } else {
      const no = cursor.accept('no');
      cursor.expect('scroll');
      if (scroll !== undefined && scroll === no) {
        throw errors.invalidCursor('cannot specify both SCROLL and NO SCROLL');
      }
      scroll = !no;
    }
  }
  if (insensitive && asensitive) {
    throw errors.invalidCursor('cannot specify both INSENSITIVE and ASENSITIVE');
  }
  return { binary, keep: scroll === undefined ? 'some' : scroll ? 'all' : 'none' };
}

function readDeclare(statement: Statement): Declaration {
  const cursor = new TokenCursor(statement.text);
  cursor.expect('declare');
  const name = foldedName(cursor);
  const { binary, keep } = cursorOptions(cursor);
  const hold = cursor.accept('with');
  if (hold || cursor.accept('without')) {
    cursor.expect('hold');
  }
  if (cursor.word !== 'for') {
    throw cursor.unexpected();
  }
  const start = cursor.start + cursor.value.length;
  cursor.skip();
  const query = innerStatement(statement, start);
  if (!isQuery(query)) {
    if (query.kind === 'with') {
      throw errors.featureNotSupported('DECLARE CURSOR with data-modifying statements in WITH');
    }
    throw cursor.unexpected();
  }
  return { name, text: statement.text, binary, keep, scroll: keep !== 'none', hold, query };
}

/** The query of a DECLARE. */
export function declaredQuery(statement: Statement): Statement {
  return readDeclare(statement).query;
}

/** Types of the query's parameters; no rows. Raises what the query's own description does. */
export async function describeDeclare(_context: SessionContext, runnable: Runnable, queries: Queries): Promise<Shape> {
  const { query } = readDeclare(runnable.statement);
  const parameterTypes =
    query.parameterCount === 0 ? [] : (await queries.describe({ ...runnable, statement: query })).parameterTypes;
  return { parameterTypes, columns: null };
}

/** DECLARE: the query begins to run; its rows come as they are fetched. */
export async function runDeclare(context: SessionContext, runnable: Runnable, queries: Queries): Promise<Outcome> {
  const { query, keep, ...facts } = readDeclare(runnable.statement);
  const { transaction, connection, cursors, options } = context;
  if (!facts.hold && !transaction.open) {
    throw errors.noActiveTransaction('DECLARE CURSOR');
  }
  cursors.checkName(facts.name);
  const abort = new AbortController();
  const outcome = await context.under(abort, () => queries.run({ ...runnable, statement: query }));
  if (outcome.kind !== 'rows') {
    throw errors.internal('the query of a cursor gave no rows');
  }
  const rows: CursorRows = new CursorRows(outcome.reader, keep, options.tempDirectory, () => connection.dropLive(rows));
  if (outcome.live) {
    connection.attachLive(rows);
  }
  const cursor = new Cursor({ ...facts, names: outcome.names }, rows, abort, transaction.level);
  try {
    if (!transaction.open) {
      await context.under(abort, () => cursor.persist());
    }
    cursors.add(cursor);
  } catch (error) {
    await cursor.close();
    throw error;
  }
  return { kind: 'complete', tag: 'DECLARE CURSOR' };
}

/** `n`, `-n` at the cursor; undefined when there is no number. */
function signedNumber(cursor: TokenCursor): number | undefined {
  const negative = cursor.accept('-');
  if (!negative) {
    cursor.accept('+');
  }
  if (!/^\d+$/.test(cursor.value)) {
    if (negative) {
      throw cursor.unexpected();
    }
    return undefined;
  }
  const value = Number(cursor.value);
  if (value > 0x7fffffff) {
    throw cursor.unexpected();
  }
  cursor.skip();
  return negative ? -value : value;
}

function rowNumber(cursor: TokenCursor): number {
  const row = signedNumber(cursor);
  if (row === undefined) {
    throw cursor.unexpected();
  }
  return row;
}

const counted = (kind: 'forward' | 'backward') => (cursor: TokenCursor) =>
  ({ kind, count: cursor.accept('all') ? Number.POSITIVE_INFINITY : (signedNumber(cursor) ?? 1) }) as const;

const directions: Readonly<Record<string, (cursor: TokenCursor) => Movement>> = {
  next: () => ({ kind: 'forward', count: 1 }),
  prior: () => ({ kind: 'backward', count: 1 }),
  first: () => ({ kind: 'absolute', row: 1 }),
  last: () => ({ kind: 'absolute', row: -1 }),
  absolute: (cursor) => ({ kind: 'absolute', row: rowNumber(cursor) }),
  relative: (cursor) => ({ kind: 'relative', row: rowNumber(cursor) }),
  all: () => ({ kind: 'forward', count: Number.POSITIVE_INFINITY }),
  forward: counted('forward'),
  backward: counted('backward'),
};

/** FETCH and MOVE: `[direction] [FROM | IN] name`. A word of a direction alone is a name. */
function readFetch(text: string): { readonly name: string; readonly movement: Movement } {
  let cursor = new TokenCursor(text);
  cursor.skip();
  const direction = Object.hasOwn(directions, cursor.word) ? directions[cursor.word] : undefined;
  let movement: Movement = { kind: 'forward', count: 1 };
  if (direction !== undefined) {
    cursor.skip();
    if (cursor.atEnd) {
      cursor = new TokenCursor(text);
      cursor.skip();
    } else {
      movement = direction(cursor);
    }
  } else {
    movement = { kind: 'forward', count: signedNumber(cursor) ?? 1 };
  }
  cursor.accept('from') || cursor.accept('in');
  const name = foldedName(cursor);
  cursor.end();
  return { name, movement };
}

/** No columns when there is no such cursor: as in PostgreSQL, running it is what fails then. */
export async function describeFetch(context: SessionContext, { statement }: Runnable): Promise<Shape> {
  const cursor = context.cursors.find(readFetch(statement.text).name);
  const columns = cursor === undefined ? null : { names: cursor.facts.names, types: cursor.types };
  return { parameterTypes: [], columns };
}

export async function runFetch(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const { name, movement } = readFetch(statement.text);
  const cursor = context.cursors.get(name);
  const reader = await cursor.fetch(movement);
  const next = () => context.under(cursor.abort, () => reader.next());
  // What fails at once fails before the columns are told.
  let first: Awaited<ReturnType<typeof next>> | undefined = await next();
  return {
    kind: 'rows',
    names: cursor.facts.names,
    types: cursor.types,
    reader: {
      types: reader.types,
      next: async () => {
        const batch = first === undefined ? await next() : first;
        first = undefined;
        return batch;
      },
      close: () => reader.close(),
    },
    live: false,
    binary: cursor.facts.binary,
    tag: (rows) => `FETCH ${rows}`,
  };
}

export async function runMove(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const { name, movement } = readFetch(statement.text);
  const cursor = context.cursors.get(name);
  const count = await context.under(cursor.abort, () => cursor.move(movement));
  return { kind: 'complete', tag: `MOVE ${count}` };
}

/** CLOSE name | ALL. */
export async function runClose(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const cursor = new TokenCursor(statement.text);
  cursor.expect('close');
  const all = cursor.accept('all');
  const name = all ? '' : foldedName(cursor);
  cursor.end();
  if (all) {
    await context.cursors.closeAll();
    await context.dropPortals();
    return { kind: 'complete', tag: 'CLOSE CURSOR ALL' };
  }
  await context.cursors.close(name);
  return { kind: 'complete', tag: 'CLOSE CURSOR' };
}

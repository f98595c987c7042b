import { errors, type SluiceError } from '../../../planner/errors.ts';
import type { SessionContext } from '../context.ts';
import { namesOf } from './edit-table.ts';
import { unchangedModel } from './rebuild.ts';
import { readTable, type TableReader, type TableState } from './table-state.ts';
import { meantName } from './tokens.ts';

/**
 * An error over a constraint, with the names that PostgreSQL tells: DuckDB says columns and values. `target`: what was written to, parts of
 * its name. Gives the error as it is where the table can't be read, or was made in the transaction that failed.
 */
export async function withConstraint(
  context: SessionContext,
  error: SluiceError,
  target: readonly string[],
): Promise<SluiceError> {
  if (!error.sqlstate.startsWith('23')) return error;
  const table = await tableOf(context, target);
  return table === undefined ? error : named(error, table);
}

/** A failed transaction's connection tells nothing any more. */
async function tableOf(context: SessionContext, target: readonly string[]): Promise<TableState | undefined> {
  if (!context.transaction.begun && !context.connection.isAlone) return readTable(context, target);
  const { database } = context.options;
  const connection = await database.connect({ busy: () => false });
  const reader: TableReader = { connection: { run: (sql) => connection.run(sql) } };
  try {
    return await readTable(reader, target);
  } finally {
    database.release(connection);
  }
}

function named(error: SluiceError, table: TableState): SluiceError {
  const { schema, name } = table;
  const text = `${error.message} ${error.detail ?? ''}`;
  const place = { schema, table: name };
  if (error.sqlstate === '23502') {
    const column = /constraint failed: (?:"?[^".]+"?\.)*"?([^"\s]+)"?/i.exec(text)?.[1];
    const message = `null value in column "${column}" of relation "${name}" violates not-null constraint`;
    return column === undefined ? error : errors.ofConstraint(error, message, { ...place, column });
  }
  const constraint = constraintOf(error.sqlstate, text, table);
  if (constraint === undefined) return error;
  const detail = error.sqlstate === '23505' ? keyDetail(text) : undefined;
  return errors.ofConstraint(error, messages[error.sqlstate]!(constraint, name), { ...place, constraint }, detail);
}

const messages: Readonly<Record<string, (constraint: string, table: string) => string>> = {
  '23505': (constraint) => `duplicate key value violates unique constraint "${constraint}"`,
  '23503': (constraint, table) =>
    `insert or update on table "${table}" violates foreign key constraint "${constraint}"`,
  '23514': (constraint, table) => `new row for relation "${table}" violates check constraint "${constraint}"`,
};

/** `"a: 1"` as PostgreSQL tells it: programs read the columns from there. */
function keyDetail(text: string): string | undefined {
  const key = /key "(.*?)"(?: |$|\.)/s.exec(text)?.[1];
  const pairs = key
    ?.split(/, (?=\w[^:,]*: )/)
    .map((pair) => [pair.slice(0, pair.indexOf(': ')), pair.slice(pair.indexOf(': ') + 2)]);
  if (pairs === undefined) return undefined;
  return `Key (${pairs.map(([column]) => column).join(', ')})=(${pairs.map(([, value]) => value).join(', ')}) already exists.`;
}

/** `"a: 1, b: x"`: names of columns in lower case. */
function keyColumns(text: string): readonly string[] {
  const key = /key "(.*?)"(?: |$|\.)/s.exec(text)?.[1] ?? '';
  return [...key.matchAll(/(?:^|, )(\w[^:,]*): /g)].map(([, column]) => column!.toLowerCase());
}

const compact = (text: string) => text.replace(/[\s()"]/g, '').toLowerCase();

function constraintOf(sqlstate: string, text: string, table: TableState): string | undefined {
  const all = namesOf(unchangedModel(table));
  const columns = keyColumns(text);
  const are = (names: readonly string[]) =>
    names.length === columns.length && names.every((each) => columns.includes(each));
  if (sqlstate === '23505') {
    const key = all.find(({ type, columns: own }) => (type === 'p' || type === 'u') && are(own));
    return key?.name ?? table.indexes.find(({ sql }) => /^create\s+unique/i.test(sql) && are(indexColumns(sql)))?.name;
  }
  if (sqlstate === '23514') {
    const expression = compact(/CHECK\s*(\(.*)$/s.exec(text)?.[1] ?? '');
    return all.find(({ constraint }) => constraint.kind === 'check' && expression.startsWith(compact(constraint.text)))
      ?.name;
  }
  if (sqlstate !== '23503' || !/does not exist in the referenced table/.test(text)) return undefined;
  const keys = all.filter(({ constraint }) => {
    const referenced = constraint.kind === 'foreign' ? constraint.reference.columns : undefined;
    return referenced !== undefined && are(referenced.map((raw) => meantName(raw).toLowerCase()));
  });
  return keys.length === 1 ? keys[0]!.name : undefined;
}

function indexColumns(sql: string): readonly string[] {
  const list = sql.slice(sql.indexOf('(') + 1, sql.lastIndexOf(')'));
  return list.split(',').map((item) => meantName(item.trim()).toLowerCase());
}

/**
 * Keys of data sets, which nobody checks: they tell clients how tables belong together.
 *
 *   ALTER FOREIGN TABLE [IF EXISTS] t ADD [CONSTRAINT name] key, DROP CONSTRAINT [IF EXISTS] name, ...
 *
 * A key is `PRIMARY KEY (a, ...)`, `UNIQUE (a, ...)` or `FOREIGN KEY (a, ...) REFERENCES t [(b, ...)]`, and NOT ENFORCED.
 */
import type { DeclaredKey } from '../../../planner/catalog.ts';
import { errors } from '../../../planner/errors.ts';
import type { TokenCursor } from '../../../planner/sql/token-cursor.ts';
import { TokenCursor as Cursor } from '../../../planner/sql/token-cursor.ts';
import type { KeyChange } from '../../catalog/declared-keys.ts';
import { constraintName } from '../../pg-catalog/state/add-constraints.ts';
import { checkOwner } from '../access/check-write.ts';
import type { Outcome, Runnable, SessionContext } from '../context.ts';
import { columnsOfLocal } from '../local-columns.ts';

const publicSchema = 'public';

interface TableRef {
  readonly schema: string | undefined;
  readonly name: string;
}

/** A key as it is written. */
export interface WrittenKey {
  /** Undefined: PostgreSQL's name for it. */
  readonly name: string | undefined;
  readonly kind: DeclaredKey['kind'];
  readonly columns: readonly string[];
  readonly target: TableRef | undefined;
  /** Undefined: those of the target's primary key. */
  readonly targetColumns: readonly string[] | undefined;
}

/** Words that begin a key. */
export const keyWords: ReadonlySet<string> = new Set(['constraint', 'primary', 'unique', 'foreign']);

export function schemaAndName(cursor: TokenCursor): TableRef {
  const parts = cursor.qualifiedName();
  return { schema: parts.at(-2), name: parts.at(-1)! };
}

function columnNames(cursor: TokenCursor): readonly string[] {
  cursor.expect('(');
  const names = [cursor.name()];
  while (cursor.accept(',')) names.push(cursor.name());
  cursor.expect(')');
  return names;
}

function kindOf(cursor: TokenCursor): DeclaredKey['kind'] {
  if (cursor.accept('unique')) return 'UNIQUE';
  const primary = cursor.accept('primary');
  if (!primary) cursor.expect('foreign');
  cursor.expect('key');
  return primary ? 'PRIMARY KEY' : 'FOREIGN KEY';
}

/** Raises 42601 with position, and 0A000 without NOT ENFORCED. */
export function readKey(cursor: TokenCursor): WrittenKey {
  const name = cursor.accept('constraint') ? cursor.name() : undefined;
  const kind = kindOf(cursor);
  const columns = columnNames(cursor);
  let target: TableRef | undefined;
  let targetColumns: readonly string[] | undefined;
  if (kind === 'FOREIGN KEY') {
    cursor.expect('references');
    target = schemaAndName(cursor);
    if (cursor.value === '(') targetColumns = columnNames(cursor);
  }
  if (!cursor.accept('not')) {
    throw errors.featureNotSupported(
      'a key of a data set that is enforced',
      'Data sets are files, which anybody may change: say NOT ENFORCED.',
    );
  }
  cursor.expect('enforced');
  return { name, kind, columns, target, targetColumns };
}

type Action = KeyChange | { readonly kind: 'new'; readonly key: WrittenKey };

function readAction(cursor: TokenCursor): Action {
  if (cursor.accept('drop')) {
    cursor.expect('constraint');
    const ifExists = cursor.accept('if');
    if (ifExists) cursor.expect('exists');
    const name = cursor.name();
    cursor.accept('cascade') || cursor.accept('restrict');
    return { kind: 'drop', name, ifExists };
  }
  if (!cursor.accept('add') || !keyWords.has(cursor.word))
    throw errors.featureNotSupported('ALTER FOREIGN TABLE but for keys', 'Drop the foreign table and create it again.');
  return { kind: 'new', key: readKey(cursor) };
}

/** Raises 42601 with position, 42P01, 42703, 42704, 42710, 42830, 42P16, 42501. */
export async function alterForeignTable(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const cursor = new Cursor(statement.text);
  cursor.expect('alter', 'foreign', 'table');
  const ifExists = cursor.accept('if');
  if (ifExists) cursor.expect('exists');
  cursor.accept('only');
  const table = schemaAndName(cursor);
  const actions = [readAction(cursor)];
  while (cursor.accept(',')) actions.push(readAction(cursor));
  cursor.end();
  const tag = { kind: 'complete', tag: 'ALTER FOREIGN TABLE' } as const;
  const found = (await context.snapshot()).lookup(table.schema, table.name);
  if (found === undefined) {
    if (!ifExists) throw errors.undefinedTable(table.name);
    const message = `relation "${table.name}" does not exist, skipping`;
    context.notice({ severity: 'NOTICE', sqlstate: '00000', message });
    return tag;
  }
  await checkOwner(context, { database: undefined, ...table }, false);
  const taken = new Set((found.keys ?? []).map(({ name }) => name));
  const changes: KeyChange[] = [];
  for (const action of actions)
    changes.push(action.kind === 'new' ? { kind: 'add', key: await meant(context, table, action.key, taken) } : action);
  await context.options.catalog.changeKeys(table.schema, table.name, changes);
  context.refreshSnapshot();
  return tag;
}

/** The keys that stand in a CREATE FOREIGN TABLE; when one is wrong there is no table. */
export async function addKeys(context: SessionContext, table: TableRef, keys: readonly WrittenKey[]): Promise<void> {
  const { catalog } = context.options;
  try {
    const taken = new Set<string>();
    const changes: KeyChange[] = [];
    for (const key of keys) changes.push({ kind: 'add', key: await meant(context, table, key, taken) });
    await catalog.changeKeys(table.schema, table.name, changes);
  } catch (error) {
    await catalog.dropForeignTable(table.schema, table.name, true);
    throw error;
  } finally {
    context.refreshSnapshot();
  }
}

const types: Readonly<Record<DeclaredKey['kind'], string>> = { 'PRIMARY KEY': 'p', UNIQUE: 'u', 'FOREIGN KEY': 'f' };

async function meant(
  context: SessionContext,
  table: TableRef,
  key: WrittenKey,
  taken: Set<string>,
): Promise<DeclaredKey> {
  const { kind, columns } = key;
  const name = key.name ?? constraintName({ type: types[kind], table: table.name, columns }, taken);
  taken.add(name);
  return { name, kind, columns, references: key.target === undefined ? null : await reference(context, table, key) };
}

/** Raises 42P01 and 42703 for what is not there, 42830 where the numbers of columns differ. */
async function reference(
  context: SessionContext,
  table: TableRef,
  key: WrittenKey,
): Promise<DeclaredKey['references']> {
  const target = key.target!;
  const dataSet = (await context.snapshot()).lookup(target.schema, target.name);
  const schema = target.schema ?? dataSet?.schema ?? publicSchema;
  await context.connection.ready(context.sessionSettings(), true);
  const there = dataSet?.columns ?? (await columnsOfLocal(context.connection, schema, target.name));
  if (there === undefined) throw errors.undefinedTable(target.name);
  const own = target.name === table.name ? undefined : dataSet?.keys?.find(({ kind }) => kind === 'PRIMARY KEY');
  const wanted = key.targetColumns ?? own?.columns;
  if (wanted === undefined)
    throw errors.invalidForeignKey(`there is no primary key for referenced table "${target.name}"`);
  if (wanted.length !== key.columns.length)
    throw errors.invalidForeignKey('number of referencing and referenced columns for foreign key disagree');
  const columns = wanted.map((column) => {
    const found = there.find(({ name }) => name.toLowerCase() === column.toLowerCase());
    if (found === undefined) throw errors.undefinedColumnOf(column, target.name);
    return found.name;
  });
  return { schema, table: dataSet?.name ?? target.name, columns };
}

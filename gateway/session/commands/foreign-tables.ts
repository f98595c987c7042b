/**
 * Data sets by SQL:
 *
 *   CREATE FOREIGN TABLE [IF NOT EXISTS] t [(name type, ..., key, ...)] SERVER files OPTIONS (location '...', format '...', ...)
 *   IMPORT FOREIGN SCHEMA "dir" [LIMIT TO (...) | EXCEPT (...)] FROM SERVER files INTO schema
 *   DROP FOREIGN TABLE [IF EXISTS] t [, ...] [CASCADE | RESTRICT]
 *
 * The only server is `files`, which is always there.
 */

import type { FileFormat } from '../../../planner/catalog.ts';
import { errors } from '../../../planner/errors.ts';
import { TokenCursor } from '../../../planner/sql/token-cursor.ts';
import type { ForeignTable, ImportRequest } from '../../catalog/foreign-tables.ts';
import { readServerFiles } from '../../catalog/roles/role.ts';
import { noteDropped, noteTable } from '../access/after-write.ts';
import { checkSchema, isFileReader } from '../access/check-query.ts';
import { checkOwner } from '../access/check-write.ts';
import type { Outcome, Runnable, SessionContext } from '../context.ts';
import { addKeys, keyWords, readKey, schemaAndName, type WrittenKey } from './foreign-keys.ts';

const serverName = 'files';
const formats: readonly FileFormat[] = ['parquet', 'csv', 'json'];
const done = (tag: string): Outcome => ({ kind: 'complete', tag });

function server(cursor: TokenCursor): void {
  cursor.expect('server');
  const name = cursor.name();
  if (name.toLowerCase() !== serverName) {
    throw errors.undefinedServer(name, serverName);
  }
}

/** The text of a type: everything up to a comma or the closing parenthesis of the list. */
function typeText(cursor: TokenCursor, text: string): string {
  const start = cursor.start;
  let end = start;
  let depth = 0;
  while (!cursor.atEnd && !(depth === 0 && (cursor.value === ',' || cursor.value === ')'))) {
    depth += cursor.value === '(' ? 1 : cursor.value === ')' ? -1 : 0;
    end = cursor.start + cursor.value.length;
    cursor.skip();
  }
  if (end === start) {
    throw cursor.unexpected();
  }
  return text.slice(start, end).replace(/\s+not\s+null\s*$/i, '');
}

interface ColumnsAndKeys {
  readonly columns: ForeignTable['columns'];
  readonly keys: readonly WrittenKey[];
}

function columnList(cursor: TokenCursor, text: string): ColumnsAndKeys {
  if (!cursor.accept('(')) {
    return { columns: null, keys: [] };
  }
  const columns: { name: string; type: string }[] = [];
  const keys: WrittenKey[] = [];
  while (!cursor.accept(')')) {
    if (columns.length + keys.length > 0) {
      cursor.expect(',');
    }
    if (keyWords.has(cursor.word)) {
      keys.push(readKey(cursor));
    } else {
      const name = cursor.name();
      columns.push({ name, type: typeText(cursor, text) });
    }
  }
  return { columns: columns.length === 0 ? null : columns, keys };
}

function optionList(cursor: TokenCursor): Map<string, string> {
  const options = new Map<string, string>();
  cursor.expect('options', '(');
  do {
    const name = cursor.name().toLowerCase();
    if (options.has(name)) {
      throw errors.syntax(`option "${name}" provided more than once`);
    }
    options.set(name, cursor.literal());
  } while (cursor.accept(','));
  cursor.expect(')');
  return options;
}

function ifNotExists(cursor: TokenCursor): boolean {
  const given = cursor.accept('if');
  if (given) {
    cursor.expect('not', 'exists');
  }
  return given;
}

function fileFormat(given: string | undefined): FileFormat | undefined {
  const known = formats.find((name) => name === given?.toLowerCase());
  if (given !== undefined && known === undefined) {
    throw errors.invalidTableOptionValue('format', given, formats.join(', '));
  }
  return known;
}

/** The definition that a CREATE FOREIGN TABLE statement makes. Raises 42601 with position, 42704 for another server. */
export function parseForeignTable(text: string): ForeignTable & { readonly keys: readonly WrittenKey[] } {
  const cursor = new TokenCursor(text);
  cursor.expect('create', 'foreign', 'table');
  const exists = ifNotExists(cursor);
  const { schema, name } = schemaAndName(cursor);
  const { columns, keys } = columnList(cursor, text);
  server(cursor);
  const options = optionList(cursor);
  cursor.end();
  const location = options.get('location');
  if (location === undefined) {
    throw errors.syntax('option "location" is missing', undefined, "OPTIONS (location 'folder/*.parquet')");
  }
  const readerOptions = Object.fromEntries([...options].filter(([key]) => key !== 'location' && key !== 'format'));
  return {
    schema,
    name,
    columns,
    location,
    format: fileFormat(options.get('format')),
    options: readerOptions,
    ifNotExists: exists,
    keys,
  };
}

/** To say where files are is to read them. */
function checkForeign(context: SessionContext, schema: string): void {
  const { access } = context;
  if (access.isAdmin) {
    return;
  }
  if (!isFileReader(context, access.user)) {
    throw errors.insufficientPrivilege(
      `permission denied for foreign server ${serverName}`,
      `Foreign tables are made by superusers and members of ${readServerFiles}.`,
    );
  }
  checkSchema(context, access.user, schema, 'CREATE');
}

export async function createForeignTable(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const { keys, ...definition } = parseForeignTable(statement.text);
  checkForeign(context, definition.schema ?? 'public');
  const made = await context.options.catalog.createForeignTable(definition);
  if (!made) {
    const message = `relation "${definition.name}" already exists, skipping`;
    context.notice({ severity: 'NOTICE', sqlstate: '42P07', message });
  }
  context.refreshSnapshot();
  if (made && keys.length > 0) {
    await addKeys(context, definition, keys);
  }
  if (made) {
    await noteTable(context, definition.schema ?? 'public', definition.name);
  }
  return done('CREATE FOREIGN TABLE');
}

export async function dropForeignTable(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const cursor = new TokenCursor(statement.text);
  cursor.expect('drop', 'foreign', 'table');
  const ifExists = cursor.accept('if');
  if (ifExists) {
    cursor.expect('exists');
  }
  const tables = [schemaAndName(cursor)];
  while (cursor.accept(',')) {
    tables.push(schemaAndName(cursor));
  }
  cursor.accept('cascade') || cursor.accept('restrict');
  cursor.end();
  for (const { schema, name } of tables) {
    await checkOwner(context, { database: undefined, schema, name }, false);
  }
  for (const { schema, name } of tables) {
    if (!(await context.options.catalog.dropForeignTable(schema, name, ifExists))) {
      const message = `foreign table "${name}" does not exist, skipping`;
      context.notice({ severity: 'NOTICE', sqlstate: '00000', message });
    }
    await noteDropped(context, schema ?? 'public', name);
  }
  context.refreshSnapshot();
  return done('DROP FOREIGN TABLE');
}

function nameList(cursor: TokenCursor): readonly string[] {
  cursor.expect('(');
  const names = [cursor.name()];
  while (cursor.accept(',')) {
    names.push(cursor.name());
  }
  cursor.expect(')');
  return names;
}

/** The request that an IMPORT FOREIGN SCHEMA statement makes. Raises 42601 with position, 42704 for another server. */
export function parseImport(text: string): ImportRequest {
  const cursor = new TokenCursor(text);
  cursor.expect('import', 'foreign', 'schema');
  const directory = cursor.string() ?? cursor.name();
  let limitTo: readonly string[] | undefined;
  let except: readonly string[] | undefined;
  if (cursor.accept('limit')) {
    cursor.expect('to');
    limitTo = nameList(cursor);
  } else if (cursor.accept('except')) {
    except = nameList(cursor);
  }
  cursor.expect('from');
  server(cursor);
  cursor.expect('into');
  const schema = cursor.name();
  cursor.end();
  return { directory, schema, limitTo, except };
}

export async function importForeignSchema(context: SessionContext, { statement }: Runnable): Promise<Outcome> {
  const request = parseImport(statement.text);
  checkForeign(context, request.schema);
  for (const name of await context.options.catalog.importForeignSchema(request)) {
    await noteTable(context, request.schema, name);
  }
  context.refreshSnapshot();
  return done('IMPORT FOREIGN SCHEMA');
}

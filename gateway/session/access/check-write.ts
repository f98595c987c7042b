/** May the session's role run a statement that writes? Nothing is asked of a superuser. All raise 42501 where it may not. */
import { errors } from '../../../planner/errors.ts';
import { accessNeeds } from '../../../planner/sql/access-needs.ts';
import { functionAccess, tableFunctionAccess } from '../../../planner/sql/function-access.ts';
import { parseStatement } from '../../../planner/sql/parse.ts';
import type { TableName } from '../../../planner/sql/statement-tokens.ts';
import { TokenCursor } from '../../../planner/sql/token-cursor.ts';
import { type ObjectName, type Privilege, schemaObject } from '../../catalog/roles/acl.ts';
import { databaseOwner, readServerFiles, writeServerFiles } from '../../catalog/roles/role.ts';
import type { Write } from '../commands/write-target.ts';
import type { SessionContext } from '../context.ts';
import { textAfterAs } from './after-as.ts';
import { checkQuery, checkRelation, checkSchema, needsOf, parsed } from './check-query.ts';
import { localObjects } from './local-relations.ts';
import { type Meaning, meaningsOf } from './names.ts';
import { calledNames, dmlPieces } from './write-pieces.ts';

const copyHint = "Anyone can COPY to stdout or from stdin. psql's \\copy command also works for anyone.";
const mergeHint = 'Use UPDATE, and INSERT ... ON CONFLICT.';
const publicSchema = 'public';
const dmlPrivileges: Readonly<Record<string, Privilege>> = { insert: 'INSERT', update: 'UPDATE', delete: 'DELETE' };

/**
 * INSERT, UPDATE, DELETE, TRUNCATE, CREATE, ALTER, DROP, COMMENT, COPY with files, VACUUM. `before`: the text is the client's, in the session's
 * dialect, so that names of functions may not be DuckDB's; the text that DuckDB runs has to be checked too.
 */
export async function checkWriteAccess(
  context: SessionContext,
  write: Write,
  text: string,
  before: boolean,
): Promise<void> {
  if (context.access.isAdmin) return;
  const { verb } = write;
  if (write.copy !== undefined) return checkFileCopy(context, write, text);
  if (verb in dmlPrivileges) return checkDml(context, write, text, before);
  switch (verb) {
    case 'truncate':
      for (const target of write.targets) await checkTarget(context, target, ['TRUNCATE']);
      return;
    case 'create':
      return checkCreate(context, write, text, before);
    case 'alter':
    case 'drop':
      await checkCalls(context, text);
      for (const object of write.objects) await checkOwner(context, object, write.object === 'SCHEMA');
      if (write.objects.length === 0) throw errors.insufficientPrivilege(`permission denied for ${verb.toUpperCase()}`);
      return;
    case 'comment':
      return checkComment(context, text);
    case 'vacuum':
    case 'analyze':
      throw errors.insufficientPrivilege(`permission denied to ${verb}`, 'It is for superusers.');
    case 'merge':
      throw errors.featureNotSupported('MERGE, for roles that are no superusers,', mergeHint);
    default:
      throw errors.insufficientPrivilege(`permission denied for ${verb.toUpperCase()}`);
  }
}

function needed({ database, schema, name }: TableName) {
  return { catalog: database ?? '', schema: schema ?? '', name };
}

async function checkTarget(
  context: SessionContext,
  target: TableName,
  privileges: readonly Privilege[],
): Promise<void> {
  await checkRelation(context, needed(target), privileges);
}

async function checkDml(context: SessionContext, write: Write, text: string, before: boolean): Promise<void> {
  const pieces = dmlPieces(text);
  const privileges: Privilege[] = [dmlPrivileges[write.verb]!];
  if (pieces.updates) privileges.push('UPDATE');
  if (pieces.reads || (await readsAssigned(context, pieces.assigned))) privileges.push('SELECT');
  for (const target of write.targets) await checkTarget(context, target, privileges);
  for (const query of pieces.queries) {
    await checkQuery(context, await needsOf(context, parsed(context, query)), before);
  }
}

/** Does what an UPDATE assigns depend on columns? Those that it assigns to are not read. */
async function readsAssigned(context: SessionContext, assigned: string | undefined): Promise<boolean> {
  if (assigned === undefined) return false;
  const { node } = await parseStatement(context.options.world, parsed(context, `SELECT ${assigned}`));
  if (node.type !== 'SELECT_NODE') return true;
  return node.select_list.some((item) => item.class !== 'COMPARISON' || accessNeeds(item.right).columns);
}

/** COPY FROM STDIN: `condition` is its WHERE. */
export async function checkCopyIn(context: SessionContext, target: TableName, condition: string | null): Promise<void> {
  if (context.access.isAdmin) return;
  await checkTarget(context, target, ['INSERT']);
  if (condition !== null) await checkQuery(context, await needsOf(context, `SELECT 1 WHERE ${condition}`));
}

/** Writing files where the statement says. */
export function checkFileWriter(context: SessionContext, what: string): void {
  fileRole(context, writeServerFiles, what);
}

function fileRole({ access }: SessionContext, role: string, what: string): void {
  if (access.isMember(access.user, role, false)) return;
  throw errors.insufficientPrivilege(`must be superuser or have privileges of the ${role} role to ${what}`, copyHint);
}

async function checkFileCopy(context: SessionContext, write: Write, text: string): Promise<void> {
  const [table] = write.targets;
  if (table !== undefined) {
    fileRole(context, readServerFiles, 'COPY from a file');
    return checkTarget(context, table, ['INSERT']);
  }
  fileRole(context, writeServerFiles, 'COPY to a file');
  const cursor = new TokenCursor(text);
  cursor.expect('copy');
  if (cursor.value === '(') {
    const query = parenthesis(cursor, text);
    return checkQuery(context, await needsOf(context, query));
  }
  const parts = cursor.qualifiedName();
  await checkTarget(context, { database: parts.at(-3), schema: parts.at(-2), name: parts.at(-1)! }, ['SELECT']);
}

/** What stands between the parenthesis that the cursor is on and the one that closes it. */
function parenthesis(cursor: TokenCursor, text: string): string {
  const from = cursor.start + 1;
  for (let depth = 0; !cursor.atEnd; cursor.skip()) {
    depth += cursor.value === '(' ? 1 : cursor.value === ')' ? -1 : 0;
    if (depth === 0) return text.slice(from, cursor.start);
  }
  throw cursor.unexpected();
}

async function checkCreate(context: SessionContext, write: Write, text: string, before: boolean): Promise<void> {
  const { user, book } = context.access;
  if (write.object === 'SCHEMA') throw errors.permissionDenied('database', context.database);
  if (write.object === 'FUNCTION') {
    throw errors.insufficientPrivilege('permission denied to create a function', 'It is for superusers.');
  }
  if (write.object === 'INDEX') {
    await checkCalls(context, text);
    for (const target of write.targets) await checkOwner(context, target, false);
    return;
  }
  for (const made of write.objects) {
    if (write.temporary || isTemporary(made)) continue;
    checkSchema(context, user, made.schema ?? publicSchema, 'CREATE');
    // One of the name would be replaced.
    const object: ObjectName = { kind: 'relation', schema: made.schema ?? publicSchema, name: made.name };
    const there = await meaningsOf(context, needed(made));
    if (write.orReplace && there.some((one) => 'object' in one) && !book!.owns(user, object))
      throw notOwner(there, made.name);
  }
  if (write.fromQuery || write.object === 'VIEW') {
    await checkQuery(context, await needsOf(context, parsed(context, textAfterAs(text))), before);
    return;
  }
  await checkCalls(context, text);
  for (const referenced of references(text)) await checkTarget(context, referenced, ['REFERENCES']);
}

function isTemporary({ database, schema }: TableName): boolean {
  return (database ?? schema)?.toLowerCase() === 'temp';
}

/** The tables behind REFERENCES. */
function references(text: string): readonly TableName[] {
  const cursor = new TokenCursor(text);
  const found: TableName[] = [];
  while (!cursor.atEnd) {
    if (!cursor.accept('references')) {
      cursor.skip();
      continue;
    }
    const parts = cursor.qualifiedName();
    found.push({ database: parts.at(-3), schema: parts.at(-2), name: parts.at(-1)! });
  }
  return found;
}

/** Defaults, checks and the like hold no queries, but calls. */
async function checkCalls(context: SessionContext, text: string): Promise<void> {
  const macros = await (await localObjects(context)).macros(context);
  for (const name of calledNames(text)) {
    const closed = [functionAccess(name), tableFunctionAccess(name)].some((one) => one === 'files' || one === 'admin');
    const open = functionAccess(name) === 'open' || tableFunctionAccess(name) === 'open';
    if ((closed && !open) || macros.has(name)) {
      throw errors.insufficientPrivilege(`permission denied for function ${name}`);
    }
  }
}

function notOwner(meanings: readonly Meaning[], name: string): Error {
  const kind = meanings.find((one) => 'object' in one)?.kind ?? 'table';
  return errors.notOwner(kind, name);
}

/** Of what is not there nobody is the owner: the statement itself tells that. */
export async function checkOwner(context: SessionContext, named: TableName, schema: boolean): Promise<void> {
  const { access } = context;
  const { user, book } = access;
  if (access.isAdmin) return;
  if (schema) {
    if (!book!.owns(user, schemaObject(named.name))) throw errors.notOwner('schema', named.name);
    return;
  }
  for (const meaning of await meaningsOf(context, needed(named))) {
    if (meaning.kind === 'temporary') continue;
    if (meaning.kind === 'system') throw errors.notOwner('view', named.name);
    const owned = book!.owns(user, meaning.object) || ownsSchema(context, meaning.object.schema);
    if (!owned) throw errors.notOwner(meaning.kind, named.name);
  }
}

/** Whoever owns a schema may drop what is in it. */
function ownsSchema({ access }: SessionContext, schema: string): boolean {
  const object = schemaObject(schema);
  return access.book!.ownerOf(object) !== databaseOwner && access.book!.owns(access.user, object);
}

/** COMMENT ON TABLE t IS ..., COMMENT ON COLUMN t.c IS ... */
async function checkComment(context: SessionContext, text: string): Promise<void> {
  const cursor = new TokenCursor(text);
  cursor.expect('comment', 'on');
  const kind = cursor.word;
  cursor.skip();
  const parts = cursor.qualifiedName();
  const named = kind === 'column' ? parts.slice(0, -1) : parts;
  if (named.length === 0) throw cursor.unexpected();
  const { access } = context;
  const known = ['table', 'view', 'column', 'sequence', 'schema'].includes(kind);
  if (!known && !access.isAdmin) throw errors.insufficientPrivilege(`must be owner of ${kind} ${named.join('.')}`);
  await checkOwner(context, { database: named.at(-3), schema: named.at(-2), name: named.at(-1)! }, kind === 'schema');
}

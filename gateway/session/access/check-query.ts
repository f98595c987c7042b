/** May the session's role run a query? Nothing is asked for a superuser. All raise 42501 where it may not. */
import { parseable } from '../../../planner/dialect/postgres-dialect.ts';
import { errors, SluiceError } from '../../../planner/errors.ts';
import { type AccessNeeds, accessNeeds, type NeededRelation } from '../../../planner/sql/access-needs.ts';
import { type FunctionAccess, functionAccess, tableFunctionAccess } from '../../../planner/sql/function-access.ts';
import { parseStatement } from '../../../planner/sql/parse.ts';
import { type Privilege, schemaObject } from '../../catalog/roles/acl.ts';
import { readServerFiles } from '../../catalog/roles/role.ts';
import type { SessionContext } from '../context.ts';
import { textAfterAs } from './after-as.ts';
import { localObjects } from './local-relations.ts';
import { type Meaning, meaningsOf } from './names.ts';

/** Views within views, and functions within functions. */
const maxDepth = 32;
const fileHint =
  'Data sets are read by their names. The files themselves are for superusers and members of pg_read_server_files.';
const pivotHint = 'List the values: PIVOT t ON a IN (1, 2) USING sum(b).';

/** A text of a client as DuckDB can parse it. */
export function parsed({ settings }: SessionContext, sql: string): string {
  return settings.sluice.dialect === 'postgres' ? parseable(sql) : sql;
}

/** What a query touches. Rejects with 0A000 for what DuckDB gives no tree of, and as parsing does. */
export async function needsOf(context: SessionContext, sql: string): Promise<AccessNeeds> {
  try {
    return accessNeeds(await parseStatement(context.options.world, sql));
  } catch (error) {
    if (!(error instanceof SluiceError && error.sqlstate === '0A000')) throw error;
    throw errors.featureNotSupported('PIVOT without a list of values, for roles that are no superusers', pivotHint);
  }
}

/** `before`: the query is in the session's dialect yet, so that names of functions may not be DuckDB's. */
export async function checkQuery(context: SessionContext, needs: AccessNeeds, before = false): Promise<void> {
  await new Check(context, context.access.user, before).query(needs, 0);
}

/** May the session's role do this with a relation, by whatever that name means? Unknown names raise 42P01. */
export async function checkRelation(
  context: SessionContext,
  relation: NeededRelation,
  privileges: readonly Privilege[],
): Promise<void> {
  await new Check(context, context.access.user, false).relation(relation, privileges, 0);
}

/** Raises 42501 unless the role may use the schema and has the privileges in it. */
export function checkSchema(context: SessionContext, role: string, schema: string, privilege: Privilege): void {
  const { access } = context;
  if (access.isSuperuser(role) || access.book!.may(role, schemaObject(schema), [privilege])) return;
  throw errors.permissionDenied('schema', schema);
}

export function isFileReader(context: SessionContext, role: string): boolean {
  return context.access.isMember(role, readServerFiles, false);
}

/** One role that runs something. */
class Check {
  readonly #context: SessionContext;
  readonly #role: string;
  readonly #before: boolean;

  constructor(context: SessionContext, role: string, before: boolean) {
    this.#context = context;
    this.#role = role;
    this.#before = before;
  }

  async query(needs: AccessNeeds, depth: number): Promise<void> {
    if (this.#context.access.isSuperuser(this.#role)) return;
    if (depth > maxDepth) throw errors.limitExceeded('views or functions are nested too deeply');
    for (const name of needs.tableFunctions) await this.#call(name, tableFunctionAccess(name), true, depth);
    for (const name of needs.functions) await this.#call(name, functionAccess(name), false, depth);
    for (const name of needs.shows) this.#show(name);
    for (const name of needs.sequences) await this.#sequence(name, depth);
    for (const relation of needs.relations) await this.relation(relation, ['SELECT'], depth);
  }

  async relation(relation: NeededRelation, privileges: readonly Privilege[], depth: number): Promise<void> {
    if (this.#context.access.isSuperuser(this.#role)) return;
    const meanings = await meaningsOf(this.#context, relation);
    if (meanings.length === 0) return this.#unknown(relation);
    for (const meaning of meanings) await this.#meaning(meaning, relation, privileges, depth);
  }

  async #meaning(
    meaning: Meaning,
    relation: NeededRelation,
    privileges: readonly Privilege[],
    depth: number,
  ): Promise<void> {
    if (meaning.kind === 'system') {
      if (!meaning.open) throw errors.permissionDenied('view', relation.name);
      return;
    }
    if (meaning.kind === 'temporary') {
      if (meaning.sql !== null) await this.#text(textAfterAs(meaning.sql), depth);
      return;
    }
    const { kind, object } = meaning;
    const book = this.#context.access.book!;
    checkSchema(this.#context, this.#role, object.schema, 'USAGE');
    if (!book.may(this.#role, object, privileges)) throw errors.permissionDenied(kind, object.name);
    if (meaning.kind !== 'view') return;
    // What a view reads is read with the rights of its owner.
    const owner = new Check(this.#context, book.ownerOf(object), false);
    await owner.#text(textAfterAs(meaning.sql), depth);
  }

  async #text(sql: string, depth: number): Promise<void> {
    if (this.#context.access.isSuperuser(this.#role)) return;
    await this.query(await needsOf(this.#context, sql), depth + 1);
  }

  /** A name that means nothing here may be a file's. */
  #unknown({ schema, name }: NeededRelation): void {
    if (!/[./\\*?:~]/.test(name)) throw errors.undefinedTable(schema === '' ? name : `${schema}.${name}`);
    if (!isFileReader(this.#context, this.#role)) {
      throw errors.insufficientPrivilege(`permission denied for file "${name}"`, fileHint);
    }
  }

  async #call(name: string, access: FunctionAccess | undefined, table: boolean, depth: number): Promise<void> {
    if (access === 'open') return;
    if (access === 'files' && isFileReader(this.#context, this.#role)) return;
    if (access !== undefined) throw denied(name, access);
    // Functions that users made run with the rights of whoever calls them.
    const { macros } = await localObjects(this.#context);
    const made = ((await macros(this.#context)).get(name) ?? []).filter((macro) => macro.table === table);
    for (const { definition } of made) await this.#text(table ? definition : `SELECT ${definition}`, depth);
    if (made.length === 0 && !this.#before && (await isEngineFunction(this.#context, name)))
      throw denied(name, 'admin');
  }

  #show(name: string): void {
    // Empty: DESCRIBE and SUMMARIZE, whose query is looked at for itself.
    if (name !== '' && name !== 'tables' && name !== '__show_tables_expanded') throw denied(`SHOW ${name}`, 'admin');
  }

  async #sequence(name: string | null, depth: number): Promise<void> {
    if (name === null) throw errors.permissionDenied('sequence', 'that no constant names');
    const parts = name.split('.').map((part) => part.replace(/^"(.*)"$/s, '$1'));
    const relation = { catalog: parts.at(-3) ?? '', schema: parts.at(-2) ?? '', name: parts.at(-1)! };
    await this.relation(relation, ['USAGE'], depth);
  }
}

function denied(name: string, access: FunctionAccess): SluiceError {
  return errors.insufficientPrivilege(
    `permission denied for function ${name}`,
    access === 'files' ? fileHint : undefined,
  );
}

/** One that an extension brought, or a later version of the engine: nobody knows what it does. */
async function isEngineFunction({ connection, sessionSettings }: SessionContext, name: string): Promise<boolean> {
  await connection.ready(sessionSettings(), false);
  const literal = `'${name.replaceAll("'", "''")}'`;
  const found = await connection.run(
    `SELECT 1 FROM duckdb_functions() WHERE lower(function_name) = ${literal} LIMIT 1`,
  );
  return found.rowCount > 0;
}

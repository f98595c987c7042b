import type { Statement } from '../../../planner/sql/lexer.ts';
import { readStatement, type WriteStatement } from '../../../planner/sql/statement.ts';
import type { StatementKind } from '../../../planner/sql/statement-kind.ts';
import type { TableName } from '../../../planner/sql/statement-tokens.ts';
import { dataDatabase, localDatabase } from '../../coordinator/database.ts';
import { type Copy, readCopy } from './copy.ts';

/** What the session must understand of a statement that DuckDB runs. */
export interface Write extends WriteStatement {
  /** CommandComplete's tag without counts. */
  readonly tag: string;
  /** The tag ends with the number of rows. */
  readonly counts: boolean;
  /** CREATE, ALTER, DROP, TRUNCATE. */
  readonly definesObjects: boolean;
  readonly copy: Copy | undefined;
  /** Why it may never reach DuckDB. */
  readonly denied: string | undefined;
}

const countingTags: Readonly<Partial<Record<StatementKind, string>>> = {
  insert: 'INSERT 0',
  update: 'UPDATE',
  delete: 'DELETE',
  merge: 'MERGE',
};
const definitions: ReadonlySet<StatementKind> = new Set(['create', 'alter', 'drop', 'truncate']);
/** Databases of DuckDB that a statement may name. */
const ownDatabases: ReadonlySet<string> = new Set([localDatabase, 'temp']);
/** Schemas that every session looks names up in. */
const lastingSchemas: ReadonlySet<string> = new Set(['public', 'main']);

function tagOf({ verb, object, fromQuery }: WriteStatement): string {
  if (verb === 'truncate') {
    return 'TRUNCATE TABLE';
  }
  return fromQuery ? 'SELECT' : `${verb.toUpperCase()} ${object ?? ''}`;
}

/**
 * True for names in the database that stands for the data sets, and in DuckDB's own. DuckDB reads `data.x` as database and name
 * where there is no schema `data`.
 */
function isForeign({ database, schema }: TableName): boolean {
  const outer = (database ?? schema)?.toLowerCase();
  return outer === dataDatabase || (database !== undefined && !ownDatabases.has(outer!));
}

function deniedBecause(read: WriteStatement): string | undefined {
  const verb = read.verb.toUpperCase();
  if (read.verb !== 'truncate' && read.object === undefined) {
    return `${verb} ${read.objectWord.toUpperCase()} is not allowed`;
  }
  if ([...read.objects, ...read.targets].some(isForeign)) {
    return `${verb} outside the database "${localDatabase}" is not allowed`;
  }
  if (read.object !== 'SCHEMA') {
    return undefined;
  }
  const kept = read.objects.find(({ name }) =>
    read.verb === 'create' ? name.toLowerCase() === dataDatabase : lastingSchemas.has(name.toLowerCase()),
  );
  return kept === undefined ? undefined : `${verb} SCHEMA "${kept.name}" is not allowed`;
}

/** Reads a statement that writes. Raises 42601 where a name is missing, and what `readCopy` raises. */
export function parseWrite(statement: Statement): Write {
  const read = readStatement(statement);
  const { verb } = read;
  const base = { ...read, counts: false, definesObjects: false, copy: undefined, denied: undefined };
  const counting = countingTags[verb];
  if (counting !== undefined) {
    return { ...base, tag: counting, counts: true };
  }
  if (verb === 'copy') {
    const copy = readCopy(statement.text);
    return { ...base, copy, targets: copy.targets, tag: 'COPY', counts: true };
  }
  if (!definitions.has(verb)) {
    return { ...base, tag: verb.toUpperCase() };
  }
  return { ...base, tag: tagOf(read), counts: read.fromQuery, definesObjects: true, denied: deniedBecause(read) };
}

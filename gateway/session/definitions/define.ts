/**
 * DDL of PostgreSQL that DuckDB does not take, done with what it takes: SERIAL and IDENTITY, constraints that come and go, several actions in
 * one ALTER TABLE, operator classes. What DuckDB does not keep (lengths, names of constraints) is kept beside it, for the catalogs.
 */

import { splitStatements } from '../../../planner/sql/lexer.ts';
import { readHints } from '../../../planner/sql/read-hints.ts';
import { readCreateView, viewWithHints } from '../../../planner/sql/view-text.ts';
import { alone, noteDefinition, runLogged } from '../commands/logged-write.ts';
import type { Write } from '../commands/write-target.ts';
import type { SessionContext } from '../context.ts';
import { alterTable } from './alter-table.ts';
import { createTable } from './create-table.ts';
import { createView } from './create-view.ts';
import type { Definition } from './definition.ts';
import { checkDroppedIndexes } from './drop-index.ts';
import { dropSchema, dropTables } from './drop-tables.ts';
import { dropFunction, macroOfFunction } from './functions.ts';
import { commentOn, createIndex } from './other-definitions.ts';
import { truncateTables } from './truncate-tables.ts';

/** A longer text is run as it is. */
const maxDefinitionLength = 1_000_000;

/** `written`: the client's text. Undefined: DuckDB runs the text as it is. Raises what is known to be wrong: 42701, 42703, 42704, 42710. */
export async function definitionOf(
  context: SessionContext,
  write: Write,
  text: string,
  written: string,
): Promise<Definition | undefined> {
  if (text.length > maxDefinitionLength || write.fromQuery) return undefined;
  if (write.verb === 'comment') return commentOn(context, text);
  if (write.verb === 'truncate') return truncateTables(context, text);
  if (write.verb === 'create' && write.object === 'TABLE') return createTable(context, text);
  if (write.verb === 'create' && write.object === 'VIEW') return createView(context, written, text);
  if (write.verb === 'create' && write.object === 'INDEX') return createIndex(text);
  if (write.verb === 'drop' && write.object === 'FUNCTION') return dropFunction(context, text);
  if (write.verb === 'drop' && write.object === 'INDEX') return checkDroppedIndexes(context, write);
  if (write.verb === 'drop' && write.object === 'SCHEMA') return dropSchema(context, write, text);
  if (write.verb === 'alter' && write.object === 'TABLE') return alterTable(context, text);
  return write.verb === 'drop' && write.object === 'TABLE' ? dropTables(context, text) : undefined;
}

/** The text with what DuckDB would lose or not take kept in its own terms: hints of views, functions in SQL. Else the same text. */
export function keptText(write: Write, text: string, dialect: 'postgres' | 'duckdb'): string {
  if (write.verb !== 'create' || text.length > maxDefinitionLength) return text;
  if (write.object === 'FUNCTION') return macroOfFunction(text) ?? text;
  if (write.object !== 'VIEW') return text;
  const hints = readHints(
    splitStatements(text).flatMap((statement) => statement.hints),
    text,
  ).hints;
  const view = hints.length === 0 ? undefined : readCreateView(text);
  return view === undefined
    ? text
    : viewWithHints(
        view,
        dialect,
        hints.some(({ kind }) => kind === 'partial_sql'),
      );
}

/** Runs the statements as one. Outside of a block they get a transaction of their own. */
export async function runDefinition(context: SessionContext, write: Write, definition: Definition): Promise<void> {
  const { connection, transaction } = context;
  const { statements, notices, after, keyed = [], emptied = [] } = definition;
  const tables = [...write.targets.map(({ name }) => name), ...emptied.map(({ parent }) => parent.name)];
  const text = statements.join(';\n');
  const note = () => {
    const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase());
    transaction.keys.wrote(lower(tables), lower(keyed));
    for (const key of emptied) transaction.keys.removes(key, null);
  };
  if (transaction.open) {
    try {
      note();
      if (text !== '') await runLogged(context, write, text);
      await after?.((sql) => runLogged(context, write, sql));
    } catch (error) {
      // Some of them may have run.
      transaction.writes.damaged = true;
      throw error;
    }
  } else if (text !== '' || after !== undefined) {
    await alone(context, [], () => {
      note();
      noteDefinition(context, write);
      return connection.alone(async () => {
        if (text !== '') await connection.run(text);
        await after?.((sql) => connection.run(sql));
      });
    });
  }
  for (const notice of notices ?? []) context.notice(notice);
}

import { mayHint, queryHints, writeHints } from '../../planner/dialect/parameter-hints.ts';
import type { LocalColumns } from '../../planner/dialect/postgres-dialect.ts';
import type { Statement } from '../../planner/sql/lexer.ts';
import type { HintSource } from './bind-text.ts';
import type { SessionContext } from './context.ts';

/** Types that the places of a query's parameters tell; undefined: none. `analyze` brings a probe's text into what DuckDB binds. */
export function hintsForQuery(
  { options, settings }: SessionContext,
  statement: Statement,
  analyze: (probe: Statement) => Promise<{ readonly sql: string }>,
): HintSource | undefined {
  if (settings.sluice.dialect !== 'postgres' || !mayHint(statement.text)) return undefined;
  return {
    hints: () => queryHints(options.world, statement.text),
    ready: async (text) => (await analyze({ ...statement, text })).sql,
  };
}

/** The same for a statement that writes to tables of the session. */
export function hintsForWrite(
  { options, settings }: SessionContext,
  statement: Statement,
  columns: LocalColumns,
  rewrite: (probe: Statement) => Promise<{ readonly text: string; readonly close?: () => Promise<void> }>,
): HintSource | undefined {
  if (settings.sluice.dialect !== 'postgres' || !mayHint(statement.text)) return undefined;
  return {
    hints: () => writeHints(options.world, statement.text, columns),
    ready: async (probe) => {
      const { text, close } = await rewrite({ ...statement, text: probe });
      await close?.();
      return text;
    },
  };
}

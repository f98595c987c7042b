import { splitStatements } from '../../../planner/sql/lexer.ts';
import { readHints } from '../../../planner/sql/read-hints.ts';
import { readCreateView } from '../../../planner/sql/view-text.ts';
import { commentWith } from '../../pg-catalog/state/declared.ts';
import type { SessionContext } from '../context.ts';
import { type Definition, setComment } from './definition.ts';

/** A longer query is not kept: it would not be parsed when it is shown. */
const maxQueryLength = 100_000;

/**
 * CREATE VIEW with its query as it was written, which DuckDB does not keep. Undefined where nothing is kept: for texts of another form or
 * dialect, and with hints, which keep the text themselves. `written`: the client's text; `sql`: what DuckDB runs.
 */
export function createView(context: SessionContext, written: string, sql: string): Definition | undefined {
  if (context.settings.sluice.dialect !== 'postgres') return undefined;
  const view = readCreateView(written);
  if (view === undefined || view.query.length > maxQueryLength || view.ifNotExists) return undefined;
  const hints = readHints(
    splitStatements(written).flatMap((statement) => statement.hints),
    written,
  ).hints;
  if (hints.length > 0) return undefined;
  const { query, columns } = view;
  const comment = commentWith(null, { query, ...(columns.length === 0 ? {} : { columns: [...columns] }) });
  return { statements: [sql.replace(/;\s*$/, ''), setComment('VIEW', view.name, comment)] };
}

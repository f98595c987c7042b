import { errors } from '../../../planner/errors.ts';
import { quoteIdentifier } from '../../../worker/engine/quote.ts';
import type { SessionContext } from '../context.ts';
import { type Action, readActions } from './alter-actions.ts';
import { withActions } from './create-table.ts';
import { actionNotice, type Definition, skipped } from './definition.ts';
import { applyAction, type Change, referringChange } from './edit-table.ts';
import { rebuildStatements, type TableModel, unchangedModel } from './rebuild.ts';
import { readTable, referencingTables, sequenceNames, type TableState } from './table-state.ts';
import { meantName } from './tokens.ts';

/** Most tables that one ALTER TABLE may have to make anew. */
const maxRebuiltTables = 100;

/**
 * ALTER TABLE: DuckDB takes one action at a time, adds no constraints but a primary key, and changes little of tables with indexes or foreign
 * keys. What it can't do is done by making the table anew. Undefined for what it can, for views, and for what is none of PostgreSQL's.
 */
export async function alterTable(context: SessionContext, text: string): Promise<Definition | undefined> {
  const read = readActions(text);
  if (read === undefined) return undefined;
  const table = await readTable(context, read.table);
  if (table === undefined) {
    const name = meantName(read.table.at(-1)!);
    return read.ifExists ? skipped(`relation "${name}" does not exist, skipping`) : undefined;
  }
  const referring = await referencingTables(context, table);
  if (isPlain(table, referring, read.actions)) return undefined;
  const change: Change = {
    model: unchangedModel(table),
    sequences: [],
    dropped: [],
    renamed: new Map(),
    notices: [],
    taken: await sequenceNames(context, table.schema === 'public' ? undefined : table.schema),
  };
  const done = read.actions.reduce(applyAction, change);
  const added = done.model.elements.filter((element) => !table.text.elements.includes(element));
  const children = await referringClosure(context, table, referring);
  const models: TableModel[] = [done.model, ...children.map((child) => referringChange(child, table, done))];
  return {
    statements: [
      ...done.sequences,
      ...rebuildStatements(models),
      ...done.dropped.map((name) => `DROP SEQUENCE IF EXISTS ${name}`),
    ],
    notices: [...done.notices, ...actionNotice(withActions(added))],
  };
}

/** DuckDB does the one action right. */
function isPlain(table: TableState, referring: readonly TableState[], actions: readonly Action[]): boolean {
  const [action] = actions;
  if (action === undefined || actions.length > 1) return false;
  switch (action.kind) {
    case 'setDefault':
      return true;
    case 'addColumn':
      return action.plain;
    case 'renameTable':
    case 'renameColumn':
    case 'setNotNull': {
      const bound = table.indexes.length > 0 || referring.length > 0;
      const refers = table.text.elements.some(
        (element) => element.kind === 'constraint' && element.constraint.kind === 'foreign',
      );
      const kept = table.declared.constraints.length > 0;
      return !bound && !refers && !kept && !(action.kind === 'renameTable' && table.text.elements.some(isKey));
    }
    default:
      return false;
  }
}

function isKey(element: TableState['text']['elements'][number]): boolean {
  return element.kind === 'constraint';
}

/** Tables that refer to the table, to those that do, and so on; what others refer to comes first. */
async function referringClosure(
  context: SessionContext,
  table: TableState,
  first: readonly TableState[],
): Promise<readonly TableState[]> {
  const key = ({ schema, name }: TableState) => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
  const found = new Map<string, TableState>();
  let next = first;
  while (next.length > 0) {
    const more: TableState[] = [];
    for (const child of next) {
      if (key(child) === key(table)) throw errors.featureNotSupported('changing tables whose foreign keys form a ring');
      // Later again: it comes behind all that it refers to.
      found.delete(key(child));
      found.set(key(child), child);
      more.push(...(await referencingTables(context, child)));
      if (found.size + more.length > maxRebuiltTables)
        throw errors.featureNotSupported(`changing a table that more than ${maxRebuiltTables} others refer to`);
    }
    next = more;
  }
  return [...found.values()];
}

import { errors } from '../../../planner/errors.ts';
import { quoteIdentifier } from '../../../worker/engine/quote.ts';
import { commentWith } from '../../pg-catalog/state/declared.ts';
import type { SessionContext } from '../context.ts';
import { checkRows } from '../keys/checks.ts';
import { type ForeignKey, type ForeignKeys, placeKey } from '../keys/foreign-key.ts';
import { foreignKeys } from '../keys/known-keys.ts';
import { addForeignKeys } from './add-foreign-keys.ts';
import { type Action, readActions } from './alter-actions.ts';
import { parentName } from './create-table.ts';
import { type Definition, setComment, skipped } from './definition.ts';
import { cascadeNotices, nameOf, namesOfKeys, shownName, withoutKeys } from './drop-tables.ts';
import { applyAction, type Change, namesOf, referringTo } from './edit-table.ts';
import { allDeclared, apart, sameNames, uniqueKeys } from './foreign-constraints.ts';
import { rebuildStatements, type TableModel, unchangedModel } from './rebuild.ts';
import { fullName, readTable, sequenceNames, type TableState } from './table-state.ts';
import type { ForeignConstraint } from './table-text.ts';
import { meantName } from './tokens.ts';

/**
 * ALTER TABLE: DuckDB takes one action at a time, adds no constraints but a primary key, and changes little of tables with indexes. What it
 * can't do is done by making the table anew; foreign keys are only said in its comment. Undefined for what it can, for views, and for what is none
 * of PostgreSQL's. Raises 2BP01 for what foreign keys need.
 */
export async function alterTable(context: SessionContext, text: string): Promise<Definition | undefined> {
  const read = readActions(text);
  if (read === undefined) return undefined;
  const table = await readTable(context, read.table);
  if (table === undefined) {
    const name = meantName(read.table.at(-1)!);
    return read.ifExists ? skipped(`relation "${name}" does not exist, skipping`) : undefined;
  }
  const keys = await foreignKeys(context);
  const { actions, foreign } = withoutForeign(read.actions);
  if (foreign.length === 0 && isPlain(table, keys, actions)) return undefined;
  const change: Change = {
    model: unchangedModel(table),
    sequences: [],
    dropped: [],
    renamed: new Map(),
    notices: [],
    taken: await sequenceNames(context, table.schema === 'public' ? undefined : table.schema),
    dialect: context.settings.sluice.dialect,
  };
  const done = renamedReferences(actions.reduce(applyAction, change));
  const { model } = done;
  const others = keys.to(table).filter(({ child }) => placeKey(child) !== placeKey(table));
  const lost = others.filter((key) => !isStillUnique(model, key, done.renamed));
  if (lost.length > 0 && !actions.some((action) => 'cascade' in action && action.cascade))
    refuse(context, table, actions, lost);
  const kept = others.filter((key) => !lost.includes(key));
  const validated = keys
    .of(table)
    .filter(({ name }) => actions.some((each) => each.kind === 'validateConstraint' && each.name === name));
  const where = [table.schema, model.name].map(quoteIdentifier);
  return {
    statements: [
      ...done.sequences,
      ...(actions.length === 0 ? [] : statementsOf(table, model)),
      ...(await withoutKeys(context, lost)),
      ...(await retargeted(context, table, done, kept)),
      ...done.dropped.map((name) => `DROP SEQUENCE IF EXISTS ${name}`),
    ],
    notices: [...done.notices, ...cascadeNotices(context, lost)],
    after: async (run) => {
      for (const key of validated) await checkRows(context, key, 'all');
      if (foreign.length > 0) await addForeignKeys(context, where, foreign, run);
    },
    keyed: [
      ...namesOfKeys([...keys.of(table), ...keys.to(table)]),
      ...foreign.flatMap((key) => [table.name, parentName(key)]),
    ],
  };
}

/** Foreign keys that are added come when all else is done. */
function withoutForeign(actions: readonly Action[]): {
  readonly actions: readonly Action[];
  readonly foreign: readonly ForeignConstraint[];
} {
  const foreign: ForeignConstraint[] = [];
  const kept = actions.flatMap((action): Action[] => {
    if (action.kind === 'addConstraint' && action.constraint.kind === 'foreign') {
      foreign.push(action.constraint);
      return [];
    }
    if (action.kind !== 'addColumn') return [action];
    const found = apart([action.column]);
    foreign.push(...found.foreign);
    return [{ ...action, column: found.elements[0] as typeof action.column }];
  });
  return { actions: kept, foreign };
}

/** DuckDB does the one action right. */
function isPlain(table: TableState, keys: ForeignKeys, actions: readonly Action[]): boolean {
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
      const bound = table.indexes.length > 0 || keys.to(table).length > 0;
      const kept = table.declared.constraints.length > 0;
      return !bound && !kept && !(action.kind === 'renameTable' && table.text.elements.some(isKey));
    }
    default:
      return false;
  }
}

function isKey(element: TableState['text']['elements'][number]): boolean {
  return element.kind === 'constraint';
}

/** Its own foreign keys may refer to the table itself. */
function renamedReferences(change: Change): Change {
  const { model } = change;
  const elements = model.elements.map((element) => referringTo(element, model.before, change));
  return { ...change, model: { ...model, elements } };
}

/** The comment alone where nothing else is another, or the table made anew. */
function statementsOf(table: TableState, model: TableModel): readonly string[] {
  const before = unchangedModel(table);
  const [was, is] = [apart(before.elements).elements, apart(model.elements).elements];
  const sameElements = was.length === is.length && was.every((element, at) => element === is[at]);
  const sameRest =
    model.comments === before.comments ||
    [...model.comments].every(([name, each]) => same(each, before.comments.get(name)));
  if (!sameElements || !sameRest || model.name !== table.name) return rebuildStatements([model]);
  return [setComment('TABLE', fullName(table), commentWith(table.comment, allDeclared(model)))];
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

function isStillUnique(model: TableModel, key: ForeignKey, renamed: ReadonlyMap<string, string>): boolean {
  const columns = key.referenced.map(({ name }) => renamed.get(name.toLowerCase()) ?? name);
  const unique = uniqueKeys({ text: { ...model.before.text, elements: model.elements }, indexes: model.indexes });
  return unique.some((each) => sameNames(each.columns, columns));
}

function refuse(
  context: SessionContext,
  table: TableState,
  actions: readonly Action[],
  lost: readonly ForeignKey[],
): never {
  for (const action of actions) {
    if (action.kind === 'dropColumn') {
      const needed = lost.filter(({ referenced }) =>
        referenced.some(({ name }) => name.toLowerCase() === action.column.toLowerCase()),
      );
      const what = `column ${action.column} of table ${shownName(context, table)}`;
      if (needed.length > 0)
        throw errors.dependents(what, needed.map((key) => `${nameOf(context, key)} depends on ${what}`).join('\n'));
    }
    if (action.kind === 'dropConstraint') {
      const found = namesOf(unchangedModel(table)).find(({ name }) => name === action.name);
      const needed = lost.filter(({ referenced }) =>
        sameNames(
          referenced.map(({ name }) => name),
          found?.columns ?? [],
        ),
      );
      const detail = needed.map((key) => `${nameOf(context, key)} depends on index ${action.name}`).join('\n');
      if (needed.length > 0)
        throw errors.dependents(`constraint ${action.name} on table ${shownName(context, table)}`, detail);
    }
  }
  throw errors.dependents(
    `a key of table ${shownName(context, table)}`,
    lost.map((key) => nameOf(context, key)).join('\n'),
  );
}

/** Statements that name the table, and its columns, anew in the keys of others. */
async function retargeted(
  context: SessionContext,
  table: TableState,
  change: Change,
  keys: readonly ForeignKey[],
): Promise<readonly string[]> {
  if (change.model.name === table.name && change.renamed.size === 0) return [];
  const statements: string[] = [];
  for (const child of new Map(keys.map((key) => [placeKey(key.child), key.child])).values()) {
    const state = await readTable(context, [child.schema, child.name].map(quoteIdentifier));
    if (state === undefined) continue;
    const unchanged = unchangedModel(state);
    const elements = unchanged.elements.map((element) => referringTo(element, table, change));
    const declared = allDeclared({ ...unchanged, elements });
    statements.push(setComment('TABLE', fullName(state), commentWith(state.comment, declared)));
  }
  return statements;
}

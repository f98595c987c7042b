import { commentWith } from '../../pg-catalog/state/declared.ts';
import type { SessionContext } from '../context.ts';
import { type DefinedColumn, declaredConstraints, defineColumn, needsPrinting } from './define-column.ts';
import { actionNotice, columnOf, type Definition, setComment, skipped } from './definition.ts';
import { relationExists, sequenceNames } from './table-state.ts';
import { type Constraint, type Element, printTable, readTableText, type TableText } from './table-text.ts';
import { meantName } from './tokens.ts';

/** Clauses behind the columns that change nothing here. */
const ignoredTail = /^\s*(WITH\s*\([^()]*\)|WITHOUT\s+OIDS|TABLESPACE\s+\S+|ON\s+COMMIT\s+PRESERVE\s+ROWS)?\s*;?\s*$/i;

/**
 * CREATE TABLE with SERIAL, identities, lengths, names of constraints, actions of foreign keys. Undefined for what DuckDB takes as it is
 * and nothing more is to be kept of, and for texts of another form.
 */
export async function createTable(context: SessionContext, text: string): Promise<Definition | undefined> {
  const table = readTableText(text);
  if (table === undefined || !ignoredTail.test(table.tail)) return undefined;
  if (table.ifNotExists && (await relationExists(context, table.name)))
    return skipped(`relation "${meantName(table.name.at(-1)!)}" already exists, skipping`, '42P07');
  const defined = await defineColumns(context, table);
  const elements = table.elements.map((element) => defined.get(element)?.column ?? element);
  const declared = { constraints: declaredConstraints(elements) };
  const name = table.name.join('.');
  const comments = [...defined.values()].flatMap(({ column, declared }) => {
    const comment = commentWith(null, declared);
    return comment === null ? [] : [setComment('COLUMN', columnOf(name, meantName(column.name)), comment)];
  });
  const comment = commentWith(null, declared);
  if (comment !== null) comments.push(setComment('TABLE', name, comment));
  const changed =
    table.tail.trim() !== '' ||
    [...defined.values()].some((column) => column.changed) ||
    elements.some((element) => element.kind === 'constraint' && needsPrinting(element.constraint));
  if (!changed && comments.length === 0) return undefined;
  const sequences = [...defined.values()].flatMap(({ sequence }) => sequence ?? []);
  const create = changed ? printTable({ ...table, elements }) : text;
  return { statements: [...sequences, create, ...comments], notices: actionNotice(withActions(elements)) };
}

async function defineColumns(context: SessionContext, table: TableText): Promise<Map<Element, DefinedColumn>> {
  const schema = table.name.at(-2);
  const owner = { name: meantName(table.name.at(-1)!), schema, temporary: table.temporary };
  const taken = await sequenceNames(context, schema === undefined ? undefined : meantName(schema));
  const defined = new Map<Element, DefinedColumn>();
  for (const element of table.elements) {
    if (element.kind === 'column') defined.set(element, defineColumn(element, owner, taken));
  }
  return defined;
}

const doesNothing: ReadonlySet<string> = new Set(['a', 'r']);

/** Columns of foreign keys with actions. */
export function withActions(elements: readonly Element[]): readonly string[] {
  const told = (constraint: Constraint) =>
    constraint.kind === 'foreign' &&
    !(doesNothing.has(constraint.reference.onDelete) && doesNothing.has(constraint.reference.onUpdate))
      ? [constraint.columns.join(', ')]
      : [];
  return elements.flatMap((element) =>
    element.kind === 'column' ? element.constraints.flatMap(told) : told(element.constraint),
  );
}

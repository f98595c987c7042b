import { commentWith } from '../../pg-catalog/state/declared.ts';
import type { SessionContext } from '../context.ts';
import { addForeignKeys } from './add-foreign-keys.ts';
import { type DefinedColumn, declaredConstraints, defineColumn, needsPrinting } from './define-column.ts';
import { columnOf, type Definition, setComment, skipped } from './definition.ts';
import { checkReplaced } from './drop-tables.ts';
import { apart } from './foreign-constraints.ts';
import { relationExists, sequenceNames } from './table-state.ts';
import { type Element, type ForeignConstraint, printTable, readTableText, type TableText } from './table-text.ts';
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
  if (table.head.startsWith('CREATE OR REPLACE')) await checkReplaced(context, table.name);
  const defined = await defineColumns(context, table);
  const { elements, foreign } = apart(table.elements.map((element) => defined.get(element)?.column ?? element));
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
    foreign.length > 0 ||
    [...defined.values()].some((column) => column.changed) ||
    elements.some((element) => element.kind === 'constraint' && needsPrinting(element.constraint));
  if (!changed && comments.length === 0) return undefined;
  const sequences = [...defined.values()].flatMap(({ sequence }) => sequence ?? []);
  const create = changed ? printTable({ ...table, elements }) : text;
  const statements = [...sequences, create, ...comments];
  if (foreign.length === 0) return { statements };
  return {
    statements,
    after: (run) => addForeignKeys(context, table.name, foreign, run),
    keyed: [meantName(table.name.at(-1)!), ...foreign.map(parentName)],
  };
}

/** Of the table that a key refers to. */
export function parentName({ reference }: ForeignConstraint): string {
  return meantName(reference.table.split('.').at(-1)!);
}

async function defineColumns(context: SessionContext, table: TableText): Promise<Map<Element, DefinedColumn>> {
  const schema = table.name.at(-2);
  const owner = { name: meantName(table.name.at(-1)!), schema, temporary: table.temporary };
  const { dialect } = context.settings.sluice;
  const taken = await sequenceNames(context, schema === undefined ? undefined : meantName(schema));
  const defined = new Map<Element, DefinedColumn>();
  for (const element of table.elements) {
    if (element.kind === 'column') defined.set(element, defineColumn(element, owner, dialect, taken));
  }
  return defined;
}

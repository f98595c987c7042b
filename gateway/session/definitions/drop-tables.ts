/** DROP TABLE and DROP SCHEMA: with the sequences of columns, and not while others refer to what goes. */
import { errors, type SluiceError } from '../../../planner/errors.ts';
import { quoteIdentifier } from '../../../worker/engine/quote.ts';
import { commentWith } from '../../pg-catalog/state/declared.ts';
import { sqlName } from '../../pg-catalog/state/definition-text.ts';
import type { Notice } from '../client.ts';
import type { Write } from '../commands/write-target.ts';
import type { SessionContext } from '../context.ts';
import { type ForeignKey, placeKey, type TablePlace } from '../keys/foreign-key.ts';
import { foreignKeys } from '../keys/known-keys.ts';
import { type Definition, setComment } from './definition.ts';
import { allDeclared } from './foreign-constraints.ts';
import { unchangedModel } from './rebuild.ts';
import { fullName, readTable, type TableState } from './table-state.ts';
import { meantName, TokenReader } from './tokens.ts';

/** Undefined when there is just the table itself to drop, or none of them. Raises 2BP01. */
export async function dropTables(context: SessionContext, text: string): Promise<Definition | undefined> {
  const reader = new TokenReader(text);
  if (!reader.accept('drop', 'table')) return undefined;
  const ifExists = reader.accept('if', 'exists');
  const names: string[][] = [];
  do names.push([...reader.rawQualifiedName()]);
  while (reader.accept(','));
  const cascade = reader.accept('cascade');
  if (names.some((name) => name.length === 0)) return undefined;
  const states: TableState[] = [];
  const notices: Notice[] = [];
  for (const name of names) {
    const state = await readTable(context, name);
    if (state !== undefined) states.push(state);
    else if (!ifExists) return undefined;
    else notices.push(notice(`table "${meantName(name.at(-1)!)}" does not exist, skipping`));
  }
  const keys = await foreignKeys(context);
  const going = new Set(states.map(placeKey));
  const referring = states.flatMap((state) => keys.to(state).filter(({ child }) => !going.has(placeKey(child))));
  const [first] = referring;
  if (first !== undefined && !cascade) {
    throw needed(context, first.parent, referring);
  }
  const sequences = states.flatMap(({ columns }) => columns.flatMap(({ declared }) => declared.sequence ?? []));
  const own = states.flatMap((state) => keys.of(state));
  if (states.length === 1 && names.length === 1 && sequences.length === 0 && referring.length === 0) {
    return own.length === 0 ? undefined : { statements: [text], keyed: namesOfKeys(own) };
  }
  return {
    statements: [
      ...(await withoutKeys(context, referring)),
      ...states.map((state) => `DROP TABLE ${fullName(state)}`),
      ...sequences.map((name) => `DROP SEQUENCE IF EXISTS ${name}`),
    ],
    notices: [...notices, ...cascadeNotices(context, referring)],
    keyed: namesOfKeys([...own, ...referring]),
  };
}

/** DROP SCHEMA ... CASCADE takes foreign keys of tables elsewhere away. Undefined where there are none. */
export async function dropSchema(context: SessionContext, write: Write, text: string): Promise<Definition | undefined> {
  if (!/\bcascade\s*;?\s*$/i.test(text)) return undefined;
  const schemas = new Set(write.objects.map(({ name }) => name.toLowerCase()));
  const keys = await foreignKeys(context);
  const isIn = ({ schema, database }: ForeignKey['child']) => database === 'local' && schemas.has(schema.toLowerCase());
  const referring = keys.all.filter(({ child, parent }) => isIn(parent) && !isIn(child));
  const own = keys.all.filter(({ child }) => isIn(child));
  if (referring.length === 0 && own.length === 0) return undefined;
  return {
    statements: [...(await withoutKeys(context, referring)), text.replace(/;\s*$/, '')],
    keyed: namesOfKeys([...own, ...referring]),
  };
}

/** CREATE OR REPLACE TABLE over one that others refer to. Raises 2BP01. */
export async function checkReplaced(context: SessionContext, name: readonly string[]): Promise<void> {
  const state = await readTable(context, name);
  if (state === undefined) return;
  const keys = await foreignKeys(context);
  const referring = keys.to(state).filter(({ child }) => placeKey(child) !== placeKey(state));
  if (referring.length === 0) return;
  throw needed(context, state, referring);
}

function needed(context: SessionContext, table: TablePlace, referring: readonly ForeignKey[]): SluiceError {
  const detail = referring.map((key) => `${nameOf(context, key)} depends on table ${shownName(context, key.parent)}`);
  return errors.dependents(`table ${shownName(context, table)}`, detail.join('\n'));
}

/** With the schema where it is not in the search path. */
export function shownName({ searchPath }: SessionContext, { schema, name }: TablePlace): string {
  const found = searchPath.schemas.some((each) => each.toLowerCase() === schema.toLowerCase());
  return found ? sqlName(name) : `${sqlName(schema)}.${sqlName(name)}`;
}

export function nameOf(context: SessionContext, { name, child }: ForeignKey): string {
  return `constraint ${name} on table ${shownName(context, child)}`;
}

function notice(message: string): Notice {
  return { severity: 'NOTICE', sqlstate: '00000', message };
}

/** What DROP ... CASCADE tells. */
export function cascadeNotices(context: SessionContext, gone: readonly ForeignKey[]): readonly Notice[] {
  if (gone.length === 0) return [];
  if (gone.length === 1) return [notice(`drop cascades to ${nameOf(context, gone[0]!)}`)];
  const detail = gone.map((key) => `drop cascades to ${nameOf(context, key)}`).join('\n');
  return [{ ...notice(`drop cascades to ${gone.length} other objects`), detail }];
}

export function namesOfKeys(keys: readonly ForeignKey[]): readonly string[] {
  return [...new Set(keys.flatMap(({ child, parent }) => [child.name, parent.name]))];
}

/** Statements that take foreign keys from the tables that have them. */
export async function withoutKeys(context: SessionContext, gone: readonly ForeignKey[]): Promise<readonly string[]> {
  const statements: string[] = [];
  for (const child of new Map(gone.map((key) => [placeKey(key.child), key.child])).values()) {
    const state = await readTable(context, [child.schema, child.name].map(quoteIdentifier));
    if (state === undefined) continue;
    const names = new Set(gone.filter((key) => placeKey(key.child) === placeKey(child)).map(({ name }) => name));
    const declared = allDeclared(unchangedModel(state));
    const constraints = declared.constraints.filter(({ type, name }) => type !== 'f' || !names.has(name ?? ''));
    statements.push(setComment('TABLE', fullName(state), commentWith(state.comment, { constraints })));
  }
  return statements;
}

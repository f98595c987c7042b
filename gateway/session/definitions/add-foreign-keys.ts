/** New foreign keys of a table that is there: what they mean is found, said in its comment, and its rows are checked. */
import { errors } from '../../../planner/errors.ts';
import { quoteIdentifier } from '../../../worker/engine/quote.ts';
import { commentWith, type DeclaredConstraint } from '../../pg-catalog/state/declared.ts';
import type { SessionContext } from '../context.ts';
import { checkRows } from '../keys/checks.ts';
import { type KeyColumn, keysOfTable, placeKey, type TablePlace } from '../keys/foreign-key.ts';
import { setComment } from './definition.ts';
import { namesOf } from './edit-table.ts';
import { allDeclared, declaredForeign, type Referred, sameNames, uniqueKeys } from './foreign-constraints.ts';
import { unchangedModel } from './rebuild.ts';
import { columnTypes, fullName, locateTable, readTable, relationExists, type TableState } from './table-state.ts';
import type { ForeignConstraint } from './table-text.ts';
import { meantName } from './tokens.ts';

/** Longest name that PostgreSQL gives. */
const longestName = 63;

/** Runs a statement as part of the definition. */
export type RunSql = (sql: string) => Promise<unknown>;

/**
 * Raises 42P01, 42703, 42704, 42710, 42804, 42809, 42830, 42P16 for keys that can't be, 23503 for rows that they do not allow. `table`:
 * parts of its name as written.
 */
export async function addForeignKeys(
  context: SessionContext,
  table: readonly string[],
  constraints: readonly ForeignConstraint[],
  run: RunSql,
): Promise<void> {
  const state = await readTable(context, table);
  if (state === undefined) throw errors.undefinedTable(meantName(table.at(-1)!));
  const columns = await columnTypes(context, state);
  const model = unchangedModel(state);
  const taken = new Set(namesOf(model).map(({ name }) => name));
  const added: DeclaredConstraint[] = [];
  const parents = new Map<string, readonly KeyColumn[]>([[placeKey(state), columns]]);
  for (const constraint of constraints) {
    const name = constraint.name ?? foreignName(state.name, constraint.columns.map(meantName), taken);
    if (constraint.name !== undefined && taken.has(name)) throw errors.constraintExists(name, state.name);
    taken.add(name);
    const own = constraint.columns.map((raw) => found(columns, meantName(raw)));
    const { references, types, place } = await referred(context, state, columns, constraint);
    if (types.length !== own.length)
      throw errors.invalidForeignKey('number of referencing and referenced columns for foreign key disagree');
    for (const [at, column] of own.entries()) checkTypes(name, column, types[at]!);
    parents.set(placeKey(place), [...(parents.get(placeKey(place)) ?? []), ...types]);
    added.push(declaredForeign(constraint, name, references));
  }
  const declared = { constraints: [...allDeclared(model).constraints, ...added] };
  await run(setComment('TABLE', fullName(state), commentWith(state.comment, declared)!));
  const valid = { constraints: added.filter(({ notValid }) => notValid !== true) };
  const keys = keysOfTable(state, valid, (place) => parents.get(placeKey(place)));
  for (const key of keys) await checkRows(context, key, 'all');
}

function found(columns: readonly KeyColumn[], name: string): KeyColumn {
  const column = columns.find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (column === undefined) throw errors.undefinedKeyColumn(name);
  return column;
}

interface Target {
  readonly references: Referred;
  readonly types: readonly KeyColumn[];
  readonly place: TablePlace;
}

async function referred(
  context: SessionContext,
  state: TableState,
  own: readonly KeyColumn[],
  { reference }: ForeignConstraint,
): Promise<Target> {
  const parts = reference.table.split(/\.(?=(?:[^"]*"[^"]*")*[^"]*$)/);
  const parent = await parentOf(context, state, parts);
  const columns = parent === state ? own : await columnTypes(context, parent);
  const keys = uniqueKeys(parent);
  const given = reference.columns.map(meantName);
  const names = given.length > 0 ? given : keys.find(({ primary }) => primary)?.columns;
  if (names === undefined) throw errors.noPrimaryKey(parent.name);
  const types = names.map((name) => found(columns, name));
  if (!keys.some((key) => sameNames(key.columns, names)))
    throw errors.invalidForeignKey(
      `there is no unique constraint matching given keys for referenced table "${parent.name}"`,
    );
  const references = { schema: parent.schema, table: parent.name, columns: types.map(({ name }) => name) };
  return { references, types, place: parent };
}

async function parentOf(context: SessionContext, state: TableState, raw: readonly string[]): Promise<TableState> {
  const name = meantName(raw.at(-1)!);
  const at = await locateTable(context, raw);
  if (at !== undefined && placeKey(at) === placeKey(state)) return state;
  const parent = at === undefined ? undefined : await readTable(context, [at.schema, at.name].map(quoteIdentifier));
  if (parent === undefined) {
    const dataSet = (await context.snapshot()).lookup(raw.length > 1 ? meantName(raw.at(-2)!) : undefined, name);
    if (dataSet !== undefined || (await relationExists(context, raw)))
      throw errors.wrongObjectType(`referenced relation "${name}" is not a table`);
    throw errors.undefinedTable(raw.map(meantName).join('.'));
  }
  if (parent.database !== state.database) {
    const kind = state.database === 'temp' ? 'temporary' : 'permanent';
    throw errors.wrongKeyTable(`constraints on ${kind} tables may reference only ${kind} tables`);
  }
  return parent;
}

/** `table_column_fkey`, shortened as PostgreSQL does, with a number where it is taken. */
function foreignName(table: string, columns: readonly string[], taken: ReadonlySet<string>): string {
  const ending = '_fkey';
  for (let number = 0; ; number++) {
    const label = number === 0 ? ending : `${ending}${number}`;
    let [first, second] = [table, columns.join('_')];
    while (first.length + second.length + 1 + label.length > longestName) {
      if (first.length > second.length) first = first.slice(0, -1);
      else second = second.slice(0, -1);
    }
    const name = `${first}_${second}${label}`;
    if (!taken.has(name)) return name;
  }
}

const families: readonly (readonly [family: string, types: RegExp])[] = [
  ['number', /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL.*|DOUBLE|FLOAT)$/],
  ['moment', /^(DATE|TIMESTAMP.*)$/],
];
const familyOf = (type: string) => families.find(([, types]) => types.test(type))?.[0] ?? type;

const postgresNames: Readonly<Record<string, string>> = {
  ...{ VARCHAR: 'text', DOUBLE: 'double precision', FLOAT: 'real', BLOB: 'bytea' },
  ...{ TIMESTAMP: 'timestamp without time zone', 'TIMESTAMP WITH TIME ZONE': 'timestamp with time zone' },
};
const typeName = (type: string) =>
  type.startsWith('DECIMAL') ? 'numeric' : (postgresNames[type] ?? type.toLowerCase());

function checkTypes(constraint: string, own: KeyColumn, there: KeyColumn): void {
  if (familyOf(own.type) === familyOf(there.type)) return;
  throw errors.foreignKeyTypes(
    constraint,
    `Key columns "${own.name}" and "${there.name}" are of incompatible types: ${typeName(own.type)} and ${typeName(there.type)}.`,
  );
}

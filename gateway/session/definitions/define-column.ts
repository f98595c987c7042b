import type { DeclaredColumn, DeclaredConstraint } from '../../pg-catalog/state/declared.ts';
import { sqlName } from '../../pg-catalog/state/definition-text.ts';
import { type Dialect, readDeclaredType } from './declared-type.ts';
import type { Column, Constraint, Element } from './table-text.ts';
import { meantName, TokenReader } from './tokens.ts';

/** A column as DuckDB takes it, and what goes with it. */
export interface DefinedColumn {
  readonly column: Column;
  readonly declared: DeclaredColumn;
  /** CREATE SEQUENCE, to run before. */
  readonly sequence: string | undefined;
  /** The text that was written would not do. */
  readonly changed: boolean;
}

/** Longest name that PostgreSQL gives. */
const longestName = 63;

const largest: Readonly<Record<string, string>> = {
  SMALLINT: '32767',
  INT2: '32767',
  INTEGER: '2147483647',
  INT: '2147483647',
  INT4: '2147483647',
};

/**
 * The name of a new sequence: `table_column_seq`, shortened as PostgreSQL does, with a number where it is taken.
 * `taken`: names in use; the new one is added.
 */
function sequenceName(table: string, column: string, taken: Set<string>): string {
  const room = longestName - '__seq'.length;
  const over = Math.max(0, table.length + column.length - room);
  const fromTable = Math.min(over, Math.max(0, table.length - Math.floor(room / 2)));
  const base = `${table.slice(0, table.length - fromTable)}_${column.slice(0, column.length - (over - fromTable))}_seq`;
  let name = base;
  for (let number = 1; taken.has(name.toLowerCase()); number++) name = `${base}${number}`;
  taken.add(name.toLowerCase());
  return name;
}

/** Takes a word that may be left out. */
function takes(reader: TokenReader, word: string): boolean {
  reader.accept(word);
  return true;
}

/** Options of a sequence that DuckDB has too, from `(START WITH 5 CACHE 1)`. */
function sequenceOptions(text: string, type: string): string {
  const kept: string[] = [];
  const reader = new TokenReader(text.slice(1, -1));
  const value = () => `${reader.accept('-') ? '-' : ''}${reader.skip()?.value ?? ''}`;
  while (!reader.atEnd) {
    if (reader.accept('start') && takes(reader, 'with')) kept.push(`START WITH ${value()}`);
    else if (reader.accept('increment') && takes(reader, 'by')) kept.push(`INCREMENT BY ${value()}`);
    else if (reader.accept('minvalue')) kept.push(`MINVALUE ${value()}`);
    else if (reader.accept('maxvalue')) kept.push(`MAXVALUE ${value()}`);
    else if (reader.accept('no', 'cycle')) kept.push('NO CYCLE');
    else if (reader.accept('cycle')) kept.push('CYCLE');
    else reader.skip();
  }
  const most = largest[type.toUpperCase()];
  if (most !== undefined && !kept.some((option) => option.startsWith('MAXVALUE'))) kept.push(`MAXVALUE ${most}`);
  return kept.join(' ');
}

/** Reads what PostgreSQL's columns have and DuckDB's have not: SERIAL, IDENTITY, types with lengths. */
export function defineColumn(
  column: Column,
  table: { readonly name: string; readonly schema: string | undefined; readonly temporary: boolean },
  dialect: Dialect,
  taken: Set<string>,
): DefinedColumn {
  const { type, shown, serial } = readDeclaredType(column.type, dialect);
  const identity = column.constraints.find((constraint) => constraint.kind === 'identity');
  const typed = { ...column, type };
  const base: DeclaredColumn = shown === undefined ? {} : { type: shown };
  if (!serial && identity === undefined) {
    const changed = type !== column.type || column.constraints.some(needsPrinting);
    return { column: typed, declared: base, sequence: undefined, changed };
  }
  const bare = sqlName(sequenceName(table.name, meantName(column.name), taken));
  const name = table.schema === undefined ? bare : `${table.schema}.${bare}`;
  const kept = column.constraints.filter(({ kind }) => kind !== 'identity' && kind !== 'notNull');
  const quoted = `'${name.replaceAll("'", "''")}'`;
  const added: Constraint[] = [{ kind: 'notNull' }, { kind: 'default', text: `nextval(${quoted})` }];
  const options = sequenceOptions(identity?.options ?? '()', type);
  return {
    column: { ...typed, constraints: [...added, ...kept] },
    declared: {
      ...base,
      ...(identity === undefined ? {} : { identity: identity.always ? 'a' : 'd' }),
      sequence: name,
    },
    sequence: `CREATE ${table.temporary ? 'TEMPORARY ' : ''}SEQUENCE ${name} ${options}`.trimEnd(),
    changed: true,
  };
}

/** DuckDB would refuse it as it was written. */
export function needsPrinting(constraint: Constraint): boolean {
  if (constraint.deferrable !== undefined || constraint.deferred !== undefined) return true;
  return constraint.kind === 'foreign' || constraint.kind === 'generated';
}

/** pg_constraint.contype of the constraints that it lists. */
export const contypes: Readonly<Partial<Record<Constraint['kind'], DeclaredConstraint['type']>>> = {
  primary: 'p',
  unique: 'u',
  foreign: 'f',
  check: 'c',
};

/** What is to be kept of the constraints of a table, foreign keys apart. */
export function declaredConstraints(elements: readonly Element[]): DeclaredConstraint[] {
  let checks = 0;
  return elements.flatMap((element) => {
    const constraints = element.kind === 'column' ? element.constraints : [element.constraint];
    return constraints.flatMap((constraint) => {
      const type = contypes[constraint.kind];
      if (type === undefined || type === 'f') return [];
      const place = constraint.kind === 'check' ? [String(checks++)] : [];
      const columns = 'columns' in constraint ? constraint.columns.map((name) => meantName(name).toLowerCase()) : place;
      const declared = declaredOf(constraint, type, columns);
      return Object.keys(declared).length > 2 ? [declared] : [];
    });
  });
}

function declaredOf(constraint: Constraint, type: DeclaredConstraint['type'], columns: string[]): DeclaredConstraint {
  const { name, deferrable, deferred } = constraint;
  return {
    type,
    columns,
    ...(name === undefined ? {} : { name }),
    ...(deferrable === true || deferred === true ? { deferrable: true } : {}),
    ...(deferred === true ? { deferred: true } : {}),
  };
}

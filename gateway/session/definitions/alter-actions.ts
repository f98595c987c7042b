/** What ALTER TABLE says. */
import { type Column, type Constraint, readColumn, readElement } from './table-text.ts';
import { listItems, meantName, TokenReader } from './tokens.ts';

export type Action =
  | {
      readonly kind: 'addColumn';
      readonly ifNotExists: boolean;
      readonly column: Column /** DuckDB does it. */;
      readonly plain: boolean;
    }
  | { readonly kind: 'addConstraint'; readonly constraint: Constraint }
  | { readonly kind: 'dropColumn'; readonly ifExists: boolean; readonly cascade: boolean; readonly column: string }
  | { readonly kind: 'dropConstraint'; readonly ifExists: boolean; readonly cascade: boolean; readonly name: string }
  | {
      readonly kind: 'alterConstraint';
      readonly name: string;
      readonly deferrable: boolean;
      readonly deferred: boolean;
    }
  | { readonly kind: 'validateConstraint'; readonly name: string }
  | { readonly kind: 'setType'; readonly column: string; readonly type: string; readonly using: string | undefined }
  /** Undefined: none. */
  | { readonly kind: 'setDefault'; readonly column: string; readonly text: string | undefined }
  | { readonly kind: 'setNotNull'; readonly column: string; readonly notNull: boolean }
  | { readonly kind: 'addIdentity'; readonly column: string; readonly always: boolean; readonly options: string }
  | { readonly kind: 'dropIdentity'; readonly column: string }
  | { readonly kind: 'renameTable'; readonly name: string }
  | { readonly kind: 'renameColumn'; readonly column: string; readonly name: string }
  | { readonly kind: 'renameConstraint'; readonly constraint: string; readonly name: string }
  /** OWNER TO and the like. */
  | { readonly kind: 'none' };

export interface AlterTable {
  readonly table: readonly string[];
  readonly ifExists: boolean;
  readonly actions: readonly Action[];
}

/** Undefined when one of its actions is of no known form. Names of columns are as meant. */
export function readActions(text: string): AlterTable | undefined {
  const reader = new TokenReader(text);
  if (!reader.accept('alter', 'table')) return undefined;
  const ifExists = reader.accept('if', 'exists');
  reader.accept('only');
  const table = reader.rawQualifiedName();
  if (table.length === 0) return undefined;
  const actions = listItems(reader.rest().replace(/;\s*$/, '')).map((item) => readAction(new TokenReader(item)));
  if (actions.length === 0 || actions.some((action) => action === undefined)) return undefined;
  return { table, ifExists, actions: actions as Action[] };
}

function name(reader: TokenReader): string | undefined {
  const raw = reader.rawName();
  return raw === undefined ? undefined : meantName(raw);
}

function readAction(reader: TokenReader): Action | undefined {
  if (reader.accept('add')) return readAdd(reader);
  if (reader.accept('drop')) return readDrop(reader);
  if (reader.accept('alter')) return readAlter(reader);
  if (reader.accept('rename')) return readRename(reader);
  if (reader.accept('owner', 'to')) return { kind: 'none' };
  if (!reader.accept('validate', 'constraint')) return undefined;
  const constraint = name(reader);
  return constraint === undefined ? undefined : { kind: 'validateConstraint', name: constraint };
}

function readAdd(reader: TokenReader): Action | undefined {
  if (['constraint', 'primary', 'unique', 'check', 'foreign'].includes(reader.word)) {
    const element = readElement(reader.rest());
    return element?.kind === 'constraint' ? { kind: 'addConstraint', constraint: element.constraint } : undefined;
  }
  reader.accept('column');
  const ifNotExists = reader.accept('if', 'not', 'exists');
  const column = readColumn(reader);
  if (column === undefined || !reader.atEnd) return undefined;
  const plain =
    column.constraints.every(({ kind }) => kind === 'default') && !/serial|char|name|jsonb|\(/i.test(column.type);
  return { kind: 'addColumn', ifNotExists, column, plain };
}

function readDrop(reader: TokenReader): Action | undefined {
  const constraint = reader.accept('constraint');
  if (!constraint) reader.accept('column');
  const ifExists = reader.accept('if', 'exists');
  const found = name(reader);
  const cascade = reader.accept('cascade');
  if (!cascade) reader.accept('restrict');
  if (found === undefined || !reader.atEnd) return undefined;
  return constraint
    ? { kind: 'dropConstraint', ifExists, cascade, name: found }
    : { kind: 'dropColumn', ifExists, cascade, column: found };
}

function readAlter(reader: TokenReader): Action | undefined {
  if (reader.accept('constraint')) return readAlterConstraint(reader);
  reader.accept('column');
  const column = name(reader);
  if (column === undefined) return undefined;
  if (reader.accept('type') || reader.accept('set', 'data', 'type')) {
    const type = reader.until(({ word }) => word === 'using' || word === 'collate');
    if (reader.accept('collate')) reader.rawQualifiedName();
    return { kind: 'setType', column, type, using: reader.accept('using') ? reader.rest() : undefined };
  }
  if (reader.accept('set', 'default')) return { kind: 'setDefault', column, text: reader.rest() };
  if (reader.accept('drop', 'default')) return { kind: 'setDefault', column, text: undefined };
  if (reader.accept('set', 'not', 'null')) return { kind: 'setNotNull', column, notNull: true };
  if (reader.accept('drop', 'not', 'null')) return { kind: 'setNotNull', column, notNull: false };
  if (reader.accept('drop', 'identity')) return { kind: 'dropIdentity', column };
  if (reader.accept('add', 'generated')) {
    const always = reader.accept('always');
    if (!always && !reader.accept('by', 'default')) return undefined;
    return reader.accept('as', 'identity')
      ? { kind: 'addIdentity', column, always, options: reader.parentheses() ?? '()' }
      : undefined;
  }
  return undefined;
}

function readAlterConstraint(reader: TokenReader): Action | undefined {
  const constraint = name(reader);
  const not = reader.accept('not', 'deferrable');
  let deferrable = !not && reader.accept('deferrable');
  const deferred = reader.accept('initially', 'deferred');
  if (!deferred) reader.accept('initially', 'immediate');
  deferrable ||= deferred;
  if (constraint === undefined || !reader.atEnd) return undefined;
  return { kind: 'alterConstraint', name: constraint, deferrable, deferred };
}

function readRename(reader: TokenReader): Action | undefined {
  if (reader.accept('to')) {
    const to = name(reader);
    return to === undefined ? undefined : { kind: 'renameTable', name: to };
  }
  const constraint = reader.accept('constraint');
  if (!constraint) reader.accept('column');
  const from = name(reader);
  const to = reader.accept('to') ? name(reader) : undefined;
  if (from === undefined || to === undefined) return undefined;
  return constraint
    ? { kind: 'renameConstraint', constraint: from, name: to }
    : { kind: 'renameColumn', column: from, name: to };
}

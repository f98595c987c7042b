/** The actions of ALTER TABLE, done to the description of a table. */
import { errors } from '../../../planner/errors.ts';
import { quoteIdentifier } from '../../../worker/engine/quote.ts';
import { constraintName } from '../../pg-catalog/state/add-constraints.ts';
import type { DeclaredColumn, DeclaredConstraint } from '../../pg-catalog/state/declared.ts';
import { sqlName } from '../../pg-catalog/state/definition-text.ts';
import type { Notice } from '../client.ts';
import type { Action } from './alter-actions.ts';
import { type Dialect, readDeclaredType } from './declared-type.ts';
import { contypes, declaredConstraints, defineColumn } from './define-column.ts';
import type { TableModel } from './rebuild.ts';
import type { TableState } from './table-state.ts';
import type { Column, Constraint, Element } from './table-text.ts';
import { meantName, tokensOf } from './tokens.ts';

/** What ALTER TABLE has come to so far. */
export interface Change {
  readonly model: TableModel;
  /** CREATE SEQUENCE, to run before. */
  readonly sequences: readonly string[];
  /** Sequences that go with dropped columns, as defaults name them. */
  readonly dropped: readonly string[];
  /** New names of columns by their old ones in lower case. */
  readonly renamed: ReadonlyMap<string, string>;
  readonly notices: readonly Notice[];
  /** Names of sequences in use. */
  readonly taken: Set<string>;
  readonly dialect: Dialect;
}

type Doing<K extends Action['kind']> = (change: Change, action: Extract<Action, { kind: K }>) => Change;

const same = (raw: string, name: string) => meantName(raw).toLowerCase() === name.toLowerCase();
const withModel = (change: Change, model: Partial<TableModel>): Change => ({
  ...change,
  model: { ...change.model, ...model },
});
const notice = (message: string): Notice => ({ severity: 'NOTICE', sqlstate: '00000', message });

function findColumn(model: TableModel, name: string): Column | undefined {
  return model.elements.find((element): element is Column => element.kind === 'column' && same(element.name, name));
}

/** Raises 42703. */
function columnOf(model: TableModel, name: string): Column {
  const found = findColumn(model, name);
  if (found === undefined) throw errors.undefinedColumnOf(name, model.name);
  return found;
}

function replaced(
  model: TableModel,
  column: Column,
  constraints: readonly Constraint[],
  type = column.type,
): TableModel {
  const changed = { ...column, type, constraints };
  return { ...model, elements: model.elements.map((element) => (element === column ? changed : element)) };
}

function declaredAs(model: TableModel, name: string, change: (declared: DeclaredColumn) => DeclaredColumn): TableModel {
  const comments = new Map(model.comments);
  const known = comments.get(name) ?? { comment: null, declared: {} };
  comments.set(name, { ...known, declared: change(known.declared) });
  return { ...model, comments };
}

const addColumn: Doing<'addColumn'> = (change, { column, ifNotExists }) => {
  const { model } = change;
  const name = meantName(column.name);
  if (findColumn(model, name) !== undefined) {
    if (!ifNotExists) throw errors.columnExists(name, model.name);
    const message = `column "${name}" of relation "${model.name}" already exists, skipping`;
    return { ...change, notices: [...change.notices, { ...notice(message), sqlstate: '42701' }] };
  }
  const { schema, database } = model.before;
  const owner = {
    name: model.name,
    schema: schema === 'public' ? undefined : sqlName(schema),
    temporary: database === 'temp',
  };
  const defined = defineColumn(column, owner, change.dialect, change.taken);
  const elements = [...model.elements, defined.column];
  const comments = new Map(model.comments).set(name, { comment: null, declared: defined.declared });
  const constraints = [...model.constraints, ...declaredFor(model, defined.column)];
  return {
    ...withModel(change, { elements, comments, constraints }),
    sequences: [...change.sequences, ...(defined.sequence === undefined ? [] : [defined.sequence])],
  };
};

/** What is to be kept of the constraints of a new element. */
function declaredFor(model: TableModel, element: Element): readonly DeclaredConstraint[] {
  const checks = constraintsOf(model).filter(({ type }) => type === 'c').length;
  return declaredConstraints([element]).map((declared) =>
    declared.type === 'c' ? { ...declared, columns: [String(checks + Number(declared.columns[0]))] } : declared,
  );
}

const addConstraint: Doing<'addConstraint'> = (change, { constraint }) => {
  const { model } = change;
  const element: Element = { kind: 'constraint', constraint };
  if (constraint.name !== undefined && namesOf(model).some(({ name }) => name === constraint.name))
    throw errors.constraintExists(constraint.name, model.name);
  return withModel(change, {
    elements: [...model.elements, element],
    constraints: [...model.constraints, ...declaredFor(model, element)],
  });
};

interface NamedConstraint {
  readonly element: Element;
  readonly constraint: Constraint;
  readonly type: DeclaredConstraint['type'];
  /** Lower case; of CHECK: its place. */
  readonly columns: readonly string[];
}

function constraintsOf(model: Pick<TableModel, 'elements'>): readonly NamedConstraint[] {
  let checks = 0;
  return model.elements.flatMap((element) => {
    const constraints = element.kind === 'column' ? element.constraints : [element.constraint];
    return constraints.flatMap((constraint) => {
      const type = contypes[constraint.kind];
      if (type === undefined) return [];
      const names = 'columns' in constraint ? constraint.columns.map((raw) => meantName(raw).toLowerCase()) : [];
      return [{ element, constraint, type, columns: constraint.kind === 'check' ? [String(checks++)] : names }];
    });
  });
}

/** Names of columns in the case that they were given. */
function written(constraint: Constraint): readonly string[] {
  return 'columns' in constraint ? constraint.columns.map(meantName) : [];
}

const isOf = (declared: DeclaredConstraint, { type, columns }: Pick<NamedConstraint, 'type' | 'columns'>) =>
  declared.type === type && declared.columns.join() === columns.join();

/** All constraints by the names that the catalogs show. */
export function namesOf(
  model: Pick<TableModel, 'before' | 'elements' | 'constraints'>,
): readonly (NamedConstraint & { readonly name: string })[] {
  const taken = new Set<string>();
  const columns = model.elements.flatMap((element) => (element.kind === 'column' ? meantName(element.name) : []));
  return constraintsOf(model).map((found) => {
    const own = found.constraint.kind === 'foreign' ? found.constraint.name : undefined;
    const declared = own ?? model.constraints.find((each) => isOf(each, found))?.name;
    if (declared !== undefined) return { ...found, name: declared };
    const words =
      found.constraint.kind === 'check' ? tokensOf(found.constraint.text).map(({ value }) => meantName(value)) : [];
    const used =
      found.constraint.kind === 'check'
        ? columns.filter((column) => words.includes(column))
        : written(found.constraint);
    return { ...found, name: constraintName({ type: found.type, table: model.before.name, columns: used }, taken) };
  });
}

const dropConstraint: Doing<'dropConstraint'> = (change, { name, ifExists }) => {
  const { model } = change;
  const found = namesOf(model).find((each) => each.name === name);
  if (found === undefined) {
    if (!ifExists) throw errors.undefinedConstraint(name, model.name);
    const message = `constraint "${name}" of relation "${model.name}" does not exist, skipping`;
    return { ...change, notices: [...change.notices, notice(message)] };
  }
  return withModel(change, {
    elements: model.elements.flatMap((element) => {
      if (element !== found.element) return [element];
      if (element.kind === 'constraint') return [];
      return [{ ...element, constraints: element.constraints.filter((each) => each !== found.constraint) }];
    }),
    constraints: withoutCheck(
      model.constraints.filter((each) => !isOf(each, found)),
      found,
    ),
  });
};

/** The checks behind one that is dropped move up. */
function withoutCheck(
  declared: readonly DeclaredConstraint[],
  { type, columns }: NamedConstraint,
): DeclaredConstraint[] {
  return declared.map((each) =>
    type === 'c' && each.type === 'c' && Number(each.columns[0]) > Number(columns[0])
      ? { ...each, columns: [String(Number(each.columns[0]) - 1)] }
      : each,
  );
}

const dropColumn: Doing<'dropColumn'> = (change, { column: name, ifExists }) => {
  const { model } = change;
  const column = findColumn(model, name);
  if (column === undefined) {
    if (!ifExists) throw errors.undefinedColumnOf(name, model.name);
    const message = `column "${name}" of relation "${model.name}" does not exist, skipping`;
    return { ...change, notices: [...change.notices, notice(message)] };
  }
  const lower = name.toLowerCase();
  const uses = (constraint: Constraint) =>
    'columns' in constraint
      ? constraint.columns.some((raw) => same(raw, name))
      : constraint.kind === 'check' && mentions(constraint.text, name);
  // From the last one on: places of checks stay true.
  const dropped = [...namesOf(model)].reverse().filter(({ constraint }) => uses(constraint));
  const { model: free } = dropped.reduce(
    (each, found) => dropConstraint(each, { kind: 'dropConstraint', ifExists: true, cascade: false, name: found.name }),
    change,
  );
  const key = [...model.comments.keys()].find((each) => each.toLowerCase() === lower) ?? name;
  const without = <T>(map: ReadonlyMap<string, T>) => new Map([...map].filter(([each]) => each !== key));
  const sequence = model.comments.get(key)?.declared.sequence;
  return {
    ...withModel(change, {
      elements: free.elements.filter((element) => !(element.kind === 'column' && same(element.name, name))),
      constraints: free.constraints,
      comments: without(model.comments),
      sources: without(model.sources),
      indexes: model.indexes.filter(({ sql }) => !mentions(sql.slice(sql.indexOf('(')), name)),
    }),
    dropped: [...change.dropped, ...(sequence === undefined ? [] : [sequence])],
  };
};

function mentions(text: string, name: string): boolean {
  return tokensOf(text).some(({ kind, value }) => (kind === 'word' || kind === 'quoted') && same(value, name));
}

const setType: Doing<'setType'> = (change, { column: name, type: written, using }) => {
  const column = columnOf(change.model, name);
  const { type, shown } = readDeclaredType(written, change.dialect);
  const own = meantName(column.name);
  const model = declaredAs(replaced(change.model, column, column.constraints, type), own, ({ type: _, ...rest }) => ({
    ...rest,
    ...(shown === undefined ? {} : { type: shown }),
  }));
  const before = model.sources.get(own);
  const value = using ?? before;
  const sources = new Map(model.sources);
  if (before !== undefined && value !== undefined) sources.set(own, `CAST((${value}) AS ${type})`);
  return withModel(change, { ...model, sources });
};

const setDefault: Doing<'setDefault'> = (change, { column: name, text }) => {
  const column = columnOf(change.model, name);
  const kept = column.constraints.filter(({ kind }) => kind !== 'default');
  const constraints: readonly Constraint[] = text === undefined ? kept : [...kept, { kind: 'default', text }];
  return withModel(change, replaced(change.model, column, constraints));
};

const setNotNull: Doing<'setNotNull'> = (change, { column: name, notNull }) => {
  const column = columnOf(change.model, name);
  const kept = column.constraints.filter(({ kind }) => kind !== 'notNull');
  return withModel(change, replaced(change.model, column, notNull ? [...kept, { kind: 'notNull' }] : kept));
};

const addIdentity: Doing<'addIdentity'> = (change, { column: name, always, options }) => {
  const { model } = change;
  const column = columnOf(model, name);
  const kept = column.constraints.filter(({ kind }) => kind !== 'default' && kind !== 'notNull');
  const asked: Column = { ...column, constraints: [...kept, { kind: 'identity', always, options }] };
  const { schema, database } = model.before;
  const owner = {
    name: model.name,
    schema: schema === 'public' ? undefined : sqlName(schema),
    temporary: database === 'temp',
  };
  const defined = defineColumn(asked, owner, change.dialect, change.taken);
  const own = meantName(column.name);
  const next = declaredAs(replaced(model, column, defined.column.constraints), own, (declared) => ({
    ...declared,
    ...defined.declared,
  }));
  return {
    ...withModel(change, next),
    sequences: [...change.sequences, ...(defined.sequence === undefined ? [] : [defined.sequence])],
  };
};

const dropIdentity: Doing<'dropIdentity'> = (change, { column: name }) => {
  const column = columnOf(change.model, name);
  const own = meantName(column.name);
  const sequence = change.model.comments.get(own)?.declared.sequence;
  const kept = column.constraints.filter(({ kind }) => kind !== 'default');
  const next = declaredAs(replaced(change.model, column, kept), own, ({ identity: _, sequence: __, ...rest }) => rest);
  return { ...withModel(change, next), dropped: [...change.dropped, ...(sequence === undefined ? [] : [sequence])] };
};

const renameColumn: Doing<'renameColumn'> = (change, { column: from, name: to }) => {
  const { model } = change;
  const column = columnOf(model, from);
  if (findColumn(model, to) !== undefined) throw errors.columnExists(to, model.name);
  const old = meantName(column.name);
  const moved = <T>(map: ReadonlyMap<string, T>) =>
    new Map([...map].map(([key, value]) => [key === old ? to : key, value]));
  const elements = model.elements.map((element) => renamedElement(element, column, old, to));
  const next = to.toLowerCase();
  return {
    ...withModel(change, {
      elements,
      sources: moved(model.sources),
      comments: moved(model.comments),
      constraints: model.constraints.map((each) => ({
        ...each,
        columns: each.columns.map((name) => (name === old.toLowerCase() ? next : name)),
      })),
      indexes: model.indexes.map((index) => {
        const at = index.sql.indexOf('(');
        return { ...index, sql: index.sql.slice(0, at) + renamedText(index.sql.slice(at), old, to) };
      }),
    }),
    renamed: new Map(change.renamed).set(old.toLowerCase(), to),
  };
};

function renamedElement(element: Element, column: Column, old: string, to: string): Element {
  if (element.kind === 'constraint') return { ...element, constraint: renamedConstraint(element.constraint, old, to) };
  const constraints = element.constraints.map((constraint) => renamedConstraint(constraint, old, to));
  return { ...element, name: element === column ? quoteIdentifier(to) : element.name, constraints };
}

function renamedConstraint(constraint: Constraint, old: string, to: string): Constraint {
  if ('columns' in constraint) {
    return { ...constraint, columns: constraint.columns.map((raw) => (same(raw, old) ? quoteIdentifier(to) : raw)) };
  }
  if (constraint.kind === 'check' || constraint.kind === 'generated') {
    return { ...constraint, text: renamedText(constraint.text, old, to) };
  }
  return constraint;
}

/** Names in an expression. */
function renamedText(text: string, old: string, to: string): string {
  let done = '';
  let at = 0;
  for (const { kind, value, start, end } of tokensOf(text)) {
    if ((kind !== 'word' && kind !== 'quoted') || !same(value, old)) continue;
    done += text.slice(at, start) + quoteIdentifier(to);
    at = end;
  }
  return done + text.slice(at);
}

const renameTable: Doing<'renameTable'> = (change, { name }) => {
  const { model } = change;
  // Constraints keep the names that they had.
  const constraints = namesOf(model).map((found) => {
    const known = model.constraints.find((each) => isOf(each, found));
    return { ...(known ?? { type: found.type, columns: [...found.columns] }), name: found.name };
  });
  return withModel(change, { name, constraints });
};

const renameConstraint: Doing<'renameConstraint'> = (change, { constraint: from, name }) => {
  const { model } = change;
  const found = namesOf(model).find((each) => each.name === from);
  if (found === undefined) throw errors.undefinedConstraint(from, model.name);
  const known = model.constraints.find((each) => isOf(each, found)) ?? {
    type: found.type,
    columns: [...found.columns],
  };
  const others = model.constraints.filter((each) => !isOf(each, found));
  const elements = withConstraintOf(model, found, (constraint) => ({ ...constraint, name }));
  return withModel(change, { elements, constraints: [...others, { ...known, name }] });
};

/** A foreign key has its name and times in its element. */
function withConstraintOf(
  model: TableModel,
  { type, element, constraint }: NamedConstraint,
  edit: (constraint: Constraint) => Constraint,
): readonly Element[] {
  if (type !== 'f' || element.kind === 'column') return model.elements;
  const changed = { ...element, constraint: edit(constraint) };
  return model.elements.map((each) => (each === element ? changed : each));
}

/** Raises 42704, and 42809 for what is no foreign key. */
function foreignNamed(model: TableModel, name: string): NamedConstraint {
  const found = namesOf(model).find((each) => each.name === name);
  if (found === undefined) throw errors.undefinedConstraint(name, model.name);
  if (found.type !== 'f')
    throw errors.wrongObjectType(`constraint "${name}" of relation "${model.name}" is not a foreign key constraint`);
  return found;
}

const alterConstraint: Doing<'alterConstraint'> = (change, { name, deferrable, deferred }) => {
  const { model } = change;
  const found = foreignNamed(model, name);
  return withModel(change, {
    elements: withConstraintOf(model, found, (constraint) => ({ ...constraint, deferrable, deferred })),
  });
};

const validateConstraint: Doing<'validateConstraint'> = (change, { name }) => {
  const { model } = change;
  const found = namesOf(model).find((each) => each.name === name);
  if (found === undefined) throw errors.undefinedConstraint(name, model.name);
  return withModel(change, {
    elements: withConstraintOf(model, found, (constraint) => ({ ...constraint, notValid: false })),
  });
};

const doings: { readonly [K in Action['kind']]: Doing<K> } = {
  addColumn,
  addConstraint,
  dropColumn,
  dropConstraint,
  setType,
  setDefault,
  setNotNull,
  addIdentity,
  dropIdentity,
  renameTable,
  renameColumn,
  renameConstraint,
  alterConstraint,
  validateConstraint,
  none: (change) => change,
};

/** Raises 42703, 42701, 42704, 42710. */
export function applyAction(change: Change, action: Action): Change {
  return (doings[action.kind] as Doing<Action['kind']>)(change, action);
}

/** The foreign keys of an element that refer to `table` name it, and its columns, anew. */
export function referringTo(
  element: Element,
  table: TableState,
  { model, renamed }: Pick<Change, 'model' | 'renamed'>,
): Element {
  if (element.kind === 'column' || element.constraint.kind !== 'foreign') return element;
  const { constraint } = element;
  const parts = constraint.reference.table.split(/\.(?=(?:[^"]*"[^"]*")*[^"]*$)/);
  if (!same(parts.at(-1)!, table.name) || (parts.length > 1 && !same(parts.at(-2)!, table.schema))) return element;
  const columns = constraint.reference.columns.map((raw) => {
    const to = renamed.get(meantName(raw).toLowerCase());
    return to === undefined ? raw : quoteIdentifier(to);
  });
  const path = [...parts.slice(0, -1), quoteIdentifier(model.name)].join('.');
  return { ...element, constraint: { ...constraint, reference: { ...constraint.reference, table: path, columns } } };
}

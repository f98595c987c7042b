/** Foreign keys in the definitions of tables: between what a comment declares and the elements of a table. */
import { quoteIdentifier } from '../../../worker/engine/quote.ts';
import type { DeclaredConstraint, DeclaredTable } from '../../pg-catalog/state/declared.ts';
import { namesOf } from './edit-table.ts';
import type { TableModel } from './rebuild.ts';
import type { TableState } from './table-state.ts';
import type { Element, ForeignConstraint, TableConstraint } from './table-text.ts';
import { meantName } from './tokens.ts';

/** A table of the same database that is referred to, and its columns. */
export type Referred = NonNullable<DeclaredConstraint['references']>;

/** The elements that stand for the foreign keys that were declared. `columns`: names of the table's columns. */
export function foreignElements(declared: DeclaredTable, columns: readonly string[]): readonly TableConstraint[] {
  return declared.constraints.flatMap(({ references, ...rest }) => {
    if (references === undefined) return [];
    const own = rest.columns.map((name) => columns.find((each) => each.toLowerCase() === name) ?? name);
    const constraint: ForeignConstraint = {
      kind: 'foreign',
      columns: own.map(quoteIdentifier),
      reference: {
        table: [references.schema, references.table].map(quoteIdentifier).join('.'),
        columns: references.columns.map(quoteIdentifier),
        onDelete: rest.onDelete ?? 'a',
        onUpdate: rest.onUpdate ?? 'a',
        ...(rest.full === true ? { full: true } : {}),
        ...(rest.setColumns === undefined ? {} : { setColumns: rest.setColumns.map(quoteIdentifier) }),
      },
      ...(rest.name === undefined ? {} : { name: rest.name }),
      ...(rest.deferrable === true ? { deferrable: true } : {}),
      ...(rest.deferred === true ? { deferred: true } : {}),
      ...(rest.notValid === true ? { notValid: true } : {}),
    };
    return [{ kind: 'constraint' as const, constraint }];
  });
}

/** What is declared of a foreign key. `references`: what its reference means. */
export function declaredForeign(constraint: ForeignConstraint, name: string, references: Referred): DeclaredConstraint {
  const { reference, deferrable, deferred, notValid } = constraint;
  return {
    type: 'f',
    columns: constraint.columns.map((raw) => meantName(raw).toLowerCase()),
    ...{ name, references },
    ...(reference.onDelete === 'a' ? {} : { onDelete: reference.onDelete }),
    ...(reference.onUpdate === 'a' ? {} : { onUpdate: reference.onUpdate }),
    ...(deferrable === true || deferred === true ? { deferrable: true } : {}),
    ...(deferred === true ? { deferred: true } : {}),
    ...(reference.full === true ? { full: true } : {}),
    ...(reference.setColumns === undefined ? {} : { setColumns: reference.setColumns.map(meantName) }),
    ...(notValid === true ? { notValid: true } : {}),
  };
}

/** All that is to be kept of a table's constraints, as its comment holds it. */
export function allDeclared(model: Pick<TableModel, 'before' | 'elements' | 'constraints'>): DeclaredTable {
  const foreign = namesOf(model).flatMap(({ constraint, name, columns }) => {
    if (constraint.kind !== 'foreign') return [];
    const path = constraint.reference.table.split(/\.(?=(?:[^"]*"[^"]*")*[^"]*$)/).map(meantName);
    const references = {
      schema: path.at(-2) ?? model.before.schema,
      table: path.at(-1)!,
      columns: constraint.reference.columns.map(meantName),
    };
    // What DuckDB's own keys were declared with stands beside them.
    const told = model.constraints.find(
      (each) => each.type === 'f' && each.references === undefined && each.columns.join() === columns.join(),
    );
    return [{ ...told, ...declaredForeign(constraint, name, references) }];
  });
  return { constraints: [...model.constraints.filter(({ type }) => type !== 'f'), ...foreign] };
}

/** The same elements without foreign keys, and these. */
export function apart(elements: readonly Element[]): {
  readonly elements: readonly Element[];
  readonly foreign: readonly ForeignConstraint[];
} {
  const foreign: ForeignConstraint[] = [];
  const kept = elements.flatMap((element): Element[] => {
    if (element.kind === 'column') {
      const others = element.constraints.filter((constraint) => {
        if (constraint.kind === 'foreign') foreign.push(constraint);
        return constraint.kind !== 'foreign';
      });
      return [others.length === element.constraints.length ? element : { ...element, constraints: others }];
    }
    if (element.constraint.kind !== 'foreign') return [element];
    foreign.push(element.constraint);
    return [];
  });
  return { elements: kept, foreign };
}

/** The columns of each key of a table that no two rows share. */
export function uniqueKeys({ text, indexes }: Pick<TableState, 'text' | 'indexes'>): readonly {
  readonly primary: boolean;
  readonly columns: readonly string[];
}[] {
  const constraints = text.elements.flatMap((element) =>
    element.kind === 'column' ? element.constraints : [element.constraint],
  );
  const keys = constraints.flatMap((constraint) =>
    constraint.kind === 'primary' || constraint.kind === 'unique'
      ? [{ primary: constraint.kind === 'primary', columns: constraint.columns.map(meantName) }]
      : [],
  );
  const unique = indexes.flatMap(({ sql }) => {
    if (!/^create\s+unique/i.test(sql)) return [];
    const list = sql.slice(sql.indexOf('(') + 1, sql.lastIndexOf(')'));
    return [{ primary: false, columns: list.split(',').map((item) => meantName(item.trim())) }];
  });
  return [...keys, ...unique];
}

/** Whether two lists hold the same names, in whatever order. */
export function sameNames(a: readonly string[], b: readonly string[]): boolean {
  const sorted = (names: readonly string[]) =>
    names
      .map((name) => name.toLowerCase())
      .sort()
      .join('\0');
  return sorted(a) === sorted(b);
}

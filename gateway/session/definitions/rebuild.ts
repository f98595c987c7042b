/**
 * A table made anew with its rows: for changes that DuckDB can't make to a table that is there (constraints), or that has indexes or is
 * referred to by foreign keys. Tables that refer to it are made anew with it.
 */
import { quoteIdentifier } from '../../../worker/engine/quote.ts';
import { commentWith, type DeclaredColumn, type DeclaredConstraint } from '../../pg-catalog/state/declared.ts';
import { columnOf, setComment } from './definition.ts';
import { allDeclared } from './foreign-constraints.ts';
import { fullName, type TableState } from './table-state.ts';
import { type Element, printTable } from './table-text.ts';
import { meantName } from './tokens.ts';

/** A table as it will be. */
export interface TableModel {
  readonly before: TableState;
  readonly name: string;
  readonly elements: readonly Element[];
  /** Where the values of columns come from: an expression over the old ones. Those of other columns are their defaults. */
  readonly sources: ReadonlyMap<string, string>;
  readonly comments: ReadonlyMap<string, { readonly comment: string | null; readonly declared: DeclaredColumn }>;
  readonly constraints: readonly DeclaredConstraint[];
  readonly indexes: TableState['indexes'];
}

export function unchangedModel(before: TableState): TableModel {
  return {
    before,
    name: before.name,
    elements: before.text.elements,
    sources: new Map(before.columns.map(({ name }) => [name, quoteIdentifier(name)])),
    comments: new Map(before.columns.map(({ name, comment, declared }) => [name, { comment, declared }])),
    constraints: before.declared.constraints,
    indexes: before.indexes,
  };
}

function isGenerated(model: TableModel, name: string): boolean {
  return model.elements.some(
    (element) =>
      element.kind === 'column' &&
      meantName(element.name) === name &&
      element.constraints.some(({ kind }) => kind === 'generated'),
  );
}

/** The statements that put these tables in the place of what they were. `models`: what others refer to comes first. */
export function rebuildStatements(models: readonly TableModel[]): readonly string[] {
  const kept = (index: number) => `"temp"."main"."sluice_kept_${index}"`;
  const keep = models.map(({ before }, index) => `CREATE TEMPORARY TABLE ${kept(index)} AS FROM ${fullName(before)}`);
  const drop = [...models].reverse().map(({ before }) => `DROP TABLE ${fullName(before)}`);
  const create = models.flatMap((model, index) => {
    const { before, name, elements } = model;
    const path = fullName({ ...before, name });
    const columns = [...model.sources].filter(([column]) => !isGenerated(model, column));
    const list = columns.map(([column]) => quoteIdentifier(column)).join(', ');
    const values = columns.map(([, source]) => source).join(', ');
    return [
      printTable({ ...before.text, name: [path], elements }),
      ...(columns.length === 0 ? [] : [`INSERT INTO ${path} (${list}) SELECT ${values} FROM ${kept(index)}`]),
      `DROP TABLE ${kept(index)}`,
    ];
  });
  return [...keep, ...drop, ...create, ...models.flatMap(attachments)];
}

/** Comments and indexes. */
function attachments({ before, name, elements, comments, constraints, indexes }: TableModel): readonly string[] {
  const path = fullName({ ...before, name });
  const columns = [...comments].flatMap(([column, { comment, declared }]) => {
    const text = commentWith(comment, declared);
    return text === null ? [] : [setComment('COLUMN', columnOf(path, column), text)];
  });
  const own = commentWith(before.comment, allDeclared({ before, elements, constraints }));
  return [
    ...columns,
    ...(own === null ? [] : [setComment('TABLE', path, own)]),
    ...indexes.flatMap((index) => [
      indexOn(index.sql, path),
      ...(index.comment === null ? [] : [setComment('INDEX', quoteIdentifier(index.name), index.comment)]),
    ]),
  ];
}

/** `CREATE INDEX i ON t(...)` with the table's whole name. */
function indexOn(sql: string, path: string): string {
  return sql.replace(
    /^(CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:"(?:[^"]|"")*"|[^\s"]+)\s+ON\s+)[^(]+/i,
    (_, head: string) => `${head}${path} `,
  );
}

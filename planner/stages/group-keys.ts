/** What the compile functions of grouping operators share: keys as columns, how they are hashed, where whole groups are already. */
import type { ColumnId, Rel, RelColumn } from '../algebra/rel.ts';
import { columnIdOf, columnsOf, queriesIn } from '../algebra/walk-rel.ts';
import type { Expression } from '../sql/ast.ts';
import { columnRef, withAlias } from '../sql/build.ts';
import { expressionKey, someExpression } from '../sql/walk.ts';
import type { HashKey } from './builder.ts';
import type { Compiler } from './compile.ts';
import { hashType } from './key-types.ts';
import { toOne } from './moves.ts';
import type { Open } from './open.ts';

/** A fragment with no more rows than this is not worth to be divided again, unless a number of partitions is asked for. */
export const fewRows = 20_000;
/** Bytes of one value, where only the number of columns is known. */
const valueBytes = 16;

/** Columns for expressions over `rel`; one that is a column already stays itself. */
export interface NewColumns {
  /** For each of the expressions. */
  readonly columns: readonly ColumnId[];
  /** `rel`, or another tree with the same columns, with those that are new. */
  readonly add: (rel: Rel) => Rel;
}

export async function newColumns(
  rel: Rel,
  expressions: readonly Expression[],
  compiler: Compiler,
): Promise<NewColumns> {
  const bare = expressions.map((expression) => withAlias(expression, ''));
  const computed = new Map<string, Expression>();
  for (const expression of bare)
    if (columnIdOf(expression) === undefined) computed.set(expressionKey(expression), expression);
  const types = await compiler.typesOf(rel, [...computed.values()]);
  const ids = new Map([...computed.keys()].map((key, i) => [key, compiler.newColumn(types[i]!)]));
  const added: RelColumn[] = [...computed].map(([key, expression]) => ({ id: ids.get(key)!, expression }));
  return {
    columns: bare.map((expression) => columnIdOf(expression) ?? ids.get(expressionKey(expression))!),
    add: (input) =>
      added.length === 0
        ? input
        : { op: 'project', input, columns: [...passed(columnsOf(input)), ...added], many: false },
  };
}

/** `rel` with columns for these expressions; one that is a column already stays itself. */
export async function withColumns(
  rel: Rel,
  expressions: readonly Expression[],
  compiler: Compiler,
): Promise<{ readonly rel: Rel; readonly columns: readonly ColumnId[] }> {
  const { columns, add } = await newColumns(rel, expressions, compiler);
  return { rel: add(rel), columns };
}

/** Columns handed on as they are. */
export function passed(columns: readonly ColumnId[]): readonly RelColumn[] {
  return columns.map((id) => ({ id, expression: columnRef(id) }));
}

/** The fragment with exactly these columns. */
export function only(open: Open, columns: readonly ColumnId[]): Open {
  const has = columnsOf(open.rel);
  if (has.length === columns.length && has.every((id, i) => id === columns[i])) return open;
  const bytes = has.length === 0 ? open.bytes : (open.bytes * columns.length) / Math.max(has.length, columns.length);
  return { ...open, rel: { op: 'project', input: open.rel, columns: passed(columns), many: false }, bytes };
}

/** Types whose values can be equal without being hashed alike, or that DuckDB does not hash. */
const unhashable = /\b(VARIANT|GEOMETRY|NULL|UNKNOWN|AGGREGATE_STATE)\b/;

/**
 * What of these columns to hash by so that rows of one group meet: DuckDB hashes what its grouping calls equal alike (0.0 and -0.0, all NaN,
 * INTERVALs of equal length, NULLs, inside of lists and structs too), but for collations, which are not let in here.
 */
export function groupHashKeys(columns: readonly ColumnId[], compiler: Compiler): readonly HashKey[] {
  return [...new Set(columns)].flatMap((column) => {
    const type = compiler.typeOf(column);
    const hashed = hashType(type) ?? (unhashable.test(type) ? undefined : type);
    const text = hashed?.includes('VARCHAR') ? 'VARCHAR' : hashed;
    return hashed === undefined || !compiler.hashable(text!) ? [] : [{ column, type: hashed }];
  });
}

export function hasSubquery(expression: Expression): boolean {
  return queriesIn(expression).length > 0 || someExpression(expression, (node) => node.class === 'SUBQUERY');
}

export function sizeOf(rows: number, columns: number): number {
  return rows * Math.max(1, columns) * valueBytes;
}

/** Is it so little that one task does, and has nobody asked for more? */
export function isFew({ rows, bytes }: { readonly rows: number; readonly bytes: number }, compiler: Compiler): boolean {
  return compiler.context.settings.partitions === null && rows <= fewRows && compiler.partitions(bytes) <= 1;
}

/** All rows in one task as they are; `what` says for what. */
export function rawToOne(open: Open, what: string, compiler: Compiler): Open {
  noteRaw(open, what, compiler);
  return toOne(open, compiler);
}

/** Says so when rows of a data set go to one task as they are. */
export function noteRaw(open: Open, what: string, compiler: Compiler): void {
  const divided = open.distribution.kind === 'split' || open.distribution.kind === 'hash';
  if (divided && isRaw(open.rel)) compiler.rawGather(`${what}: about ${Math.round(open.rows)} rows as they are`);
}

/** Rows of a scan, filtered and projected, nothing more. */
export function isRaw(rel: Rel): boolean {
  if (rel.op === 'filter' || rel.op === 'project') return isRaw(rel.input);
  return rel.op === 'scan' || rel.op === 'input';
}

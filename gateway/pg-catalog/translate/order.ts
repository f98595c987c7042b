import { type Node, type SortBy, stringsOf, type WindowDef } from '../../../planner/sql/postgres.ts';
import { quoted, type Scope, type Translation } from './context.ts';
import { expression } from './expression.ts';

function descends({ sortby_dir, useOp }: SortBy): boolean {
  return sortby_dir === 'SORTBY_DESC' || stringsOf(useOp).at(-1) === '>';
}

/** A name alone means the column of the answer, if there is one. */
function bareName(node: Node): string | undefined {
  if (!('ColumnRef' in node)) return undefined;
  const names = stringsOf(node.ColumnRef.fields);
  return names.length === 1 && node.ColumnRef.fields?.length === 1 ? names[0] : undefined;
}

/** The list of an ORDER BY, with the place of NULL as PostgreSQL has it. `outputs`: names of the columns of the answer. */
export function orderBy(t: Translation, nodes: readonly Node[], scope: Scope, outputs?: ReadonlySet<string>): string {
  const items = nodes.map((node) => {
    const { SortBy } = node as { SortBy: SortBy };
    const last =
      SortBy.sortby_nulls === 'SORTBY_NULLS_DEFAULT' ? !descends(SortBy) : SortBy.sortby_nulls === 'SORTBY_NULLS_LAST';
    const direction = descends(SortBy) ? 'DESC' : 'ASC';
    const name = bareName(SortBy.node!);
    const known = name !== undefined && outputs?.has(name) === true;
    const key = known ? quoted(name) : expression(t, SortBy.node!, scope).sql;
    return `${key} ${direction} NULLS ${last ? 'LAST' : 'FIRST'}`;
  });
  return items.join(', ');
}

const rows = 0x0004;
const range = 0x0002;
const nonDefault = 0x0001;
const startUnboundedPreceding = 0x00020;
const endUnboundedFollowing = 0x00100;
const endCurrentRow = 0x00400;

/** What is between the parentheses of OVER and WINDOW. */
export function windowBody(t: Translation, window: WindowDef, scope: Scope): string {
  const parts: string[] = [];
  if (window.partitionClause !== undefined) {
    parts.push(`PARTITION BY ${window.partitionClause.map((node) => expression(t, node, scope).sql).join(', ')}`);
  }
  if (window.orderClause !== undefined) parts.push(`ORDER BY ${orderBy(t, window.orderClause, scope)}`);
  const options = window.frameOptions ?? 0;
  if ((options & nonDefault) !== 0) {
    const unit = (options & rows) !== 0 ? 'ROWS' : (options & range) !== 0 ? 'RANGE' : 'GROUPS';
    const start = (options & startUnboundedPreceding) !== 0 ? 'UNBOUNDED PRECEDING' : 'CURRENT ROW';
    const end =
      (options & endUnboundedFollowing) !== 0
        ? 'UNBOUNDED FOLLOWING'
        : (options & endCurrentRow) !== 0
          ? 'CURRENT ROW'
          : 'CURRENT ROW';
    parts.push(`${unit} BETWEEN ${start} AND ${end}`);
  }
  return parts.join(' ');
}

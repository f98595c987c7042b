/** Leaves out columns that nothing reads. What decides how many rows there are stays: keys, unnest, whole rows of DISTINCT. */
import type { Expression } from '../../sql/ast.ts';
import { someExpression, walk } from '../../sql/walk.ts';
import { type ColumnId, queryNumber, type Rel, type RelQuery, type RelSet, type RelSubquery } from '../rel.ts';
import { columnSetOf, expressionsOf, freeColumns, inputsOf, referencedBy, withInputs } from '../walk-rel.ts';
import { mapTrees } from './trees.ts';

type Needed = ReadonlySet<ColumnId>;

interface Pruning {
  readonly queries: readonly RelSubquery[];
  /** Columns of shared trees that a use needs. */
  readonly shared: readonly Set<ColumnId>[];
}

export function pruneColumns(query: RelQuery): RelQuery {
  const onlyTested = existsOnly(query);
  const trimmed = query.queries.map((subquery, n) => (onlyTested.has(n) ? { ...subquery, columns: [] } : subquery));
  const pruning: Pruning = { queries: trimmed, shared: query.shared.map(() => new Set<ColumnId>()) };
  const root = prune(query.root, new Set(query.output), pruning);
  // A sub-query that is nowhere in the trees any more keeps its columns: nothing reads it.
  const queries = trimmed.map((subquery) => ({
    ...subquery,
    rel: prune(subquery.rel, new Set(subquery.columns), pruning),
  }));
  const shared = [...query.shared];
  // A shared tree may use earlier ones only.
  for (let n = shared.length - 1; n >= 0; n--) shared[n] = prune(shared[n]!, pruning.shared[n]!, pruning);
  return mapTrees({ ...query, root, shared, queries }, (rel) => rel);
}

/** Sub-queries of which only EXISTS is asked. */
function existsOnly(query: RelQuery): ReadonlySet<number> {
  const [tested, read] = [new Set<number>(), new Set<number>()];
  const look = (root: unknown) =>
    walk(root, {
      expression: (node) => {
        if (node.class !== 'SUBQUERY' || node.subquery.node.type !== 'SELECT_NODE') return undefined;
        const { from_table } = node.subquery.node;
        const number = from_table.type === 'BASE_TABLE' ? queryNumber(from_table.table_name) : undefined;
        if (number === undefined) return undefined;
        (node.subquery_type.endsWith('EXISTS') ? tested : read).add(number);
        return undefined;
      },
    });
  const visit = (rel: Rel): void => {
    look(rel.op === 'rows' ? rel.node : expressionsOf(rel));
    for (const input of inputsOf(rel)) visit(input);
  };
  visit(query.root);
  for (const rel of query.shared) visit(rel);
  for (const { rel } of query.queries) visit(rel);
  for (const number of read) tested.delete(number);
  return tested;
}

function prune(rel: Rel, needed: Needed, pruning: Pruning): Rel {
  const { queries } = pruning;
  switch (rel.op) {
    case 'scan':
      return { ...rel, columns: rel.columns.filter(({ id }) => needed.has(id)) };
    case 'shared': {
      const columns = rel.columns.filter(({ id }) => needed.has(id));
      for (const { from } of columns) pruning.shared[rel.shared]!.add(from);
      return { ...rel, columns };
    }
    case 'rows':
    case 'input':
      return rel;
    case 'project': {
      const columns = rel.columns.filter(({ id, expression }) => needed.has(id) || (rel.many && unnests(expression)));
      return below({ ...rel, columns }, new Set(), pruning);
    }
    case 'aggregate': {
      const aggregates = rel.aggregates.filter(({ id }) => needed.has(id));
      const groupings = rel.groupings.filter(({ id }) => needed.has(id));
      return below({ ...rel, aggregates, groupings }, new Set(), pruning);
    }
    case 'window': {
      const windows = rel.windows.filter(({ id }) => needed.has(id));
      return windows.length === 0 ? prune(rel.input, needed, pruning) : below({ ...rel, windows }, needed, pruning);
    }
    case 'distinct':
      return below(rel, rel.on === null ? columnSetOf(rel) : needed, pruning);
    case 'set':
      return pruneSet(rel, needed, pruning);
    case 'lateral': {
      const taken = freeColumns(rel.right, { queries });
      return below(rel, new Set([...needed, ...taken]), pruning);
    }
    default:
      return below(rel, needed, pruning);
  }
}

/** The operator as it is, its inputs pruned to what it and those above read. */
function below(rel: Rel, needed: Needed, pruning: Pruning): Rel {
  const reads = new Set([...needed, ...referencedBy(rel, pruning.queries)]);
  return withInputs(
    rel,
    inputsOf(rel).map((input) => prune(input, reads, pruning)),
  );
}

function pruneSet(rel: RelSet, needed: Needed, pruning: Pruning): Rel {
  // Whether rows are equal is a matter of all columns.
  const keeps = rel.columns.map((id) => rel.kind !== 'union_all' || needed.has(id));
  if (!keeps.includes(true) && keeps.length > 0) keeps[0] = true;
  const kept = <T>(list: readonly T[]) => list.filter((_, i) => keeps[i]);
  const inputColumns = rel.inputColumns.map(kept);
  const inputs = rel.inputs.map((input, n) => prune(input, new Set(inputColumns[n]), pruning));
  return { ...rel, columns: kept(rel.columns), inputColumns, inputs };
}

function unnests(expression: Expression): boolean {
  return someExpression(
    expression,
    (node) => node.class === 'FUNCTION' && node.function_name.toLowerCase() === 'unnest',
  );
}

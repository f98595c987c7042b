/**
 * How large the answers of operators will probably be: for choosing how rows travel, never proof of anything. Deterministic, no I/O. Joins
 * assume that the smaller set of keys is contained in the larger one (foreign keys); conditions are taken as independent.
 */
import { limitFacts } from '../bind/limit-facts.ts';
import type { Expression } from '../sql/ast.ts';
import {
  type ColumnId,
  queryNumber,
  type Rel,
  type RelAggregate,
  type RelJoin,
  type RelQuery,
  type RelSet,
} from './rel.ts';
import { type ColumnFacts, type ScanFacts, widthOf } from './scan-facts.ts';
import { distinctOf, type SelectivityScope, selectivityOf } from './selectivity.ts';
import { columnIdOf, columnSetOf, columnsOf } from './walk-rel.ts';

/** What estimates are made from. */
export interface Facts {
  readonly query: Pick<RelQuery, 'queries' | 'shared' | 'types'>;
  /** By occurrence. */
  readonly scans: readonly ScanFacts[];
  /** Of relations that a stage reads, by name. */
  readonly inputs?: ReadonlyMap<string, Estimate>;
  /** Rows of operators that were counted; undefined: they were not. */
  readonly knownRows?: (rel: Rel) => number | undefined;
}

export interface Estimate {
  readonly rows: number;
  readonly bytes: number;
}

/** Rows of relations of which nothing is known, and of each list that is unnested. */
const unknownRows = 1000;
const rowsPerList = 3;
/** Where nothing else is known, each row of so small a table has a value of its own. */
const smallTableRows = 1000;
/** Beside its values a row has some bytes of its own. */
const rowBytes = 2;

interface Stats {
  readonly rows: number;
  readonly columns: ReadonlyMap<ColumnId, ColumnFacts>;
}

type Columns = Map<ColumnId, ColumnFacts>;

/** The expected size of the answer of `rel`. For many operators of one query, `makeEstimator` remembers what it found. */
export function estimate(rel: Rel, facts: Facts): Estimate {
  return makeEstimator(facts)(rel);
}

export function makeEstimator(facts: Facts): (rel: Rel) => Estimate {
  const estimator = new Estimator(facts);
  return (rel) => estimator.estimate(rel);
}

class Estimator {
  readonly #facts: Facts;
  readonly #known = new WeakMap<Rel, Stats>();

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  estimate(rel: Rel): Estimate {
    const { rows, columns } = this.#stats(rel);
    const width = columnsOf(rel).reduce((sum, id) => sum + (columns.get(id)?.width ?? this.#width(id)), rowBytes);
    return { rows, bytes: Math.ceil(rows * width) };
  }

  #width(id: ColumnId): number {
    return widthOf(this.#facts.query.types.get(id) ?? 'VARCHAR');
  }

  #stats(rel: Rel): Stats {
    const known = this.#known.get(rel);
    if (known !== undefined) return known;
    const stats = this.#compute(rel);
    // A guess of no rows would make everything above it free.
    const guess = stats.rows > 0 ? Math.max(1, Math.round(stats.rows)) : 0;
    const rows = this.#facts.knownRows?.(rel) ?? guess;
    const limited = { rows, columns: capped(stats.columns, rows) };
    this.#known.set(rel, limited);
    return limited;
  }

  #compute(rel: Rel): Stats {
    switch (rel.op) {
      case 'scan': {
        const { rows, columns } = this.#facts.scans[rel.occurrence]!;
        const facts = rel.columns.flatMap(({ id, name }) => {
          const found = columns[name];
          if (found === undefined) return [];
          // A small table has few values of anything, and joins may repeat them as often as they like.
          const few = found.distinct === null && rows > 0 && rows <= smallTableRows;
          return [[id, few ? { ...found, distinct: rows } : found] as const];
        });
        return { rows, columns: new Map(facts) };
      }
      case 'rows':
        return { rows: rowsOfNode(rel.node), columns: new Map() };
      case 'shared': {
        const { rows, columns } = this.#stats(this.#facts.query.shared[rel.shared]!);
        const facts = rel.columns.flatMap(({ id, from }) =>
          columns.has(from) ? [[id, columns.get(from)!] as const] : [],
        );
        return { rows, columns: new Map(facts) };
      }
      case 'input':
        return { rows: this.#facts.inputs?.get(rel.relation)?.rows ?? unknownRows, columns: new Map() };
      case 'filter': {
        const input = this.#stats(rel.input);
        return { rows: this.#keep(input, rel.conditions), columns: input.columns };
      }
      case 'project': {
        const input = this.#stats(rel.input);
        const columns: Columns = new Map();
        for (const { id, expression } of rel.columns) columns.set(id, this.#computed(id, expression, input));
        return { rows: input.rows * (rel.many ? rowsPerList : 1), columns };
      }
      case 'window': {
        const input = this.#stats(rel.input);
        const columns: Columns = new Map(input.columns);
        for (const { id, call } of rel.windows) columns.set(id, this.#computed(id, call, input));
        return { rows: input.rows, columns };
      }
      default:
        return this.#computeMore(rel);
    }
  }

  #computeMore(
    rel: Exclude<Rel, { op: 'scan' | 'rows' | 'shared' | 'input' | 'filter' | 'project' | 'window' }>,
  ): Stats {
    switch (rel.op) {
      case 'join':
        return this.#join(rel);
      case 'lateral': {
        const [left, right] = [this.#stats(rel.left), this.#stats(rel.right)];
        const columns = new Map([...left.columns, ...right.columns]);
        const rows = this.#keep({ rows: left.rows * right.rows, columns }, rel.conditions);
        return { rows: rel.kind === 'left' ? Math.max(left.rows, rows) : rows, columns };
      }
      case 'aggregate':
        return this.#aggregate(rel);
      case 'distinct': {
        const input = this.#stats(rel.input);
        const scope = this.#scope(input.columns);
        const keys = rel.on ?? columnsOf(rel.input).map(reference);
        return { rows: groupsOf(keys, input.rows, scope), columns: input.columns };
      }
      case 'set':
        return this.#set(rel);
      case 'repartition':
        return this.#stats(rel.input);
      case 'partial':
        // As many rows as its largest input: nothing is known of the text.
        return { rows: Math.max(1, ...rel.inputs.map((input) => this.#stats(input).rows)), columns: new Map() };
      case 'order': {
        const input = this.#stats(rel.input);
        const type = rel.percent ? 'LIMIT_PERCENT_MODIFIER' : 'LIMIT_MODIFIER';
        const { limit, offset } = limitFacts({ type, limit: rel.limit, offset: rel.offset });
        const left = Math.max(0, input.rows - (typeof offset === 'number' ? offset : 0));
        return { rows: typeof limit === 'number' ? Math.min(limit, left) : left, columns: input.columns };
      }
    }
  }

  #keep({ rows, columns }: Stats, conditions: readonly Expression[]): number {
    return rows * selectivityOf(conditions, this.#scope(columns));
  }

  #scope(columns: ReadonlyMap<ColumnId, ColumnFacts>): SelectivityScope {
    return {
      column: (id) => columns.get(id),
      type: (id) => this.#facts.query.types.get(id),
      subqueryRows: (node) => this.#subqueryRows(node),
    };
  }

  #subqueryRows(node: Expression): number | undefined {
    if (node.class !== 'SUBQUERY' || node.subquery.node.type !== 'SELECT_NODE') return undefined;
    const { from_table } = node.subquery.node;
    const number = from_table.type === 'BASE_TABLE' ? queryNumber(from_table.table_name) : undefined;
    const subquery = number === undefined ? undefined : this.#facts.query.queries[number];
    if (subquery === undefined) return undefined;
    const { rows, columns } = this.#stats(subquery.rel);
    const id = subquery.columns[0];
    return Math.min(rows, (id === undefined ? undefined : columns.get(id)?.distinct) ?? rows);
  }

  #computed(id: ColumnId, expression: Expression, input: Stats): ColumnFacts {
    const source = columnIdOf(expression);
    const known = source === undefined ? undefined : input.columns.get(source);
    if (known !== undefined) return known;
    const distinct = expression.class === 'CONSTANT' ? 1 : distinctOf(expression, this.#scope(input.columns));
    return {
      distinct: distinct > 0 ? distinct : null,
      min: null,
      max: null,
      nulls: 0,
      width: this.#width(id),
    };
  }

  #join(rel: RelJoin): Stats {
    const [left, right] = [this.#stats(rel.left), this.#stats(rel.right)];
    const columns = new Map([...left.columns, ...right.columns]);
    const { keys, others } = equalities(rel, left, right);
    const rest = selectivityOf(others, this.#scope(columns));
    if (rel.kind === 'semi' || rel.kind === 'anti') {
      const onLeft = product(
        keys.map(([count]) => count),
        left.rows,
      );
      const onRight = product(
        keys.map(([, count]) => count),
        right.rows,
      );
      const matching = keys.length === 0 ? 0.5 : Math.min(1, onRight / Math.max(1, onLeft)) * rest;
      const part = rel.kind === 'semi' ? matching : Math.max(0.1, 1 - matching);
      return { rows: left.rows * part, columns: left.columns };
    }
    if (rel.kind === 'asof' || rel.kind === 'asof_left') return { rows: left.rows, columns };
    const inner = ((left.rows * right.rows) / Math.max(1, matchesOf(keys, left.rows, right.rows))) * rest;
    const rows = outerRows(rel.kind, inner, left.rows, right.rows);
    if (rel.kind === 'left' || rel.kind === 'full') fillWithNulls(columns, right, 1 - inner / Math.max(1, rows));
    if (rel.kind === 'right' || rel.kind === 'full') fillWithNulls(columns, left, 1 - inner / Math.max(1, rows));
    return { rows, columns };
  }

  #aggregate(rel: RelAggregate): Stats {
    const input = this.#stats(rel.input);
    const scope = this.#scope(input.columns);
    const columns: Columns = new Map();
    for (const { id, expression } of rel.keys) columns.set(id, this.#computed(id, expression, input));
    const groups = (keys: readonly Expression[]) => groupsOf(keys, input.rows, scope);
    const all = rel.keys.map(({ expression }) => expression);
    const sets = rel.sets ?? [all.map((_, i) => i)];
    const rows = sets.reduce((sum, set) => sum + groups(set.map((i) => all[i]!)), 0);
    return { rows, columns };
  }

  #set({ kind, inputs, inputColumns, columns }: RelSet): Stats {
    const all = inputs.map((input) => this.#stats(input));
    const rows = all.map((stats) => stats.rows);
    const total = rows.reduce((sum, count) => sum + count, 0);
    const facts: Columns = new Map();
    columns.forEach((id, i) => {
      const parts = all.flatMap((stats, n) => stats.columns.get(inputColumns[n]![i]!) ?? []);
      if (parts.length === all.length) facts.set(id, together(parts));
    });
    if (kind.startsWith('intersect')) return { rows: Math.min(...rows), columns: facts };
    return { rows: kind.startsWith('except') ? rows[0]! : total, columns: facts };
  }
}

function reference(id: ColumnId): Expression {
  return { class: 'COLUMN_REF', type: 'COLUMN_REF', alias: '', query_location: -1, column_names: [id] };
}

/** Not more values than rows. */
function capped(columns: ReadonlyMap<ColumnId, ColumnFacts>, rows: number): ReadonlyMap<ColumnId, ColumnFacts> {
  const most = Math.max(1, rows);
  let copy: Columns | undefined;
  for (const [id, facts] of columns) {
    if (facts.distinct === null || facts.distinct <= most) continue;
    copy ??= new Map(columns);
    copy.set(id, { ...facts, distinct: most });
  }
  return copy ?? columns;
}

/** How many groups the keys make. */
function groupsOf(keys: readonly Expression[], rows: number, scope: SelectivityScope): number {
  if (keys.length === 0) return 1;
  const counts = keys.map((key) => (key.class === 'CONSTANT' ? 1 : distinctOf(key, scope) || Math.max(1, rows / 10)));
  return Math.min(Math.max(rows, 0), product(counts, rows));
}

/** Of distinct counts, at most one per row. */
function product(counts: readonly number[], rows: number): number {
  return Math.min(
    Math.max(1, rows),
    counts.reduce((all, count) => all * Math.max(1, count), 1),
  );
}

function outerRows(kind: RelJoin['kind'], inner: number, left: number, right: number): number {
  if (kind === 'left') return Math.max(inner, left);
  if (kind === 'right') return Math.max(inner, right);
  return kind === 'full' ? Math.max(inner, left, right) : inner;
}

/** Part of the rows for which an outer join finds no match, at least. */
const leastUnmatched = 0.2;

function fillWithNulls(columns: Columns, side: Stats, unmatched: number): void {
  for (const [id, facts] of side.columns)
    columns.set(id, { ...facts, nulls: Math.max(facts.nulls, leastUnmatched, unmatched) });
}

/** Distinct counts of both sides of each `left = right`, and the other conditions. */
function equalities(
  rel: RelJoin,
  left: Stats,
  right: Stats,
): { readonly keys: readonly (readonly [number, number])[]; readonly others: readonly Expression[] } {
  const keys: (readonly [number, number])[] = [];
  const others: Expression[] = [];
  const [onLeft, onRight] = [sideScope(rel.left, left), sideScope(rel.right, right)];
  for (const condition of rel.conditions) {
    const pair = condition.class === 'COMPARISON' && condition.type === 'COMPARE_EQUAL' ? condition : undefined;
    const [a, b] = pair === undefined ? [0, 0] : [distinctOf(pair.left, onLeft), distinctOf(pair.right, onRight)];
    const [c, d] = pair === undefined ? [0, 0] : [distinctOf(pair.right, onLeft), distinctOf(pair.left, onRight)];
    if (a > 0 && b > 0) keys.push([a, b]);
    else if (c > 0 && d > 0) keys.push([c, d]);
    else others.push(condition);
  }
  return { keys, others };
}

/** Columns of one side; those of which nothing is known may have a value per row. */
function sideScope(rel: Rel, stats: Stats): Pick<SelectivityScope, 'column'> {
  const own = columnSetOf(rel);
  const each = Math.max(1, stats.rows);
  const unknown: ColumnFacts = { distinct: each, min: null, max: null, nulls: 0, width: 8 };
  return {
    column: (id) => {
      if (!own.has(id)) return undefined;
      const facts = stats.columns.get(id);
      return facts?.distinct === null ? { ...facts, distinct: each } : (facts ?? unknown);
    },
  };
}

/**
 * By how much the joined rows are fewer than all pairs. Several keys are mostly one key of the smaller side: not more values than it has
 * rows, or than one of the keys has.
 */
function matchesOf(keys: readonly (readonly [number, number])[], left: number, right: number): number {
  const most = keys.map(([a, b]) => Math.max(a, b, 1));
  const all = most.reduce((total, count) => total * count, 1);
  return Math.min(all, Math.max(Math.min(left, right), ...most));
}

function together(parts: readonly ColumnFacts[]): ColumnFacts {
  const ranged = parts.every(({ min, max }) => min !== null && max !== null);
  return {
    distinct: parts.some(({ distinct }) => distinct === null)
      ? null
      : parts.reduce((sum, { distinct }) => sum + (distinct ?? 0), 0),
    min: ranged ? Math.min(...parts.map(({ min }) => min!)) : null,
    max: ranged ? Math.max(...parts.map(({ max }) => max!)) : null,
    nulls: Math.max(...parts.map(({ nulls }) => nulls)),
    width: Math.max(...parts.map(({ width }) => width)),
  };
}

/** VALUES are counted, nothing is one row; what functions give is not known. */
function rowsOfNode({ from_table: from }: Extract<Rel, { op: 'rows' }>['node']): number {
  if (from.type === 'EMPTY') return 1;
  if (from.type === 'EXPRESSION_LIST') return from.values.length;
  if (from.type === 'SUBQUERY' && from.subquery.node.type === 'SELECT_NODE') return rowsOfNode(from.subquery.node);
  if (from.type === 'TABLE_FUNCTION' && from.function.function_name.toLowerCase() === 'unnest') return rowsPerList;
  return unknownRows;
}

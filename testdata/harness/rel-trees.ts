import type {
  JoinKind,
  Rel,
  RelAggregate,
  RelColumn,
  RelQuery,
  RelSubquery,
  SetKind,
} from '../../planner/algebra/rel.ts';
import { columnsOf, freeColumns } from '../../planner/algebra/walk-rel.ts';
import type { Expression, FunctionCall, OrderByNode, SelectNode, WindowCall } from '../../planner/sql/ast.ts';
import { parseExpressions, parseStatement } from '../../planner/sql/parse.ts';
import type { PlannerWorld } from '../../planner/world.ts';

type Input = Rel | Promise<Rel>;
/** `{__c3: 'a + 1'}`. */
type Named = Readonly<Record<string, string>>;

/** Operator trees for tests, expressions as SQL over ids. Scan n has the columns that are asked for, under `__c<n>0`, `__c<n>1`, ... */
export class RelTrees {
  readonly #world: PlannerWorld;

  constructor(world: PlannerWorld) {
    this.#world = world;
  }

  expressions(texts: readonly string[]): Promise<readonly Expression[]> {
    return parseExpressions(this.#world, texts);
  }

  async #named(named: Named): Promise<readonly RelColumn[]> {
    const expressions = await this.expressions(Object.values(named));
    return Object.keys(named).map((id, i) => ({ id, expression: expressions[i]! }));
  }

  async #orders(texts: readonly string[]): Promise<readonly OrderByNode[]> {
    if (texts.length === 0) return [];
    const { node } = await parseStatement(this.#world, `SELECT 1 ORDER BY ${texts.join(', ')}`);
    const modifier = node.modifiers[0]!;
    return modifier.type === 'ORDER_MODIFIER' ? modifier.orders : [];
  }

  scan(occurrence: number, ...names: readonly string[]): Rel {
    return { op: 'scan', occurrence, columns: names.map((name, i) => ({ id: `__c${occurrence}${i}`, name })) };
  }

  async rows(sql: string, ...columns: readonly string[]): Promise<Rel> {
    return { op: 'rows', node: (await parseStatement(this.#world, sql)).node as SelectNode, columns };
  }

  async filter(input: Input, ...conditions: readonly string[]): Promise<Rel> {
    return { op: 'filter', input: await input, conditions: await this.expressions(conditions) };
  }

  async project(input: Input, columns: Named, many = false): Promise<Rel> {
    return { op: 'project', input: await input, columns: await this.#named(columns), many };
  }

  async join(kind: JoinKind, left: Input, right: Input, ...conditions: readonly string[]): Promise<Rel> {
    return {
      op: 'join',
      kind,
      left: await left,
      right: await right,
      conditions: await this.expressions(conditions),
    };
  }

  async lateral(kind: 'inner' | 'left', left: Input, right: Input, ...conditions: readonly string[]): Promise<Rel> {
    return {
      op: 'lateral',
      kind,
      left: await left,
      right: await right,
      conditions: await this.expressions(conditions),
    };
  }

  async aggregate(
    input: Input,
    keys: Named,
    aggregates: Named,
    more: Partial<Pick<RelAggregate, 'sets' | 'groupings'>> = {},
  ): Promise<Rel> {
    const calls = (await this.#named(aggregates)).map(({ id, expression }) => ({
      id,
      call: expression as FunctionCall,
    }));
    return {
      op: 'aggregate',
      input: await input,
      keys: await this.#named(keys),
      sets: null,
      aggregates: calls,
      groupings: [],
      ...more,
    };
  }

  async window(input: Input, windows: Named): Promise<Rel> {
    const calls = (await this.#named(windows)).map(({ id, expression }) => ({ id, call: expression as WindowCall }));
    return { op: 'window', input: await input, windows: calls };
  }

  async distinct(input: Input, on: readonly string[] | null = null, ...orders: readonly string[]): Promise<Rel> {
    return {
      op: 'distinct',
      input: await input,
      on: on === null ? null : await this.expressions(on),
      orders: await this.#orders(orders),
    };
  }

  async set(kind: SetKind, columns: readonly string[], ...inputs: readonly Input[]): Promise<Rel> {
    const rels = await Promise.all(inputs);
    return { op: 'set', kind, inputs: rels, inputColumns: rels.map(columnsOf), columns };
  }

  async order(
    input: Input,
    orders: readonly string[],
    limit: string | null = null,
    offset: string | null = null,
  ): Promise<Rel> {
    const [count, skip] = await Promise.all(
      [limit, offset].map(async (text) => (text === null ? null : (await this.expressions([text]))[0]!)),
    );
    return {
      op: 'order',
      input: await input,
      orders: await this.#orders(orders),
      limit: count!,
      offset: skip!,
      percent: false,
    };
  }

  shared(shared: number, columns: Readonly<Record<string, string>>): Rel {
    return { op: 'shared', shared, columns: Object.entries(columns).map(([id, from]) => ({ id, from })) };
  }

  /** A query of the given trees; `outer` of its sub-queries is found here, later ones may stand inside earlier ones. */
  async query(
    root: Input,
    output: readonly string[],
    subqueries: readonly Input[] = [],
    shared: readonly Input[] = [],
  ): Promise<RelQuery> {
    const queries: RelSubquery[] = [];
    const rels = await Promise.all(subqueries);
    for (let n = rels.length - 1; n >= 0; n--) {
      const rel = rels[n]!;
      queries[n] = { rel, columns: columnsOf(rel), outer: [...freeColumns(rel, { queries })] };
    }
    return { root: await root, output, queries, shared: await Promise.all(shared), types: new Map() };
  }
}

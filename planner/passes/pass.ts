import type { BoundQuery } from '../bind/bound-query.ts';
import type { DataFile } from '../catalog.ts';
import type { PlanRequest } from '../index.ts';
import type { Expression, QueryNode, SelectNode, Statement } from '../sql/ast.ts';
import { walk } from '../sql/walk.ts';
import type { PlannerWorld } from '../world.ts';

/** What passes work on: the bound query, and the files that each of its occurrences still has to read. */
export interface Draft {
  readonly bound: BoundQuery;
  /** By `Occurrence.id`. */
  readonly files: readonly (readonly DataFile[])[];
}

export interface PassContext {
  readonly request: PlanRequest;
  readonly world: PlannerWorld;
}

/** One rewrite of the whole query. `name` switches it off in `PlannerSettings.disabled`. */
export interface Pass {
  readonly name: string;
  run(draft: Draft, context: PassContext): Draft | Promise<Draft>;
}

/** One rewrite of every text that is about to be printed. */
export interface FragmentPass {
  readonly name: string;
  /** It changes nothing in a statement that has no node of this kind. */
  readonly changes: {
    readonly query?: (node: QueryNode) => boolean;
    readonly expression?: (node: Expression) => boolean;
  };
  run(statement: Statement): Statement;
}

/** The statement after those of the passes that find something to change: one look for all of them, since most find nothing. */
export function runFragmentPasses(root: Statement, passes: readonly FragmentPass[]): Statement {
  const found = new Set<FragmentPass>();
  const note = (test: (changes: FragmentPass['changes']) => boolean | undefined) => {
    for (const pass of passes) if (!found.has(pass) && test(pass.changes)) found.add(pass);
    return undefined;
  };
  walk(root, {
    query: (node) => note(({ query }) => query?.(node)),
    expression: (node) => note(({ expression }) => expression?.(node)),
  });
  return passes.reduce((current, pass) => (found.has(pass) ? pass.run(current) : current), root);
}

/**
 * The bound query with another statement. `Block.node` is found again by place, so the rewrite must neither add nor remove
 * SELECTs. `map` is run over the filters of the occurrences too, which are parts of the statement.
 */
export function withStatement(bound: BoundQuery, map: <T>(root: T) => T): BoundQuery {
  const statement = map(bound.statement);
  if (statement === bound.statement) return bound;
  const before = selectNodes(bound.statement);
  const after = selectNodes(statement);
  const moved = new Map(before.map((node, i) => [node, after[i]!]));
  const blocks = bound.blocks.map((block) => ({ ...block, node: moved.get(block.node) ?? block.node }));
  const occurrences = bound.occurrences.map((occurrence) => ({
    ...occurrence,
    filters: occurrence.filters.map((filter) => map(filter)),
  }));
  const { shape } = bound;
  const moveShape = (): BoundQuery['shape'] => {
    if (shape.kind === 'single')
      return { ...shape, block: blocks[shape.block.id]!, occurrence: occurrences[shape.occurrence.id]! };
    if (shape.kind === 'join')
      return { ...shape, block: blocks[shape.block.id]!, from: blocks[shape.block.id]!.node.from_table };
    return shape;
  };
  return { ...bound, statement, blocks, occurrences, shape: moveShape() };
}

function selectNodes(statement: Statement): readonly SelectNode[] {
  const nodes: SelectNode[] = [];
  walk(statement, {
    query: (node: QueryNode) => {
      if (node.type === 'SELECT_NODE') nodes.push(node);
      return undefined;
    },
  });
  return nodes;
}

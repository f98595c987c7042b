import type { PlannerWorld } from '../world.ts';
import type { Expression, QueryNode, Statement } from './ast.ts';
import { emptyTable, select, statement, withAlias } from './build.ts';
import { writeJson } from './json.ts';

/** SQL text of a statement, by DuckDB's own printer. */
export function printStatement(world: PlannerWorld, ast: Statement): Promise<string> {
  return world.deserialize(writeJson({ error: false, statements: [ast] }));
}

/** SQL text of a query node. */
export function printQuery(world: PlannerWorld, node: QueryNode): Promise<string> {
  return printStatement(world, statement(node));
}

/** SQL text of one expression, its alias left out. */
export async function printExpression(world: PlannerWorld, expression: Expression): Promise<string> {
  const printed = await printQuery(world, select([withAlias(expression, '')], emptyTable()));
  return printed.replace(/^SELECT /, '');
}

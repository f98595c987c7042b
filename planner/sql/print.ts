import type { PlannerWorld } from '../world.ts';
import type { Expression, JoinRef, QueryNode, Statement, TableRef } from './ast.ts';
import { booleanConstant, emptyTable, select, statement, withAlias } from './build.ts';
import { writeJson } from './json.ts';
import { printKnown } from './print-known.ts';
import { mapAst } from './walk.ts';

/** SQL text of a statement as DuckDB prints it; DuckDB itself is asked only for what `printKnown` does not know. */
export async function printStatement(world: Pick<PlannerWorld, 'deserialize'>, ast: Statement): Promise<string> {
  const printable = bindCrossJoins(ast);
  return printKnown(printable) ?? world.deserialize(writeJson({ error: false, statements: [printable] }));
}

/**
 * DuckDB prints CROSS JOIN as a comma, which binds weaker than JOIN: `a CROSS JOIN b RIGHT JOIN c` would come back as `a, (b RIGHT JOIN c)`.
 * So a cross join inside another kind of join is printed as `JOIN ... ON true`.
 */
function bindCrossJoins(ast: Statement): Statement {
  return mapAst(ast, {
    tableRef: (ref) =>
      ref.type === 'JOIN' && ref.ref_type !== 'CROSS' && [ref.left, ref.right].some(isCrossJoin)
        ? { ...ref, left: asInner(ref.left), right: asInner(ref.right) }
        : undefined,
  });
}

function isCrossJoin(ref: TableRef): ref is JoinRef {
  return ref.type === 'JOIN' && ref.ref_type === 'CROSS';
}

function asInner(ref: TableRef): TableRef {
  if (!isCrossJoin(ref)) return ref;
  const { left, right } = ref;
  return {
    ...ref,
    ref_type: 'REGULAR',
    join_type: 'INNER',
    condition: booleanConstant(true),
    left: asInner(left),
    right: asInner(right),
  };
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

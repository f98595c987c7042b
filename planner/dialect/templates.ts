/** SQL texts with `$1`, `$2` … as syntax trees with arguments in place of these. */
import type { Expression } from '../sql/ast.ts';
import { parseExpressions } from '../sql/parse.ts';
import { rewrite } from '../sql/walk.ts';
import type { PlannerWorld } from '../world.ts';

/** Enough for all that are fixed and some hundred that are made of formats; emptied when full. */
const maxTemplates = 1000;
const parsed = new Map<string, Expression>();

/** Fills a template, or gives undefined and remembers that it has to be parsed. */
export type Fill = (template: string, args: readonly Expression[]) => Expression | undefined;

/**
 * Runs a rewrite that fills templates; once more when it asked for some that had not been parsed. What is parsed is kept for all queries: a
 * template's tree is always the same.
 */
export async function withTemplates<T>(world: PlannerWorld, run: (fill: Fill) => T): Promise<T> {
  for (;;) {
    const missing = new Set<string>();
    const result = run((template, args) => {
      const tree = parsed.get(template);
      if (tree === undefined) missing.add(template);
      return tree === undefined ? undefined : substitute(tree, args);
    });
    if (missing.size === 0) return result;
    const texts = [...missing];
    const trees = await parseExpressions(world, texts);
    if (parsed.size + texts.length > maxTemplates) parsed.clear();
    for (const [index, text] of texts.entries()) parsed.set(text, withoutPlaces(trees[index]!));
  }
}

function substitute(tree: Expression, args: readonly Expression[]): Expression {
  return rewrite(tree, {
    expression: (node) => {
      if (node.class !== 'PARAMETER') return undefined;
      const argument = args[Number(node.identifier) - 1]!;
      return argument.alias === '' ? argument : { ...argument, alias: '' };
    },
  });
}

/** Places in a template are none of the query's. */
function withoutPlaces(tree: Expression): Expression {
  return JSON.parse(JSON.stringify(tree, (key, value) => (key === 'query_location' ? -1 : value))) as Expression;
}

import type { Expression, SelectNode, Star } from '../sql/ast.ts';
import { type ColumnList, findIn, type Scope, sameName } from './scope.ts';

/** Classes whose text becomes the name of a column without alias; such a name never looks like a plain identifier. */
const namedByText = new Set(['CONSTANT', 'COMPARISON', 'CONJUNCTION', 'BETWEEN', 'CASE', 'WINDOW', 'FUNCTION', 'CAST']);
const namedOtherwise = new Set(['struct_extract', 'unnest', 'array_extract', 'alias']);

/** Output columns of a SELECT, as far as they are known. */
export function selectColumns(node: SelectNode, scope: Scope): ColumnList {
  const names: string[] = [];
  let open = false;
  let generated = false;
  for (const item of node.select_list) {
    if (item.alias !== '') names.push(item.alias);
    else if (item.class === 'COLUMN_REF') names.push(item.column_names.at(-1)!);
    else if (item.class === 'STAR') {
      const covered = starNames(item, scope);
      if (covered === undefined) open = true;
      else {
        names.push(...covered.names);
        open ||= covered.open;
        generated ||= covered.generated;
      }
    } else if (isNamedByText(item)) generated = true;
    else open = true;
  }
  // What follows a column of unknown name has an unknown place, which no one asks for.
  return { names, open, generated };
}

function isNamedByText(item: Expression): boolean {
  if (item.class === 'CAST') return item.child.class !== 'COLUMN_REF' && isNamedByText(item.child);
  if (item.class === 'FUNCTION') return !namedOtherwise.has(item.function_name.toLowerCase());
  return namedByText.has(item.class);
}

/** The columns that a star stands for, in order; undefined when that can't be told. */
export function starNames(star: Star, scope: Scope): ColumnList | undefined {
  if (star.columns || star.expr !== null || star.rename_list.length > 0 || star.qualified_exclude_list.length > 0)
    return undefined;
  const relations =
    star.relation_name === ''
      ? scope.relations
      : scope.relations.filter(({ alias }) => sameName(alias, star.relation_name));
  if (relations.length === 0 && star.relation_name !== '') return undefined;
  const names: string[] = [];
  const seen = new Set<string>();
  for (const relation of relations) {
    for (const name of relation.columns.names) {
      const merged = star.relation_name === '' && findIn(scope, [name]).kind === 'merged';
      const key = name.toLowerCase();
      if (merged && seen.has(key)) continue;
      if (merged) seen.add(key);
      if (!star.exclude_list.some((excluded) => sameName(excluded, name))) names.push(name);
    }
  }
  return {
    names,
    open: relations.some(({ columns }) => columns.open),
    generated: relations.some(({ columns }) => columns.generated),
  };
}

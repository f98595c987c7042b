import { sameName } from '../bind/scope.ts';
import type { Expression, SelectNode, Star } from '../sql/ast.ts';
import { withAlias } from '../sql/build.ts';
import { lowerExpression, type Place } from './lower-expression.ts';
import { refuse } from './lower-state.ts';
import { columnValue, type ScopeColumn, type ScopeRelation } from './scope.ts';

/** A column that a SELECT returns. */
export interface Output {
  readonly name: string;
  /** Was the name given to it (AS, REPLACE, RENAME)? ORDER BY then finds it before the columns of FROM. */
  readonly named: boolean;
  readonly expression: Expression;
}

export interface Items {
  /** The n-th item of the SELECT list, for references to its alias. */
  readonly at: (index: number) => Expression;
  /** Stars written out. */
  readonly outputs: () => readonly Output[];
}

/** The SELECT list, each item lowered once and when it is asked for. */
export function lowerItems(place: Omit<Place, 'items'>, node: SelectNode): Items {
  const known = new Map<number, Expression>();
  const open = new Set<number>();
  const item = (index: number): Expression => {
    const before = known.get(index);
    if (before !== undefined) return before;
    if (open.has(index)) return refuse('an alias is defined by itself');
    open.add(index);
    const lowered = withAlias(lowerExpression({ ...place, items: at }, node.select_list[index]!), '');
    known.set(index, lowered);
    return lowered;
  };
  const at = (index: number): Expression => {
    const { alias } = node.select_list[index] ?? refuse('an alias is not found');
    const twins = node.select_list.filter((other) => other.alias !== '' && sameName(other.alias, alias));
    return twins.length > 1 ? refuse(`the alias ${alias} is given twice`) : item(index);
  };
  return { at, outputs: () => outputsOf({ ...place, items: at }, node, item) };
}

function outputsOf(place: Place, node: SelectNode, item: (index: number) => Expression): readonly Output[] {
  const outputs = node.select_list.flatMap((listed, index): readonly Output[] => {
    if (listed.class === 'STAR') return starOutputs(place, listed);
    return [{ name: nameOf(listed), named: listed.alias !== '', expression: item(index) }];
  });
  const names = place.lowering.survey.names.get(node);
  if (names === undefined) return outputs;
  if (names.length !== outputs.length) refuse('the columns of a sub-query are not those that were expected');
  return outputs.map((output, i) => (output.name === '' ? { ...output, name: names[i]! } : output));
}

/** '' where DuckDB makes a name of the text. */
function nameOf(item: Expression): string {
  if (item.alias !== '') return item.alias;
  return item.class === 'COLUMN_REF' ? item.column_names.at(-1)! : '';
}

/** A column by which lists after a star (EXCLUDE, RENAME) name it. */
interface StarKey {
  readonly table: string;
  readonly column: string;
}

function starOutputs(place: Place, star: Star): readonly Output[] {
  if (star.columns || star.expr !== null) return refuse('COLUMNS(...) is not divided');
  const { level } = place;
  const all = level?.relations ?? [];
  const relations = star.relation_name === '' ? all : all.filter(({ alias }) => sameName(alias, star.relation_name));
  if (relations.length === 0) return refuse(`${star.relation_name}.* is not divided`);
  const seen = new Set<string>();
  const outputs: Output[] = [];
  for (const relation of relations) {
    for (const column of relation.columns) {
      const output = starOutput(place, star, relation, column, seen);
      if (output !== undefined) outputs.push(output);
    }
  }
  return outputs;
}

/** undefined: left out. */
function starOutput(
  place: Place,
  star: Star,
  relation: ScopeRelation,
  column: ScopeColumn,
  seen: Set<string>,
): Output | undefined {
  const { name } = column;
  const whole = star.relation_name === '';
  const merged = whole
    ? place.level?.merged.find((other) => sameName(other.name, name) && other.relations.includes(relation))
    : undefined;
  if (merged !== undefined) {
    if (seen.has(merged.name.toLowerCase())) return undefined;
    seen.add(merged.name.toLowerCase());
    if (star.qualified_exclude_list.length > 0) return refuse('EXCLUDE names a column of a join USING');
  }
  const isKey = ({ table, column: other }: StarKey) =>
    sameName(other, name) && (table === '' || sameName(table, relation.alias));
  if (star.exclude_list.some((other) => sameName(other, name))) return undefined;
  if ((star.qualified_exclude_list as readonly StarKey[]).some(isKey)) return undefined;
  const replaced = star.replace_list.find(({ key }) => sameName(key, name));
  if (replaced !== undefined) {
    return { name, named: true, expression: withAlias(lowerExpression(place, replaced.value), '') };
  }
  const renames = star.rename_list as readonly { readonly key: StarKey; readonly value: string }[];
  const renamed = renames.find(({ key }) => isKey(key));
  const expression = merged?.value ?? columnValue(column);
  return { name: renamed?.value ?? name, named: renamed !== undefined, expression };
}

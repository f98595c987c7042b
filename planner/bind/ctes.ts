import { type ColumnList, sameName } from './scope.ts';

/** The CTEs that are visible, from near to far. */
export interface CteFrame {
  readonly name: string;
  readonly columns: ColumnList;
  readonly next: CteFrame | null;
}

export function findCte(frame: CteFrame | null, name: string): CteFrame | undefined {
  for (let current = frame; current !== null; current = current.next) if (sameName(current.name, name)) return current;
  return undefined;
}

/** Column names under an alias list: it renames the first ones; those that come twice get a number, as DuckDB does. */
export function renamed(columns: ColumnList, aliases: readonly string[]): ColumnList {
  const names = distinctNames([...aliases, ...columns.names.slice(aliases.length)]);
  return { ...columns, names };
}

/** `id`, `id` becomes `id`, `id_1`. */
export function distinctNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((base) => {
    let name = base;
    for (let index = 1; taken.has(name.toLowerCase()); index++) name = `${base}_${index}`;
    taken.add(name.toLowerCase());
    return name;
  });
}

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

/** Column names under an alias list: it renames the first ones. */
export function renamed(columns: ColumnList, aliases: readonly string[]): ColumnList {
  if (aliases.length === 0) return columns;
  return { ...columns, names: [...aliases, ...columns.names.slice(aliases.length)] };
}

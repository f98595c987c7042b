import type { Occurrence, Resolution } from '../bind/bound-query.ts';
import type { DataFile } from '../catalog.ts';
import type { ColumnRef, Expression } from '../sql/ast.ts';
import { walk } from '../sql/walk.ts';
import type { Draft, Pass, PassContext } from './pass.ts';
import type { ColumnOf } from './pruning/evaluate.ts';
import { pruneByHive, pruneByStatistics } from './pruning/prune-files.ts';

/** Footers read for one occurrence at most; beyond it only paths prune. */
export const maxFootersPerScan = 20_000;

/** Leaves out files by hive keys in their paths. */
export const pruneHive: Pass = {
  name: 'prune_hive',
  run: (draft) =>
    mapFiles(draft, (occurrence, files) =>
      pruneByHive(occurrence.table, files, occurrence.filters, columnOf(draft.bound.resolutions, occurrence)),
    ),
};

/** Leaves out Parquet files by min, max and null count of their row groups. */
export const pruneStatistics: Pass = {
  name: 'prune_statistics',
  async run(draft, { world }: PassContext) {
    const all: (readonly DataFile[])[] = [];
    for (const occurrence of draft.bound.occurrences) {
      const files = draft.files[occurrence.id]!;
      const column = columnOf(draft.bound.resolutions, occurrence);
      const filters = occurrence.filters.filter((filter) => readsFileColumns(occurrence, filter, column));
      if (occurrence.table.format !== 'parquet' || filters.length === 0 || files.length > maxFootersPerScan) {
        all.push(files);
        continue;
      }
      all.push(pruneByStatistics(occurrence.table, files, await world.statistics(files), filters, column));
    }
    return changed(draft, all);
  },
};

function mapFiles(
  draft: Draft,
  map: (occurrence: Occurrence, files: readonly DataFile[]) => readonly DataFile[],
): Draft {
  return changed(
    draft,
    draft.bound.occurrences.map((occurrence) => map(occurrence, draft.files[occurrence.id]!)),
  );
}

function changed(draft: Draft, files: Draft['files']): Draft {
  return files.every((list, i) => list.length === draft.files[i]!.length) ? draft : { ...draft, files };
}

/** Plain columns of one occurrence. */
export function columnOf(resolutions: ReadonlyMap<ColumnRef, Resolution>, occurrence: Occurrence): ColumnOf {
  return (expression) => {
    if (expression.class !== 'COLUMN_REF') return undefined;
    const resolution = resolutions.get(expression);
    if (resolution?.kind !== 'column' || resolution.occurrence !== occurrence.id) return undefined;
    return resolution.fields.length > 0 ? undefined : { name: resolution.name, type: resolution.type };
  };
}

function readsFileColumns(occurrence: Occurrence, filter: Expression, column: ColumnOf): boolean {
  const hive = new Set(occurrence.table.columns.filter((c) => c.hive).map((c) => c.name));
  let found = false;
  walk(filter, {
    expression: (node) => {
      const found_ = column(node);
      if (found_ !== undefined && !hive.has(found_.name)) found = true;
      return !found;
    },
  });
  return found;
}

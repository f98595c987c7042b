/** In which range the values of a column lie, file by file: from footers and paths. What is told is sure, as it is for pruning. */
import type { Column, DataFile, DatasetTable, FileStatistics } from '../catalog.ts';
import type { Domain } from '../passes/pruning/evaluate.ts';
import { groupDomains, hiveDomains } from '../passes/pruning/prune-files.ts';
import { compareValues, isIntegerType, type Scalar } from '../passes/pruning/values.ts';
import type { FileSlice } from '../plan/plan.ts';
import type { PlanContext } from '../strategies/strategy.ts';

/** Both ends are included. */
export interface Bounds {
  readonly low: Scalar;
  readonly high: Scalar;
}

export interface ValueRange {
  /** Null: it has no values, only NULLs or no rows at all. */
  readonly bounds: Bounds | null;
  /** May some rows have NULL? */
  readonly nulls: boolean;
}

/** By path of the file. */
export type FileRanges = ReadonlyMap<string, ValueRange>;

/** The footers of more files than this are not read for it. */
const maxFiles = 128;

/** Types whose values lie on a line that DuckDB's `=` agrees with. */
export function hasRanges(type: string): boolean {
  return isIntegerType(type) || type === 'DATE' || type === 'TIMESTAMP' || type.startsWith('DECIMAL');
}

/** Ranges of the columns of one query's data sets, each worked out once. */
export class ColumnRanges {
  readonly #context: PlanContext;
  readonly #known = new Map<string, Promise<FileRanges | undefined>>();

  constructor(context: PlanContext) {
    this.#context = context;
  }

  /** Undefined when a file does not tell, or there are too many of them. */
  of(occurrence: number, name: string): Promise<FileRanges | undefined> {
    const key = `${occurrence} ${name}`;
    const known = this.#known.get(key) ?? this.#find(occurrence, name);
    this.#known.set(key, known);
    return known;
  }

  async #find(occurrence: number, name: string): Promise<FileRanges | undefined> {
    const { bound, files, world } = this.#context;
    const { table } = bound.occurrences[occurrence]!;
    const column = table.columns.find((candidate) => candidate.name === name);
    const all = files[occurrence]!;
    if (column === undefined || !hasRanges(column.type) || all.length > maxFiles) return undefined;
    if (!column.hive && table.format !== 'parquet') return undefined;
    const footers = column.hive ? [] : await world.statistics(all);
    const ranges = new Map<string, ValueRange>();
    for (const [i, file] of all.entries()) {
      const range = column.hive
        ? rangeOf([hiveDomains(table, file)(name)])
        : footerRange(table, column, file, footers[i]!);
      if (range === undefined) return undefined;
      ranges.set(file.path, range);
    }
    return ranges;
  }
}

/** Footers are kept by the catalog, and so is what was read of them. */
const footerRanges = new WeakMap<FileStatistics, Map<string, ValueRange | undefined>>();

function footerRange(table: DatasetTable, { name, type }: Column, file: DataFile, footer: FileStatistics) {
  const key = `${name} ${type} ${file.differs?.[name]}`;
  const known = footerRanges.get(footer) ?? new Map<string, ValueRange | undefined>();
  footerRanges.set(footer, known);
  if (!known.has(key)) known.set(key, rangeOf(footer.rowGroups.map((group) => groupDomains(table, file, group)(name))));
  return known.get(key);
}

function rangeOf(domains: readonly Domain[]): ValueRange | undefined {
  const ranges: ValueRange[] = [];
  for (const domain of domains) {
    if (domain.kind === 'unknown') return undefined;
    if (domain.kind === 'range') ranges.push({ bounds: { low: domain.min, high: domain.max }, nulls: domain.nulls });
    else if (domain.value === null) ranges.push({ bounds: null, nulls: true });
    else ranges.push({ bounds: { low: domain.value, high: domain.value }, nulls: false });
  }
  return union(ranges);
}

/** The range of all of them; undefined when values do not compare. */
function union(ranges: readonly ValueRange[]): ValueRange | undefined {
  const nulls = ranges.some((range) => range.nulls);
  const [first, ...rest] = ranges.flatMap(({ bounds }) => bounds ?? []);
  if (first === undefined) return { bounds: null, nulls };
  let { low, high } = first;
  for (const next of rest) {
    const lower = compareValues(next.low, low);
    const higher = compareValues(next.high, high);
    if (lower === undefined || higher === undefined) return undefined;
    if (lower < 0) low = next.low;
    if (higher > 0) high = next.high;
  }
  return { bounds: { low, high }, nulls };
}

/** The range of the values in these files, or more than that where only parts of files are named. */
export function rangeOfFiles(ranges: FileRanges, files: readonly FileSlice[]): ValueRange | undefined {
  const found = files.map(({ path }) => ranges.get(path));
  return found.every((range) => range !== undefined) ? union(found as readonly ValueRange[]) : undefined;
}

/** Could both have the same value? True where that is not known. */
export function meet(a: ValueRange, b: ValueRange): boolean {
  if (a.bounds === null || b.bounds === null) return false;
  const below = compareValues(a.bounds.high, b.bounds.low);
  const above = compareValues(a.bounds.low, b.bounds.high);
  return below === undefined || above === undefined || (below >= 0 && above <= 0);
}

/** Is no value, and not NULL either, in two of them? */
export function areApart(ranges: readonly ValueRange[]): boolean {
  if (ranges.filter(({ nulls }) => nulls).length > 1) return false;
  return ranges.every((range, i) => ranges.slice(i + 1).every((other) => !meet(range, other)));
}

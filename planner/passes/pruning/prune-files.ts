/** Leaves out files of a data set that can't hold a row for which every filter is true. Whole files only. */
import type { ColumnStatistics, DataFile, DatasetTable, FileStatistics, RowGroup } from '../../catalog.ts';
import type { Expression } from '../../sql/ast.ts';
import { type ColumnOf, canBeTrue, type Domain, type DomainOf, outcomes } from './evaluate.ts';
import { isIntegerType, readValue } from './values.ts';

/** The files that survive what their paths say (hive keys). */
export function pruneByHive(
  table: DatasetTable,
  files: readonly DataFile[],
  filters: readonly Expression[],
  columnOf: ColumnOf,
): readonly DataFile[] {
  if (filters.length === 0) return files;
  return files.filter((file) => mayMatch(filters, columnOf, hiveDomains(table, file)));
}

/** The files that survive their Parquet footers. `statistics` has one entry per file. */
export function pruneByStatistics(
  table: DatasetTable,
  files: readonly DataFile[],
  statistics: readonly FileStatistics[],
  filters: readonly Expression[],
  columnOf: ColumnOf,
): readonly DataFile[] {
  if (filters.length === 0) return files;
  return files.filter((file, i) =>
    statistics[i]!.rowGroups.some((group) => mayMatch(filters, columnOf, groupDomains(table, file, group))),
  );
}

/** True when every row of the file is known to pass all filters by its path alone: then nothing is left to test. */
export function passesByHive(table: DatasetTable, file: DataFile, filters: readonly Expression[], columnOf: ColumnOf) {
  const scope = { columnOf, domainOf: hiveDomains(table, file) };
  return filters.every((filter) => outcomes(filter, scope) === canBeTrue);
}

function mayMatch(filters: readonly Expression[], columnOf: ColumnOf, domainOf: DomainOf): boolean {
  return filters.every((filter) => (outcomes(filter, { columnOf, domainOf }) & canBeTrue) !== 0);
}

const unknown: Domain = { kind: 'unknown', nulls: 'maybe' };

/** What a file's path says of its columns. */
export function hiveDomains(table: DatasetTable, file: DataFile): DomainOf {
  return (name) => {
    const column = table.columns.find((candidate) => candidate.name === name);
    if (column === undefined || !column.hive) return unknown;
    const text = file.hive[name] ?? null;
    if (text === null) return { kind: 'exact', value: null };
    const value = readValue(text, column.type);
    return value === undefined ? unknown : { kind: 'exact', value };
  };
}

/** What a file's path and one row group of its footer say. */
export function groupDomains(table: DatasetTable, file: DataFile, group: RowGroup): DomainOf {
  const byPath = hiveDomains(table, file);
  return (name) => {
    const column = table.columns.find((candidate) => candidate.name === name);
    if (column === undefined) return unknown;
    if (column.hive) return byPath(name);
    const inFile = file.differs?.[name];
    if (inFile === null) return { kind: 'exact', value: null };
    // Widening keeps the order only among integers.
    if (inFile !== undefined && !(isIntegerType(inFile) && isIntegerType(column.type))) return unknown;
    return statisticsDomain(group.columns[name], inFile ?? column.type, group.rowCount);
  };
}

/** What min, max and null count say of a column of type `type`. */
export function statisticsDomain(statistics: ColumnStatistics | undefined, type: string, rowCount: number): Domain {
  if (statistics === undefined) return unknown;
  const { min, max, exact, nullCount } = statistics;
  if (nullCount !== null && nullCount === rowCount) return { kind: 'exact', value: null };
  const rest: Domain = { kind: 'unknown', nulls: nullCount === 0 ? 'none' : 'maybe' };
  if (!exact || min === null || max === null) return rest;
  // DuckDB prints bytes that are not text as \x..: such a text is not the value.
  if (type === 'VARCHAR' && (min.includes('\\') || max.includes('\\'))) return rest;
  const [low, high] = [readValue(min, type), readValue(max, type)];
  if (low === undefined || high === undefined) return rest;
  return { kind: 'range', min: low, max: high, nulls: nullCount !== 0 };
}

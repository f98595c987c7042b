import { relative } from 'node:path';
import type { DatasetTable } from '../../../planner/catalog.ts';
import { errors } from '../../../planner/errors.ts';
import { nearestName } from '../../../planner/nearest-name.ts';
import type { CopyOption } from '../../../planner/plan/plan.ts';
import type { WriteLayout } from '../../../planner/write/write-plan.ts';
import { quoteIdentifier } from '../../../worker/engine/quote.ts';
import type { AppendTarget } from '../../catalog/catalog.ts';
import type { Insert } from './write-statements.ts';

/**
 * The rows of an INSERT as rows of the table: its columns in their order and types, NULL in those that are not given. `given`: columns of the
 * query. Raises 42703, 42701, 42601.
 */
export function insertQuery({ columns, query }: Insert, target: DatasetTable, given: number): string {
  const names = target.columns.map(({ name }) => name);
  const wanted = (columns ?? names.slice(0, given)).map((name) => {
    const found = names.find((own) => own.toLowerCase() === name.toLowerCase());
    if (found === undefined) throw errors.undefinedColumn(name, nearestName(name, names));
    return found;
  });
  const twice = wanted.find((name, i) => wanted.indexOf(name) !== i);
  if (twice !== undefined) throw errors.duplicateColumn(twice);
  if (given > wanted.length) throw errors.insertColumns('expressions', 'target columns');
  if (given < wanted.length) throw errors.insertColumns('target columns', 'expressions');
  const items = target.columns.map(({ name, type }) => {
    const place = wanted.indexOf(name);
    return `CAST(${place < 0 ? 'NULL' : `"__v${place}"`} AS ${type}) AS ${quoteIdentifier(name)}`;
  });
  const values = wanted.map((_, i) => `"__v${i}"`).join(', ');
  return `SELECT ${items.join(', ')} FROM (\n${query}\n) AS "__new"(${values})`;
}

/** Reader options that are options of COPY as well. */
const shared: readonly string[] = ['delim', 'quote', 'escape', 'header', 'nullstr', 'dateformat', 'timestampformat'];
/** With these, new files would be read otherwise than they were written. */
const unwritable: readonly string[] = ['skip', 'comment', 'encoding', 'decimal_separator'];

/** New files lie as those that are there. Raises 0A000 for files that are read in a way in which none can be written. */
export function appendLayout(target: DatasetTable, { folder, manifest }: AppendTarget): WriteLayout {
  const { format } = target;
  const hashed = manifest?.layout?.kind === 'hash' ? manifest.layout : undefined;
  const partitionBy =
    manifest !== undefined && manifest.columns !== null ? manifest.partitionBy : hiveKeys(target, folder);
  if (partitionBy.length > 0 && format === 'json') throw errors.featureNotSupported('"partition_by" with JSON files');
  return {
    format,
    options: manifest !== undefined && manifest.columns !== null ? manifest.options : optionsOf(target),
    partitionBy,
    hashBy: hashed?.by ?? [],
    partitions: hashed?.buckets ?? null,
    orderBy: hashed === undefined || partitionBy.length > 0 ? null : (manifest?.orderBy ?? null),
    fileBytes: null,
  };
}

/** In the order of the folders. */
function hiveKeys({ columns, files }: DatasetTable, folder: string): readonly string[] {
  const keys = columns.filter(({ hive }) => hive).map(({ name }) => name);
  const [first] = files;
  if (first === undefined) return keys;
  const parts = relative(folder, first.path).split('/');
  const place = (key: string) => parts.findIndex((part) => part.toLowerCase().startsWith(`${key.toLowerCase()}=`));
  return [...keys].sort((a, b) => place(a) - place(b));
}

function optionsOf({ name, format, options }: DatasetTable): Readonly<Record<string, CopyOption>> {
  if (format !== 'csv') return {};
  const bad = unwritable.find((option) => ![undefined, 0, '', '\0', 'utf-8', '.'].includes(options[option] as never));
  if (bad !== undefined)
    throw errors.featureNotSupported(`writing to data set "${name}", whose files are read with "${bad}",`);
  const known = Object.entries(options).filter(([option, value]) => shared.includes(option) && value !== '\0');
  return Object.fromEntries(known);
}

import type { FileFormat } from '../../planner/catalog.ts';

const formatOfExtension: Readonly<Record<string, FileFormat>> = {
  parquet: 'parquet',
  parq: 'parquet',
  pq: 'parquet',
  csv: 'csv',
  tsv: 'csv',
  json: 'json',
  ndjson: 'json',
  jsonl: 'json',
};
const compressions: ReadonlySet<string> = new Set(['gz', 'zst']);

/** A file name in its parts: `trades.csv.gz` is `trades`, csv. Null when its extension is not that of a data file. */
export function dataFileName(name: string): { readonly stem: string; readonly format: FileFormat } | null {
  const parts = name.split('.');
  const last = parts.pop()?.toLowerCase() ?? '';
  const extension = compressions.has(last) ? (parts.pop()?.toLowerCase() ?? '') : last;
  const format = formatOfExtension[extension];
  if (format === undefined || parts.length === 0) return null;
  if (format === 'parquet' && compressions.has(last)) return null;
  return { stem: parts.join('.'), format };
}

/** Names beginning with `.` or `_` (hidden files, `_SUCCESS`, `_delta_log`, unfinished writes) are never read as data. */
export function isHidden(name: string): boolean {
  return name.startsWith('.') || name.startsWith('_');
}

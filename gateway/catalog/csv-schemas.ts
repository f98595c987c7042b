import type { ReaderOptions } from '../../planner/catalog.ts';
import { quoteLiteral } from '../../worker/engine/quote.ts';
import { type FileColumn, type FileSchema, fileError, type SchemaPool } from './file-schema.ts';
import { type MetadataEngine, type Row, textOf } from './metadata-engine.ts';
import { printReaderOptions } from './reader-options.ts';

/** How a CSV file is laid out, as sniffed. */
export interface SniffedCsv {
  readonly schema: FileSchema;
  readonly options: ReaderOptions;
  /** False for a file without data rows: its types say nothing. */
  readonly hasRows: boolean;
}

/**
 * Sniffs CSV files with sniff_csv. The layout (delimiter, quotes, header, formats of dates) of a data set is that of its first file
 * with rows; what is given with `options` is not sniffed. Rejects with 58030 that names the file.
 */
export class CsvSchemas {
  readonly #engine: MetadataEngine;
  readonly #pool: SchemaPool;

  constructor(engine: MetadataEngine, pool: SchemaPool) {
    this.#engine = engine;
    this.#pool = pool;
  }

  async sniff(path: string, bytes: number, options: ReaderOptions): Promise<SniffedCsv> {
    if (bytes === 0) return { schema: this.#pool.share([]), options: {}, hasRows: false };
    try {
      const row = await this.#sniff(path, options);
      const layout = { ...layoutOf(row), ...(await this.#withQuotes(path, options, row)) };
      const columns = columnsOf(row);
      return {
        schema: this.#pool.share(columns),
        options: layout,
        hasRows: await this.#hasRows(path, { ...layout, ...options }, columns),
      };
    } catch (error) {
      throw fileError(path, error);
    }
  }

  /**
   * A file whose first rows have no quotes, or none that are doubled, is sniffed as one that never has them, and its first such value
   * would be an error. When reading it the usual way gives the same columns, that is taken.
   */
  async #withQuotes(path: string, options: ReaderOptions, row: Row): Promise<Quoting | null> {
    const layout = layoutOf(row);
    if (options.quote !== undefined || (layout.quote !== '' && layout.escape !== '')) return null;
    const usual = typeof layout.quote === 'string' && layout.quote !== '' ? layout.quote : '"';
    const quoting = { quote: usual, escape: usual };
    // An error is an answer here: the file can't be read that way.
    const [quoted] = await this.#engine.rows(sniffSql(path, { ...layout, ...options, ...quoting })).catch(() => []);
    const same = quoted !== undefined && JSON.stringify(columnsOf(quoted)) === JSON.stringify(columnsOf(row));
    return same ? quoting : null;
  }

  async #sniff(path: string, options: ReaderOptions): Promise<Row> {
    const [row] = await this.#engine.rows(sniffSql(path, options));
    if (row === undefined) throw new Error('sniff_csv found nothing');
    return row;
  }

  async #hasRows(path: string, options: ReaderOptions, columns: readonly FileColumn[]): Promise<boolean> {
    const types = columns.map(({ name }) => `${quoteLiteral(name)}: 'VARCHAR'`).join(', ');
    const parameters = printReaderOptions(options).map((option) => `, ${option}`);
    const source = `read_csv(${quoteLiteral(path)}, auto_detect = false, columns = {${types}}${parameters.join('')})`;
    return (await this.#engine.rows(`SELECT 1 AS one FROM ${source} LIMIT 1`)).length > 0;
  }
}

function sniffSql(path: string, options: ReaderOptions): string {
  const parameters = printReaderOptions(options).map((option) => `, ${option}`);
  return `FROM sniff_csv(${quoteLiteral(path)}${parameters.join('')})`;
}

function columnsOf(row: Row): readonly FileColumn[] {
  const columns = row.Columns;
  if (!Array.isArray(columns)) throw new TypeError('sniff_csv gave no columns');
  return columns.map((column) => {
    const { name, type } = column as { readonly name: string; readonly type: string };
    return { name, type };
  });
}

type Quoting = { readonly quote: string; readonly escape: string };

function layoutOf(row: Row): ReaderOptions {
  const optional = (field: string) => {
    const value = row[field];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const char = (field: string) => (textOf(row, field) === '(empty)' ? '' : textOf(row, field));
  const dateformat = optional('DateFormat');
  const timestampformat = optional('TimestampFormat');
  return {
    delim: char('Delimiter'),
    quote: char('Quote'),
    escape: char('Escape'),
    header: row.HasHeader === true,
    skip: Number(row.SkipRows),
    ...(char('Comment') === '' ? {} : { comment: char('Comment') }),
    ...(dateformat === undefined ? {} : { dateformat }),
    ...(timestampformat === undefined ? {} : { timestampformat }),
  };
}

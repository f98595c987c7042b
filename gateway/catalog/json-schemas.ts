import type { ReaderOptions } from '../../planner/catalog.ts';
import { quoteIdentifier, quoteLiteral } from '../../worker/engine/quote.ts';
import { type FileColumn, type FileSchema, fileError, type SchemaPool } from './file-schema.ts';
import { type MetadataEngine, textOf } from './metadata-engine.ts';
import { printReaderOptions } from './reader-options.ts';

/** Rows of each file that are read twice to prove that dates mean the same without sniffing. */
const sampleRows = 2_000;
/** Formats that DuckDB's sniffer tries, besides the ISO form without zone, which needs none. */
const dateFormats = ['%m-%d-%Y', '%m-%d-%y', '%d-%m-%Y', '%d-%m-%y', '%y-%m-%d'];
/** With `Z`: read without a format, a later value with another zone would lose it unnoticed. */
const zonedFormats = ['%Y-%m-%dT%H:%M:%SZ', '%Y-%m-%dT%H:%M:%S.%fZ'];
const timestampFormats = [
  '%Y-%m-%dT%H:%M:%S%z',
  '%Y-%m-%d %H:%M:%S.%f',
  '%m-%d-%Y %I:%M:%S %p',
  '%m-%d-%y %I:%M:%S %p',
  '%d-%m-%Y %H:%M:%S',
  '%d-%m-%y %H:%M:%S',
  '%y-%m-%d %H:%M:%S',
];

export interface SniffedJson {
  readonly schema: FileSchema;
  /** `dateformat` and `timestampformat` where the file needs them; null when it has neither dates nor timestamps. */
  readonly layout: ReaderOptions | null;
}

/** Finds the columns of JSON files: DuckDB's own sniffing, frozen. Rejects with 58030 that names the file. */
export class JsonSchemas {
  readonly #engine: MetadataEngine;
  readonly #pool: SchemaPool;

  constructor(engine: MetadataEngine, pool: SchemaPool) {
    this.#engine = engine;
    this.#pool = pool;
  }

  /** `layout`: the formats that earlier files of the data set settled, or null when none of them has dates. */
  async sniff(path: string, bytes: number, options: ReaderOptions, layout: ReaderOptions | null): Promise<SniffedJson> {
    if (bytes === 0) return { schema: this.#pool.share([]), layout: null };
    try {
      const columns = await this.describe([path], options);
      const moments = columns.filter(({ type }) => hasMoment(type));
      if (moments.length === 0) return { schema: this.#pool.share(columns), layout: null };
      const tried = layout === null ? candidates(moments) : [layout];
      const found = await this.#formats(path, columns, options, tried);
      if (found !== null) return { schema: this.#pool.share(columns), layout: found };
      const asText = columns.map(({ name, type }) => ({ name, type: hasMoment(type) ? 'VARCHAR' : type }));
      return { schema: this.#pool.share(asText), layout: null };
    } catch (error) {
      throw fileError(path, error);
    }
  }

  /** The columns that DuckDB finds for these files together. */
  async describe(paths: readonly string[], options: ReaderOptions): Promise<readonly FileColumn[]> {
    const source = reader(paths, [...printReaderOptions(options), `maximum_sample_files = ${paths.length}`]);
    const rows = await this.#engine.rows(`DESCRIBE FROM ${source}`);
    return rows.map((row) => ({ name: textOf(row, 'column_name'), type: textOf(row, 'column_type') }));
  }

  /**
   * The options with which a reader that is told the types gives the values that the sniffing one gives. Null: there are none (DuckDB
   * found a format per column); such columns are text.
   */
  async #formats(
    path: string,
    columns: readonly FileColumn[],
    options: ReaderOptions,
    tried: readonly ReaderOptions[],
  ): Promise<ReaderOptions | null> {
    const moments = columns.filter(({ type }) => hasMoment(type));
    const names = moments.map(({ name }) => `CAST(${quoteIdentifier(name)} AS VARCHAR)`).join(', ');
    const sample = (parameters: readonly string[]) =>
      `SELECT md5(string_agg(CAST(hash(${names}) AS VARCHAR), ',')) AS print FROM (FROM ${reader([path], parameters)} LIMIT ${sampleRows})`;
    const printed = printReaderOptions(options);
    const types = columns.map(({ name, type }) => `${quoteLiteral(name)}: ${quoteLiteral(type)}`).join(', ');
    const fixed = ['auto_detect = false', `columns = {${types}}`];
    const [truth] = await this.#engine.rows(sample(printed));
    for (const candidate of tried) {
      const all = [...fixed, ...printReaderOptions({ ...options, ...candidate })];
      // An error is an answer here: this candidate does not read the file.
      const [row] = await this.#engine.rows(sample(all)).catch(() => []);
      if (row !== undefined && row.print === truth?.print) return candidate;
    }
    return null;
  }
}

function candidates(moments: readonly FileColumn[]): readonly ReaderOptions[] {
  const dates = moments.some(({ type }) => /\bDATE\b/.test(type)) ? dateFormats : [];
  const hasTimes = moments.some(({ type }) => /\bTIMESTAMP\b/.test(type));
  const [zoned, times] = hasTimes ? [zonedFormats, timestampFormats] : [[], []];
  const both = dates.flatMap((dateformat) =>
    [...zoned, ...times].map((timestampformat) => ({ dateformat, timestampformat })),
  );
  return [
    ...zoned.map((timestampformat) => ({ timestampformat })),
    {},
    ...dates.map((dateformat) => ({ dateformat })),
    ...times.map((timestampformat) => ({ timestampformat })),
    ...both,
  ];
}

function hasMoment(type: string): boolean {
  return /\b(?:DATE|TIMESTAMP)\b/.test(type.replaceAll(/"(?:[^"]|"")*"/g, ''));
}

function reader(paths: readonly string[], parameters: readonly string[]): string {
  return `read_json([${paths.map(quoteLiteral).join(', ')}], ${['hive_partitioning = false', ...parameters].join(', ')})`;
}

import type { FileFormat, ReaderOptions } from '../../planner/catalog.ts';
import { CsvSchemas } from './csv-schemas.ts';
import { type FileColumn, type FileSchema, SchemaPool, unknownType } from './file-schema.ts';
import { JsonSchemas } from './json-schemas.ts';
import type { ListedFile } from './list-files.ts';
import type { MetadataEngine } from './metadata-engine.ts';
import { ParquetSchemas } from './parquet-schemas.ts';
import { type SeenSchema, TypeUnifier } from './unify-types.ts';

/** What was found in files, and how files of this data set are to be read from now on. */
export interface SchemaReading {
  readonly schemas: ReadonlyMap<string, FileSchema>;
  /** Frozen: given back with the next reading of the same data set. */
  readonly layout: ReaderOptions | null;
}

interface FormatReader {
  /** Reads the schemas of new files. Rejects with 58030 that names the file. */
  readonly read: (
    files: readonly ListedFile[],
    given: ReaderOptions,
    layout: ReaderOptions | null,
  ) => Promise<SchemaReading>;
  /** Brings the schemas of all files together. */
  readonly unify: (table: string, seen: readonly SeenSchema[], given: ReaderOptions) => Promise<readonly FileColumn[]>;
}

/** Reads what files hold, by format; caches what does not depend on the data set. */
export class SchemaReader {
  readonly #readers: Readonly<Record<FileFormat, FormatReader>>;
  readonly #unifier: TypeUnifier;

  constructor(engine: MetadataEngine) {
    const pool = new SchemaPool();
    const unifier = new TypeUnifier(engine);
    this.#unifier = unifier;
    const parquet = new ParquetSchemas(engine, pool);
    this.#readers = {
      parquet: {
        read: async (files) => ({ schemas: await parquet.read(files.map(({ path }) => path)), layout: null }),
        unify: (table, seen) => unifier.unify(table, 'parquet', seen),
      },
      csv: csvReader(new CsvSchemas(engine, pool), pool, unifier),
      json: jsonReader(new JsonSchemas(engine, pool)),
    };
  }

  of(format: FileFormat): FormatReader {
    return this.#readers[format];
  }

  /** DuckDB's type for values of both types. */
  widen(left: string, right: string): Promise<string> {
    return this.#unifier.widen(left, right);
  }
}

function csvReader(csv: CsvSchemas, pool: SchemaPool, unifier: TypeUnifier): FormatReader {
  return {
    read: async (files, given, known) => {
      const schemas = new Map<string, FileSchema>();
      let layout = known;
      for (const { path, bytes } of files) {
        const sniffed = await csv.sniff(path, bytes, { ...layout, ...given });
        if (sniffed.hasRows) layout = { ...sniffed.options, ...layout };
        const untyped = () => pool.share(sniffed.schema.columns.map(({ name }) => ({ name, type: unknownType })));
        schemas.set(path, sniffed.hasRows ? sniffed.schema : untyped());
      }
      return { schemas, layout };
    },
    unify: async (table, seen) => {
      const columns = await unifier.unify(table, 'csv', seen);
      return columns.map(({ name, type }) => ({ name, type: type === unknownType ? 'VARCHAR' : type }));
    },
  };
}

function jsonReader(json: JsonSchemas): FormatReader {
  return {
    read: async (files, given, known) => {
      const schemas = new Map<string, FileSchema>();
      let layout = known;
      for (const { path, bytes } of files) {
        const sniffed = await json.sniff(path, bytes, given, layout);
        layout ??= sniffed.layout;
        schemas.set(path, sniffed.schema);
      }
      return { schemas, layout };
    },
    unify: async (_table, seen, given) => {
      if (seen.length === 0) return [];
      const columns = await json.describe(
        seen.map(({ path }) => path),
        given,
      );
      const text = new Set<string>();
      for (const { schema } of seen) {
        for (const { name, type } of schema.columns) if (type === 'VARCHAR') text.add(name.toLowerCase());
      }
      return columns.map(({ name, type }) => ({
        name,
        type: text.has(name.toLowerCase()) && type !== 'JSON' ? 'VARCHAR' : type,
      }));
    },
  };
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../config/package-info.ts';

/** Where the files are that testdata/pg-catalog/make-seed.mjs made. */
export const seedFolder = join(packageRoot, 'gateway/pg-catalog/seed');

export interface CatalogColumn {
  readonly name: string;
  /** PostgreSQL's name of the type, `_name` for arrays. Domains are given by their base type. */
  readonly type: string;
}

/** A relation of pg_catalog or information_schema. */
export interface CatalogRelation {
  readonly oid: number;
  readonly schema: 'pg_catalog' | 'information_schema';
  readonly name: string;
  readonly columns: readonly CatalogColumn[];
  /** Of views: their query, in PostgreSQL's SQL. */
  readonly definition: string | undefined;
}

/** What is fixed by the version: relations with their columns, and what functions return. */
export interface CatalogShape {
  /** By key, see `relationKey`. */
  readonly relations: ReadonlyMap<string, CatalogRelation>;
  /** The type that a function gives, by its name; only where all of a name give the same. */
  readonly functionTypes: ReadonlyMap<string, string>;
}

/** `pg_class`, `information_schema.tables`: the name of a relation in this room. */
export function relationKey(schema: string, name: string): string {
  return schema === 'pg_catalog' ? name : `${schema}.${name}`;
}

interface SeedRelation {
  readonly oid: number;
  readonly schema: 'pg_catalog' | 'information_schema';
  readonly name: string;
  readonly definition?: string;
  readonly columns: readonly (readonly [name: string, type: string])[];
}

let shape: Promise<CatalogShape> | undefined;

/** Read once in the life of the process. Rejects when the files of the package are not there. */
export function catalogShape(): Promise<CatalogShape> {
  shape ??= readShape();
  return shape;
}

async function readShape(): Promise<CatalogShape> {
  const [relations, functions] = await Promise.all(
    ['relations.json', 'functions.json'].map((name) => readFile(join(seedFolder, name), 'utf8')),
  );
  const read = (JSON.parse(relations!) as readonly SeedRelation[]).map((relation): [string, CatalogRelation] => [
    relationKey(relation.schema, relation.name),
    {
      oid: relation.oid,
      schema: relation.schema,
      name: relation.name,
      columns: relation.columns.map(([name, type]) => ({ name, type })),
      definition: relation.definition,
    },
  ]);
  const types = Object.entries(JSON.parse(functions!) as Record<string, readonly string[]>);
  return {
    relations: new Map(read),
    functionTypes: new Map(types.flatMap(([type, names]) => names.map((name): [string, string] => [name, type]))),
  };
}

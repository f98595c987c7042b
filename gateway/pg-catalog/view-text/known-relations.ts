/** What the rows of a state say of relations, for the names in views. */
import type { CatalogRow, DynamicRows } from '../state/dynamic-rows.ts';
import { wellKnown } from '../state/dynamic-rows.ts';
import type { Column } from './expr.ts';
import type { FindRelation } from './scope.ts';
import { sqlNameOf, type TypeFact, type TypeFacts, withTypes } from './type-facts.ts';

/** Schemas in the order in which names are looked up. */
function searchPath(rows: DynamicRows): readonly number[] {
  const oids = new Map<unknown, number>([['public', wellKnown.publicSchema]]);
  for (const { nspname, oid } of rows.of('pg_namespace')) oids.set(nspname, Number(oid));
  const path = rows.of('search_path').filter(({ position }) => Number(position) >= 0);
  const ordered = [...path].sort((a, b) => Number(a.position) - Number(b.position));
  return ordered.flatMap(({ name }) => oids.get(name) ?? []);
}

function typeOf(row: CatalogRow): TypeFact {
  return {
    oid: Number(row.oid),
    name: String(row.typname),
    kind: String(row.typtype),
    category: String(row.typcategory),
    preferred: false,
    element: row.typcategory === 'A' ? Number(row.typelem) : 0,
    array: Number(row.typarray ?? 0),
  };
}

/** PostgreSQL's types, and enums that are found without their schema. */
export function factsOf(facts: TypeFacts, rows: DynamicRows): TypeFacts {
  const path = searchPath(rows);
  const own = rows.of('pg_type').filter(({ typnamespace }) => path.includes(Number(typnamespace)));
  const enums = new Set(own.flatMap(({ oid, typtype }) => (typtype === 'e' ? Number(oid) : [])));
  const wanted = ({ oid, typelem }: CatalogRow) => enums.has(Number(oid)) || enums.has(Number(typelem ?? 0));
  return withTypes(facts, own.filter(wanted).map(typeOf));
}

function columnsByRelation(rows: DynamicRows): ReadonlyMap<number, readonly Column[]> {
  const found = new Map<number, Column[]>();
  for (const { attrelid, attname, atttypid, atttypmod } of rows.of('pg_attribute')) {
    const list = found.get(Number(attrelid)) ?? [];
    list.push({ name: String(attname), type: Number(atttypid), typmod: Number(atttypmod) });
    found.set(Number(attrelid), list);
  }
  return found;
}

export interface KnownRelations {
  readonly find: FindRelation;
  readonly columns: ReadonlyMap<number, readonly Column[]>;
}

/** `viewColumns`: of a view, as PostgreSQL has their types; undefined: not known. */
export function knownRelations(
  facts: TypeFacts,
  rows: DynamicRows,
  viewColumns: (oid: number) => readonly Column[] | undefined,
): KnownRelations {
  const path = searchPath(rows);
  const schemas = new Map<unknown, string>([[wellKnown.publicSchema, 'public']]);
  for (const { oid, nspname } of rows.of('pg_namespace')) schemas.set(oid, String(nspname));
  const columns = columnsByRelation(rows);
  const byName = new Map<string, CatalogRow[]>();
  for (const row of rows.of('pg_class')) {
    if (!/^[rvf]$/.test(String(row.relkind))) continue;
    const name = String(row.relname);
    byName.set(name, [...(byName.get(name) ?? []), row]);
  }
  const place = ({ relnamespace }: CatalogRow) => path.indexOf(Number(relnamespace));
  const inPath = (list: readonly CatalogRow[]): CatalogRow | undefined =>
    list.filter((row) => place(row) >= 0).sort((a, b) => place(a) - place(b))[0];
  const find: FindRelation = (schema, name) => {
    const list = byName.get(name) ?? [];
    const visible = inPath(list);
    const row = schema === undefined ? visible : list.find((each) => schemas.get(each.relnamespace) === schema);
    if (row === undefined) return undefined;
    const plain = sqlNameOf(facts, name);
    const shown = row === visible ? plain : `${sqlNameOf(facts, schemas.get(row.relnamespace) ?? '')}.${plain}`;
    const oid = Number(row.oid);
    return { shown, name, plain: row === visible, columns: row.relkind === 'v' ? viewColumns(oid) : columns.get(oid) };
  };
  return { find, columns };
}

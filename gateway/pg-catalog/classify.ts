import { type Node, stringsOf } from '../../planner/sql/postgres.ts';
import { macros } from './functions/index.ts';
import { type CatalogShape, relationKey } from './relations.ts';
import { relationFunctions } from './translate/from.ts';

/** What a query is about: nothing of the catalogs, only them, or tables of users as well. */
export type Subject = 'other' | 'catalog' | 'mixed';

/** A text without any of these is not about catalogs. */
const hint =
  /\bpg_|information_schema|\breg(?:class|type|proc|procedure|namespace|role|oper)\b|current_(?:schemas?|setting|database|catalog|user|role)|format_type|(?:obj|col)_description|has_\w+_privilege|to_reg|quote_ident|session_user|version\s*\(|row_security_active/i;

/** Functions that DuckDB answers as PostgreSQL does, or nearly: they alone make no query one on the catalogs. */
const plainFunctions: ReadonlySet<string> = new Set([
  'quote_literal',
  'quote_nullable',
  'pg_sleep',
  'age',
  'to_number',
  'similar_to',
  'like_escape',
  'array_in',
  'array_out',
  'user',
  'set_config',
]);
const catalogTypes = /^reg(class|type|proc|procedure|namespace|role|oper|operator|config|dictionary|collation)$/;
const valueFunctions = /CURRENT_(CATALOG|SCHEMA|USER|ROLE)|SESSION_USER|SVFOP_USER/;

interface Found {
  catalog: boolean;
  user: boolean;
  readonly ctes: Set<string>;
  readonly relations: { readonly schema: string | undefined; readonly name: string }[];
}

function walk(value: unknown, found: Found): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, found);
  } else if (typeof value === 'object' && value !== null) {
    for (const [kind, fields] of Object.entries(value)) {
      visit(kind, fields as Record<string, unknown>, found);
      walk(fields, found);
    }
  }
}

function visit(kind: string, fields: Record<string, unknown>, found: Found): void {
  if (kind === 'RangeVar') {
    found.relations.push({ schema: fields.schemaname as string | undefined, name: String(fields.relname) });
  } else if (kind === 'CommonTableExpr') {
    found.ctes.add(String(fields.ctename));
  } else if (kind === 'FuncCall') {
    found.catalog ||= isCatalogFunction(stringsOf(fields.funcname as Node[]).at(-1) ?? '');
  } else if (kind === 'typeName') {
    found.catalog ||= isCatalogType(stringsOf(fields.names as Node[]).at(-1) ?? '');
  } else if (kind === 'SQLValueFunction') {
    found.catalog ||= isCatalogValue(String(fields.op));
  }
}

/** Is a function of that name answered here, and nowhere else? */
export function isCatalogFunction(name: string): boolean {
  return (
    (macros.has(name) && !plainFunctions.has(name)) || relationFunctions.has(name) || /^pg_(stat_)?get_/.test(name)
  );
}

/** A type whose values name objects. */
export function isCatalogType(name: string): boolean {
  return catalogTypes.test(name);
}

/** `op` of libpg-query's SQLValueFunction. */
export function isCatalogValue(op: string): boolean {
  return valueFunctions.test(op);
}

/** False for texts that need not be parsed to know that they are about something else. */
export function mayBeCatalog(sql: string): boolean {
  return hint.test(sql);
}

/** What a statement is about. */
export function subjectOf(shape: CatalogShape, statement: Node): Subject {
  const found: Found = { catalog: false, user: false, ctes: new Set(), relations: [] };
  if (!('SelectStmt' in statement)) return 'other';
  walk(statement, found);
  for (const { schema, name } of found.relations) {
    if (schema === undefined && found.ctes.has(name)) continue;
    if (shape.relations.has(relationKey(schema ?? 'pg_catalog', name))) found.catalog = true;
    else found.user = true;
  }
  if (!found.catalog) return 'other';
  return found.user ? 'mixed' : 'catalog';
}

import type { CatalogColumn, CatalogShape } from '../relations.ts';

/** An expression in DuckDB's SQL. */
export interface Typed {
  readonly sql: string;
  /** PostgreSQL's name of its type; undefined: not known here. */
  readonly type: string | undefined;
  /** Set for a bare string constant: its value. */
  readonly literal?: string;
}

/** A column of a relation in scope. */
export interface ScopeColumn {
  readonly name: string;
  readonly type: string | undefined;
}

/** Something in FROM. */
export interface ScopeRelation {
  /** As it is called in the query. */
  readonly alias: string;
  /** Undefined: a table of the user. */
  readonly columns: readonly ScopeColumn[] | undefined;
  /** Of catalog relations. */
  readonly oid?: number;
}

export interface Scope {
  readonly relations: ScopeRelation[];
  readonly ctes: Map<string, readonly ScopeColumn[] | undefined>;
  readonly parent: Scope | undefined;
}

/** What a text is translated with, and what the translation uses. */
export interface Translation {
  readonly shape: CatalogShape;
  /** Functions that are macros here. */
  readonly macros: ReadonlySet<string>;
  /** Keys of catalog relations that are read. */
  readonly relations: Set<string>;
  readonly functions: Set<string>;
  /** DuckDB's types of parameters, where what they stand beside tells. */
  readonly parameters: Map<number, string>;
  /** OIDs of the types of those that are oid or oid[]. */
  readonly oidParameters: Map<number, number>;
  /** Queries within the text so far, those in macros included: DuckDB can't have them everywhere. */
  subqueries: number;
  /** Named windows and derived tables without a name are numbered. */
  next: number;
}

/** Marks a relation or macro in translated text: see `fillNames`. */
const open = '\uE000';
const close = '\uE001';

/** Texts with these characters can't be translated. */
export const reservedCharacters = /[\uE000\uE001]/;

/** A place for the name of a relation or macro, which depends on where the text runs. */
export function nameMark(name: string): string {
  return `${open}${name}${close}`;
}

/** Puts names for the marks. */
export function fillNames(text: string, nameOf: (name: string) => string): string {
  return text.replace(/\uE000([^\uE001]*)\uE001/g, (_, name: string) => nameOf(name));
}

export function childScope(parent: Scope | undefined): Scope {
  return { relations: [], ctes: new Map(), parent };
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quotedText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A call of one of this room's macros. */
export function macroCall(t: Translation, name: string, args: readonly string[], type?: string): Typed {
  t.functions.add(name);
  // Most read a catalog.
  t.subqueries++;
  return { sql: `${nameMark(`fn:${name}`)}(${args.join(', ')})`, type: type ?? t.shape.functionTypes.get(name) };
}

/** The CTE of that name, if one is in scope. */
export function findCte(scope: Scope | undefined, name: string): { readonly columns: Scope['ctes'] } | undefined {
  for (let at = scope; at !== undefined; at = at.parent) {
    if (at.ctes.has(name)) return { columns: at.ctes };
  }
  return undefined;
}

export function columnsOfRelation(columns: readonly CatalogColumn[]): readonly ScopeColumn[] {
  return columns.map(({ name, type }) => ({ name, type }));
}

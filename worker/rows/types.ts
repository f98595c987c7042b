/**
 * DuckDB types as text: `parseType` reads what DuckDB's `typeof` and DESCRIBE print (and the usual synonyms), `typeText`
 * prints exactly what they print. Plans, frames and catalogs carry types as this text.
 */
import {
  ARRAY,
  BIGINT,
  BIGNUM,
  BIT,
  BLOB,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  DuckDBGeometryType,
  DuckDBStructType,
  type DuckDBType,
  DuckDBTypeId,
  DuckDBUnionType,
  DuckDBVarCharType,
  ENUM,
  FLOAT,
  GEOMETRY,
  HUGEINT,
  INTEGER,
  INTERVAL,
  LIST,
  MAP,
  SMALLINT,
  SQLNULL,
  TIME,
  TIME_NS,
  TIMESTAMP,
  TIMESTAMP_MS,
  TIMESTAMP_NS,
  TIMESTAMP_S,
  TIMESTAMPTZ,
  TIMETZ,
  TINYINT,
  UBIGINT,
  UHUGEINT,
  UINTEGER,
  USMALLINT,
  UTINYINT,
  UUID,
  VARCHAR,
  VARIANT,
} from '@duckdb/node-api';
import { errors } from '../../planner/errors.ts';
import { keywords } from '../../planner/keywords.ts';

/** DuckDB's alias type for JSON: VARCHAR underneath. */
export const JSON_TYPE: DuckDBType = new DuckDBVarCharType('JSON');

/** What functions of PostgreSQL that give nothing give: an empty text. DuckDB has no such type; only answers made by the gateway have it. */
export const VOID_TYPE: DuckDBType = new DuckDBVarCharType('PG_VOID');

/** How deep types may nest in a type text: bounds the recursion of the parser. */
const maxTypeDepth = 64;
/** Enough for every distinct type of a busy gateway; the cache is emptied when it is full. */
const maxCachedTypes = 2000;

/** Types without arguments, by every name that DuckDB accepts for them, upper case. The first name of each is the printed one. */
const plainTypes: Readonly<Record<string, DuckDBType>> = {
  ...named(BOOLEAN, 'BOOLEAN', 'BOOL', 'LOGICAL'),
  ...named(TINYINT, 'TINYINT', 'INT1'),
  ...named(SMALLINT, 'SMALLINT', 'INT2', 'SHORT', 'INT16'),
  ...named(INTEGER, 'INTEGER', 'INT', 'INT4', 'SIGNED', 'INTEGRAL', 'INT32'),
  ...named(BIGINT, 'BIGINT', 'INT8', 'LONG', 'INT64', 'OID'),
  ...named(HUGEINT, 'HUGEINT', 'INT128'),
  ...named(UTINYINT, 'UTINYINT', 'UINT8'),
  ...named(USMALLINT, 'USMALLINT', 'UINT16'),
  ...named(UINTEGER, 'UINTEGER', 'UINT32'),
  ...named(UBIGINT, 'UBIGINT', 'UINT64'),
  ...named(UHUGEINT, 'UHUGEINT', 'UINT128'),
  ...named(FLOAT, 'FLOAT', 'FLOAT4', 'REAL'),
  ...named(DOUBLE, 'DOUBLE', 'FLOAT8', 'DOUBLE PRECISION'),
  ...named(DATE, 'DATE'),
  ...named(TIME, 'TIME', 'TIME WITHOUT TIME ZONE'),
  ...named(TIMETZ, 'TIME WITH TIME ZONE', 'TIMETZ'),
  ...named(TIME_NS, 'TIME_NS'),
  ...named(TIMESTAMP, 'TIMESTAMP', 'DATETIME', 'TIMESTAMP_US', 'TIMESTAMP WITHOUT TIME ZONE'),
  ...named(TIMESTAMP_S, 'TIMESTAMP_S'),
  ...named(TIMESTAMP_MS, 'TIMESTAMP_MS'),
  ...named(TIMESTAMP_NS, 'TIMESTAMP_NS'),
  ...named(TIMESTAMPTZ, 'TIMESTAMP WITH TIME ZONE', 'TIMESTAMPTZ'),
  ...named(INTERVAL, 'INTERVAL'),
  ...named(VARCHAR, 'VARCHAR', 'TEXT', 'STRING', 'CHAR', 'BPCHAR', 'NVARCHAR', 'CHARACTER VARYING', 'CHARACTER'),
  ...named(JSON_TYPE, 'JSON'),
  ...named(BLOB, 'BLOB', 'BYTEA', 'BINARY', 'VARBINARY'),
  ...named(BIT, 'BIT', 'BITSTRING'),
  ...named(BIGNUM, 'BIGNUM', 'VARINT'),
  ...named(UUID, 'UUID', 'GUID'),
  ...named(SQLNULL, 'NULL', '"NULL"'),
  ...named(GEOMETRY, 'GEOMETRY'),
  ...named(VARIANT, 'VARIANT'),
  ...named(DECIMAL(18, 3), 'DECIMAL', 'NUMERIC', 'DEC'),
};

function named(type: DuckDBType, ...names: readonly string[]): Record<string, DuckDBType> {
  return Object.fromEntries(names.map((name) => [name, type]));
}

/** The printed name of a type that has no arguments, by type id. */
const plainNames: ReadonlyMap<DuckDBTypeId, string> = new Map(
  Object.entries(plainTypes)
    .filter(([, type]) => type !== JSON_TYPE)
    .reverse()
    .map(([name, type]) => [type.typeId, type.typeId === DuckDBTypeId.SQLNULL ? '"NULL"' : name]),
);

const cache = new Map<string, DuckDBType>();

/** Reads a type as DuckDB prints it. Throws 42704 for text that names no type. */
export function parseType(text: string): DuckDBType {
  const known = cache.get(text);
  if (known !== undefined) {
    return known;
  }
  const parser = new TypeParser(text);
  const type = parser.parse();
  if (cache.size >= maxCachedTypes) {
    cache.clear();
  }
  cache.set(text, type);
  return type;
}

const tokenPattern = /\s*(?:("(?:[^"]|"")*")|('(?:[^']|'')*')|([\p{L}_][\p{L}\p{N}_$]*)|(\d+)|([()[\],]))/uy;

type Token =
  | { readonly kind: 'quoted' | 'string' | 'word' | 'number' | 'symbol'; readonly text: string }
  | { readonly kind: 'end'; readonly text: '' };

function tokenize(text: string): readonly Token[] {
  const kinds = ['quoted', 'string', 'word', 'number', 'symbol'] as const;
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  tokenPattern.lastIndex = 0;
  for (let at = 0; at < end; ) {
    const match = tokenPattern.exec(text);
    if (match === null) {
      throw errors.undefinedType(text);
    }
    at = tokenPattern.lastIndex;
    const group = match.findIndex((value, index) => index > 0 && value !== undefined);
    tokens.push({ kind: kinds[group - 1]!, text: match[group]! });
  }
  return tokens;
}

/** A recursive-descent parser over one type text. */
class TypeParser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  parse(): DuckDBType {
    const type = this.#type();
    if (this.#peek().kind !== 'end') {
      throw this.#unknown();
    }
    return type;
  }

  #unknown() {
    return errors.undefinedType(this.#text);
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '' };
  }

  #accept(symbol: string): boolean {
    const token = this.#peek();
    if (token.kind !== 'symbol' || token.text !== symbol) {
      return false;
    }
    this.#at++;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#accept(symbol)) {
      throw this.#unknown();
    }
  }

  #number(): number {
    const token = this.#peek();
    if (token.kind !== 'number') {
      throw this.#unknown();
    }
    this.#at++;
    return Number(token.text);
  }

  #string(): string {
    const token = this.#peek();
    if (token.kind !== 'string') {
      throw this.#unknown();
    }
    this.#at++;
    return token.text.slice(1, -1).replaceAll("''", "'");
  }

  #type(): DuckDBType {
    if (++this.#depth > maxTypeDepth) {
      throw this.#unknown();
    }
    let type = this.#base();
    while (this.#accept('[')) {
      type = this.#peek().kind === 'number' ? ARRAY(type, this.#number()) : LIST(type);
      this.#expect(']');
    }
    this.#depth--;
    return type;
  }

  #base(): DuckDBType {
    const token = this.#peek();
    if (token.kind !== 'word' && token.text.toUpperCase() !== '"NULL"') {
      throw this.#unknown();
    }
    this.#at++;
    const word = token.text.toUpperCase();
    const parse = this.#peek().text === '(' ? this.#arguments[word] : undefined;
    return parse === undefined ? this.#plain(word) : parse();
  }

  /** Types of more than one word: the longest run of words that is a type's name. */
  #plain(first: string): DuckDBType {
    const words = [first];
    while (this.#tokens[this.#at + words.length - 1]?.kind === 'word') {
      words.push(this.#tokens[this.#at + words.length - 1]!.text.toUpperCase());
    }
    for (let count = words.length; count > 0; count--) {
      const name = words.slice(0, count).join(' ');
      if (Object.hasOwn(plainTypes, name)) {
        this.#at += count - 1;
        return name.startsWith('CHARACTER') && this.#peek().text === '(' ? this.#sizedText() : plainTypes[name]!;
      }
    }
    throw this.#unknown();
  }

  readonly #arguments: Readonly<Record<string, () => DuckDBType>> = {
    DECIMAL: () => this.#decimal(),
    NUMERIC: () => this.#decimal(),
    DEC: () => this.#decimal(),
    VARCHAR: () => this.#sizedText(),
    CHAR: () => this.#sizedText(),
    BPCHAR: () => this.#sizedText(),
    TEXT: () => this.#sizedText(),
    STRUCT: () => this.#struct(),
    ROW: () => this.#struct(),
    UNION: () => this.#union(),
    MAP: () => this.#map(),
    ENUM: () => this.#enum(),
    GEOMETRY: () => this.#geometry(),
  };

  #decimal(): DuckDBType {
    this.#expect('(');
    const width = this.#number();
    const scale = this.#accept(',') ? this.#number() : 0;
    this.#expect(')');
    if (width < 1 || width > 38 || scale > width) {
      throw this.#unknown();
    }
    return DECIMAL(width, scale);
  }

  /** DuckDB takes the length of a VARCHAR and ignores it. */
  #sizedText(): DuckDBType {
    this.#expect('(');
    this.#number();
    this.#expect(')');
    return VARCHAR;
  }

  #geometry(): DuckDBType {
    this.#expect('(');
    const crs = this.#string();
    this.#expect(')');
    return DuckDBGeometryType.create(undefined, crs);
  }

  #map(): DuckDBType {
    this.#expect('(');
    const key = this.#type();
    this.#expect(',');
    const value = this.#type();
    this.#expect(')');
    return MAP(key, value);
  }

  #enum(): DuckDBType {
    const values: string[] = [];
    this.#expect('(');
    if (!this.#accept(')')) {
      do {
        values.push(this.#string());
      } while (this.#accept(','));
      this.#expect(')');
    }
    return ENUM(values);
  }

  #struct(): DuckDBType {
    const { names, types } = this.#fields();
    return new DuckDBStructType(names, types);
  }

  #union(): DuckDBType {
    const { names, types } = this.#fields();
    return new DuckDBUnionType(names, types);
  }

  #fields(): { names: string[]; types: DuckDBType[] } {
    const names: string[] = [];
    const types: DuckDBType[] = [];
    this.#expect('(');
    do {
      const named = this.#fieldIsNamed();
      names.push(named ? this.#fieldName() : '');
      types.push(this.#type());
    } while (this.#accept(','));
    this.#expect(')');
    return { names, types };
  }

  /** `row(1, 2)` has fields without names: `STRUCT(INTEGER, INTEGER)`. A name is always followed by the first word of a type. */
  #fieldIsNamed(): boolean {
    const [name, next] = [this.#peek(), this.#tokens[this.#at + 1]];
    if (next === undefined || (next.kind !== 'word' && next.kind !== 'quoted')) {
      return false;
    }
    const together = `${name.text} ${next.text}`.toUpperCase();
    return !Object.keys(plainTypes).some((type) => type === together || type.startsWith(`${together} `));
  }

  #fieldName(): string {
    const token = this.#peek();
    this.#at++;
    if (token.kind === 'quoted') {
      return token.text.slice(1, -1).replaceAll('""', '"');
    }
    if (token.kind !== 'word') {
      throw this.#unknown();
    }
    return token.text;
  }
}

/** A type as DuckDB's own `typeof` prints it; `parseType` reads it back. */
export function typeText(type: DuckDBType): string {
  if (type.alias !== undefined) {
    return type.alias;
  }
  switch (type.typeId) {
    case DuckDBTypeId.DECIMAL:
      return `DECIMAL(${type.width},${type.scale})`;
    case DuckDBTypeId.LIST:
      return `${typeText(type.valueType)}[]`;
    case DuckDBTypeId.ARRAY:
      return `${typeText(type.valueType)}[${type.length}]`;
    case DuckDBTypeId.MAP:
      return `MAP(${typeText(type.keyType)}, ${typeText(type.valueType)})`;
    case DuckDBTypeId.STRUCT:
      return `STRUCT(${fieldsText(type.entryNames, type.entryTypes)})`;
    case DuckDBTypeId.UNION:
      return `UNION(${fieldsText(type.memberTags, type.memberTypes)})`;
    case DuckDBTypeId.ENUM:
      return `ENUM(${type.values.map((value) => `'${value.replaceAll("'", "''")}'`).join(', ')})`;
    case DuckDBTypeId.GEOMETRY:
      return type.crs ? `GEOMETRY('${type.crs.replaceAll("'", "''")}')` : 'GEOMETRY';
    default:
      return plainNames.get(type.typeId) ?? type.toString();
  }
}

function fieldsText(names: readonly string[], types: readonly DuckDBType[]): string {
  return names.map((name, i) => (name === '' ? '' : `${fieldName(name)} `) + typeText(types[i]!)).join(', ');
}

/** A name is printed bare when it is a plain identifier (any case) and no keyword. */
function fieldName(name: string): string {
  const bare = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !keywords.has(name.toLowerCase());
  return bare ? name : `"${name.replaceAll('"', '""')}"`;
}

/** What PostgreSQL's catalogs say of types, casts, operators and functions: enough to find the types of an expression. */

/** OIDs of types that rules name. */
export const typeOids = {
  ...{ bool: 16, bytea: 17, char: 18, name: 19, int8: 20, int2: 21, int4: 23, text: 25, oid: 26, json: 114 },
  ...{ float4: 700, float8: 701, unknown: 705, bpchar: 1042, varchar: 1043, date: 1082, time: 1083 },
  ...{ timestamp: 1114, timestamptz: 1184, interval: 1186, timetz: 1266, bit: 1560, varbit: 1562 },
  ...{ numeric: 1700, record: 2249, any: 2276, anyarray: 2277, anyelement: 2283, anynonarray: 2776, uuid: 2950 },
  ...{ anyenum: 3500, anycompatible: 5077, anycompatiblearray: 5078, anycompatiblenonarray: 5079 },
} as const;

export interface TypeFact {
  readonly oid: number;
  readonly name: string;
  /** pg_type.typtype */
  readonly kind: string;
  readonly category: string;
  readonly preferred: boolean;
  /** 0: no array. */
  readonly element: number;
  /** 0: there is no array of it. */
  readonly array: number;
}

export interface CastFact {
  /** pg_cast.castcontext */
  readonly context: 'i' | 'a' | 'e';
  /** pg_cast.castmethod */
  readonly method: 'f' | 'b' | 'i';
}

/** A function or an operator, with the types of its arguments. */
export interface CallableFact {
  readonly name: string;
  readonly args: readonly number[];
  readonly result: number;
}

export interface FunctionFact extends CallableFact {
  /** pg_proc.prokind */
  readonly kind: 'f' | 'a' | 'w' | 'p';
  /** The element type of a VARIADIC last argument; 0: it has none. */
  readonly variadic: number;
  /** It has arguments that it gives back. */
  readonly outs: boolean;
}

export interface TypeFacts {
  readonly types: ReadonlyMap<number, TypeFact>;
  readonly typesByName: ReadonlyMap<string, TypeFact>;
  /** By `from>to`. */
  readonly casts: ReadonlyMap<string, CastFact>;
  readonly functions: ReadonlyMap<string, readonly FunctionFact[]>;
  /** Those with one argument are prefix operators. */
  readonly operators: ReadonlyMap<string, readonly CallableFact[]>;
  /** Words that have to be quoted as names. */
  readonly keywords: ReadonlySet<string>;
}

interface CastRow extends CastFact {
  readonly from: number;
  readonly to: number;
}

/** The lists of which facts are made, as SQL over relations of the seed: `{pg_type}` stands for one. */
export const factQueries: Readonly<Record<string, string>> = {
  types: `SELECT {'oid': oid, 'name': typname, 'kind': typtype, 'category': typcategory, 'preferred': typispreferred,
    'element': CASE WHEN typsubscript = 6179 THEN typelem ELSE 0 END, 'array': typarray} AS row FROM {pg_type}
    WHERE typtype IN ('b', 'e', 'p', 'r', 'm') AND typnamespace = 11 AND typrelid = 0`,
  casts: `SELECT {'from': castsource, 'to': casttarget, 'context': castcontext, 'method': castmethod} AS row FROM {pg_cast}`,
  functions: `SELECT {'name': proname, 'args': proargtypes, 'result': prorettype, 'kind': prokind, 'variadic': provariadic,
    'outs': COALESCE(list_has_any(proargmodes, ['o', 'b', 't']), false)} AS row FROM {pg_proc} WHERE pronamespace = 11`,
  operators: `SELECT {'name': oprname, 'args': CASE WHEN oprleft = 0 THEN [oprright] ELSE [oprleft, oprright] END,
    'result': oprresult} AS row FROM {pg_operator}`,
  keywords: `SELECT word AS row FROM {pg_keywords} WHERE catcode <> 'U'`,
};

function byName<T extends { readonly name: string }>(facts: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const fact of facts) {
    const list = found.get(fact.name);
    if (list === undefined) found.set(fact.name, [fact]);
    else list.push(fact);
  }
  return found;
}

/** Runs each of `factQueries` once. `rowsOf`: the values of the column `row`. */
export async function readTypeFacts(rowsOf: (sql: string) => Promise<readonly unknown[]>): Promise<TypeFacts> {
  const read: Record<string, readonly unknown[]> = {};
  for (const [name, sql] of Object.entries(factQueries)) read[name] = await rowsOf(sql);
  const types = read.types as readonly TypeFact[];
  const casts = read.casts as readonly CastRow[];
  return {
    types: new Map(types.map((type) => [type.oid, type])),
    typesByName: new Map(types.map((type) => [type.name, type])),
    casts: new Map(casts.map(({ from, to, context, method }) => [`${from}>${to}`, { context, method }])),
    functions: byName(read.functions as readonly FunctionFact[]),
    operators: byName(read.operators as readonly CallableFact[]),
    keywords: new Set(read.keywords as readonly string[]),
  };
}

/** The same with types that users made. */
export function withTypes(facts: TypeFacts, types: readonly TypeFact[]): TypeFacts {
  if (types.length === 0) return facts;
  return {
    ...facts,
    types: new Map([...facts.types, ...types.map((type) => [type.oid, type] as const)]),
    // PostgreSQL's own are found first.
    typesByName: new Map([...types.map((type) => [type.name, type] as const), ...facts.typesByName]),
  };
}

/** A name as SQL has to have it. */
export function sqlNameOf({ keywords }: TypeFacts, name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !keywords.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
